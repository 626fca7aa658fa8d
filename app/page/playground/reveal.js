// Brings the explanation into view when a weight was chosen; focus stays where it is.

import { the } from '../lib/dom.js';
import { still } from '../lib/still.js';

const wide = matchMedia('(min-width: 60rem)');

/** @param {HTMLElement} panel */
export function reveal(panel) {
  const { top } = panel.getBoundingClientRect();
  const room = innerHeight - the('.foot').getBoundingClientRect().height;
  // Where there is room, the network with its ribbons stays in sight above.
  const wanted = wide.matches ? room * 0.55 : 12;
  if (top >= 0 && top <= Math.max(wanted, room * 0.5)) return;
  scrollTo({ top: scrollY + top - wanted, behavior: still() ? 'auto' : 'smooth' });
}
