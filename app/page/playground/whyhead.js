// The head of the explanation: which weight, from where to where, and what its gradient is by two ways.

import { h } from '../lib/dom.js';
import { difference, number } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { phrase } from '../lib/phrase.js';
import { toHtml } from '../lib/symbol.js';
import { placeOf } from './names.js';
import { weightWords } from './words.js';

/** @param {import('./why.js').WhyShown} shown @param {() => void} onclose */
export function head({ why, run }, onclose) {
  const { nudge, beside } = why;
  const place = placeOf(run, why.weight);
  const moved = why.moved ?? 0;
  const way = moved > 0 ? 'up' : moved < 0 ? 'down' : null;
  const [down, up, not] = why.examples.signs;
  return h(
    'div',
    { class: 'why-head' },
    h(
      'div',
      {},
      h(
        'p',
        { class: 'eyebrow' },
        `step ${why.step.toLocaleString('en')}, which comes next · batch of ${why.batch.length} · its loss ${number(why.loss)}`,
      ),
      h(
        'h2',
        { class: 'why-title' },
        'Why does ',
        ...(place ? phrase(weightWords(run, place)) : [why.weight]),
        ' move? ',
        h('span', { class: 'mono' }, why.weight),
      ),
      h(
        'p',
        { class: 'from-to' },
        h('b', { class: 'num', 'data-number': why.before }, number(why.before)),
        h('span', { class: 'faint' }, ' → '),
        h('b', { class: 'num', 'data-number': why.after }, why.after === null ? '–' : number(why.after)),
        h('span', { class: 'soft small' }, way ? ` turned ${way} by ${number(Math.abs(moved))}` : ' not moved'),
      ),
    ),
    h(
      'div',
      {},
      h(
        'p',
        { class: 'small soft' },
        `Of the batch’s ${why.batch.length}, `,
        h('b', {}, `${up} push it up`),
        `, ${down} push it down`,
        not ? `, ${not} not at all.` : '.',
      ),
      h(
        'dl',
        { class: 'beside small' },
        h('dt', {}, toHtml('∂L/∂w'), ' by backpropagation'),
        h('dd', { class: 'grad num', 'data-number': beside.exact }, number(beside.exact, 2)),
        h('dt', {}, 'by nudging the weight'),
        h('dd', { class: 'num', 'data-number': nudge.difference }, number(nudge.difference, 2)),
        h('dt', {}, 'apart by'),
        h(
          'dd',
          {},
          h(
            'span',
            { class: nudge.agrees ? 'check' : 'check bad' },
            icon(nudge.agrees ? 'tick' : 'cross'),
            difference(nudge.relative),
          ),
        ),
      ),
    ),
    h('button', { type: 'button', class: 'ghost close', onclick: onclose }, 'Close'),
  );
}
