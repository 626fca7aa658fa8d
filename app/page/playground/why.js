// Why the chosen weight moves in the step that comes next: chain, paths, examples, update, effect.

import { fill, h } from '../lib/dom.js';
import { count, number, signed } from '../lib/format.js';
import { toHtml } from '../lib/symbol.js';
import { chain } from './chain.js';
import { examples } from './examples.js';
import { bar, sumLine } from './sums.js';
import { head } from './whyhead.js';

/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./colour.js').Colours} Colours */

/** @typedef {object} WhyEvents
 * @property {(place: number | null) => void} onexample place in the batch; null is the one that contributes most
 * @property {() => void} onclose */

/** @typedef {object} WhyShown
 * @property {Why} why
 * @property {Run} run
 * @property {Colours} colours
 * @property {number} step that the picture shows
 * @property {boolean} chosen whether an example was chosen
 * @property {boolean} absent whether the chosen example is not in this batch */

/** @param {HTMLElement} host @param {WhyEvents} on
 * @returns {(shown: WhyShown | null) => void} */
export function whyPanel(host, on) {
  const behind = h('p', { class: 'behind tiny', hidden: true });
  const body = h('div', {});
  host.append(behind, body);
  return (shown) => {
    host.hidden = shown === null;
    if (!shown) return;
    const late = shown.step + 1 - shown.why.step;
    behind.hidden = late === 0;
    behind.textContent = `These are the numbers of step ${shown.why.step}; the picture is ${count(Math.abs(late), 'step')} further.`;
    fill(body, JSON.stringify([shown.why, shown.chosen, shown.absent, shown.run.id]), () => [
      head(shown, on.onclose),
      chain(shown, on.onexample),
      ...parts(shown, on),
    ]);
  };
}

/** @param {WhyShown} shown @param {WhyEvents} on */
function parts(shown, on) {
  return [
    h('div', { class: 'two' }, paths(shown), examples(shown, on.onexample)),
    h('div', { class: 'two' }, update(shown.why), effect(shown.why)),
    h(
      'p',
      { class: 'note small soft' },
      'A gradient is the local slope of this loss, on these examples, at these weights. It is not what the weight means, nor how much it matters.',
    ),
  ];
}

/** @param {WhyShown} shown */
function paths({ why }) {
  const { shown, flow, shown_sum, remainder, gradient, reconciles, residual } = why.paths;
  const all = flow.paths.exact;
  const most = Math.max(...shown.map(({ product }) => Math.abs(product)), 0);
  const rows = shown
    .slice(0, 8)
    .map(({ product, share }, at) =>
      h(
        'li',
        {},
        h(
          'span',
          { class: 'way' },
          toHtml(why.chain.letter),
          ...(why.ways[at] ?? []).flatMap((unit) => [' → ', toHtml(unit)]),
        ),
        bar(most > 0 ? Math.abs(product) / most : 0, 'grad-bar', product > 0),
        h('span', { class: 'num share' }, `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`),
        h('b', { class: 'num grad', 'data-number': product }, signed(product)),
      ),
    );
  const others =
    all === null ? 'all others' : all > shown.length ? `${(all - shown.length).toLocaleString('en')} others` : null;
  return h(
    'section',
    { class: 'part', 'aria-labelledby': 'why-paths' },
    h(
      'div',
      { class: 'rowhead' },
      h('h3', { id: 'why-paths', class: 'part-title' }, h('span', {}, '2'), ' Paths'),
      h(
        'p',
        {},
        all === null ? `about 10^${flow.paths.log10.toFixed(1)} ways` : count(all, 'way'),
        ' from the loss to this weight',
        all === 1 ? '' : `; as spread out as ${Math.max(1, Math.round(flow.effective))} equal ones`,
      ),
    ),
    h('ol', { class: 'ways' }, ...rows),
    sumLine(
      [{ says: `${shown.length} shown`, value: shown_sum }, ...(others ? [{ says: others, value: remainder }] : [])],
      { says: '', value: gradient },
      reconciles,
      residual,
    ),
    h('p', { class: 'tiny soft' }, 'Solid pushes the weight up, hollow down.'),
  );
}

/** @type {Record<string, string>} */
const SOURCES = {
  data: 'this gradient',
  momentum: 'momentum',
  adaptive_scale: 'adaptive scale',
  weight_decay: 'weight decay',
  clip: 'clipping',
  clipping: 'clipping',
};

