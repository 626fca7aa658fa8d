// The chain above the settings: while a weight is explained, its last two links are what is looked at.

import { chain } from '../lib/chain.js';

/** @type {import('../lib/chain.js').LinkState[]} */
const AT_REST = ['past', 'past', 'past', 'past', 'past'];
/** @type {import('../lib/chain.js').LinkState[]} */
const OF_WHY = ['past', 'past', 'past', 'now', 'now'];

/** @param {HTMLElement} host
 * @returns {(explaining: boolean) => void} */
export function spine(host) {
  const draw = chain(host, { label: 'The chain of a training step', steps: [], onstep: () => {} });
  let was = false;
  draw(0, AT_REST);
  return (explaining) => {
    if (explaining === was) return;
    was = explaining;
    draw(0, explaining ? OF_WHY : AT_REST);
  };
}
