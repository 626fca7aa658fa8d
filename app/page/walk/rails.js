// A nudge on two rails of one scale: above, a push on the cause; below, what the effect does, recomputed and not
// linearised. The ratio of the two tends to the factor as the push shrinks.

import { h, write } from '../lib/dom.js';
import { brief, number, signed } from '../lib/format.js';
import { clamp } from '../lib/axes.js';
import { plain, toHtml } from '../lib/symbol.js';

export const PUSH = 0.05;
const FAR = 0.1;

/** @param {string} cause @param {string} effect @param {(push: number) => void} onpush */
export function rails(cause, effect, onpush) {
  const slider = h('input', {
    type: 'range',
    min: -FAR,
    max: FAR,
    step: 0.005,
    value: PUSH,
    'aria-label': `nudge ${plain(cause)} and watch ${plain(effect)}`,
  });
  slider.addEventListener('input', () => onpush(Number(slider.value)));
  const long = Math.max(cause.length, effect.length) > 3;
  return h(
    'div',
    { class: long ? 'nudge long' : 'nudge' },
    h('div', { class: 'rails' }, toHtml(cause), h('div', { class: 'rail' }, h('span', { class: 'bar cause' }), slider)),
    h('div', { class: 'rails' }, toHtml(effect), h('div', { class: 'rail' }, h('span', { class: 'bar effect' }))),
    h('p', { class: 'say num' }, h('span', {}), h('b', {})),
  );
}

/** @param {HTMLElement} element @param {import('../view.js').Nudge | null} nudge @param {string} effect
 * @param {number} push @param {boolean} covered whether the ratio is a question */
export function drawRails(element, nudge, effect, push, covered) {
  const host = element.querySelector('.nudge');
  if (!(host instanceof HTMLElement)) return;
  const moved = nudge?.downstream.find(({ symbol }) => symbol === effect) ?? null;
  // What cannot be pushed in this network has no rails.
  host.hidden = nudge === null;
  if (nudge === null) return;
  const change = moved?.change ?? 0;
  bar(host, '.cause', nudge.push);
  bar(host, '.effect', covered ? 0 : change);
  const slider = host.querySelector('input');
  if (slider && Number(slider.value) !== push) slider.value = String(push);
  const [says, ratio] = /** @type {[Element, Element]} */ ([
    host.querySelector('.say span'),
    host.querySelector('.say b'),
  ]);
  if (nudge.push === 0) write(says, 'no push, no answer');
  else if (covered) write(says, `a push of ${brief(nudge.push)}`);
  else write(says, `${nudge.push > 0 ? '+' : ''}${brief(nudge.push)} gives ${signed(change)}: ratio `);
  write(ratio, nudge.push === 0 || covered ? '' : number(moved?.ratio ?? 0));
}

/** @param {HTMLElement} host @param {string} which @param {number} amount */
function bar(host, which, amount) {
  const element = host.querySelector(which);
  if (!(element instanceof HTMLElement)) return;
  const share = clamp(amount / FAR, -1, 1) * 50;
  element.style.left = `${share < 0 ? 50 + share : 50}%`;
  element.style.width = `${Math.abs(share)}%`;
  element.classList.toggle('cut', Math.abs(amount) > FAR);
}
