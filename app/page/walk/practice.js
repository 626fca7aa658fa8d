// Practice: a number is hidden, the reader answers. A wrong answer is recognised by comparing its printed digits with
// those of answers that the engine computed from known mistakes.

import { number, typed } from '../lib/format.js';

/** @typedef {import('../view.js').Mistake} Mistake */

/** @param {string} text what was typed
 * @param {number} value the right answer
 * @param {Mistake[]} mistakes
 * @returns {{right: boolean, says: string}} */
export function judge(text, value, mistakes) {
  const answer = typed(text);
  if (!Number.isFinite(answer)) return { right: false, says: unfinished(text) ? '' : 'That is not a number.' };
  const right = () => ({
    right: true,
    says: number(answer) === number(value) ? 'Right.' : `Right; with four decimals ${number(value)}.`,
  });
  if (same(answer, text, value)) return right();
  // Who reckons with printed numbers is off in the last decimal. Of what could be meant, the nearest is.
  const meant = [{ value, says: '' }, ...mistakes]
    .filter((each) => same(answer, text, each.value) || near(answer, text, each.value))
    .sort((a, b) => Math.abs(answer - a.value) - Math.abs(answer - b.value))[0];
  if (!meant) return { right: false, says: 'Not yet. Look at the picture: what does this factor answer?' };
  return meant.says === '' ? right() : { right: false, says: meant.says };
}

/** Whether an answer is a number, as it is printed or rounded to the decimals that were typed, two at least.
 * @param {number} answer @param {string} text @param {number} value */
function same(answer, text, value) {
  if (number(answer) === number(value)) return true;
  const decimals = decimalsOf(text);
  return decimals >= 2 && decimals <= 12 && Number(value.toFixed(decimals)) === answer && answer !== 0;
}

/** Whether an answer is off by one in the last decimal that was typed, of three at least, and by 2 % at most.
 * @param {number} answer @param {string} text @param {number} value */
function near(answer, text, value) {
  const decimals = decimalsOf(text);
  const off = Math.abs(answer - value);
  return decimals >= 3 && off <= 10 ** -decimals * (1 + 1e-9) && off <= 0.02 * Math.abs(value);
}

/** @param {string} text */
const decimalsOf = (text) => /[.,](\d+)\s*$/.exec(text)?.[1].length ?? 0;

/** Whether a number can still come of it: a sign, or an e that waits for its digits.
 * @param {string} text */
const unfinished = (text) => /^\s*[-+−–]?\d*[.,]?\d*(e[-+−–]?)?\s*$/i.test(text);

/** The tile to cover next: one after the other, so that each gets its turn.
 * @param {number | null} last @param {number} count */
export const nextCover = (last, count) => (last === null ? Math.min(1, count - 1) : (last + 1) % count);
