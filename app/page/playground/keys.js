// The rest of what an optimizer can be told, with what each key means, in a list that opens.

import { fill, h } from '../lib/dom.js';
import { typed } from '../lib/format.js';
import { set } from './experiment.js';

/** @typedef {import('./view.js').Key} Key */
/** @typedef {import('./view.js').Experiment} Experiment */

/** @param {(experiment: Experiment) => void} onchange
 * @returns {{button: HTMLElement, popover: HTMLElement, show: (experiment: Experiment, keys: Key[]) => void}} */
export function optimizerKeys(onchange) {
  const button = h('button', { type: 'button', class: 'ghost', popovertarget: 'keys' }, 'more…');
  const list = h('dl', { class: 'keys-of' });
  const title = h('h2', { id: 'keys-title' });
  const popover = h(
    'div',
    { id: 'keys', popover: 'auto', role: 'dialog', 'aria-labelledby': 'keys-title' },
    title,
    list,
    h('button', { type: 'button', class: 'ghost close', popovertarget: 'keys' }, 'Close'),
  );

  return {
    button,
    popover,
    show(experiment, keys) {
      const own = experiment.optimizer;
      button.hidden = keys.length === 0;
      title.textContent = own.type;
      fill(list, JSON.stringify([own, keys]), () =>
        keys.map((key) =>
          h(
            'div',
            {},
            h('dt', {}, h('label', { for: `key-${key.name}`, class: 'mono' }, key.name)),
            h(
              'dd',
              {},
              control(key, own[key.name] ?? key.default, (value) =>
                onchange(set(experiment, 'optimizer', key.name, value)),
              ),
              h('p', { class: 'tiny soft' }, key.doc),
            ),
          ),
        ),
      );
    },
  };
}

/** @param {Key} key @param {unknown} value @param {(value: unknown) => void} then */
function control({ name }, value, then) {
  const id = `key-${name}`;
  if (typeof value === 'boolean') {
    const box = h('input', { type: 'checkbox', id, 'data-focus': id });
    box.checked = value;
    box.addEventListener('change', () => then(box.checked));
    return box;
  }
  const field = h('input', {
    type: 'text',
    id,
    'data-focus': id,
    class: 'plain-field',
    value: Array.isArray(value) ? value.join(', ') : String(value ?? ''),
  });
  field.addEventListener('change', () => {
    // Of two numbers the comma parts them; of one it may be a decimal one.
    const numbers = Array.isArray(value)
      ? field.value
          .split(/[,;\s]+/)
          .filter(Boolean)
          .map(typed)
      : [typed(field.value)];
    if (numbers.length && numbers.every(Number.isFinite)) then(Array.isArray(value) ? numbers : numbers[0]);
  });
  return field;
}
