// Step 1: how to read the picture.

import { fill, h } from '../lib/dom.js';
import { svg } from '../lib/icons.js';
import { number } from '../lib/format.js';

/** @typedef {import('../view.js').Walk} Walk */

/** @param {HTMLElement} host
 * @returns {(walk: Walk, online: () => void) => void} */
export function guide(host) {
  return (walk, online) =>
    fill(host, walk.name, () => [
      h(
        'div',
        { class: 'rowhead' },
        h('h2', {}, 'How to read the picture'),
        h('p', {}, 'Drag any dotted number, or press Enter on it to type.'),
        h(
          'span',
          { class: 'tools' },
          h('button', { class: 'ghost', type: 'button', 'data-open-line': true, onclick: online }, 'Number line'),
        ),
      ),
      h(
        'div',
        { class: 'tiles apart' },
        card('A wire is a weight', 'Thick means large.', wire(26, 3, 0.2), wire(62, 12, 1.8)),
        card('Hollow means negative', 'It turns the sign of what passes.', wire(26, 5, -0.4), wire(62, 12, -1.8)),
        card(
          'Above: the value',
          'Forward, in blue: what was computed.',
          wire(62, 5.5),
          lane(44, 'forth'),
          text(60, 34, 'val', number(0.6457)),
        ),
        card(
          'Below: the gradient',
          'Backward, in orange: how the loss answers.',
          wire(26, 5.5),
          lane(44, 'back'),
          text(60, 66, 'grad', number(-0.42)),
        ),
      ),
    ]);
}

/** @param {string} title @param {string} says @param {...(SVGElement | SVGElement[])} inside */
const card = (title, says, ...inside) =>
  h(
    'div',
    { class: 'tile' },
    h('h3', {}, title),
    h('p', {}, says),
    svg(
      'svg',
      { class: 'spec', viewBox: '0 0 230 80', preserveAspectRatio: 'xMinYMax meet', 'aria-hidden': 'true' },
      ...inside.flat(),
    ),
  );

/** @param {number} y @param {number} width @param {number} [weight] the number beside it */
function wire(y, width, weight) {
  const sign = (weight ?? 1) < 0 ? 'neg' : 'pos';
  const to = weight === undefined ? 170 : 120;
  const parts = [svg('path', { class: `wire body ${sign}`, d: `M2 ${y}H${to}`, 'stroke-width': width })];
  if (sign === 'neg') parts.push(svg('path', { class: 'wire core', d: `M2 ${y}H${to}`, 'stroke-width': width - 3 }));
  if (weight !== undefined) parts.push(text(132, y + 5, sign, number(weight)));
  return parts;
}

/** @param {number} y @param {'forth' | 'back'} way */
const lane = (y, way) =>
  way === 'forth'
    ? [
        svg('path', { class: 'lane forth', d: `M4 ${y}H166` }),
        svg('path', { class: 'head forth', d: `M160.500 ${y - 5.5}l5.500 5.500-5.500 5.500` }),
      ]
    : [
        svg('path', { class: 'lane back', d: `M6 ${y}H168` }),
        svg('path', { class: 'head back', d: `M11.500 ${y - 5.5}l-5.500 5.500 5.500 5.500` }),
      ];

/** @param {number} x @param {number} y @param {string} hue @param {string} says */
const text = (x, y, hue, says) => svg('text', { x, y, class: hue }, says);
