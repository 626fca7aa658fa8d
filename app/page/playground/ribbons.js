// The strongest paths from the loss to the chosen weight, as ribbons on the network: as wide as their product, solid where
// they push the weight up, hollow where they push it down. They stack where they meet.

import { number } from '../lib/format.js';
import { Painter } from '../lib/painter.js';
import { ends, wire } from './layout.js';
import { placeOf, unitOf } from './names.js';
import { spot } from './pointing.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./layout.js').Column} Column */
/** @typedef {import('./names.js').Place} Place */

const MOST = 8;

/** @typedef {object} Marks
 * @property {Why | null} why of the step that is shown; null where there is none
 * @property {Place | null} chosen
 * @property {Place | null} pointed
 * @property {Float32Array} weights */

/** @param {SVGElement} root
 * @returns {(run: Run, place: Layout, marks: Marks) => void} */
export function ribbons(root) {
  const painter = new Painter(root);
  return (run, place, { why, chosen, pointed, weights }) => {
    painter.begin();
    if (why && chosen) paths(painter, run, place, why);
    if (chosen) mark(painter, run, place, chosen, 'chosen', weights[chosen.at]);
    if (pointed && pointed.at !== chosen?.at) mark(painter, run, place, pointed, 'pointed', weights[pointed.at]);
    painter.end();
  };
}

/** @param {Painter} painter @param {Run} run @param {Layout} place @param {Why} why */
function paths(painter, run, place, why) {
  const weight = placeOf(run, why.weight);
  if (!weight) return;
  const list = why.ways
    .slice(0, MOST)
    .map((way, at) => {
      const units = way.map((name) => unitOf(run, name));
      return { at, product: why.paths.shown[at]?.product ?? 0, units: units.filter((unit) => unit !== null) };
    })
    .filter(({ units }) => units.length > 0);
  const all = list.reduce((sum, { product }) => sum + Math.abs(product), 0);
  if (!(all > 0)) return;
  const room = Math.min(26, Math.max(9, place.columns[weight.layer + 1].size * 0.7));
  // In the order in which they lie, so that they cross as little as they can.
  const y = (/** @type {{column: number, unit: number}} */ { column, unit }) => unitY(place.columns[column], unit);
  list.sort((a, b) => {
    for (let k = 0; k < Math.min(a.units.length, b.units.length); k++) {
      const apart = y(a.units[k]) - y(b.units[k]);
      if (apart !== 0) return apart;
    }
    return 0;
  });
  /** How much of each end is taken. @type {Map<string, number>} */
  const taken = new Map();
  /** @type {Map<string, number>} */
  const whole = new Map();
  const width = (/** @type {number} */ product) => (Math.abs(product) / all) * room;
  for (const { units, product } of list)
    for (const { column, unit } of units)
      whole.set(`${column} ${unit}`, (whole.get(`${column} ${unit}`) ?? 0) + width(product));
  whole.set('loss', room);
  /** @param {string} key @param {number} middle @param {number} wide */
  const stack = (key, middle, wide) => {
    const before = taken.get(key) ?? 0;
    taken.set(key, before + wide);
    return middle - (whole.get(key) ?? wide) / 2 + before + wide / 2;
  };

  for (const { at, units, product } of list) {
    const wide = width(product);
    let right = { x: place.loss.x - place.loss.size / 2, y: stack('loss', place.loss.y, wide) };
    units.forEach((unit, k) => {
      const column = place.columns[unit.column];
      const here = stack(`${unit.column} ${unit.unit}`, y(unit), wide);
      ribbon(
        painter,
        `${at} ${k}`,
        { x0: column.right, y0: here, x1: right.x, y1: right.y },
        wide,
        product < 0,
        k === 0 ? place.lead : 0,
      );
      right = { x: column.left, y: here };
    });
  }
  // The last piece is the weight's own wire: all of them together.
  if (weight.from !== null && place.gaps[weight.layer].kind === 'wires') {
    ribbon(
      painter,
      'own',
      ends(place, weight.layer, weight.to, weight.from),
      Math.min(6, room / 3),
      why.paths.gradient < 0,
    );
  }
}

/** @param {Painter} painter @param {string} key @param {{x0: number, y0: number, x1: number, y1: number}} ends
 * @param {number} width @param {boolean} up @param {number} [lead] */
function ribbon(painter, key, ends, width, up, lead = 0) {
  const d = wire(ends, lead);
  const wide = Math.max(1, width);
  painter.put(`ribbon ${key}`, 'path', {
    class: 'ribbon',
    d,
    'stroke-width': wide.toFixed(2),
    'stroke-dasharray': !up && wide < 3 ? '4 3' : null,
  });
  if (!up && wide >= 3) painter.put(`core ${key}`, 'path', { class: 'core', d, 'stroke-width': (wide - 2).toFixed(2) });
}

/** @param {Column} column @param {number} unit */
function unitY(column, unit) {
  if (column.kind === 'units') return column.y[unit] ?? (column.top + column.bottom) / 2;
  return column.top + ((unit + 0.5) / column.count) * (column.bottom - column.top);
}

/** A weight that is chosen or pointed at: its wire, its cell or its bias, and its number in a pill.
 * @param {Painter} painter @param {Run} run @param {Layout} place @param {Place} at @param {'chosen' | 'pointed'} how @param {number} value */
function mark(painter, run, place, at, how, value) {
  const { x, y, width, height } = spot(run, place, at);
  const sign = value < 0 ? 'neg' : 'pos';
  if (width > 0) {
    painter.put(`${how} cell`, 'rect', {
      class: `cell ${how}`,
      x: x - width / 2 - 1,
      y: y - height / 2 - 1,
      width: width + 2,
      height: height + 2,
    });
  } else if (at.from === null) {
    painter.put(`${how} ring`, 'circle', { class: `cell ${how}`, cx: x, cy: y, r: 6.5 });
  } else if (how === 'pointed') {
    painter.put('pointed wire', 'path', { class: 'wire-at', d: wire(ends(place, at.layer, at.to, at.from)) });
  }
  const text = number(value);
  const half = text.length * 3.9 + 9;
  // Beside a cell and a bias, on a wire.
  const px = width > 0 || at.from === null ? Math.min(place.width - half, x + half + 10) : x;
  painter.put(`${how} pill`, 'rect', {
    class: `pill ${sign} ${how}`,
    x: px - half,
    y: y - 11,
    width: 2 * half,
    height: 22,
    rx: 11,
  });
  painter.text(`${how} text`, { class: `pill-text ${sign}`, x: px, y: y + 4.5, 'text-anchor': 'middle' }, text, () => [
    text,
  ]);
}
