// Step 3: the miss, the loss, and what its kind of loss is in general.

import { h } from '../lib/dom.js';
import { brief } from '../lib/format.js';
import { row } from '../lib/math.js';
import { phrase } from '../lib/phrase.js';
import { math, toMath } from '../lib/symbol.js';
import { computed, difference } from './formulas.js';
import { miss, response, square, sum } from './picture.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Equation} Equation */
/** @typedef {import('./tile.js').Tile} Tile */
/** @typedef {'squared' | 'halved' | 'absolute' | 'huber' | 'probability' | 'logit' | 'other'} Kind */

/** What a loss compares, and how.
 * @param {Walk} walk @returns {Kind} */
export function kindOfLoss({ settings: { loss } }) {
  if (/^half_squared/.test(loss)) return 'halved';
  if (/^(mse|squared_error)/.test(loss)) return 'squared';
  if (/^mae/.test(loss)) return 'absolute';
  if (/^huber/.test(loss)) return 'huber';
  if (/^bce_with_logits/.test(loss)) return 'logit';
  if (/^bce/.test(loss)) return 'probability';
  return 'other';
}

/** Whether the loss asks how far the prediction is from the target. Of a logit the two are different things.
 * @param {Walk} walk */
export const hasMiss = (walk) => kindOfLoss(walk) !== 'logit';

/** @type {Record<Kind, string>} */
const NAMES = {
  squared: 'the loss: the miss, squared',
  halved: 'the loss: half the miss, squared',
  absolute: 'the loss: the size of the miss',
  huber: 'the loss: a square near by, a line far off',
  probability: 'the loss: cross-entropy',
  logit: 'the loss: cross-entropy of σ({ŷ})',
  other: 'the loss',
};

/** @param {Walk} walk @returns {Tile[]} */
export function losses(walk) {
  const { outputs } = walk.story.network;
  const one = outputs.length === 1;
  const misses = one && hasMiss(walk) ? [theMiss(walk, outputs[0])] : [];
  const told = walk.story.loss.equations.map((equation) => tile(walk, equation));
  return [...misses, ...told, ...(one ? [general(walk)] : [])];
}

/** @param {Walk} walk @param {string} name @returns {Tile} */
function theMiss({ step, targets }, name) {
  const [p, y] = [step.prediction[name], targets[name]];
  return {
    key: 'miss',
    kind: 'forward',
    name: 'by how much we missed',
    symbol: `${name} − y`,
    value: step.miss[name],
    formulas: [difference(p, y)],
    picture: miss(name, p, y),
    drawn: JSON.stringify([name, p, y]),
  };
}

/** @param {Walk} walk @param {Equation} equation @returns {Tile} */
function tile(walk, equation) {
  const kind = kindOfLoss(walk);
  const { outputs } = walk.story.network;
  const one = outputs.length === 1;
  const last = equation.symbol === 'L';
  const output = equation.neuron ?? outputs[0];
  return {
    key: equation.symbol,
    kind: 'forward',
    symbol: equation.symbol,
    value: equation.value,
    name: !last ? `how far {${output}} is off` : one ? NAMES[kind] : 'the loss: all outputs together',
    formulas: [computed(equation.expression)],
    picture: picture(walk, equation, output, kind),
    drawn: JSON.stringify([kind, output, walk.step.prediction, walk.targets, equation.value]),
  };
}

/** @param {Walk} walk @param {Equation} equation @param {string} output @param {Kind} kind */
function picture(walk, { symbol, value }, output, kind) {
  const [p, y] = [walk.step.prediction[output], walk.targets[output]];
  const { equations } = walk.story.loss;
  const one = walk.story.network.outputs.length === 1;
  if (one && (kind === 'squared' || kind === 'halved')) return square(p, y, kind === 'halved');
  const curve = walk.curves.loss[output] ?? [];
  if (one) return curve.length > 1 ? response(curve, p, value) : undefined;
  if (symbol !== 'L') return hasMiss(walk) ? miss(output, p, y) : undefined;
  return sum(
    equations.slice(0, -1).map((part) => ({ symbol: part.symbol, amount: part.value })),
    value,
  );
}

