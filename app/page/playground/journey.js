// The address and the browser's Back and Forward. A choice (another set, layers, optimizer, loss, a chosen weight) is one
// entry of the history; dragging, stepping and playing change the entry that is there.

import { address, read } from './state.js';

/** Browsers limit how often the address may change, in milliseconds. */
const PAUSE = 200;

const here = (/** @type {string} */ to) => to || location.pathname + location.search;

/** @param {import('./session.js').Session} now @param {(state: import('./state.js').State) => void} onrestore */
export function journey(now, onrestore) {
  let timer = 0;
  /** What the present entry should say, not written yet. @type {string | null} */
  let waiting = null;

  function flush() {
    clearTimeout(timer);
    if (waiting !== null) history.replaceState(null, '', here(waiting));
    waiting = null;
  }

  // Also where somebody edits the address.
  addEventListener('popstate', () => {
    clearTimeout(timer);
    waiting = null;
    onrestore(read(location.hash));
  });

  return {
    /** The present entry says the state. */
    replace() {
      clearTimeout(timer);
      waiting = address(now.state);
      timer = setTimeout(flush, PAUSE);
    },
    /** A new entry says it. */
    push() {
      flush();
      const to = address(now.state);
      if (to !== location.hash) history.pushState(null, '', here(to));
    },
  };
}

/** Whether two experiments are the same, in whatever order their keys stand.
 * @param {import('./view.js').Experiment} a @param {import('./view.js').Experiment} b */
export const same = (a, b) => sorted(a) === sorted(b);

/** @param {import('./view.js').Experiment} experiment */
const sorted = (experiment) =>
  address({ experiment, step: 0, weight: null, example: null, show: 'weight' }).slice(1).split('&').sort().join('&');
