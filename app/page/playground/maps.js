// The canvas under the network: each unit's own map, matrices of weights, strips and pictures. Nothing is made anew in a
// frame; pixels are set in place.

import { css, pixels } from './colour.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./layout.js').Column} Column */
/** @typedef {import('./colour.js').Colours} Colours */
/** @typedef {import('./state.js').State['show']} Show */

/** @typedef {object} Maps
 * @property {(frame: Frame, colours: Colours, show: Show) => (number | null)[]} draw gives each matrix its limit */

/** @param {HTMLCanvasElement} canvas @param {Run} run @param {Layout} place @param {number} scale pixels of a unit of the drawing
 * @returns {Maps} */
export function maps(canvas, run, place, scale) {
  canvas.width = Math.round(place.width * scale);
  canvas.height = Math.round(place.height * scale);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const side = run.side ?? 0;
  const plane = run.inputs.length === 2;
  const small = pixels(Math.max(1, side), plane ? Math.max(1, side) : 1);
  const matrices = run.layers.map(({ weight }, layer) =>
    place.gaps[layer].kind === 'matrix' ? pixels(weight.shape[1], weight.shape[0]) : null,
  );
  const strips = place.columns.map((column) =>
    column.kind === 'units'
      ? null
      : column.kind === 'picture'
        ? pixels(column.side, column.side)
        : pixels(1, column.count),
  );
  const own = run.range && side ? place.columns[0].y.map((_, input) => ownMap(input)) : [];
  // All tiles as one clip: corners stay round without a clip for each.
  const tiles = new Path2D();
  for (const column of place.columns)
    for (const y of column.y)
      tiles.roundRect(column.left, y - column.size / 2, column.size, column.size, Math.min(6, column.size / 4));

  /** @param {Frame} frame @param {Colours} colours @param {Show} show */
  function draw(frame, colours, show) {
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, place.width, place.height);
    const limits = matrices.map((picture, layer) => {
      const box = place.gaps[layer].matrix;
      if (!picture || !box) return null;
      const { offset, shape } = run.layers[layer].weight;
      const numbers = (show === 'gradient' && frame.gradient ? frame.gradient : frame.weights).subarray(
        offset,
        offset + shape[0] * shape[1],
      );
      const limit = percentile(numbers);
      diverging(picture.data, numbers, limit, colours);
      picture.show();
      context.imageSmoothingEnabled = false;
      context.drawImage(picture.canvas, box.left, box.top, box.width, box.height);
      return limit;
    });
    context.save();
    context.clip(tiles);
    context.fillStyle = css(colours.panel);
    context.fill(tiles);
    if (frame.maps && run.range) drawMaps(frame, colours);
    context.restore();
    if (frame.units) drawUnits(frame, colours);
    return limits;
  }

  /** @param {Frame} frame @param {Colours} colours */
  function drawMaps(frame, colours) {
    const cells = plane ? side * side : side;
    own.forEach((values, input) => tile(place.columns[0], input, values, 0, cells, colours));
    let unit = 0;
    run.layers.forEach((layer, at) => {
      for (let k = 0; k < layer.units; k++, unit++) {
        if (place.columns[at + 1].kind === 'units' && frame.maps)
          tile(place.columns[at + 1], k, frame.maps, unit * cells, cells, colours);
      }
    });
  }

  /** An input is its own map: it grows along its axis.
   * @param {number} input */
  function ownMap(input) {
    const [low, high] = run.range?.[input] ?? [-1, 1];
    const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
    const at = (/** @type {number} */ share) => Math.round(((low + (high - low) * share) / most) * 127);
    if (!plane) return Int8Array.from({ length: side }, (_, x) => at(x / (side - 1)));
    return Int8Array.from({ length: side * side }, (_, cell) =>
      at(input === 0 ? (cell % side) / (side - 1) : 1 - Math.floor(cell / side) / (side - 1)),
    );
  }

  /** @param {Column} column @param {number} unit @param {Int8Array} values @param {number} from @param {number} cells @param {Colours} colours */
  function tile(column, unit, values, from, cells, colours) {
    const [left, top] = [column.left, column.y[unit] - column.size / 2];
    if (plane) {
      for (let cell = 0; cell < cells; cell++) small.data[cell] = colours.diverging[values[from + cell] + 127];
      small.show();
      context.imageSmoothingEnabled = true;
      context.drawImage(small.canvas, left, top, column.size, column.size);
      return;
    }
    const half = column.size / 2;
    context.strokeStyle = css(colours.line, 0.5);
    context.lineWidth = 0.75;
    context.beginPath();
    context.moveTo(left, top + half);
    context.lineTo(left + column.size, top + half);
    context.stroke();
    context.strokeStyle = css(colours.value);
    context.lineWidth = 1.75;
    context.beginPath();
    for (let x = 0; x < side; x++)
      context.lineTo(left + (x / (side - 1)) * column.size, top + half - (values[from + x] / 127) * (half - 2.5));
    context.stroke();
  }

  /** Numbers of the chosen example, where there are no maps, and on strips and pictures.
   * @param {Frame} frame @param {Colours} colours */
  function drawUnits(frame, colours) {
    let from = 0;
    place.columns.forEach((column, at) => {
      const values = /** @type {Float32Array} */ (frame.units).subarray(from, from + column.count);
      from += column.count;
      const strip = strips[at];
      if (column.kind === 'units' && frame.maps) return;
      const limit = largest(values);
      if (strip) {
        if (column.kind === 'picture') grey(strip.data, values, colours);
        else diverging(strip.data, values, limit, colours);
        strip.show();
        context.imageSmoothingEnabled = false;
        context.drawImage(
          strip.canvas,
          column.left,
          column.top,
          column.right - column.left,
          column.bottom - column.top,
        );
        return;
      }
      column.y.forEach((y, unit) => {
        const share = limit > 0 ? values[unit] / limit : 0;
        context.fillStyle = bytes(colours.diverging[Math.round(share * 127) + 127]);
        context.beginPath();
        context.roundRect(column.left, y - column.size / 2, column.size, column.size, Math.min(6, column.size / 4));
        context.fill();
      });
    });
  }
  return { draw };
}

