// The settings under the picture: example, activation, loss, optimizer, learning rate.

import { attributes, fill, h, write } from '../lib/dom.js';
import { brief } from '../lib/format.js';
import { toHtml } from '../lib/symbol.js';

/** @typedef {import('../view.js').Choices} Choices */
/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('./state.js').State} State */

export const FIRST = 'the first network';

/** @typedef {object} BenchEvents
 * @property {(name: 'example' | 'activation' | 'loss' | 'optimizer', value: string) => void} onchoose */

/** @param {HTMLElement} host @param {BenchEvents} on
 * @returns {(choices: Choices, state: State, walk: Walk) => void} */
export function bench(host, on) {
  /** @param {'example' | 'activation' | 'loss' | 'optimizer'} name */
  const select = (name) => {
    const element = h('select', { 'data-choice': name });
    element.addEventListener('change', () => on.onchoose(name, element.value));
    return element;
  };
  const [example, activation, loss, optimizer] = [
    select('example'),
    select('activation'),
    select('loss'),
    select('optimizer'),
  ];
  const lr = h('b', {
    class: 'scrub num',
    'data-var': 'lr',
    role: 'spinbutton',
    tabindex: 0,
    'aria-label': 'learning rate alpha',
    'aria-valuemin': 0,
    'aria-valuemax': 10,
  });
  host.append(
    h('label', {}, h('span', { class: 'named' }, 'example '), example),
    h('label', {}, 'activation ', activation),
    h('label', {}, 'loss ', loss),
    h('label', {}, 'optimizer ', optimizer),
    h('span', { class: 'rate' }, 'rate ', toHtml('α'), ' ', lr),
  );

  return (choices, state, walk) => {
    const { settings } = walk;
    const cases = choices.cases.map(({ name }) => named(name));
    options(example, [{ value: '', label: FIRST }], state.example ?? '', { label: 'from textbooks', list: cases });
    options(activation, choices.activations.map(named), settings.activation);
    options(loss, choices.losses.map(named), settings.loss);
    options(optimizer, choices.optimizers, settings.optimizer);
    const rate = walk.learning_rate;
    write(lr, rate === null ? 'none' : brief(rate));
    attributes(lr, {
      'aria-valuenow': rate ?? 0,
      'aria-valuetext': rate === null ? 'none' : brief(rate),
      'data-number': rate,
    });
  };
}

/** @param {string} value */
const named = (value) => ({ value, label: value.replaceAll('_', ' ') });

/** @typedef {{value: string, label: string}[]} Options */

/** @param {HTMLSelectElement} select @param {Options} list @param {string} value
 * @param {{label: string, list: Options}} [group] more of them, under a heading */
function options(select, list, value, group) {
  // What the address asks for need not be in the list.
  const known = [...list, ...(group?.list ?? [])].some((each) => each.value === value);
  const whole = known ? list : [...list, named(value)];
  fill(select, JSON.stringify([whole, group]), () => [
    ...whole.map(option),
    group && group.list.length > 0 && h('optgroup', { label: group.label }, ...group.list.map(option)),
  ]);
  if (select.value !== value) select.value = value;
}

/** @param {Options[number]} each */
const option = ({ value, label }) => h('option', { value }, label);
