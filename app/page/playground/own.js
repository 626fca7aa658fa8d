// A table of one's own: sent to the server, which reads it as `whygrad train` does and says what its columns hold.

import { withOutputs } from './experiment.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Column} Column */
/** @typedef {import('./view.js').OwnFile} OwnFile */

/** From so many different numbers on, a column of numbers is taken for measurements, not for classes. */
const MANY = 13;

/** @param {Column} column */
const measured = ({ numbers, values, classes }) => numbers && (classes === null || values === null || values >= MANY);

/** The column that is predicted unless the visitor says another one: the last that has classes or numbers.
 * @param {OwnFile} file
 * @returns {string | null} */
export const usualTarget = ({ columns }) =>
  columns.findLast((column) => column.numbers || column.classes !== null)?.name ?? null;

/** Starts with outputs and a loss that fit what the column holds.
 * @param {Experiment} experiment @param {OwnFile} file @param {string} target column to predict
 * @returns {Experiment} */
export function predicting(experiment, file, target) {
  // Units of inputs can be anything, so they are scaled.
  const data = { source: file.source, target, test: 0.2, scale: 'standard' };
  const column = file.columns.find(({ name }) => name === target);
  if (column && measured(column)) return withOutputs({ ...experiment, data, loss: { type: 'mse' } }, 1);
  return withOutputs({ ...experiment, data, loss: { type: 'cross_entropy' } }, Math.max(2, column?.classes ?? 2));
}
