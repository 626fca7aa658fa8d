// Small pictures inside the forward tiles: what the operation does.

import { number } from '../lib/format.js';
import { svg } from '../lib/icons.js';
import { line } from '../lib/painter.js';
import { toSvg } from '../lib/symbol.js';
import { clamp } from '../lib/axes.js';

const HEIGHT = 66;

/** @typedef {(width: number) => SVGElement} Picture */

/** @param {number} width @param {...Node} inside */
const plot = (width, ...inside) =>
  /** @type {SVGElement} */ (
    svg('svg', { class: 'plot', viewBox: `0 0 ${width} ${HEIGHT}`, 'aria-hidden': 'true' }, ...inside)
  );

/** The activation, and the sum and value that stand on it.
 * @param {[number, number][]} points @param {number} sum @param {number} value
 * @returns {Picture} */
export const response = (points, sum, value) => (width) => {
  const left = points[0][0];
  const right = points[points.length - 1][0];
  const heights = points.map(([, h]) => h);
  const [low, high] = [Math.min(0, ...heights), Math.max(...heights)];
  /** @param {number} z */
  const x = (z) => 8 + ((z - left) / (right - left)) * (width - 16);
  /** @param {number} h */
  const y = (h) => HEIGHT - 18 - ((h - low) / (high - low || 1)) * (HEIGHT - 26);
  return plot(
    width,
    svg('path', {
      class: 'grid',
      d: `M0 ${y(0)}H${width}${left <= 0 && right >= 0 ? `M${x(0)} 4V${HEIGHT - 14}` : ''}`,
    }),
    svg('path', { class: 'pencil', d: line(points.map(([z, h]) => [x(z), y(h)])) }),
    svg('path', { class: 'reading', d: `M${x(sum)} ${y(0)}V${y(value)}H${clamp(x(0), 0, width)}` }),
    svg('circle', { class: 'dot-value', cx: x(sum), cy: y(value), r: 4.5 }),
    svg('text', { x: clamp(x(sum), 22, width - 22), y: HEIGHT - 2, 'text-anchor': 'middle' }, number(sum)),
  );
};

/** A sum as a walk from 0: each part goes on where the last one ended, hollow where it goes back.
 * @param {{symbol: string, amount: number}[]} parts @param {number} total
 * @returns {Picture} */
export const sum = (parts, total) => (width) => {
  const ends = [0];
  for (const { amount } of parts) ends.push(ends[ends.length - 1] + amount);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  /** @param {number} value */
  const x = (value) => 8 + ((value - low) / (high - low || 1)) * (width - 16);
  const each = Math.min(21, 46 / parts.length);
  const bars = parts.flatMap(({ symbol, amount }, at) => {
    const [a, b] = [x(ends[at]), x(ends[at + 1])];
    const y = 4 + at * each;
    const middle = (a + b) / 2;
    const inside = Math.abs(b - a) > 64;
    const spot = inside ? middle : Math.max(a, b) + 38 > width ? Math.min(a, b) - 30 : Math.max(a, b) + 30;
    return [
      svg('rect', {
        class: amount < 0 ? 'amount back' : 'amount',
        x: Math.min(a, b),
        y,
        width: Math.max(1.5, Math.abs(b - a)),
        height: each - 3,
        rx: 2,
      }),
      ...(each >= 11
        ? [
            svg(
              'text',
              {
                class: inside && amount >= 0 ? 'small on' : 'small',
                x: clamp(spot, 24, width - 24),
                y: y + (each - 3) / 2 + 4,
                'text-anchor': 'middle',
              },
              ...toSvg(symbol),
            ),
          ]
        : []),
    ];
  });
  return plot(
    width,
    svg('path', { class: 'axis', d: `M${x(0)} 0V${HEIGHT - 16}` }),
    svg('path', { class: 'reading', d: `M${x(total)} 0V${HEIGHT - 16}` }),
    ...bars,
    svg('text', { x: clamp(x(0), 6, width - 6), y: HEIGHT - 2, 'text-anchor': 'middle' }, '0'),
    ...(Math.abs(x(total) - x(0)) > 36
      ? [svg('text', { x: clamp(x(total), 24, width - 24), y: HEIGHT - 2, 'text-anchor': 'middle' }, number(total))]
      : []),
  );
};

/** The prediction and the target on one line, and the miss between them.
 * @param {string} output @param {number} prediction @param {number} target
 * @returns {Picture} */
export const miss = (output, prediction, target) => (width) => {
  const low = Math.min(0, prediction, target);
  const high = Math.max(1, prediction, target);
  /** @param {number} value */
  const x = (value) => 18 + ((value - low) / (high - low || 1)) * (width - 36);
  const [p, y] = [x(prediction), x(target)];
  const far = Math.abs(p - y) > 26;
  return plot(
    width,
    svg('path', { class: 'axis', d: `M2 32H${width - 2}` }),
    svg('path', { class: 'missed', d: `M${p} 32H${y}` }),
    svg('circle', { class: 'dot-value', cx: p, cy: 32, r: 5 }),
    svg('path', { class: 'goal', d: `M${y} 24v16` }),
    svg('text', { x: p, y: far ? 56 : 18, 'text-anchor': 'middle' }, ...toSvg(output)),
    svg('text', { x: y, y: 56, 'text-anchor': 'middle' }, ...toSvg('y')),
    ...(far ? [svg('text', { x: (p + y) / 2, y: 20, 'text-anchor': 'middle' }, 'the miss')] : []),
  );
};

/** The miss as the side of a square: the loss is its area.
 * @param {number} prediction @param {number} target @param {boolean} halved
 * @returns {Picture} */
export const square = (prediction, target, halved) => (width) => {
  const side = clamp(Math.abs(prediction - target) * 150, 3, 58);
  return plot(
    width,
    svg('rect', { class: 'area', x: 1, y: 64 - side, width: side, height: side }),
    ...(halved ? [svg('path', { class: 'reading', d: `M1 64L${1 + side} ${64 - side}` })] : []),
    svg('text', { x: side + 14, y: Math.max(18, 64 - side / 2 - 4) }, 'a square whose side is the miss:'),
    svg(
      'text',
      { x: side + 14, y: Math.max(34, 64 - side / 2 + 12) },
      halved ? 'the loss is half its area' : 'the loss is its area',
    ),
  );
};
