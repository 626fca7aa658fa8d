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
  if (!Number.isFinite(answer)) return { right: false, says: '' };
  if (same(answer, text, value)) {
    const exactly = number(answer) === number(value);
    return { right: true, says: exactly ? 'Right.' : `Right; with four decimals ${number(value)}.` };
  }
  const known = mistakes.find((mistake) => same(answer, text, mistake.value));
  return { right: false, says: known ? known.says : 'Not yet. Look at the picture: what does this factor answer?' };
}

/** Whether an answer is a number, as it is printed or rounded to the decimals that were typed, two at least.
 * @param {number} answer @param {string} text @param {number} value */
function same(answer, text, value) {
  if (number(answer) === number(value)) return true;
  const decimals = /[.,](\d+)\s*$/.exec(text)?.[1].length ?? 0;
  return decimals >= 2 && decimals <= 12 && Number(value.toFixed(decimals)) === answer && answer !== 0;
}

/** The tile to cover next: one after the other, so that each gets its turn.
 * @param {number | null} last @param {number} count */
export const nextCover = (last, count) => (last === null ? Math.min(1, count - 1) : (last + 1) % count);