/** @param {Uint32Array} into @param {Float32Array} numbers @param {number} limit @param {Colours} colours */
function diverging(into, numbers, limit, colours) {
  for (let at = 0; at < numbers.length; at++) {
    const share = limit > 0 ? numbers[at] / limit : 0;
    into[at] = colours.diverging[Math.round((share > 1 ? 1 : share < -1 ? -1 : share) * 127) + 127];
  }
}

/** A picture goes from paper, its least, to ink, its most.
 * @param {Uint32Array} into @param {Float32Array | number[]} values @param {Colours} colours */
export function grey(into, values, colours) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const [paper, ink] = [colours.panel, colours.ink];
  const span = high - low || 1;
  for (let at = 0; at < into.length; at++) {
    const share = (values[at] - low) / span;
    const [red, green, blue] = paper.map((from, k) => Math.round(from + (ink[k] - from) * share));
    into[at] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
}

/** @param {Float32Array} values */
function largest(values) {
  let most = 0;
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value);
  return most;
}

/** The 99.5th percentile of sizes, of at most 4,000 of them: a limit that a few large ones do not wash out.
 * @param {Float32Array} numbers */
function percentile(numbers) {
  const every = Math.max(1, Math.floor(numbers.length / 4000));
  const sizes = new Float32Array(Math.floor(numbers.length / every));
  for (let at = 0; at < sizes.length; at++) sizes[at] = Math.abs(numbers[at * every]);
  sizes.sort();
  return sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * 0.995))] ?? 0;
}

/** @param {number} packed */
const bytes = (packed) => `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
