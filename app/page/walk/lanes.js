// Two lanes per wire: forward runs above it, to the right; backward runs below it, to the left.

import { line } from '../lib/painter.js';
import { along, bend, join } from './curve.js';

/** @typedef {import('../lib/painter.js').Painter} Painter */
/** @typedef {import('./curve.js').Point} Point */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./layout.js').Wire} Wire */

/** The lane above a wire, from its weight or its source to its neuron.
 * @param {Layout} place @param {Wire} wire @returns {Point[]} */
export function forward(place, wire) {
  const { pill, run, start, straight, target } = wire;
  const y = pill.y - place.lane;
  const from = place.dense ? pill.x - pill.w / 2 + 6 : start[0] + 4;
  if (straight)
    return [
      [from, y],
      [rim(target, y) - 2, y],
    ];
  const end = arrival(wire, -near(place));
  return join(
    [
      [from, y],
      [run, y],
    ],
    bend([run, y], end),
  );
}

/** The lane below a wire, from its neuron down to the weight, or past it to the neuron before.
 * @param {Layout} place @param {Wire} wire @param {boolean} whole @returns {Point[]} */
export function backward(place, wire, whole) {
  const { pill, run, start, fanned, straight, target } = wire;
  const y = pill.y + place.lane;
  /** @type {Point[]} */
  const first = straight
    ? [
        [rim(target, y) - 3, y],
        [run - 4, y],
      ]
    : bend([run, y], arrival(wire, near(place))).reverse();
  if (!whole) return join(first, [[pill.x + 8, y]]);
  if (!fanned) return join(first, [[start[0] + 4, y]]);
  const left = pill.x - pill.w / 2;
  return join(first, [[left, y]], bend([start[0] + 4, start[1] + near(place)], [left, y]).reverse());
}

/** How near a lane comes to its wire at the neuron. @param {Layout} place */
const near = (place) => (place.dense ? 6 : 12);

/** Where a lane beside a wire meets the neuron. @param {Wire} wire @param {number} off @returns {Point} */
function arrival({ target, end }, off) {
  const y = end[1] + off;
  return [rim(target, y) - 3, y];
}

/** The left rim of a neuron at a height; its middle above and below it.
 * @param {Wire['target']} neuron @param {number} y */
const rim = ({ x, y: middle, r }, y) => x - Math.sqrt(Math.max(0, r ** 2 - (y - middle) ** 2));

/** @param {Painter} painter @param {string} key @param {Point[]} points @param {'forth' | 'back'} way
 * @param {number} share how much of it is there @param {string} [style] */
export function lane(painter, key, points, way, share, style = '') {
  if (share <= 0) return;
  painter.put(
    `lane ${key}`,
    'path',
    {
      class: `lane ${way} ${style}`,
      d: line(points),
      pathLength: 1,
      'stroke-dasharray': share < 1 ? `${share} 2` : null,
    },
    'lanes',
  );
  const { x, y, angle } = along(points, share);
  painter.put(
    `head ${key}`,
    'path',
    { class: `head ${way} ${style}`, d: 'M-5.5 -5.5L0 0L-5.5 5.5', transform: `translate(${x} ${y}) rotate(${angle})` },
    'lanes',
  );
}

/** The number of a factor, on the lane that it belongs to.
 * @param {Painter} painter @param {number} which @param {{x: number, y: number}} at @param {number} opacity @param {boolean} hot */
export function badge(painter, which, { x, y }, opacity, hot) {
  if (opacity <= 0) return;
  const key = `badge ${which}`;
  painter.put(
    key,
    'g',
    { class: `mark ${hot ? 'hot' : ''}`, opacity: opacity < 1 ? opacity : null, 'data-badge': which },
    'marks',
  );
  painter.put(`${key} face`, 'circle', { cx: x, cy: y, r: 9.5 }, key);
  painter.text(`${key} text`, { x, y: y + 4 }, String(which), () => [String(which)], key);
}

/** A gradient on its way: the number itself travels, and what it meets is multiplied to it.
 * @param {Painter} painter @param {string} name @param {{x: number, y: number}} at @param {string} says @param {number} size */
export function traveller(painter, name, { x, y }, says, size) {
  const key = `traveller ${name}`;
  const width = says.length * size * 0.6 + 16;
  painter.put(key, 'g', { class: 'traveller', transform: `translate(${x} ${y})` }, 'marks');
  painter.put(`${key} face`, 'rect', { x: -width / 2, y: -12, width, height: 24, rx: 12 }, key);
  painter.text(`${key} text`, { x: 0, y: 4.5, 'font-size': size - 1 }, says, () => [says], key);
}
