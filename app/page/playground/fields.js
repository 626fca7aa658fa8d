// Settings: a number that can be dragged, typed and stepped by keys, and a list to choose from.

import { attributes, fill, h, write } from '../lib/dom.js';
import { brief } from '../lib/format.js';
import { spin } from '../lib/scrub.js';

/** @typedef {{by: number, min: number, max: number}} Range */

/** @param {string} name as in the experiment file: `optimizer.lr`
 * @param {string} label
 * @returns {{element: HTMLElement, show: (value: number, range: Range) => void}} */
export function numberField(name, label) {
  const value = h('b', { class: 'scrub num', 'data-focus': name });
  const element = h('span', { class: 'field' }, `${label} `, value);
  return {
    element,
    show(number, range) {
      write(value, brief(number));
      attributes(value, { ...spin(name, label, number, brief(number), range), 'data-number': number });
    },
  };
}

/** @typedef {{value: string, label: string}} Option */

/** @param {string} label @param {(value: string) => void} onchange @param {boolean} [quiet] the label is not shown
 * @returns {{element: HTMLElement, show: (options: Option[], value: string) => void}} */
export function choiceField(label, onchange, quiet = false) {
  const select = h('select', quiet ? { 'aria-label': label } : {});
  select.addEventListener('change', () => onchange(select.value));
  const element = h('label', { class: 'field' }, quiet ? '' : `${label} `, select);
  return {
    element,
    show(options, value) {
      // What the address asks for need not be in the list.
      const whole = options.some((each) => each.value === value) ? options : [...options, { value, label: value }];
      fill(select, JSON.stringify(whole), () => whole.map((each) => h('option', { value: each.value }, each.label)));
      if (select.value !== value) select.value = value;
    },
  };
}

/** @param {string} value
 * @returns {Option} */
export const named = (value) => ({ value, label: value.replaceAll('_', ' ') });

/** One step of a number on its own scale: a tenth of its leading digit's place.
 * @param {number} value */
export const tenth = (value) => (value > 0 ? 10 ** Math.floor(Math.log10(value) - 1) : 0.001);
