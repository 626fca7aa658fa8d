// A neuron shows its function: the activation's curve, a dot where it stands, and the tangent there when a gradient
// passes: its slope is the factor.

import { line } from '../lib/painter.js';
import { label } from './label.js';

/** @typedef {import('../lib/painter.js').Painter} Painter */
/** @typedef {import('./layout.js').Neuron} Neuron */

/** @typedef {object} Response
 * @property {[number, number][]} curve [z, h]; empty where the neuron passes its sum on as it is
 * @property {number} sum
 * @property {number} value
 * @property {number} slope
 * @property {boolean} on whether the value is known by now
 * @property {boolean} tangent whether a gradient passes
 * @property {number | null} change what a nudge added */

/** @param {Painter} painter @param {Neuron} neuron @param {Response} response @param {string} style @param {number} size */
export function neuron(painter, { name, x, y, r }, response, style, size) {
  const key = `neuron ${name}`;
  const clip = `clip-${name.codePointAt(0)}-${[...name].map((letter) => letter.codePointAt(0)).join('-')}`;
  painter.put(key, 'g', { class: `part ${style}`, 'data-part': name }, 'nodes');
  painter.put(`${key} face`, 'circle', { class: 'node', cx: x, cy: y, r }, key);
  painter.put(`${key} clip`, 'clipPath', { id: clip }, key);
  painter.put(`${key} round`, 'circle', { cx: x, cy: y, r: r - 1 }, `${key} clip`);
  painter.put(`${key} inside`, 'g', { 'clip-path': `url(#${clip})` }, key);
  const { curve, sum, value, slope, on } = response;
  const points = curve.length ? curve : identity(sum);
  const place = scale(points, x, y, r);
  painter.put(
    `${key} axes`,
    'path',
    { class: 'ax', d: `M${x - r} ${place(0, 0)[1]}H${x + r}M${place(0, 0)[0]} ${y - r}V${y + r}` },
    `${key} inside`,
  );
  painter.put(
    `${key} curve`,
    'path',
    { class: 'curve', d: line(points.map(([z, h]) => place(z, h))) },
    `${key} inside`,
  );
  if (on) {
    const [px, py] = place(sum, value);
    if (response.tangent) {
      const [qx, qy] = place(sum + 1, value + slope);
      const length = Math.hypot(qx - px, qy - py) || 1;
      const half = (r * 0.62) / length;
      painter.put(
        `${key} tangent`,
        'path',
        {
          class: 'tangent',
          d: line([
            [px - (qx - px) * half, py - (qy - py) * half],
            [px + (qx - px) * half, py + (qy - py) * half],
          ]),
        },
        `${key} inside`,
      );
    }
    painter.put(`${key} dot`, 'circle', { class: 'pt', cx: px, cy: py, r: r > 30 ? 4.5 : 3.5 }, `${key} inside`);
  }
  label(painter, `${key} label`, key, {
    x,
    y: y - r - 9,
    size,
    symbol: name,
    of: 'value',
    name,
    style: 'halo',
    value: on ? value : null,
    change: response.change,
  });
}

/** The line h = z, as far as the sum reaches.
 * @param {number} sum @returns {[number, number][]} */
function identity(sum) {
  const far = Math.max(1, Math.abs(sum) * 1.35);
  return [
    [-far, -far],
    [far, far],
  ];
}

/** @param {[number, number][]} points @param {number} x @param {number} y @param {number} r
 * @returns {(z: number, h: number) => [number, number]} */
function scale(points, x, y, r) {
  const left = points[0][0];
  const right = points[points.length - 1][0];
  const heights = points.map(([, h]) => h);
  let low = Math.min(...heights);
  const high = Math.max(...heights);
  // A flat floor such as relu's stands a little above the rim.
  if (low === 0 && heights.filter((h) => h === 0).length > 5) low = -0.25 * (high || 1);
  const middle = (left + right) / 2;
  return (z, h) => [
    x + ((z - middle) / (right - middle || 1)) * r,
    y + r * 0.58 - ((h - low) / (high - low || 1)) * r * 1.16,
  ];
}
