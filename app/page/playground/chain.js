// The factors of one example's gradient, as tiles: from the loss to the weight, left to right.

import { h } from '../lib/dom.js';
import { difference, number } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { formula } from '../lib/math.js';
import { phrase, unmarked } from '../lib/phrase.js';
import { math, toHtml, toMath } from '../lib/symbol.js';
import { placeOf } from './names.js';
import { factorWords } from './words.js';

/** @typedef {import('./view.js').ChainFactor} ChainFactor */
/** @typedef {import('./why.js').WhyShown} WhyShown */

/** @param {WhyShown} shown @param {(place: number | null) => void} onexample */
export function chain({ why, run, chosen, absent }, onexample) {
  const weight = placeOf(run, why.weight);
  const { factors, product, residual, reconciles, letter } = why.chain;
  const of = why.batch[why.example];
  const select = h(
    'select',
    { 'aria-label': 'Example whose chain and paths are shown', 'data-focus': 'example' },
    h('option', { value: '' }, 'the one that contributes most'),
    ...why.batch.map(({ name }, at) => h('option', { value: at }, name)),
  );
  select.value = chosen && !absent ? String(why.example) : '';
  select.addEventListener('change', () => onexample(select.value === '' ? null : Number(select.value)));
  const says = absent
    ? 'The chosen example is not in this batch; here is the one that contributes most: '
    : `Of ${chosen ? '' : 'the one that contributes most: '}`;
  return h(
    'section',
    { class: 'part', 'aria-labelledby': 'why-chain' },
    h(
      'div',
      { class: 'rowhead' },
      h('h3', { id: 'why-chain', class: 'part-title' }, h('span', {}, '1'), ' Chain'),
      h('p', {}, says, of?.name ?? 'the example', `, whose loss ${letter} is ${number(why.chain.loss)}`),
      h('label', { class: 'field pick-example' }, 'show ', select),
    ),
    h(
      'div',
      { class: factors.length > 4 ? 'tiles factors many' : 'tiles factors' },
      ...factors.flatMap((factor, at) =>
        [
          at ? h('span', { class: 'op', 'aria-hidden': 'true' }, '×') : null,
          tile(factor, at, weight ? factorWords(run, weight, factor, at, factors.length) : factor.symbol),
        ].filter((each) => each !== null),
      ),
      h('span', { class: 'op', 'aria-hidden': 'true' }, '='),
      h(
        'div',
        { class: 'tile sum' },
        h('div', { class: 'head' }, 'this example’s gradient'),
        h(
          'div',
          { class: 'pair' },
          h('div', { class: 'what' }, math('math', {}, toMath(`∂${letter}/∂w`))),
          h('b', { class: 'big grad num', 'data-number': product }, number(product)),
        ),
        h(
          'div',
          { class: reconciles ? 'check' : 'check bad' },
          icon(reconciles ? 'tick' : 'cross'),
          `the product, residual ${residual === 0 ? '0' : difference(Math.abs(residual))}`,
        ),
      ),
    ),
    why.chain.zero_at
      ? h(
          'p',
          { class: 'small soft' },
          toHtml(factors[why.chain.zero_at[0]].links[why.chain.zero_at[1]].symbol),
          ' is 0: nothing passes it.',
        )
      : null,
    factors.some(({ kind }) => kind === 'gain')
      ? h(
          'p',
          { class: 'tiny soft' },
          'A gain stands where several numbers lie at an end of a factor: the ratio of the sizes ‖·‖ of the gradients there.',
        )
      : null,
  );
}

/** @param {ChainFactor} factor @param {number} at @param {string} name what it answers */
function tile({ symbol, number: value, kind, shared, links }, at, name) {
  return h(
    'div',
    {
      class: 'tile',
      'data-tile': at + 1,
      role: 'group',
      'aria-label': `Factor ${at + 1}, ${unmarked(name)}: ${value === null ? 'unknown' : number(value)}`,
    },
    h(
      'div',
      { class: 'head' },
      h('span', { class: 'badge' }, at + 1),
      h('span', {}, ...phrase(name)),
      shared && at > 0
        ? h('span', { class: 'tag', title: 'computed for the weights of the layer above, and used again' }, '↺ reused')
        : kind === 'gain'
          ? h('span', { class: 'tag' }, 'gain')
          : null,
    ),
    h(
      'div',
      { class: 'pair' },
      h('div', { class: 'what' }, math('math', {}, toMath(symbol.replace(/∂[\w.]+(?:weight|bias)\[[\d,]+\]$/, '∂w')))),
      h('b', { class: 'big grad num', 'data-number': value }, value === null ? '–' : number(value)),
    ),
    ...links.map((link) =>
      h(
        'div',
        { class: 'how' },
        formula(link.expression.mathml),
        links.length > 1 && link.number !== null
          ? h('span', {}, ' = ', h('b', { class: 'num' }, number(link.number)))
          : null,
        link.kind === 'gain' || plainNumber(link.expression.numbers)
          ? null
          : h('div', { class: 'with' }, formula(link.expression.mathml_numbers)),
      ),
    ),
  );
}

/** Whether a formula with numbers is but the number that stands there already.
 * @param {string} text */
const plainNumber = (text) => /^\(?[−-]?[\d.]+(?:e[−-]?\d+)?\)?$/.test(text);
