// With more than two inputs there is no map: the chosen example is shown as what it is, and what the network answers to it.

import { attributes, fill, h, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { pixels } from './colour.js';
import { grey } from './maps.js';
import { bar } from './sums.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./colour.js').Colours} Colours */

const MOST = 10;

/** @param {HTMLElement} host @param {Run} run
 * @returns {(frame: Frame, colours: Colours) => void} */
export function answers(host, run) {
  const inputs = run.inputs.length;
  const side = Math.sqrt(inputs);
  const picture = inputs >= 16 && Number.isInteger(side) ? pixels(side, side) : null;
  const title = h('h2', {});
  const list = h('ol', { class: run.outputs.some((name) => name.length > 5) ? 'outputs long' : 'outputs' });
  const more =
    run.outputs.length > MOST ? h('p', { class: 'tiny faint' }, `and ${run.outputs.length - MOST} more outputs`) : '';
  if (picture) {
    picture.canvas.className = 'shown-as';
    picture.canvas.setAttribute('role', 'img');
    picture.canvas.setAttribute('aria-label', `The example’s ${inputs} inputs as a picture of ${side} by ${side}`);
  }
  const what = h(
    'p',
    { class: 'tiny soft' },
    run.kind === 'classes' ? 'and the outputs, before they become probabilities' : 'and what the network says',
  );
  host.replaceChildren(
    h('div', { class: 'shown-example' }, ...(picture ? [picture.canvas] : []), h('div', {}, title, what)),
    list,
    more,
  );

  return (frame, colours) => {
    const { example, units } = frame;
    write(
      title,
      example === null
        ? 'No example'
        : run.kind === 'classes'
          ? `Row ${example.row}: class ${run.outputs[example.target[0]] ?? example.target[0]}`
          : `Row ${example.row}: target ${example.target.map((x) => number(x)).join(', ')}`,
    );
    if (picture && units) {
      grey(picture.data, units.subarray(0, inputs), colours);
      picture.show();
    }
    const outputs = example?.output.slice(0, MOST) ?? [];
    const largest = Math.max(...outputs.map(Math.abs), 1e-12);
    const best = example ? example.output.indexOf(Math.max(...example.output)) : -1;
    fill(list, JSON.stringify([outputs, best, example?.target]), () =>
      outputs.map((value, at) =>
        h(
          'li',
          {},
          h('span', {}, run.outputs[at] ?? String(at)),
          bar(Math.abs(value) / largest, 'value-bar', value < 0),
          h('b', { class: 'num', 'data-number': value }, number(value)),
          h(
            'small',
            { class: 'soft' },
            run.kind !== 'classes'
              ? ''
              : [at === best ? 'said' : '', example?.target[0] === at ? 'right' : ''].filter(Boolean).join(', '),
          ),
        ),
      ),
    );
    attributes(list, { 'aria-label': 'Outputs' });
  };
}
