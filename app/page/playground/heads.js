// What stands over each layer of the network and changes it: its units and its activation. Where there is no room over
// the columns it is a list.

import { fill, h } from '../lib/dom.js';
import { activation, blocks, MOST_UNITS, removeLayer, setActivation, setUnits } from './experiment.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./layout.js').Layout} Layout */

/** @param {HTMLElement} host @param {(experiment: Experiment) => void} onchange
 * @returns {(experiment: Experiment, place: Layout, activations: string[]) => void} */
export function heads(host, onchange) {
  return (experiment, place, activations) => {
    const list = blocks(experiment);
    const middles = place.columns.slice(1).map(({ middle }) => middle);
    const apart = Math.min(...place.columns.slice(1).map(({ middle }, at) => middle - place.columns[at].middle));
    const over = place.wide && apart >= 84;
    host.classList.toggle('over', over);
    fill(host, JSON.stringify([list, activations]), () =>
      list.map((block, at) => head(experiment, list, at, block, activations, onchange)),
    );
    [...host.children].forEach((each, at) => {
      if (!(each instanceof HTMLElement)) return;
      each.style.left = over && middles[at] !== undefined ? `${(middles[at] / place.width) * 100}%` : '';
    });
  };
}

/** @param {Experiment} experiment @param {ReturnType<typeof blocks>} list @param {number} at @param {ReturnType<typeof blocks>[number]} block @param {string[]} activations
 * @param {(experiment: Experiment) => void} onchange */
function head(experiment, list, at, block, activations, onchange) {
  const last = at === list.length - 1;
  const name = last ? 'the outputs' : `hidden layer ${at + 1}`;
  const units = block.linear.out ?? 1;
  /** @param {string} says @param {string} label @param {string} key @param {boolean} off @param {() => Experiment} make */
  const button = (says, label, key, off, make) =>
    h(
      'button',
      {
        type: 'button',
        class: 'round',
        'aria-label': label,
        title: label,
        disabled: off,
        'data-focus': `${key}${at}`,
        onclick: () => onchange(make()),
      },
      says,
    );
  const select = h(
    'select',
    { 'aria-label': `Activation of ${name}`, 'data-focus': `activation${at}` },
    ...activations.map((each) => h('option', { value: each }, each.replaceAll('_', ' '))),
  );
  const known = activation(block);
  if (!activations.includes(known)) select.append(h('option', { value: known }, known));
  select.value = known;
  select.addEventListener('change', () => onchange(setActivation(experiment, at, select.value)));
  const count = h('span', { class: 'num', 'data-units': units }, last ? `${units} out` : String(units));
  return h(
    'li',
    { 'aria-label': name },
    h('span', { class: 'name' }, last ? 'outputs' : `hidden ${at + 1}`),
    h(
      'span',
      { class: 'count' },
      !last &&
        button('−', `One unit fewer in ${name}`, 'fewer', units <= 1, () =>
          setUnits(experiment, at, units > MOST_UNITS ? MOST_UNITS : units - 1),
        ),
      count,
      !last &&
        button('+', `One unit more in ${name}`, 'more', units >= MOST_UNITS, () => setUnits(experiment, at, units + 1)),
    ),
    select,
    !last &&
      h(
        'span',
        { class: 'away' },
        button('×', `Remove ${name}`, 'away', false, () => removeLayer(experiment, at)),
      ),
  );
}
