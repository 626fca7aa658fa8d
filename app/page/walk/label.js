// Labels of the drawing: a symbol, then its number.

import { number, signed } from '../lib/format.js';
import { toSvg } from '../lib/symbol.js';

/** @typedef {import('../lib/painter.js').Painter} Painter */

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {object} Label
 * @property {number} x
 * @property {number} y
 * @property {number} size
 * @property {string} symbol empty: the number alone
 * @property {number | null} [value]
 * @property {'value' | 'gradient'} [of] what kind of number it is
 * @property {string} [name] of what: the tests find it by this
 * @property {boolean} [covered] the number is a question
 * @property {number | null} [change] what a nudge added
 * @property {string} [before] plain words before it
 * @property {string} [style]
 * @property {'start' | 'middle' | 'end'} [anchor]
 * @property {number} [opacity]
 * @property {number} [gap] */

/** @param {Painter} painter @param {string} key @param {string} parent @param {Label} label */
export function label(painter, key, parent, label) {
  const {
    x,
    y,
    size,
    symbol,
    value = null,
    of,
    name,
    covered = false,
    change = null,
    before = '',
    anchor = 'middle',
    opacity = 1,
  } = label;
  const halo = label.style?.includes('halo') ?? false;
  const style = (label.style ?? '').replace('halo', '').trim();
  const attributes = { x, y, 'text-anchor': anchor, 'font-size': size, opacity: opacity < 1 ? opacity : null };
  const says = [symbol, value, covered, change, before, name, of].join('|');
  const spans = (/** @type {boolean} */ found) => {
    const all = symbol ? toSvg(symbol) : [];
    if (before) all.unshift(span('', before));
    if (value !== null) {
      const digits = span(covered ? 'n ask' : 'n', covered ? '?' : number(value));
      if (symbol) digits.setAttribute('dx', String(label.gap ?? (size < 12 ? 3 : 5)));
      if (found && of && name !== undefined && !covered) {
        digits.setAttribute(of === 'value' ? 'data-value-of' : 'data-gradient-of', name);
        digits.setAttribute('data-number', String(value));
      }
      all.push(digits);
    }
    if (change) {
      const moved = span('moved', signed(change));
      moved.setAttribute('dx', '6');
      all.push(moved);
    }
    return all;
  };
  // The halo lies under the whole text: drawn letter by letter it would cut into the letter before.
  if (halo)
    painter.text(
      `${key} halo`,
      { ...attributes, class: 'under', 'aria-hidden': 'true' },
      says,
      () => spans(false),
      parent,
    );
  const hue = of === 'value' ? 'isval' : of === 'gradient' ? 'isgrad' : '';
  return painter.text(key, { ...attributes, class: `${hue} ${style}` }, says, () => spans(true), parent);
}

/** @param {string} kind @param {string} text */
function span(kind, text) {
  const element = document.createElementNS(SVG, 'tspan');
  if (kind) element.setAttribute('class', kind);
  element.textContent = text;
  return element;
}
