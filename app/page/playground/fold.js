// A phone shows the picture first; the settings open above it, and say which set is chosen while they are closed.

import { the, write } from '../lib/dom.js';

/** @returns {(set: string) => void} */
export function fold() {
  const slim = matchMedia('(max-width: 40rem)');
  const details = the('#fold');
  const summary = the('summary', details);
  const open = () => details.toggleAttribute('open', !slim.matches);
  slim.addEventListener('change', open);
  open();
  return (set) => write(summary, `Settings · ${set}`);
}
