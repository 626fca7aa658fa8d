// The run of an experiment: begins it, tells it what to do, and keeps the picture up with it. Any change of the experiment
// begins another run.

import { latest } from '../lib/api.js';
import { acts } from './acts.js';
import { live } from './live.js';
import { placeOf } from './names.js';
import * as server from './server.js';
import { address, fresh } from './state.js';

/** @typedef {import('./view.js').Experiment} Experiment */

/** @typedef {object} RunEvents
 * @property {(text: string | null) => void} complain
 * @property {() => void} tell the state has changed
 * @property {() => void} settings what does not depend on a frame has changed
 * @property {(frame: import('./view.js').Frame, told: import('./view.js').Told) => void} draw
 * @property {() => number | null} speed */

/** @param {import('./session.js').Session} now @param {RunEvents} on */
export function runs(now, on) {
  const acting = acts(on.complain, () => {
    now.going = false;
    // An error stands until the next thing that works.
    if (!now.diverged) on.complain(null);
    watcher.refresh();
  });

  const begin = latest(
    async (/** @type {Experiment} */ experiment) => {
      if (now.playing && now.begun) acting(now.begun.run.id, { do: 'pause' });
      // What was asked of the former run may still be under way, so only the one before it ends.
      return server.begin(experiment, now.former);
    },
    (answer, experiment) => (answer.ok ? began(answer.value, experiment) : refused(answer.error, experiment)),
  );

  /** @param {import('./view.js').Run} run @param {Experiment} experiment */
  function began(run, experiment) {
    // What stands in the place of a refused experiment does not hide why it was refused.
    if (!now.refused || now.begun) on.complain(null);
    now.refused = now.lost = false;
    now.former = now.begun?.run.id ?? null;
    now.begun = { run, experiment };
    if (run.columns) now.file = { source: experiment.data.source, columns: run.columns };
    now.why = null;
    const { state } = now;
    now.state = {
      ...state,
      weight: state.weight !== null && placeOf(run, state.weight) ? state.weight : null,
      example: state.example !== null && state.example < run.train ? state.example : null,
    };
    watcher.watch(run.id);
    if (state.step > 0) act({ do: 'to', step: state.step });
    else if (now.wanted) act({ do: 'play', speed: on.speed() });
    on.tell();
  }

  /** Back to the last experiment that could run.
   * @param {string} error @param {Experiment} experiment */
  function refused(error, experiment) {
    on.complain(error);
    now.refused = true;
    if (now.begun) now.state = { ...now.state, experiment: now.begun.experiment };
    else if (address({ ...fresh(), experiment }) !== '') {
      // What the address asks for cannot be: what nobody composed yet can.
      now.state = fresh();
      begin(now.state.experiment);
    }
    on.tell();
    on.settings();
  }

  /** A run that is over begins again where it stood.
   * @param {import('./view.js').Act} what */
  function act(what) {
    now.wanted = what.do === 'play';
    now.going = true;
    if (now.lost) begin(now.state.experiment);
    else if (now.begun) acting(now.begun.run.id, what);
  }

  /** The row whose numbers are on the picture: where there is no map to choose one from, the first. */
  const row = () => now.state.example ?? (now.begun && !now.begun.run.points ? 0 : null);
  const watcher = live({
    example: row,
    draw: on.draw,
    fail(text) {
      now.lost = true;
      on.complain(text);
    },
  });

  return {
    begin,
    act,
    row,
    refresh: watcher.refresh,
    playOrPause: () => act(now.playing ? { do: 'pause' } : { do: 'play', speed: on.speed() }),
    /** Another experiment: the run begins again, and goes on playing if it did.
     * @param {Experiment} experiment */
    change(experiment) {
      now.state = { ...now.state, experiment, step: 0 };
      on.settings();
      begin(experiment);
    },
  };
}
