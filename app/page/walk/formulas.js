// How a number of the story is computed, as formulas: with symbols, then with numbers.

import { number } from '../lib/format.js';
import { breakable, formula, row } from '../lib/math.js';
import { math, toMath } from '../lib/symbol.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Factor} Factor */
/** @typedef {import('../view.js').Expression} Expression */
/** @typedef {import('../view.js').Link} Link */
/** @typedef {{key: string, write: () => Element[]}} Formula pieces between which a line may break */

/** `w₃ = 0.7000`
 * @param {Expression} expression
 * @returns {Formula} */
export const computed = (expression) => ({
  key: `${expression.text}=${expression.numbers}`,
  write: () => breakable(row(expression.mathml, equals(), expression.mathml_numbers)),
});

/** `0.7000 − 1.0000`
 * @param {number} a @param {number} b
 * @returns {Formula} */
export const difference = (a, b) => ({
  key: `${a}−${b}`,
  write: () => breakable(row(digits(a), math('mo', {}, '−'), digits(b, true))),
});

/** `z₁ = w₁·x₁ = 0.6000 × 1.0000`
 * @param {string} symbol @param {Expression} expression
 * @returns {Formula} */
export const named = (symbol, expression) => ({
  key: `${symbol}=${expression.text}=${expression.numbers}`,
  write: () => breakable(row(toMath(symbol, true), equals(), expression.mathml, equals(), expression.mathml_numbers)),
});

/** What every hidden neuron does, without its number: in one line where the sum stands in the activation once, else in
 * two, `z = ∑ w·x` and `h = …`.
 * @param {Walk} walk
 * @returns {{key: string, write: () => Element[][]}} lines of pieces */
export function layerFormula({ story: { forward, network } }) {
  const name = network.hidden[0];
  const told = forward.equations.filter(({ neuron }) => neuron === name);
  const sum = told.find(({ symbol }) => symbol !== name)?.symbol;
  const mathml = told.find(({ symbol }) => symbol === name)?.expression.mathml ?? '';
  const biased = network.connections.some(({ from, to }) => from === null && to === name);
  const added = () => [
    math('mo', {}, '∑'),
    toMath('w'),
    dot(),
    toMath('x'),
    ...(biased ? [math('mo', {}, '+'), toMath('b')] : []),
  ];
  const key = `${sum}|${mathml}|${biased}`;
  if (sum === undefined) return { key, write: () => [breakable(row(toMath('h'), equals(), ...added()))] };
  const z = `<mi>${sum}</mi>`;
  const general = mathml.replaceAll(z, '<mi>z</mi>');
  const [before, after, ...more] = general.split('<mi>z</mi>');
  // An argument in brackets, or in a list of arguments.
  const once = more.length === 0 && after !== undefined && /(\(|,)<\/mo>$/.test(before);
  if (!once)
    return {
      key,
      write: () => [[row(toMath('z'), equals(), ...added())], breakable(row(toMath('h'), equals(), general))],
    };
  return {
    key,
    write: () => {
      const whole = row(toMath('h'), equals(), general);
      const letter = [...whole.querySelectorAll('mi')].find(({ textContent }) => textContent === 'z');
      letter?.replaceWith(math('mrow', {}, ...added()));
      return [[whole]];
    },
  };
}

/** @param {Walk} walk @param {Factor} factor
 * @returns {Formula[]} */
export function ofFactor(walk, factor) {
  const { output_weights, hidden_weights } = walk.story;
  const told = [...output_weights.equations, ...hidden_weights.equations].find(
    ({ symbol }) => symbol === factor.symbol,
  );
  if (told) return [computed(told.expression)];
  const { links } = factor;
  if (links.length === 1) return [computed(links[0].expression)];
  const numbers = links.map((link) => link.number ?? 0);
  const product = {
    key: links.map(({ symbol, number }) => `${symbol}${number}`).join('·'),
    write: () =>
      breakable(
        row(
          ...between(links.map(part), dot),
          equals(),
          ...between(
            numbers.map((x, at) => digits(x, at > 0)),
            times,
          ),
        ),
      ),
  };
  // What was found before was explained before.
  if (factor.reused) return [product];
  const slopes = links.filter((link) => !atomic(link.expression) && link.kind === 'derivative');
  return [product, ...slopes.slice(-1).map((link) => named(link.symbol, link.expression))];
}

/** A link in a product: itself where it is one symbol, else the name of the derivative.
 * @param {Link} link */
const part = (link) =>
  atomic(link.expression) ? math('mrow', {}, ...formula(link.expression.mathml).childNodes) : toMath(link.symbol, true);

/** @param {Expression} expression */
const atomic = ({ text }) => /^[^\s·+−/]+$/.test(text);

/** @param {number} x @param {boolean} follows an operator */
export function digits(x, follows = false) {
  const value =
    x < 0
      ? math('mrow', {}, math('mo', { form: 'prefix', lspace: '0', rspace: '0' }, '−'), math('mn', {}, number(-x)))
      : math('mn', {}, number(x));
  if (!(x < 0 && follows)) return value;
  return math(
    'mrow',
    {},
    math('mo', { form: 'prefix', stretchy: 'false', lspace: '0', rspace: '0' }, '('),
    value,
    math('mo', { form: 'postfix', stretchy: 'false', lspace: '0', rspace: '0' }, ')'),
  );
}

const equals = () => math('mo', {}, '=');
const dot = () => math('mo', {}, '·');
const times = () => math('mo', {}, '×');

/** @param {Element[]} parts @param {() => Element} sign */
const between = (parts, sign) => parts.flatMap((each, at) => (at ? [sign(), each] : [each]));
