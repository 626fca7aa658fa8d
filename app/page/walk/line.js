// The number line, on demand: push any variable and watch everything downstream move. Each ratio tends to the slope as
// the push shrinks.

import { fill, h, write } from '../lib/dom.js';
import { brief, number, signed } from '../lib/format.js';
import { clamp } from '../lib/axes.js';
import { plain, spoken, toHtml } from '../lib/symbol.js';

/** @typedef {import('../view.js').Nudge} Nudge */
/** @typedef {{variable: string, push: number}} Line */

/** @typedef {object} LineEvents
 * @property {(variable: string) => void} onvariable
 * @property {(push: number) => void} onpush
 * @property {() => void} onclose */

const FAR = 0.5;

/** @param {HTMLElement} host @param {LineEvents} on
 * @returns {(line: Line, nudge: Nudge | null, variables: string[]) => void} */
export function numberLine(host, on) {
  const select = h('select', { 'aria-label': 'variable to nudge', 'data-line-variable': true });
  const slider = h('input', {
    type: 'range',
    class: 'push',
    min: -FAR,
    max: FAR,
    step: 0.01,
    'aria-label': 'push',
    'data-line-push': true,
  });
  const amount = h('b', { class: 'num' });
  const body = h('div', { class: 'lines', role: 'group', 'aria-label': 'What moved' });
  const from = h('span', { class: 'num soft' });
  let push = 0;
  select.addEventListener('change', () => on.onvariable(select.value));
  slider.addEventListener('input', () => on.onpush(Number(slider.value)));
  host.append(
    h(
      'div',
      { class: 'rowhead' },
      h('h2', {}, 'Nudge a number, watch what answers'),
      h('p', {}, 'Everything is computed anew, nothing is approximated.'),
      h(
        'span',
        { class: 'tools' },
        h(
          'button',
          { class: 'ghost', type: 'button', 'data-close-line': true, onclick: on.onclose },
          'Back to the tiles',
        ),
      ),
    ),
    h(
      'div',
      { class: 'linepanel' },
      h(
        'div',
        { class: 'pusher' },
        h('label', {}, h('span', {}, 'push '), select),
        h('div', { class: 'by' }, h('span', { class: 'soft' }, 'by '), amount, from),
        slider,
        h(
          'div',
          { class: 'pushes' },
          h(
            'button',
            { class: 'btn', type: 'button', 'data-halve': true, onclick: () => on.onpush(push / 2) },
            'Halve it',
          ),
          h('button', { class: 'btn', type: 'button', onclick: () => on.onpush(-push) }, 'Turn it round'),
        ),
        h(
          'p',
          { class: 'small soft' },
          'Halve the push again and again: each ratio settles at the slope. That number is the derivative.',
        ),
      ),
      body,
    ),
  );
  return (line, nudge, variables) => {
    push = line.push;
    fill(select, variables.join('|'), () => variables.map((variable) => h('option', { value: variable }, variable)));
    select.value = line.variable;
    slider.value = String(line.push);
    write(amount, (line.push > 0 ? '+' : '') + brief(line.push));
    write(from, nudge ? `   ${number(nudge.before)} → ${number(nudge.after)}` : '');
    fill(body, JSON.stringify(nudge), () => (nudge ? lines(nudge) : []));
  };
}

/** @param {Nudge} nudge */
function lines(nudge) {
  // One scale for all of them: a bar twice as long moved twice as far.
  const far = Math.max(1e-12, Math.abs(nudge.push), ...nudge.downstream.map(({ change }) => Math.abs(change)));
  const own = {
    symbol: nudge.variable,
    before: nudge.before,
    after: nudge.after,
    change: nudge.push,
    ratio: null,
    derivative: null,
  };
  const head = h(
    'div',
    { class: 'moved-row head', 'aria-hidden': 'true' },
    h('span', {}),
    h('span', {}),
    h('span', {}, 'before → after'),
    h('span', {}, 'moved'),
    h('span', {}, 'ratio'),
    h('span', {}, 'slope'),
  );
  if (nudge.downstream.length === 0)
    return [head, row(own, far, true), h('p', { class: 'small soft' }, 'Nothing else moves.')];
  return [head, row(own, far, true), ...nudge.downstream.map((each) => row(each, far, false))];
}

/** @param {import('../view.js').Moved} moved @param {number} far @param {boolean} cause */
function row({ symbol, before, after, change, ratio, derivative }, far, cause) {
  const share = clamp(change / far, -1, 1) * 48;
  const bar = h('span', { class: `bar ${cause ? 'cause' : 'effect'}` });
  bar.style.left = `${share < 0 ? 50 + share : 50}%`;
  bar.style.width = `${Math.abs(share)}%`;
  const says = `${spoken(symbol)} goes from ${number(before)} to ${number(after)}${ratio === null ? '' : `: ratio ${number(ratio)}`}`;
  return h(
    'div',
    { class: 'moved-row', 'data-moved': plain(symbol), role: 'img', 'aria-label': says },
    h('span', { class: 'name' }, toHtml(symbol)),
    h('span', { class: 'rail' }, bar),
    h('span', { class: 'num was' }, `${number(before)} → ${number(after)}`),
    h('span', { class: 'num' }, signed(change)),
    h('span', { class: 'num', 'data-ratio': ratio }, ratio === null ? '' : number(ratio)),
    h('span', { class: 'num grad', 'data-derivative': derivative }, derivative === null ? '' : number(derivative)),
  );
}
