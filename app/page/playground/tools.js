// The buttons in the header that copy what is on the page.

import { svg } from '../lib/icons.js';
import { copying } from '../lib/shell.js';

/** @param {{toml: () => string, pytorch: () => string, link: () => string}} texts */
export function tools({ toml, pytorch, link }) {
  const experiment = copying('prompt', 'Copy as experiment', toml);
  // Where there is room for pictures only, two that are alike would say nothing.
  experiment.querySelector('svg')?.replaceWith(
    svg(
      'svg',
      { viewBox: '0 0 12 12', class: 'icon', 'aria-hidden': 'true' },
      svg('path', {
        d: 'M2.500 1.200h4.500l2.500 2.500v7.100h-7zM7 1.200v2.500h2.500M4.300 6h3.400M4.300 8.200h3.400',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': 1,
        'stroke-linejoin': 'round',
        'stroke-linecap': 'round',
      }),
    ),
  );
  return [experiment, copying('prompt', 'Copy as PyTorch', pytorch), copying('link', 'Copy link', link)];
}
