// Numbers of the settings that are dragged, stepped or typed, and the keys that work wherever the focus is on no control.

import { scrub } from '../lib/scrub.js';
import { withOutputs } from './experiment.js';
import { numberOf, rangeOf, withNumber } from './numbers.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Choices} Choices */

/** @param {() => Experiment} now @param {() => Choices} choices @param {(experiment: Experiment) => void} change */
export function changing(now, choices, change) {
  // While a number is dragged its step stays what it was where the drag began.
  let began = { name: '', value: 0 };
  document.addEventListener(
    'pointerdown',
    (event) => {
      const name =
        event.target instanceof Element ? (event.target.closest('[data-var]')?.getAttribute('data-var') ?? '') : '';
      began = { name, value: name ? numberOf(now(), choices(), name) : 0 };
    },
    true,
  );
  document.addEventListener('pointerup', () => setTimeout(() => (began = { name: '', value: 0 })), true);
  scrub(document.body, {
    get: (name) => numberOf(now(), choices(), name),
    set: (name, value) => {
      const experiment = withNumber(now(), name, value);
      // Each arm of the spiral is a class of its own.
      change(name === 'data.arms' ? withOutputs(experiment, Math.round(value)) : experiment);
    },
    range: (name) => rangeOf(name, began.name === name ? began.value : numberOf(now(), choices(), name)),
  });
}

/** Space plays, the arrow keys step, Home goes to the start.
 * @param {{play: () => void, step: () => void, back: () => void, home: () => void}} on */
export function shortcuts(on) {
  /** @type {Record<string, () => void>} */
  const keys = { ' ': on.play, ArrowRight: on.step, ArrowLeft: on.back, Home: on.home };
  document.addEventListener('keydown', (event) => {
    const free = event.target === document.body || (event.target instanceof HTMLElement && event.target.id === 'main');
    if (!free || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    keys[event.key]();
    event.preventDefault();
  });
}