/** Each part goes on where the one before it ended.
 * @param {Why} why */
function update({ update: made }) {
  const title = h('h3', { id: 'why-update', class: 'part-title' }, h('span', {}, '4'), ' Update');
  if (!made)
    return h(
      'section',
      { class: 'part', 'aria-labelledby': 'why-update' },
      h('div', { class: 'rowhead' }, title, h('p', {}, 'no step is made')),
    );
  let at = 0;
  const ends = made.parts.map(({ amount }) => [at, (at += amount)]);
  const [low, high] = [Math.min(0, ...ends.flat()), Math.max(0, ...ends.flat())];
  const span = high - low || 1;
  const rows = made.parts.map(({ source, formula, amount }, k) =>
    h(
      'li',
      {},
      h(
        'span',
        { class: 'way' },
        SOURCES[source] ?? source.replaceAll('_', ' '),
        h('small', { class: 'faint' }, ` ${formula}`),
      ),
      bar(Math.abs(amount) / span, 'grad-bar', amount < 0, (Math.min(...ends[k]) - low) / span),
      h('b', { class: 'num', 'data-number': amount }, signed(amount)),
    ),
  );
  return h(
    'section',
    { class: 'part', 'aria-labelledby': 'why-update' },
    h('div', { class: 'rowhead' }, title, h('p', {}, `what ${made.optimizer} made of the gradient`)),
    h(
      'ol',
      { class: 'ways parts' },
      ...rows,
      h(
        'li',
        { class: 'total' },
        h('span', { class: 'way' }, 'Δw, the step'),
        bar(Math.abs(made.moved) / span, 'ink-bar', made.moved < 0, (Math.min(0, made.moved) - low) / span),
        h('b', { class: 'num', 'data-number': made.moved }, signed(made.moved)),
      ),
    ),
    sumLine(
      made.parts.map(({ source, amount }) => ({ says: SOURCES[source] ?? source.replaceAll('_', ' '), value: amount })),
      { says: 'Σ', value: made.sum },
      made.reconciles,
      made.residual,
    ),
    h(
      'details',
      { class: 'symbols tiny' },
      h('summary', {}, 'What the letters stand for'),
      h(
        'dl',
        {},
        ...made.symbols.map(({ symbol, meaning, value }) =>
          h(
            'div',
            {},
            h('dt', {}, toHtml(symbol)),
            // The number of an update is a count.
            h('dd', { class: 'num', 'data-number': value }, symbol === 't' ? String(value) : number(value)),
            h('dd', { class: 'soft' }, meaning),
          ),
        ),
      ),
    ),
  );
}

/** @param {Why} why */
function effect({ effect: done, sentences }) {
  const title = h('h3', { id: 'why-effect', class: 'part-title' }, h('span', {}, '5'), ' Effect');
  if (!done) return h('section', { class: 'part', 'aria-labelledby': 'why-effect' }, title);
  const most =
    Math.max(
      ...[done.all, done.alone].flatMap(({ predicted, measured }) => [Math.abs(predicted), Math.abs(measured)]),
    ) || 1;
  /** @param {string} says @param {number} value @param {string} kind */
  const row = (says, value, kind) =>
    h(
      'li',
      {},
      h('span', { class: 'way' }, says),
      bar(Math.abs(value) / most, kind, value > 0),
      h('b', { class: 'num', 'data-number': value }, signed(value)),
    );
  return h(
    'section',
    { class: 'part', 'aria-labelledby': 'why-effect' },
    h('div', { class: 'rowhead' }, title, h('p', {}, 'what the step does to this batch’s loss')),
    h(
      'ol',
      { class: 'ways parts' },
      row('promised', done.all.predicted, 'grad-bar'),
      row('measured', done.all.measured, 'value-bar'),
      row('this weight alone: promised', done.alone.predicted, 'grad-bar'),
      row('this weight alone: measured', done.alone.measured, 'value-bar'),
    ),
    h(
      'p',
      { class: 'small soft' },
      done.all.ratio === null
        ? ''
        : `${(done.all.ratio * 100).toFixed(1)} % of what the gradient promised; the rest is the curvature along the step. `,
      typeof sentences.measured === 'string' ? sentences.measured : '',
    ),
  );
}
