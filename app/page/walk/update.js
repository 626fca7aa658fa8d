// How the optimizer made the step of one weight: a line for each part, their sum, and what the letters mean.

import { h } from '../lib/dom.js';
import { number, signed } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { phrase } from '../lib/phrase.js';
import { toHtml } from '../lib/symbol.js';

/** @typedef {import('../view.js').Row} Row */
/** @typedef {import('../view.js').Update} Update */

/** What each part is, in a plain word.
 * @type {Record<string, string>} */
const PLAIN = {
  data: 'gradient',
  clipping: 'clipping',
  weight_decay: 'decay',
  momentum: 'memory',
  adaptive_scale: 'scaling',
  schedule: 'schedule',
};

/** @param {Row} row
 * @returns {Node[]} */
export function stepOf({ weight, update, stays }) {
  if (!update) {
    const says = stays ? `{${weight}} stays as it is in this example.` : `{${weight}} makes no step.`;
    return [h('p', { class: 'small soft' }, ...phrase(says))];
  }
  const { parts, sum, moved, reconciles } = update;
  const lines = parts.map(({ source, formula, amount }) =>
    h(
      'div',
      {},
      h('dt', {}, PLAIN[source] ?? source.replaceAll('_', ' ')),
      h('dd', { class: 'made' }, toHtml(formula)),
      h('dd', { class: 'num grad' }, signed(amount)),
    ),
  );
  const total = h(
    'div',
    { class: 'total' },
    h('dt', {}, 'together'),
    h('dd', { class: 'made' }, reconciles ? '' : `but it moved ${signed(moved)}`),
    h(
      'dd',
      { class: reconciles ? 'num' : 'num bad' },
      h('span', { class: 'ok' }, icon(reconciles ? 'tick' : 'cross')),
      ` ${signed(sum)}`,
    ),
  );
  return [
    h('h3', {}, 'What the step of ', toHtml(weight), ' is made of'),
    h('dl', { class: 'parts' }, ...lines, total),
    h('dl', { class: 'symbols' }, ...explained(update).map(letter)),
  ];
}

/** The letters of the formulas, and those of their meanings.
 * @param {Update} update */
function explained({ parts, symbols }) {
  const used = new Set(symbols.filter(({ symbol }) => parts.some(({ formula }) => has(formula, symbol))));
  // A set grows while it is gone through: what a meaning is made of is explained as well.
  for (const { meaning } of used) for (const each of symbols) if (has(meaning, each.symbol)) used.add(each);
  return symbols.filter((each) => used.has(each));
}

/** Whether a letter stands in a formula by itself: m is not in m̂, b not in b₋, t not in √ or in a word.
 * @param {string} formula @param {string} symbol */
function has(formula, symbol) {
  const escaped = symbol.normalize('NFC').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const raised = symbol === 't' ? '|ᵗ' : '';
  return new RegExp(`(?<![\\p{L}])${escaped}(?![\\p{Ll}\\p{Lu}\\p{M}₀-₉₊₋])${raised}`, 'u').test(
    formula.normalize('NFC'),
  );
}

/** @param {Update['symbols'][number]} symbol */
const letter = ({ symbol, meaning, value }) =>
  h(
    'div',
    {},
    h('dt', {}, toHtml(symbol)),
    h('dd', { class: 'num', 'data-state': symbol }, symbol === 't' ? String(Math.round(value)) : number(value)),
    h('dd', { class: 'soft' }, ...(/[·√/]/.test(meaning) ? [toHtml(meaning)] : phrase(meaning.replace(/ g$/, ' {g}')))),
  );
