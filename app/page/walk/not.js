// What a gradient is not, with the live counter-example: a relu network, and the same function written with a rescaled
// hidden unit. Both columns are answers of the engine.

import { latest, post } from '../lib/api.js';
import { fill, h, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { phrase } from '../lib/phrase.js';
import { toHtml } from '../lib/symbol.js';

/** @typedef {import('../view.js').Walk} Walk */

const WEIGHTS = [0.6, 0.7, 0.7, 0.6];

/** @param {number} factor what goes into the first hidden unit is multiplied by it, what comes out divided */
const ask = (factor) => {
  const [w1, w2, w3, w4] = WEIGHTS;
  return post('/api/walk', { activation: 'relu', x: [1, 0.5], w: [w1 * factor, w2, w3 / factor, w4], updates: 1 });
};

/** @param {HTMLElement} host the popover */
export function whatItIsNot(host) {
  const factor = h('b', { class: 'num' });
  const table = h('div', { class: 'compare' });
  const slider = h('input', { type: 'range', min: 1, max: 20, step: 1, value: 10, 'aria-label': 'factor' });
  host.append(
    h(
      'button',
      {
        class: 'ghost close',
        type: 'button',
        popovertarget: host.id,
        popovertargetaction: 'hide',
        'aria-label': 'Close',
      },
      icon('cross'),
    ),
    h('h2', { id: 'not-title' }, 'What this number is not'),
    h(
      'p',
      {},
      ...phrase(
        'A gradient is the local slope of this loss, on this example, at these weights. It is not what a neuron means, nor how important it is. Here is why:',
      ),
    ),
    h(
      'p',
      {},
      ...phrase('Take a relu network. Multiply what goes into {h₁} by '),
      factor,
      ...phrase(' and divide what comes out by the same. It computes **the same function**, yet the “blame” moves.'),
    ),
    slider,
    table,
    h('p', {}, 'Same prediction, same loss. If a gradient measured importance, it could not change.'),
  );

  const both = latest(
    /** @param {number} by */ (by) => Promise.all([ask(1), ask(by)]),
    ([one, other], by) => {
      write(factor, String(by));
      if (!one.ok || !other.ok)
        return fill(table, 'error', () => [
          h('p', { class: 'bad', role: 'alert' }, one.ok ? (other.ok ? '' : other.error) : one.error),
        ]);
      const [a, b] = [/** @type {Walk} */ (one.value), /** @type {Walk} */ (other.value)];
      fill(table, JSON.stringify([a.step, b.step]), () => [compare(a, b)]);
    },
  );
  slider.addEventListener('input', () => both(Number(slider.value)));
  // Nothing is asked before somebody wants to see it.
  host.addEventListener('beforetoggle', (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === 'open') both(Number(slider.value));
  });
}

/** @param {Walk} a @param {Walk} b */
function compare(a, b) {
  const output = a.story.network.outputs[0];
  const weights = a.story.network.connections
    .filter(({ from, to }) => from === 'x₁' || (from === 'h₁' && to === output))
    .map(({ weight }) => weight);
  /** @param {(Node | string)[]} what @param {(walk: Walk) => number} read @param {string} hue */
  const line = (what, read, hue) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, ...what),
      h('td', { class: `${hue} num` }, number(read(a))),
      h('td', { class: `${hue} num` }, number(read(b))),
    );
  return h(
    'table',
    { class: 'tbl' },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('td', {}),
        h('th', { scope: 'col' }, 'one network'),
        h('th', { scope: 'col' }, 'the same, rewritten'),
      ),
    ),
    h(
      'tbody',
      {},
      line(['prediction ', toHtml(output)], (walk) => walk.step.prediction[output], 'val'),
      line(['loss ', toHtml('L')], (walk) => walk.step.loss, 'val'),
      ...weights.map((weight) => line([toHtml(`∂L/∂${weight}`)], (walk) => walk.step.gradient[weight], 'grad')),
    ),
  );
}
