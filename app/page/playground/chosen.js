// The line under the map: which example is chosen, and what the network says of it.

import { the, write } from '../lib/dom.js';
import { number } from '../lib/format.js';

/** @param {(row: number | null) => void} onexample
 * @returns {(run: import('./view.js').Run, frame: import('./view.js').Frame, row: number | null) => void} */
export function chosenExample(onexample) {
  const field = /** @type {HTMLInputElement} */ (the('#row'));
  const says = the('#example');
  field.addEventListener('change', () => onexample(field.value.trim() === '' ? null : Math.round(Number(field.value))));
  return (run, { example }, row) => {
    write(
      says,
      !run.points
        ? 'of the training part'
        : example === null
          ? 'click one on the map'
          : `row ${example.row}: target ${[example.target].flat().join(', ')}, output ${example.output.map((x) => number(x)).join(', ')}${example.loss === null ? '' : `, loss ${number(example.loss)}`}`,
    );
    if (document.activeElement !== field) field.value = row === null ? '' : String(row);
    field.max = String(run.train - 1);
  };
}
