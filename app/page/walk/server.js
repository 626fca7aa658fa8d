// What is on the screen comes from one answer as a whole: the walk and the nudges of the same numbers.

import { post } from '../lib/api.js';
import { question } from './state.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Nudge} Nudge */
/** @typedef {import('./state.js').State} State */
/** @typedef {{variable: string, push: number}} Push */

/** @typedef {object} Asked
 * @property {State} state
 * @property {number} updates losses up to this one at least
 * @property {(walk: Walk) => Push[]} pushes what to nudge, which depends on the network's names only */

/** @typedef {object} Shown
 * @property {State} state
 * @property {Walk} own the example with its own numbers
 * @property {Walk} walk
 * @property {Map<string, Nudge>} nudges by [`pushKey`] */

/** @param {Push} push */
export const pushKey = ({ variable, push }) => `${variable} ${push}`;

/** @returns {(asked: Asked) => Promise<{ok: true, shown: Shown} | {ok: false, error: string}>} */
export function server() {
  /** The examples with their own numbers. @type {Map<string, Walk>} */
  const owns = new Map();
  return async ({ state, updates, pushes }) => {
    const name = state.example ?? '';
    let own = owns.get(name);
    if (!own) {
      const answer = await post('/api/walk', state.example === null ? {} : { case: state.example });
      if (!answer.ok) return answer;
      own = /** @type {Walk} */ (answer.value);
      owns.set(name, own);
    }
    // The names are those of the example, so one question asks for all.
    const answer = await post('/api/walk', { ...question(state, own, updates), nudges: pushes(own) });
    if (!answer.ok) return answer;
    const walk = /** @type {Walk} */ (answer.value);
    const nudges = new Map(walk.nudges.map((nudge) => [pushKey(nudge), nudge]));
    return { ok: true, shown: { state, own, walk, nudges } };
  };
}
