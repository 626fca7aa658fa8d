// What a run is told to do, one after the other. A slider that is dragged asks for many steps; of those that wait only the
// last one matters.

import { act } from './server.js';

/** @typedef {import('./view.js').Act} Act */

/** @param {(error: string) => void} fail
 * @returns {(id: string, what: Act) => void} */
export function acts(fail) {
  /** @type {{id: string, what: Act}[]} */
  const queue = [];
  let busy = false;

  async function work() {
    busy = true;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const answer = await act(next.id, next.what);
      if (!answer.ok) fail(answer.error);
    }
    busy = false;
  }

  return (id, what) => {
    if (what.do === 'to' && queue.at(-1)?.what.do === 'to') queue.pop();
    queue.push({ id, what });
    if (!busy) work();
  };
}
