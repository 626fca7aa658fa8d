// The line under the network: what is pointed at or reached by keys, with its exact numbers, or what is explained; and a
// field for a weight's name.

import { fill, h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { phrase, unmarked } from '../lib/phrase.js';
import { nameOfPlace } from './pointing.js';
import { unitWords } from './words.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./names.js').Place} Place */
/** @typedef {import('./pointing.js').Target} Target */

/** @typedef {object} Looked
 * @property {Target | null} target what is pointed at
 * @property {Place | null} chosen the weight that is explained
 * @property {Why | null} why its explanation, where it is there
 * @property {boolean} scaled whether the inputs are scaled */

/** @param {HTMLElement} host @param {HTMLElement} asking @param {(name: string) => void} onname
 * @returns {(run: Run, frame: Frame, looked: Looked) => void} */
export function caption(host, asking, onname) {
  const says = h('p', { id: 'caption', class: 'small' });
  const field = h('input', {
    type: 'text',
    class: 'plain-field mono',
    placeholder: 'linear1.weight[0,1]',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
  });
  const form = h('form', { class: 'ask' }, h('label', { class: 'tiny soft' }, 'Why does ', field, ' move?'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (field.value.trim()) onname(field.value.trim());
  });
  host.append(says);
  asking.append(form);
  let last = /** @type {string | null} */ (null);
  return (run, frame, { target, chosen, why, scaled }) => {
    const own = target?.kind === 'weight' && target.place.at === chosen?.at;
    const text =
      chosen && (own || !target)
        ? whyWords(run, frame, chosen, why)
        : target
          ? inWords(run, frame, target, scaled)
          : 'Point at anything for its number; click a connection, or press Enter on it, for why it moves.';
    fill(says, text, () => phrase(text));
    const name = chosen && nameOfPlace(run, chosen);
    if (name !== last) {
      last = name;
      field.value = name ?? '';
    }
  };
}

/** What is explained, at once; where it goes to is known with the answer.
 * @param {Run} run @param {Frame} frame @param {Place} chosen @param {Why | null} why */
export function whyWords(run, frame, chosen, why) {
  const from = number(why ? why.before : frame.weights[chosen.at]);
  const to = !why ? '…' : why.after === null ? 'no step is made' : number(why.after);
  return `Why ${nameOfPlace(run, chosen)} moves: ${from} → ${to}${why ? '. Explained below.' : ''}`;
}

/** @param {Run} run @param {Frame} frame @param {Target} target @param {boolean} scaled */
export function inWords(run, frame, target, scaled) {
  if (target.kind === 'weight') {
    const { at } = target.place;
    const slope = frame.gradient?.[at];
    return `${nameOfPlace(run, target.place)} = ${number(frame.weights[at])}${slope === undefined ? '' : `; its gradient over the next batch: ${number(slope)}`}`;
  }
  const { column, unit } = target;
  const sizes = [run.inputs.length, ...run.layers.map(({ units }) => units)];
  const value = frame.units?.[sizes.slice(0, column).reduce((sum, size) => sum + size, 0) + unit];
  const ofExample =
    value === undefined || !frame.example ? '' : `; of the example, row ${frame.example.row}: ${number(value)}`;
  if (column === 0) {
    const range = run.range?.[unit];
    return `input ${unmarked(unitWords(run, 0, unit))}${range ? `, ${scaled ? 'scaled, ' : ''}from ${number(range[0])} to ${number(range[1])} on the map` : ''}${ofExample}`;
  }
  const layer = run.layers[column - 1];
  const bias = layer.bias ? `; its bias: ${number(frame.weights[layer.bias.offset + unit])}` : '';
  const before = run.layers.slice(0, column - 1).reduce((sum, { units }) => sum + units, 0);
  const scale = frame.scales?.[before + unit];
  const code = `${layer.name}[${unit}]${layer.activation ? `, ${layer.activation}` : ''}`;
  return `${unmarked(unitWords(run, column, unit))} (${code})${scale === undefined ? '' : `; its map goes from ${number(-scale)} to ${number(scale)}`}${bias}${ofExample}`;
}
