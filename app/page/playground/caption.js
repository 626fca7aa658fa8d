// The line under the network: what is pointed at or reached by keys, with its exact numbers; and a field for a weight's name.

import { h, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { nameOfPlace } from './pointing.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./pointing.js').Target} Target */

/** @param {HTMLElement} host @param {HTMLElement} asking @param {(name: string) => void} onname
 * @returns {(run: Run, frame: Frame, target: Target | null, chosen: string | null) => void} */
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
  return (run, frame, target, chosen) => {
    write(
      says,
      target
        ? inWords(run, frame, target)
        : `${run.weights.toLocaleString('en')} weights; ${run.train.toLocaleString('en')} training examples, ${run.test.toLocaleString('en')} held out. Point at anything for its number; click a connection, or press Enter on it, for why it moves.`,
    );
    if (chosen !== last) {
      last = chosen;
      field.value = chosen ?? '';
    }
  };
}

/** @param {Run} run @param {Frame} frame @param {Target} target */
export function inWords(run, frame, target) {
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
    return `input ${run.inputs[unit]}${range ? `, from ${number(range[0])} to ${number(range[1])} on the map` : ''}${ofExample}`;
  }
  const layer = run.layers[column - 1];
  const bias = layer.bias ? `; its bias: ${number(frame.weights[layer.bias.offset + unit])}` : '';
  const before = run.layers.slice(0, column - 1).reduce((sum, { units }) => sum + units, 0);
  const scale = frame.scales?.[before + unit];
  const last = column === run.layers.length && run.outputs.length > 1 ? `, for class ${run.outputs[unit]}` : '';
  return `${layer.name}${layer.activation ? `, ${layer.activation}` : ''}: unit ${unit}${last}${scale === undefined ? '' : `; its map goes from ${number(-scale)} to ${number(scale)}`}${bias}${ofExample}`;
}
