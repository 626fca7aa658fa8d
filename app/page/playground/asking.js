// Asks the server why a weight moves. Each step has a batch of its own: the chosen example may stand elsewhere in it, or
// not at all, and then the one that contributes most is shown.

import { latest } from '../lib/api.js';
import { why } from './server.js';

/** @typedef {import('./view.js').Why} Why */
/** @typedef {{id: string, weight: string, row: number | null}} Question */

/** @param {(answer: {ok: true, value: Why} | {ok: false, error: string}, question: Question) => void} then
 * @returns {(question: Question) => void} */
export function asking(then) {
  /** The batch of the last answer: of the same step it is the same. @type {{id: string, rows: number[]}} */
  let last = { id: '', rows: [] };
  return latest(async (/** @type {Question} */ { id, weight, row }) => {
    const before = row !== null && last.id === id ? last.rows.indexOf(row) : -1;
    const answer = await why(id, weight, before < 0 ? null : before);
    if (!answer.ok) return answer;
    last = { id, rows: answer.value.batch.map((each) => each.row) };
    if (row === null) return answer;
    const at = last.rows.indexOf(row);
    // It moved in the meantime: once more, by the place that it has now.
    if (at === answer.value.example || (at < 0 && before < 0)) return answer;
    return why(id, weight, at < 0 ? null : at);
  }, then);
}
