// Units and weights in plain words: `x₁ → unit 3 of hidden layer 1`. The names of the code stand beside them.

import { unitOf } from './names.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./names.js').Place} Place */

/** @param {Run} run @param {number} column 0 is the inputs @param {number} unit
 * @returns {string} with symbols in braces, for lib/phrase.js */
export function unitWords(run, column, unit) {
  if (column === 0) return inputWords(run, unit);
  if (column < run.layers.length) return `unit ${unit + 1} of hidden layer ${column}`;
  if (run.outputs.length < 2) return 'the output';
  return run.kind === 'classes' ? `the output for class ${run.outputs[unit]}` : `output ${unit + 1}`;
}

/** The same where its layer is known from what stands around it.
 * @param {Run} run @param {number} column @param {number} unit */
const shortUnit = (run, column, unit) =>
  column > 0 && column < run.layers.length ? `unit ${unit + 1}` : unitWords(run, column, unit);

/** @param {Run} run @param {number} unit */
function inputWords(run, unit) {
  const name = run.inputs[unit] ?? String(unit);
  return /^\p{L}\d*$/u.test(name) ? `{${name}}` : name;
}

/** What a weight connects.
 * @param {Run} run @param {Place} place */
export function weightWords(run, { layer, to, from }) {
  const end = unitWords(run, layer + 1, to);
  return from === null ? `the bias of ${end}` : `${unitWords(run, layer, from)} → ${end}`;
}

/** What a factor of the chain answers, as in the Walk.
 * @param {Run} run @param {Place} weight @param {import('./view.js').ChainFactor} factor @param {number} at @param {number} all */
export function factorWords(run, weight, { symbol, links }, at, all) {
  if (at === 0) return 'how wrong';
  const [, above = '', below = ''] = /^∂(.+)\/∂(.+)$/.exec(symbol) ?? [];
  const kinds = new Set(run.layers.map(({ activation }) => activation));
  const responds = links.some(({ operation }) => kinds.has(operation.replace(/\d+$/, '')));
  if (at < all - 1) {
    const cause = named(run, below);
    return responds ? `how ${named(run, above)} responds to ${cause}` : `how much ${cause} counts`;
  }
  const passes =
    weight.from === null ? 'a bias passes on 1' : `what ${shortUnit(run, weight.layer, weight.from)} passes on`;
  return responds ? `how ${shortUnit(run, weight.layer + 1, weight.to)} responds × ${passes}` : passes;
}

/** `tanh2[3]` is a unit, `tanh2` its whole layer.
 * @param {Run} run @param {string} name */
function named(run, name) {
  const unit = unitOf(run, name);
  if (!unit) return name;
  if (name.endsWith(']')) return shortUnit(run, unit.column, unit.unit);
  return unit.column < run.layers.length ? `hidden layer ${unit.column}` : 'the outputs';
}

/** What somebody who sees the page for the first time can do.
 * @param {Run} run */
export function firstWords({ inputs, range }) {
  const squares = !range
    ? 'Each square is a unit, each line or cell a weight.'
    : inputs.length === 2
      ? 'Each square is what a unit answers at every point; each line is a weight.'
      : 'Each square is what a unit answers to every input; each line is a weight.';
  return `Press play. ${squares}`;
}

/** @param {Run} run */
export const facts = ({ weights, train, test }) =>
  `${weights.toLocaleString('en')} weights; ${train.toLocaleString('en')} training examples, ${test ? `${test.toLocaleString('en')} held out` : 'nothing is held out'}.`;
