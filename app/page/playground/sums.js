// Lists that claim to be whole end in a line that adds up: as many digits as make the printed numbers do so.

import { h } from '../lib/dom.js';
import { difference } from '../lib/format.js';
import { icon } from '../lib/icons.js';

/** @typedef {{says: string, value: number}} Term */

/** @param {number} x @param {number} digits after the point
 * @param {boolean} [plus] */
export function fixed(x, digits, plus = false) {
  const text = x.toFixed(digits);
  const zero = /^-?0\.?0*$/.test(text);
  if (zero) return '0';
  return (text.startsWith('-') ? '−' : plus ? '+' : '') + text.replace('-', '');
}

/** Digits after the point with which the printed terms add up to the printed total.
 * @param {number[]} terms @param {number} total */
export function digits(terms, total) {
  const size = Math.abs(total) || Math.max(...terms.map(Math.abs));
  // Four, and of small numbers so many that three of them say something.
  const first = Math.max(4, size > 0 ? Math.min(12, 2 - Math.floor(Math.log10(size))) : 4);
  for (let places = first; places <= 15; places++) {
    const whole = (/** @type {number} */ x) => Math.round(x * 10 ** places);
    if (terms.reduce((sum, term) => sum + whole(term), 0) === whole(total)) return places;
  }
  return first;
}

/** `8 shown −0.0703 + 24 others −0.0136 = −0.0838`, with tick or cross.
 * @param {Term[]} terms @param {Term} total @param {boolean} reconciles @param {number} residual */
export function sumLine(terms, total, reconciles, residual) {
  const places = digits(
    terms.map(({ value }) => value),
    total.value,
  );
  const parts = terms.flatMap(({ says, value }, at) => [
    at ? ' + ' : '',
    `${says} `,
    h('b', { class: 'num', 'data-number': value }, fixed(value, places)),
  ]);
  return h(
    'p',
    { class: reconciles ? 'sumline' : 'sumline bad' },
    h(
      'span',
      {},
      ...parts,
      ' = ',
      total.says ? `${total.says} ` : '',
      h('b', { class: 'num', 'data-number': total.value }, fixed(total.value, places)),
    ),
    h(
      'span',
      { class: 'check' },
      icon(reconciles ? 'tick' : 'cross'),
      reconciles ? 'reconciles' : 'does not add up',
      `, residual ${residual === 0 ? '0' : difference(Math.abs(residual))}`,
    ),
  );
}

/** A bar of a share, to the right or to the left of a middle; hollow where it is below zero.
 * @param {number} share from 0 to 1 @param {string} kind class of its hue @param {boolean} hollow @param {number} [from] where it begins */
export function bar(share, kind, hollow, from = 0) {
  const inner = h('i', { class: `${kind}${hollow ? ' hollow' : ''}` });
  inner.style.width = `${Math.max(0.4, Math.min(1, share) * 100)}%`;
  if (from) inner.style.marginLeft = `${from * 100}%`;
  return h('span', { class: 'size', 'aria-hidden': 'true' }, inner);
}
