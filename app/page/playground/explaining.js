// The weight that is explained: chosen, asked about, and asked about again as the run goes on.

import { asking } from './asking.js';
import { placeOf } from './names.js';
import { nameOfPlace } from './pointing.js';

/** How often the explanation follows a run that plays, in milliseconds. */
const FOLLOW = 250;

/** @param {import('./session.js').Session} now
 * @param {{complain: (text: string | null) => void, redraw: () => void, choose: () => void}} on choose: a weight was chosen, or none */
export function explaining(now, on) {
  const askServer = asking((answer, { id, weight }) => {
    if (id !== now.begun?.run.id || weight !== now.state.weight) return;
    if (answer.ok) {
      now.why = answer.value;
      if (now.asked && !now.playing) on.complain(null);
    } else {
      on.complain(answer.error);
      now.state = { ...now.state, weight: null };
      now.why = null;
    }
    on.redraw();
  });

  /** Asks why, where what is there is not of this step; of a run that plays, not at each of them. */
  function ask(force = false) {
    const { shown, state, why } = now;
    if (!shown || state.weight === null) return;
    const fits = why !== null && why.step === shown.frame.step + 1;
    if (!force && (fits || (now.playing && performance.now() - now.asked < FOLLOW))) return;
    now.asked = performance.now();
    askServer({ id: shown.run.id, weight: state.weight, row: state.example });
  }

  /** @param {string | null} name */
  function explain(name) {
    const run = now.shown?.run;
    const known = name !== null && run ? placeOf(run, name) : null;
    if (name !== null && !known)
      return on.complain(
        `There is no weight ${name} in this network; names are as ${run?.layers[0].weight.name}[0,0].`,
      );
    on.complain(null);
    now.state = { ...now.state, weight: known && run ? nameOfPlace(run, known) : null };
    now.why = null;
    now.reveal = known !== null;
    on.choose();
    on.redraw();
    ask(true);
  }

  return { ask, explain };
}
