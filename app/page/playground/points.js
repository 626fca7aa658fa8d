// Examples as marks: a class has a shape and a hue, training is filled, held out is open.

import { svg } from '../lib/icons.js';
import { CLASSES, css } from './colour.js';

/** @typedef {import('./colour.js').Colours} Colours */

/** Circle, square, triangle, diamond, cross: by their class. @type {((r: number) => string)[]} */
const SHAPES = [
  (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
  (r) => `M${-0.88 * r} ${-0.88 * r}H${0.88 * r}V${0.88 * r}H${-0.88 * r}Z`,
  (r) => `M0 ${-1.2 * r}L${1.1 * r} ${0.8 * r}H${-1.1 * r}Z`,
  (r) => `M0 ${-1.25 * r}L${1.1 * r} 0L0 ${1.25 * r}L${-1.1 * r} 0Z`,
  (r) =>
    `M${-r} ${-0.4 * r}H${-0.4 * r}V${-r}H${0.4 * r}V${-0.4 * r}H${r}V${0.4 * r}H${0.4 * r}V${r}H${-0.4 * r}V${0.4 * r}H${-r}Z`,
];

/** @param {HTMLCanvasElement} canvas @param {number} scale
 * @param {[number, number][]} places @param {{y: number[], test: boolean[]}} points
 * @param {boolean} classes @param {boolean} plane @param {Colours} colours */
export function drawPoints(canvas, scale, places, points, classes, plane, colours) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const radius = places.length > 700 ? 2.1 : places.length > 40 ? 2.7 : 4.5;
  const shapes = SHAPES.map((shape) => new Path2D(shape(radius)));
  const limit = Math.max(1e-9, ...points.y.map(Math.abs));
  places.forEach(([x, y], at) => {
    const shape = shapes[classes ? points.y[at] % SHAPES.length : 0];
    const colour = classes ? colours.classes[points.y[at] % CLASSES] : colours.ink;
    context.setTransform(scale, 0, 0, scale, x * scale, y * scale);
    // A rim of paper parts marks that lie on each other and on their own region.
    context.lineWidth = points.test[at] ? 3 : 1.5;
    context.strokeStyle = css(colours.panel, 0.9);
    context.stroke(shape);
    context.fillStyle = points.test[at]
      ? css(colours.panel)
      : classes || !plane
        ? css(colours.ink, classes ? 0 : 0.55)
        : byNumber(points.y[at] / limit, colours);
    if (classes && !points.test[at]) context.fillStyle = css(colour);
    context.fill(shape);
    if (points.test[at] || (plane && !classes)) {
      context.lineWidth = 1.1;
      context.strokeStyle = css(colour);
      context.stroke(shape);
    }
  });
}

/** @param {number} share from −1 to 1 @param {Colours} colours */
function byNumber(share, colours) {
  const packed = colours.diverging[Math.round(share * 127) + 127];
  return `rgb(${packed & 255} ${(packed >> 8) & 255} ${(packed >> 16) & 255})`;
}

/** The mark of a class beside its name.
 * @param {number} at @param {string} colour */
export function mark(at, colour) {
  return svg(
    'svg',
    { viewBox: '-6 -6 12 12', class: 'sign', 'aria-hidden': 'true' },
    svg('path', { d: SHAPES[at % SHAPES.length](4), fill: colour }),
  );
}
