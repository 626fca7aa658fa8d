// What each example of the batch adds to the gradient: those that push the weight up, and those that push it down. A click
// on one shows its chain and its paths.

import { h } from '../lib/dom.js';
import { brief, signed } from '../lib/format.js';
import { pixels } from './colour.js';
import { grey } from './maps.js';
import { bar, sumLine } from './sums.js';

/** @typedef {import('./why.js').WhyShown} WhyShown */

const EACH = 6;

/** @param {WhyShown} shown @param {(place: number | null) => void} onexample */
export function examples(shown, onexample) {
  const { each, sides, gradient, residual, reconciles } = shown.why.examples;
  const places = each.map((value, at) => ({ value, at })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const [up, down] = [places.filter(({ value }) => value < 0), places.filter(({ value }) => value > 0)];
  const most = Math.abs(places[0]?.value ?? 0);
  // What is above zero pushes the weight down.
  const [downward, upward] = sides;
  /** @param {string} says @param {typeof places} list */
  const side = (says, list) =>
    h(
      'div',
      {},
      h('p', { class: 'tiny soft side' }, says),
      h('ol', {}, ...list.slice(0, EACH).map((one) => h('li', {}, example(shown, one, most, onexample)))),
      list.length > EACH ? h('p', { class: 'tiny faint' }, `and ${list.length - EACH} more`) : null,
    );
  return h(
    'section',
    { class: 'part', 'aria-labelledby': 'why-examples' },
    h(
      'div',
      { class: 'rowhead' },
      h('h3', { id: 'why-examples', class: 'part-title' }, h('span', {}, '3'), ' Examples'),
      h('p', {}, 'who pushes, and which way'),
    ),
    h('div', { class: 'sides' }, side(`↑ ${up.length} push it up`, up), side(`↓ ${down.length} push it down`, down)),
    sumLine(
      [
        ...(up.length ? [{ says: `${up.length} up`, value: upward }] : []),
        ...(down.length ? [{ says: `${down.length} down`, value: downward }] : []),
      ],
      { says: '', value: gradient },
      reconciles,
      residual,
    ),
  );
}

/** @param {WhyShown} shown @param {{value: number, at: number}} one @param {number} most @param {(place: number | null) => void} onexample */
function example({ why, run, colours, chosen, absent }, { value, at }, most, onexample) {
  const { row, class: name } = why.batch[at];
  const inputs = why.inputs?.[at];
  const of = name === null ? `row ${row}` : `class ${name}, row ${row}`;
  const side = inputs ? Math.sqrt(inputs.length) : 0;
  /** @type {Node | null} */
  let picture = null;
  if (inputs && inputs.length >= 16 && Number.isInteger(side)) {
    const small = pixels(side, side);
    grey(small.data, inputs, colours);
    small.show();
    small.canvas.className = 'thumb';
    small.canvas.setAttribute('aria-hidden', 'true');
    picture = small.canvas;
  }
  const where = placeOf(run, row);
  return h(
    'button',
    {
      type: 'button',
      class: 'example',
      'data-focus': `example ${at}`,
      'aria-pressed': String(chosen && !absent && why.example === at),
      title: where || null,
      onclick: () => onexample(at),
    },
    picture,
    h('span', { class: 'who' }, of),
    bar(most > 0 ? Math.abs(value) / most : 0, 'grad-bar', value > 0),
    h('b', { class: 'num grad', 'data-number': value }, signed(value)),
  );
}

/** Where an example lies, if that can be said in two numbers.
 * @param {import('./view.js').Run} run @param {number} row */
function placeOf({ points }, row) {
  if (!points) return '';
  const at = points.row.findIndex((each, k) => each === row && !points.test[k]);
  return at < 0 ? '' : `(${points.x[at].map((x) => brief(Number(x.toPrecision(2)))).join(', ')})`;
}
