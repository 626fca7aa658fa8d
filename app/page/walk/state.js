// The state of the walk, as one plain object, and the address that holds it. Only what differs from the example's own
// numbers is in either of them.

import { plain } from '../lib/symbol.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Ask} Ask */

/** @typedef {object} State
 * @property {number} step 1 to 6
 * @property {string | null} example a textbook case; null is the first network
 * @property {string | null} activation
 * @property {string | null} loss
 * @property {string | null} optimizer
 * @property {number | null} lr
 * @property {Record<string, number>} values inputs, weights and targets by plain name: x1, w1, y
 * @property {number} after updates that were made before the step that is shown
 * @property {Record<number, string>} chosen the weight whose chain steps 4 and 5 show */

export const STEPS = 6;
/** Updates that the server makes before a step. */
const MOST = 10_000;

/** @returns {State} */
export const start = () => ({
  step: 1,
  example: null,
  activation: null,
  loss: null,
  optimizer: null,
  lr: null,
  values: {},
  after: 0,
  chosen: {},
});

/** @type {(keyof State & ('activation' | 'loss' | 'optimizer'))[]} */
const CHOICES = ['activation', 'loss', 'optimizer'];

/** @param {string} hash
 * @returns {State} */
export function read(hash) {
  const state = start();
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ''))) {
    const number = Number(text);
    const choice = CHOICES.find((name) => name === key);
    if (choice) state[choice] = text;
    else if (key === 'case') state.example = text;
    else if (key === 'weight') state.chosen = { 4: text, 5: text };
    else if (text === '' || !Number.isFinite(number)) continue;
    else if (key === 'step') state.step = Math.min(STEPS, Math.max(1, Math.round(number)));
    else if (key === 'after') state.after = Math.min(MOST, Math.max(0, Math.round(number)));
    else if (key === 'lr') state.lr = number;
    else state.values[key] = number;
  }
  return state;
}

/** @param {State} state
 * @returns {string} with its # */
export function address(state) {
  const query = new URLSearchParams({ step: String(state.step) });
  if (state.example !== null) query.set('case', state.example);
  for (const name of CHOICES) if (state[name] !== null) query.set(name, state[name]);
  if (state.lr !== null) query.set('lr', String(state.lr));
  for (const [name, value] of Object.entries(state.values)) query.set(name, String(value));
  if (state.after) query.set('after', String(state.after));
  const chosen = state.chosen[state.step];
  if (chosen !== undefined) query.set('weight', chosen);
  return `#${query}`;
}

/** The names of an example's targets in the address: y, or y1, y2, …
 * @param {Walk} own */
export function targetNames(own) {
  const outputs = Object.keys(own.targets);
  return outputs.map((_, at) => (outputs.length === 1 ? 'y' : `y${at + 1}`));
}

/** What to ask the server for.
 * @param {State} state
 * @param {Walk} own the example with its own numbers
 * @param {number} updates losses up to this update at least
 * @returns {Ask} */
export function question(state, own, updates) {
  /** @type {Ask} */
  const ask = { after: state.after, updates };
  if (state.example !== null) ask.case = state.example;
  for (const name of CHOICES) if (state[name] !== null) ask[name] = state[name];
  if (state.lr !== null) ask.lr = state.lr;
  const x = changed(Object.keys(own.inputs).map(plain), Object.values(own.inputs), state.values);
  const w = changed(Object.keys(own.weights).map(plain), Object.values(own.weights), state.values);
  const target = changed(targetNames(own), Object.values(own.targets), state.values);
  if (x) ask.x = x;
  if (w) ask.w = w;
  if (target) ask.target = target;
  return ask;
}

/** @param {string[]} names @param {number[]} own @param {Record<string, number>} values */
function changed(names, own, values) {
  if (!names.some((name) => name in values)) return null;
  return names.map((name, at) => values[name] ?? own[at]);
}

/** A number changed. After updates the weights as they are now become the new start, with every digit.
 * @param {State} state
 * @param {string} name plain name
 * @param {number} value
 * @param {Walk} own the example with its own numbers
 * @param {Walk} shown what is on the screen
 * @returns {State} */
export function change(state, name, value, own, shown) {
  if (name === 'lr') return { ...settle(state, own, shown), lr: value === own.learning_rate ? null : value };
  const settled = settle(state, own, shown);
  const values = { ...settled.values, [name]: value };
  if (value === ownValue(own, name)) delete values[name];
  return { ...settled, values };
}

/** Goes on from the weights that are shown.
 * @param {State} state
 * @param {Walk} own
 * @param {Walk} shown
 * @returns {State} */
export function settle(state, own, shown) {
  if (state.after === 0) return state;
  const values = { ...state.values };
  for (const [symbol, value] of Object.entries(shown.weights)) {
    if (value === own.weights[symbol]) delete values[plain(symbol)];
    else values[plain(symbol)] = value;
  }
  return { ...state, values, after: 0 };
}

/** The rate after another optimizer was chosen: it comes with its usual one, unless the visitor has set a rate.
 * @param {State} before @param {State} next @param {Walk} own the example with its own numbers
 * @param {import('../view.js').Choices['optimizers']} optimizers */
export function rateOf(before, next, own, optimizers) {
  /** @param {State} state */
  const usual = ({ optimizer }) => optimizers.find(({ value }) => value === optimizer)?.lr ?? null;
  if (before.lr !== null && before.lr !== usual(before)) return before.lr;
  const lr = usual(next);
  return lr === own.learning_rate ? null : lr;
}

/** Whether another update would change nothing that one can see.
 * @param {Walk} walk */
export function atRest({ step, after }) {
  if (!after || !Number.isFinite(after.loss)) return true;
  return step.loss < 1e-12 || Math.abs(after.loss - step.loss) <= 1e-9 * Math.abs(step.loss);
}

/** @param {Walk} own
 * @param {string} name
 * @returns {number | undefined} */
export function ownValue(own, name) {
  const target = targetNames(own).indexOf(name);
  if (target >= 0) return Object.values(own.targets)[target];
  for (const numbers of [own.inputs, own.weights]) {
    const symbol = Object.keys(numbers).find((symbol) => plain(symbol) === name);
    if (symbol !== undefined) return numbers[symbol];
  }
  return undefined;
}

/** Whether anything but the place in the story differs from the example's own.
 * @param {State} state */
export const touched = ({ activation, loss, optimizer, lr, values, after }) =>
  activation !== null ||
  loss !== null ||
  optimizer !== null ||
  lr !== null ||
  after > 0 ||
  Object.keys(values).length > 0;
