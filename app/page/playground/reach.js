// How a connection is reached: by pointing at it, or by walking along with the arrow keys. The network is one stop of the
// Tab key, for it can have a thousand connections.

import { nameOf, place as placeAt, placeOf } from './names.js';
import { move, pick } from './pointing.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./pointing.js').Target} Target */

/** @typedef {object} Reach
 * @property {() => {run: Run, frame: Frame} | null} shown
 * @property {() => Layout | null} place
 * @property {() => string | null} chosen name of the weight that is explained
 * @property {() => Target | null} pointed
 * @property {(target: Target | null, spoken: boolean) => void} onpoint spoken: it was reached by keys
 * @property {(weight: string | null) => void} onchoose */

/** @param {SVGSVGElement} net @param {Reach} on */
export function reach(net, on) {
  /** @param {MouseEvent} event */
  function under(event) {
    const [shown, place] = [on.shown(), on.place()];
    if (!shown || !place) return null;
    const bounds = net.getBoundingClientRect();
    const [x, y] = [(event.clientX - bounds.left) / bounds.width, (event.clientY - bounds.top) / bounds.height];
    return pick(shown.run, place, x * place.width, y * place.height);
  }

  /** What the pointer named last. A click is told in whole pixels, and where two wires cross it would mean the other one.
   * @type {Target | null} */
  let named = null;
  /** @param {PointerEvent} event */
  function point(event) {
    named = under(event);
    net.classList.toggle('hand', named?.kind === 'weight');
    if (JSON.stringify(named) !== JSON.stringify(on.pointed())) on.onpoint(named, false);
  }
  net.addEventListener('pointermove', point);
  net.addEventListener('pointerdown', point);
  net.addEventListener('pointerleave', () => on.onpoint(null, false));
  net.addEventListener('click', (event) => {
    const target = named ?? under(event);
    const shown = on.shown();
    if (target?.kind === 'weight' && shown)
      on.onchoose(nameOf(shown.run, target.place.layer, target.place.to, target.place.from));
  });

  net.addEventListener('focus', () => {
    const shown = on.shown();
    if (!shown || !net.matches(':focus-visible')) return;
    const chosen = on.chosen();
    const place = (chosen && placeOf(shown.run, chosen)) || placeAt(shown.run, 0, 0, 0);
    if (place) on.onpoint({ kind: 'weight', place }, true);
  });
  net.addEventListener('blur', () => on.onpoint(null, false));
  net.addEventListener('keydown', (event) => {
    const [shown, target] = [on.shown(), on.pointed()];
    if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = target?.kind === 'weight' ? target.place : placeAt(shown.run, 0, 0, 0);
    if (!at) return;
    if (event.key === 'Enter' || event.key === ' ') on.onchoose(nameOf(shown.run, at.layer, at.to, at.from));
    else if (event.key === 'Escape') on.onchoose(null);
    else {
      const next = move(shown.run, at, event.key, event.shiftKey);
      if (!next) return;
      on.onpoint({ kind: 'weight', place: next }, true);
    }
    event.preventDefault();
    event.stopPropagation();
  });
}
