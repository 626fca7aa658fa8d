// Numbers as people read them, with the digits of the terminal (app/src/view/digits.rs).

/** Four decimals, fewer from 10,000 on, or an exponent where they would say nothing.
 * @param {number} x
 * @param {number} [more] so many digits more
 * @returns {string} */
export function number(x, more = 0) {
  const size = Math.abs(x);
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'NaN' : x > 0 ? '∞' : '−∞';
  if (size === 0) return '0';
  if (size >= 1e-3 && size < 1e4) return minus(x.toFixed(4 + more));
  if (size >= 1e4 && size < 1e6) return minus(x.toFixed(more + (size < 1e5 ? 2 : 1)));
  return minus(x.toExponential(3 + more).replace('e+', 'e'));
}

/** With its sign also where it is positive.
 * @param {number} x
 * @param {number} [more] */
export const signed = (x, more = 0) => (x > 0 ? '+' : '') + number(x, more);

/** In brackets where it is negative, to follow an operator.
 * @param {number} x */
export const bracketed = (x) => (x < 0 ? `(${number(x)})` : number(x));

/** As [`number`] without the zeros that say nothing: for a push, a rate or a tick of an axis.
 * @param {number} x */
export function brief(x) {
  if (x !== 0 && (Math.abs(x) < 1e-4 || Math.abs(x) >= 1e6)) {
    return minus(
      x
        .toExponential(2)
        .replace('e+', 'e')
        .replace(/\.?0+e/, 'e'),
    );
  }
  return minus(String(+x.toPrecision(6)));
}

/** A relative difference. Most of what is smaller than 1e−7 is rounding.
 * @param {number | null} relative */
export function difference(relative) {
  if (relative === null) return '–';
  if (relative < 1e-7) return '<1e−7';
  return minus(relative.toExponential(0).replace('e+', 'e'));
}

/** `1 update`, `20 updates`
 * @param {number} n
 * @param {string} what */
export const count = (n, what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;

/** What somebody typed: a true minus, a decimal comma and spaces are understood. NaN where it is no number.
 * @param {string} text */
export function typed(text) {
  const plain = text.trim().replace(/[−–]/g, '-').replace(',', '.').replace(/\s/g, '');
  return plain === '' ? NaN : Number(plain);
}

/** @param {string} text */
const minus = (text) => text.replaceAll('-', '−');
