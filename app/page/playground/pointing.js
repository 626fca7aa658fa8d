// Finds what is pointed at: a unit, a wire, a cell of a matrix; and where the arrow keys lead from there.

import { ends, fall } from './layout.js';
import { nameOf, place as placeAt } from './names.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./names.js').Place} Place */

/** @typedef {{kind: 'weight', place: Place} | {kind: 'unit', column: number, unit: number}} Target */

const NEAR = 9;

/** @param {Run} run @param {Layout} layout @param {number} x @param {number} y
 * @returns {Target | null} */
export function pick(run, layout, x, y) {
  const bias = nearBias(run, layout, x, y);
  if (bias) return { kind: 'weight', place: bias };
  for (const [column, at] of layout.columns.entries()) {
    if (x < at.left || x > at.right) continue;
    const unit = at.y.findIndex((middle) => Math.abs(y - middle) <= at.size / 2);
    if (unit >= 0) return { kind: 'unit', column, unit };
    if (at.kind === 'strip' && y >= at.top && y < at.bottom)
      return { kind: 'unit', column, unit: Math.floor(((y - at.top) / (at.bottom - at.top)) * at.count) };
    if (at.kind === 'picture' && y >= at.top && y < at.bottom) {
      const [row, cell] = [
        Math.floor(((y - at.top) / (at.bottom - at.top)) * at.side),
        Math.floor(((x - at.left) / (at.right - at.left)) * at.side),
      ];
      return { kind: 'unit', column, unit: Math.min(at.count - 1, row * at.side + cell) };
    }
  }
  const layer = layout.gaps.findIndex((gap) => x > gap.left && x < gap.right);
  if (layer < 0) return null;
  const found =
    layout.gaps[layer].kind === 'wires' ? nearWire(run, layout, layer, x, y) : cell(run, layout, layer, x, y);
  return found && { kind: 'weight', place: found };
}

/** @param {Run} run @param {Layout} layout @param {number} x @param {number} y */
function nearBias(run, layout, x, y) {
  for (const [column, at] of layout.columns.entries()) {
    if (column === 0 || Math.abs(x - at.left) > 5.5) continue;
    const unit = at.y.findIndex((middle) => Math.abs(y - middle - at.size / 2) <= 5.5);
    if (unit >= 0) return placeAt(run, column - 1, unit, null);
  }
  return null;
}

/** All wires of a gap have the same shape, so one share of the way down serves them all.
 * @param {Run} run @param {Layout} layout @param {number} layer @param {number} x @param {number} y */
function nearWire(run, layout, layer, x, y) {
  const gap = layout.gaps[layer];
  const share = fall((x - gap.left) / (gap.right - gap.left));
  const [from, to] = [layout.columns[layer].y, layout.columns[layer + 1].y];
  /** @type {Place | null} */
  let best = null;
  let near = NEAR;
  for (let unit = 0; unit < to.length; unit++) {
    for (let input = 0; input < from.length; input++) {
      const far = Math.abs(from[input] + (to[unit] - from[input]) * share - y);
      if (far < near) [best, near] = [placeAt(run, layer, unit, input), far];
    }
  }
  return best;
}

/** @param {Run} run @param {Layout} layout @param {number} layer @param {number} x @param {number} y */
function cell(run, layout, layer, x, y) {
  const box = layout.gaps[layer].matrix;
  if (!box || x < box.left || x >= box.left + box.width || y < box.top || y >= box.top + box.height) return null;
  const [rows, columns] = run.layers[layer].weight.shape;
  return placeAt(
    run,
    layer,
    Math.floor(((y - box.top) / box.height) * rows),
    Math.floor(((x - box.left) / box.width) * columns),
  );
}

/** The middle of a weight on the drawing.
 * @param {Run} run @param {Layout} layout @param {Place} place
 * @returns {{x: number, y: number, width: number, height: number}} of a wire and a bias without extent */
export function spot(run, layout, { layer, to, from }) {
  const column = layout.columns[layer + 1];
  if (from === null) {
    const y =
      column.kind === 'units'
        ? column.y[to] + column.size / 2
        : column.top + ((to + 0.5) / column.count) * (column.bottom - column.top);
    return { x: column.left, y, width: 0, height: 0 };
  }
  const { kind, matrix } = layout.gaps[layer];
  if (kind === 'wires' || !matrix) {
    const { x0, y0, x1, y1 } = ends(layout, layer, to, from);
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, width: 0, height: 0 };
  }
  const [rows, columns] = run.layers[layer].weight.shape;
  const [width, height] = [matrix.width / columns, matrix.height / rows];
  return { x: matrix.left + (from + 0.5) * width, y: matrix.top + (to + 0.5) * height, width, height };
}

/** Up and down move the end that a weight comes from, with Shift the unit that it leads to; left and right go to the next
 * layer. Below the last input of a unit is its bias.
 * @param {Run} run @param {Place} at @param {string} key @param {boolean} shift
 * @returns {Place | null} null where the key means nothing here */
export function move(run, at, key, shift) {
  const down = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
  const across = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
  const { weight, bias } = run.layers[at.layer];
  if (across) {
    const layer = at.layer + across;
    const next = run.layers[layer];
    if (!next) return at;
    const [units, inputs] = next.weight.shape;
    // Along the way of the number: what a weight leads to is what the next one comes from.
    const from = across > 0 ? Math.min(at.to, inputs - 1) : 0;
    const to = across > 0 ? 0 : Math.min(at.from ?? 0, units - 1);
    return placeAt(run, layer, to, from);
  }
  if (!down) return null;
  if (shift) return placeAt(run, at.layer, at.to + down, at.from) ?? at;
  const inputs = weight.shape[1];
  const from = (at.from ?? inputs) + down;
  if (from < 0) return at.to === 0 ? at : placeAt(run, at.layer, at.to - 1, bias ? null : inputs - 1);
  if (from < inputs) return placeAt(run, at.layer, at.to, from);
  if (from === inputs && bias) return placeAt(run, at.layer, at.to, null);
  return placeAt(run, at.layer, at.to + 1, 0) ?? at;
}

/** @param {Run} run @param {Place} place */
export const nameOfPlace = (run, place) => nameOf(run, place.layer, place.to, place.from);