/** @param {Walk} walk @returns {Tile} */
function general(walk) {
  const kind = kindOfLoss(walk);
  const delta = walk.story.loss.equations
    .flatMap(({ expression }) => expression.places)
    .find(({ name }) => name === 'delta')?.number;
  return {
    key: `general ${kind}`,
    kind: 'note',
    name: 'in general',
    symbol: '',
    value: null,
    formulas: [],
    grow: 1.2,
    drawn: `${kind}|${delta}`,
    note: () => NOTES[kind](typeof delta === 'number' ? brief(delta) : null),
  };
}

/** What is true of every loss of a kind.
 * @type {Record<Kind, (delta: string | null) => Node[]>} */
const NOTES = {
  squared: squares,
  halved: squares,
  absolute: () => [
    says('**Mean absolute error**, for numbers: the mean of the misses’ sizes over all outputs and examples.'),
    set(mean(bars())),
    says('Its slope has one size only: a prediction far off pulls no harder than one near by.'),
  ],
  huber: (delta) => [
    says(
      `**Huber**, for numbers: half the square of a miss that is not above {δ}${delta ? ` = ${delta}` : ''}, and beyond it a straight line.`,
    ),
    says('So an example that is far off counts, but does not drown all others, as it would when squared.'),
  ],
  probability: () => [
    says('**Binary cross-entropy**, for yes or no: {ŷ} is the probability of yes, and the loss is the mean of'),
    set(log([toMath('ŷ')], '1')),
    set(log([one(), minus(), toMath('ŷ')], '0')),
    says('Sure and wrong costs without limit. It is smallest at {ŷ} = {y}.'),
  ],
  logit: () => [
    says('**Binary cross-entropy with logits**: σ({ŷ}) is the probability of yes, and the loss is the mean of'),
    set(log([toMath('σ'), paren(toMath('ŷ'))], '1')),
    set(log([one(), minus(), toMath('σ'), paren(toMath('ŷ'))], '0')),
    says('The logit {ŷ} may be any number. At {y} = 1, the larger it is, the smaller the loss.'),
  ],
  other: () => [says('**The loss** is one number for all outputs and examples: their mean or their sum.')],
};

function squares() {
  return [
    says('**Mean squared error**, for numbers: the mean of these squares over all outputs and examples.'),
    set(mean(math('msup', {}, paren(toMath('ŷ'), minus(), toMath('y')), math('mn', {}, '2')))),
    says('**Cross-entropy**, for classes: −log of the probability given to the right class.'),
  ];
}

/** @param {string} text */
const says = (text) => h('p', {}, ...phrase(text));

/** @param {Element} formula */
const set = (formula) => h('p', { class: 'gen' }, formula);

/** @param {Element} of */
const mean = (of) =>
  math(
    'math',
    { displaystyle: 'true' },
    math('mfrac', {}, math('mn', {}, '1'), math('mi', {}, 'n')),
    math('mo', {}, '∑'),
    of,
  );

/** −ln of something, and the target for which it is that.
 * @param {Element[]} of @param {string} target */
const log = (of, target) =>
  row(
    math('mo', { form: 'prefix' }, '−'),
    math('mi', {}, 'ln'),
    of.length === 1 ? math('mrow', {}, math('mspace', { width: '0.17em' }), ...of) : paren(...of),
    math('mtext', {}, '\u00a0where\u00a0'),
    toMath('y'),
    math('mo', {}, '='),
    math('mn', {}, target),
  );

const one = () => math('mn', {}, '1');
const minus = () => math('mo', {}, '−');
const bars = () => math('mrow', {}, bar('prefix'), toMath('ŷ'), minus(), toMath('y'), bar('postfix'));

/** @param {string} form */
const bar = (form) => math('mo', { form, stretchy: 'false', lspace: '0', rspace: '0' }, '|');

/** @param {...Element} inside */
const paren = (...inside) =>
  math(
    'mrow',
    {},
    math('mo', { form: 'prefix', stretchy: 'false', lspace: '0', rspace: '0' }, '('),
    ...inside,
    math('mo', { form: 'postfix', stretchy: 'false', lspace: '0', rspace: '0' }, ')'),
  );
