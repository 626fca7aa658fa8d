// Step 6: every weight's step in a table, and the loss, update after update.

import { attributes, fill, h, widthOf, write } from '../lib/dom.js';
import { count, difference, number, signed } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { phrase } from '../lib/phrase.js';
import { plain, toHtml } from '../lib/symbol.js';
import { chart } from './chart.js';
import { capital, words } from './story.js';
import { stepOf } from './update.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Row} Row */

/** @typedef {object} LearnState
 * @property {Walk} walk
 * @property {number} wanted the update that was asked for last: the answer on the screen can be an older one
 * @property {boolean} playing
 * @property {number} top the furthest update that was reached
 * @property {string | null} detail the weight whose step is taken apart */

/** @typedef {object} LearnEvents
 * @property {(updates: number) => void} onafter go to the weights after so many updates
 * @property {() => void} onplay
 * @property {(weight: string) => void} ondetail */

/** @param {HTMLElement} host @param {LearnEvents} on
 * @returns {(state: LearnState, unit: number) => void} */
export function learn(host, on) {
  let wanted = 0;
  const tableHead = h('h2', {});
  const table = h('div', { class: 'weights' });
  const detail = h('div', { class: 'detail' });
  const misprints = h('div', { class: 'misprints' });
  const once = h(
    'button',
    { class: 'btn main', type: 'button', 'data-update': true, onclick: () => on.onafter(wanted + 1) },
    'Update',
  );
  const play = h('button', { class: 'btn', type: 'button', 'data-play': true, onclick: on.onplay });
  const zero = h(
    'button',
    { class: 'btn', type: 'button', 'data-start': true, onclick: () => on.onafter(0) },
    'To the start',
  );
  const output = h('output', {});
  const slider = h('input', {
    class: 'time',
    type: 'range',
    min: 0,
    step: 1,
    'aria-label': 'update',
    'data-after': true,
  });
  const curve = h('div', { class: 'curve' });
  slider.addEventListener('input', () => on.onafter(Number(slider.value)));
  table.addEventListener('pointerover', (event) => choose(event));
  table.addEventListener('focusin', (event) => choose(event));
  /** @param {Event} event */
  function choose(event) {
    const line = event.target instanceof Element ? event.target.closest('[data-row]') : null;
    if (line) on.ondetail(line.getAttribute('data-row') ?? '');
  }
  host.append(
    h(
      'div',
      { class: 'learn' },
      h('div', {}, h('div', { class: 'rowhead' }, tableHead), table, detail),
      h(
        'div',
        {},
        h('div', { class: 'rowhead' }, h('h2', {}, 'The loss, update after update')),
        h('div', { class: 'ctl' }, once, play, zero, output),
        curve,
        slider,
        misprints,
      ),
    ),
  );

  return ({ walk, wanted: newest, playing, top, detail: chosen }, unit) => {
    const { weights, misprints: known } = walk.story.learning;
    const now = walk.updates_before;
    wanted = newest;
    write(tableHead, heading(weights));
    const plainSgd = walk.settings.optimizer === 'sgd';
    fill(table, JSON.stringify([weights, walk.learning_rate, plainSgd]), () => [weightTable(weights, plainSgd)]);
    const row =
      weights.find(({ weight }) => weight === chosen) ?? (plainSgd ? undefined : weights.find(({ stays }) => !stays));
    for (const line of table.querySelectorAll('[data-row]'))
      line.classList.toggle('hot', row !== undefined && line.getAttribute('data-row') === row.weight);
    fill(detail, JSON.stringify([row, walk.settings.optimizer]), () => (row ? stepOf(row) : []));
    fill(misprints, JSON.stringify(known), () =>
      known.map(({ figure, reason }) =>
        h('p', { class: 'small soft' }, h('b', {}, 'Known misprint. '), figure.replace(/:\s*$/, ': '), `${reason}.`),
      ),
    );
    write(play, playing ? 'Pause' : 'Play');
    attributes(play, { 'aria-pressed': String(playing), disabled: walk.learning_rate === null });
    attributes(once, { disabled: walk.learning_rate === null });
    attributes(zero, { disabled: wanted === 0 });
    // The next update has its place in the chart.
    const end = Math.max(20, top + 1);
    attributes(slider, {
      max: end,
      disabled: walk.learning_rate === null,
      'aria-valuetext': `after ${count(now, 'update')}`,
    });
    // An older answer must not take the slider back under a hand that has gone on.
    slider.value = String(wanted);
    fill(output, `${now}|${walk.step.loss}`, () => [
      `update `,
      h('b', {}, now),
      ' · ',
      toHtml('L'),
      ' = ',
      h('b', { class: 'val num' }, number(walk.step.loss)),
    ]);
    const width = Math.round((widthOf(curve) || 400 * unit) / unit);
    const losses = walk.losses;
    fill(curve, JSON.stringify([losses?.slice(0, top + 2), now, top, width]), () =>
      losses ? [chart({ losses, now, top, end, width })] : [],
    );
  };
}

/** @param {Row[]} rows */
function heading(rows) {
  const stay = rows.filter(({ stays }) => stays).length;
  const moving = rows.length - stay;
  if (!stay) return `All ${words(rows.length)} weights, one step`;
  return `${capital(words(moving))} weight${moving === 1 ? ' moves' : 's move'}, ${words(stay)} stay${stay === 1 ? 's' : ''}`;
}

/** @param {Row[]} rows @param {boolean} plainSgd */
function weightTable(rows, plainSgd) {
  const step = plainSgd ? phrase('step −{α}·{g}') : phrase('step');
  return h(
    'table',
    { class: 'tbl' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, 'weight'),
        h('th', { scope: 'col' }, 'now'),
        h('th', { scope: 'col' }, 'gradient'),
        h('th', { scope: 'col' }, 'by nudging'),
        h('th', { scope: 'col', class: 'opt' }, 'agree to'),
        h('th', { scope: 'col', class: 'opt' }, ...step),
        h('th', { scope: 'col' }, 'new'),
      ),
    ),
    h('tbody', {}, ...rows.map((row) => line(row))),
  );
}

/** @param {Row} row */
function line({ weight, value, gradient, nudged, relative, agrees, learned, stays, kink, update }) {
  return h(
    'tr',
    {
      'data-row': weight,
      tabindex: 0,
      'data-focus': `row ${weight}`,
      'aria-label': `${plain(weight)}: gradient ${number(gradient)}, by nudging ${number(nudged)}`,
    },
    h('th', { scope: 'row' }, toHtml(weight)),
    h('td', { class: 'num' }, number(value)),
    h('td', { class: 'num grad', 'data-number': gradient }, number(gradient)),
    h('td', { class: 'num' }, number(nudged)),
    h(
      'td',
      { class: 'opt' },
      kink
        ? h('span', { class: 'ok' }, 'a kink')
        : h('span', { class: agrees ? 'ok' : 'ok bad' }, icon(agrees ? 'tick' : 'cross'), difference(relative)),
    ),
    h('td', { class: 'num opt' }, stays ? 'stays' : update ? signed(update.sum) : '–'),
    h('td', { class: 'num new', 'data-learned': learned }, learned === null ? '–' : number(learned)),
  );
}
