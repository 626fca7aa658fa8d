// Keeps the picture up with a run. The server only says that something changed; one frame is asked for when the last one
// was drawn, so a slow page skips frames and never falls behind.

import { events, frame } from './server.js';

/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Told} Told */

/** @typedef {object} Live
 * @property {(id: string) => void} watch watches another run from now on
 * @property {() => void} refresh asks for a frame, also where nothing was told
 * @property {() => void} stop */

/** @param {object} options
 * @param {() => number | null} options.example the row whose numbers are wanted
 * @param {(frame: Frame, told: Told) => void} options.draw
 * @param {(error: string) => void} options.fail
 * @returns {Live} */
export function live({ example, draw, fail }) {
  /** @type {string | null} */
  let id = null;
  /** @type {EventSource | null} */
  let source = null;
  /** @type {Told} */
  let told = { step: 0, playing: false, problem: null };
  let wanted = false;
  let busy = false;

  async function next() {
    if (busy || !wanted || id === null) return;
    busy = true;
    wanted = false;
    const asked = id;
    const row = example();
    // What was told before the frame was asked for is true of it.
    const before = told;
    const answer = await frame(asked, row);
    // A run that ended meanwhile, or a row that is not looked at any more, is not worth drawing.
    if (asked !== id) return done();
    if (!answer.ok) {
      fail(answer.error);
      return done();
    }
    requestAnimationFrame(() => {
      try {
        if (asked === id && row === example()) draw(answer.value, before);
        else wanted = true;
      } finally {
        done();
      }
    });
  }

  function done() {
    busy = false;
    next();
  }

  function refresh() {
    wanted = true;
    next();
  }

  function stop() {
    source?.close();
    source = null;
    id = null;
  }

  /** @param {string} run */
  function watch(run) {
    stop();
    id = run;
    source = events(run);
    told = { step: 0, playing: false, problem: null };
    source.addEventListener('message', (event) => {
      told = JSON.parse(event.data);
      refresh();
    });
    refresh();
  }
  // A page that comes back from the background shows where the run stands now.
  document.addEventListener('visibilitychange', () => !document.hidden && refresh());
  return { watch, refresh, stop };
}
