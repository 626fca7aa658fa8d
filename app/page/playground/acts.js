// What a run is told to do, one after the other. A slider that is dragged asks for many steps; of those that wait only the
// last one matters.

import { act } from './server.js';

/** @typedef {import('./view.js').Act} Act */

/** @param {(error: string) => void} fail
 * @param {() => void} done the newest of them was done
 * @returns {(id: string, what: Act) => void} */
export function acts(fail, done) {
  /** @type {{id: string, what: Act}[]} */
  const queue = [];
  let busy = false;
  let newest = '';

  async function work() {
    busy = true;
    for (let next = queue.shift(); next; next = queue.shift()) {
      const answer = await act(next.id, next.what);
      if (next.id !== newest) continue;
      if (!answer.ok) fail(answer.error);
      else if (queue.length === 0) done();
    }
    busy = false;
  }

  return (id, what) => {
    // What a former run was told to do is of no use to anybody any more.
    for (let at = queue.length - 1; at >= 0; at--) if (queue[at].id !== id) queue.splice(at, 1);
    newest = id;
    if (what.do === 'to' && queue.at(-1)?.what.do === 'to') queue.pop();
    queue.push({ id, what });
    if (!busy) work();
  };
}
