// The legend under the network.

import { h } from '../lib/dom.js';
import { svg } from '../lib/icons.js';

/** @typedef {import('./state.js').State['show']} Show */

/** What width and hue mean, and what the widest wire stands for.
 * @param {HTMLElement} host
 * @returns {(limit: string, show: Show, matrices: {name: string, limit: string}[]) => void} */
export function legend(host) {
  const widest = h('b', { class: 'num' });
  const above = h('span', {});
  const below = h('span', {});
  const picture = (/** @type {string} */ kind) =>
    svg('svg', { viewBox: '0 0 26 10', class: `key ${kind}`, 'aria-hidden': 'true' }, svg('path', { d: 'M1 5H25' }));
  const wires = h(
    'span',
    { class: 'keys' },
    h('span', {}, picture('pos'), above),
    h('span', {}, picture('neg'), below),
    h('span', {}, 'widest ', widest),
  );
  const list = h('span', { class: 'keys' });
  host.append(wires, list);
  let written = '';
  return (limit, show, matrices) => {
    const key = JSON.stringify([limit, show, matrices]);
    if (key === written) return;
    written = key;
    widest.textContent = limit;
    wires.hidden = limit === '';
    above.textContent = show === 'gradient' ? '> 0: pushes down' : 'weight above 0';
    below.textContent = show === 'gradient' ? '< 0: up' : 'below 0';
    host.classList.toggle('gradients', show === 'gradient');
    list.replaceChildren(
      ...matrices.map((each) =>
        h('span', { class: 'scale-of' }, `${each.name} −${each.limit} `, h('i', { class: 'ramp' }), ` ${each.limit}`),
      ),
    );
  };
}
