// One sentence for each step, for those who cannot see the picture.

import { number } from '../lib/format.js';
import { spoken } from '../lib/symbol.js';
import { titles } from './story.js';

/** @param {import('../view.js').Walk} walk @param {number} step @param {import('../view.js').WeightChain | null} chain
 * @param {boolean} covered whether a number of the chain is a question
 * @returns {string} */
export function speak(walk, step, chain, covered) {
  return `Step ${step} of 6, ${titles(walk)[step - 1]}. ${[network, forward, loss, gradient, gradient, learning][step - 1](walk, chain, covered)}`;
}

/** @param {Record<string, number>} numbers */
const list = (numbers) =>
  Object.entries(numbers)
    .map(([name, value]) => `${spoken(name)} ${number(value)}`)
    .join(', ');

/** @param {import('../view.js').Walk} walk */
const network = ({ story, weights }) => `${story.network.opening} The weights: ${list(weights)}.`;

/** @param {import('../view.js').Walk} walk */
const forward = ({ step }) =>
  `The hidden neurons give ${list(step.hidden)}; the prediction is ${list(step.prediction)}.`;

/** @param {import('../view.js').Walk} walk */
const loss = ({ step, targets }) =>
  `The prediction ${list(step.prediction)}, the target ${Object.values(targets)
    .map((y) => number(y))
    .join(', ')}; the loss is ${number(step.loss)}.`;

/** @param {import('../view.js').Walk} walk @param {import('../view.js').WeightChain | null} chain @param {boolean} covered */
function gradient(walk, chain, covered) {
  if (!chain || covered) return 'A number is covered: practise.';
  const factors = chain.factors.map(({ symbol, value }) => `${number(value)}, ${spoken(symbol)}`).join(', times ');
  const reused = chain.factors.some(({ reused }) => reused)
    ? ' The first factor was found for the output weights already and is used again.'
    : '';
  const nudged = walk.finite_difference[chain.weight];
  return `The gradient of the loss by ${spoken(chain.weight)} is ${factors}, which is ${number(chain.product)}.${reused} By nudging it is ${number(nudged)}.`;
}

/** @param {import('../view.js').Walk} walk */
const learning = ({ step, after, updates_before }) =>
  `After update ${updates_before} the prediction is ${list(step.prediction)} and the loss ${number(step.loss)}.${after ? ` One more makes it ${list(after.prediction)} and ${number(after.loss)}.` : ''}`;
