// What the page holds: one plain object. Its `state` is what the address says; the rest comes from the server or is not
// worth an address.

/** @typedef {import('./view.js').Choices} Choices */
/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Why} Why */

/** @typedef {object} Session
 * @property {import('./state.js').State} state
 * @property {Choices} choices
 * @property {{run: Run, experiment: Experiment, frame: Frame} | null} shown the run on the screen, and its last frame
 * @property {{run: Run, experiment: Experiment} | null} begun the run that was begun last: on the screen with its first frame
 * @property {string | null} former the run before that one
 * @property {Why | null} why
 * @property {import('./view.js').OwnFile | null} file
 * @property {import('./pointing.js').Target | null} pointed
 * @property {boolean} playing
 * @property {boolean} wanted whether it should play: a change begins another run, which goes on playing
 * @property {boolean} played whether anything was ever played or stepped on this page
 * @property {boolean} going whether it is on its way to where it was told to go
 * @property {boolean} diverged whether what is said is that training diverged
 * @property {boolean} lost whether the run does not answer any more
 * @property {boolean} refused whether the last experiment could not run
 * @property {boolean} reveal whether the next explanation is brought into view
 * @property {number} asked when it was asked last why a weight moves */

/** @param {import('./state.js').State} state
 * @returns {Session} */
export const session = (state) => ({
  state,
  choices: { sets: [], activations: [], inits: [], losses: { classes: [], numbers: [] }, optimizers: [] },
  shown: null,
  begun: null,
  former: null,
  why: null,
  file: null,
  pointed: null,
  playing: false,
  wanted: false,
  played: false,
  going: false,
  diverged: false,
  lost: false,
  refused: false,
  reveal: false,
  asked: 0,
});
