// Questions to an answer of the server: which chain, what a symbol is, which part of the picture a factor belongs to.

import { plain } from '../lib/symbol.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').WeightChain} WeightChain */
/** @typedef {import('../view.js').Factor} Factor */
/** @typedef {import('../view.js').Connection} Connection */
/** @typedef {import('./state.js').State} State */

/** @typedef {'input' | 'hidden' | 'output' | 'hidden sum' | 'output sum' | 'weight' | 'loss'} Kind */

/** The key of a connection: a shared weight has several.
 * @param {{weight: string, to: string}} connection */
export const wireKey = ({ weight, to }) => `${weight}>${to}`;

/** The chains of step 4 or 5.
 * @param {Walk} walk @param {number} step
 * @returns {WeightChain[]} */
export const chainsOf = (walk, step) =>
  step === 4 ? walk.story.output_weights.chains : step === 5 ? walk.story.hidden_weights.chains : [];

/** The name of a chain in the address: its weight, and where it goes to if that weight is shared.
 * @param {WeightChain} chain @param {WeightChain[]} all */
export function chainName(chain, all) {
  const shared = all.filter(({ weight }) => weight === chain.weight).length > 1;
  return plain(shared ? wireKey(chain) : chain.weight);
}

/** The chain that the step shows; null where it shows none.
 * @param {Walk} walk @param {State} state
 * @returns {WeightChain | null} */
export function chosenChain(walk, state) {
  const all = chainsOf(walk, state.step);
  const chosen = all.find((chain) => chainName(chain, all) === state.chosen[state.step]);
  // An example of a dead neuron is about what does not get through.
  const cut = state.example?.includes('dead') ? all.find(({ product }) => product === 0) : undefined;
  return chosen ?? cut ?? all[0] ?? null;
}

/** @param {Walk} walk @param {string} symbol
 * @returns {Kind | null} */
export function kindOf(walk, symbol) {
  const { inputs, hidden, outputs } = walk.story.network;
  if (symbol === 'L') return 'loss';
  if (inputs.includes(symbol)) return 'input';
  if (hidden.includes(symbol)) return 'hidden';
  if (outputs.includes(symbol)) return 'output';
  if (symbol in walk.weights) return 'weight';
  const sum = neuronOfSum(walk, symbol);
  if (sum !== null) return hidden.includes(sum) ? 'hidden sum' : 'output sum';
  return null;
}

/** The neuron whose sum a symbol is: z₁ of h₁, z(o₁) of o₁.
 * @param {Walk} walk @param {string} symbol */
export function neuronOfSum(walk, symbol) {
  if (!symbol.startsWith('z')) return null;
  const equation = walk.story.forward.equations.find((equation) => equation.symbol === symbol);
  return equation?.neuron ?? null;
}

/** The two ends of a derivative: ∂h₁/∂w₁ is [h₁, w₁].
 * @param {string} symbol
 * @returns {[string, string]} */
export function ends(symbol) {
  const found = /^∂(.+)\/∂(.+)$/.exec(symbol);
  return found ? [found[1], found[2]] : [symbol, ''];
}

/** Weights whose chains contain the factor, in the order in which they are told.
 * @param {Walk} walk @param {string} symbol
 * @returns {{step: number, chain: WeightChain}[]} */
export function usesOf(walk, symbol) {
  return [4, 5].flatMap((step) =>
    chainsOf(walk, step)
      .filter((chain) => chain.factors.some((factor) => contains(walk, factor, symbol)))
      .map((chain) => ({ step, chain })),
  );
}

/** Whether a factor is, or is made of, a derivative: ∂L/∂z(o₁) of ∂L/∂o₁; ∂L/∂h₁ of all outputs' ∂L/∂z.
 * @param {Walk} walk @param {Factor} factor @param {string} symbol */
function contains(walk, factor, symbol) {
  if (factor.symbol === symbol || factor.links.some((link) => link.symbol === symbol)) return true;
  const [, by] = ends(factor.symbol);
  const [, output] = ends(symbol);
  return (
    kindOf(walk, by) === 'hidden' && walk.story.network.connections.some(({ from, to }) => from === by && to === output)
  );
}

/** The part of the picture that belongs to a factor, and the parts that stand for it alone when they are pointed at.
 * @param {Walk} walk @param {WeightChain} chain @param {Factor} factor
 * @returns {{parts: string[], own: string[]}} */
export function partsOf(walk, chain, factor) {
  const [top, bottom] = ends(factor.symbol);
  const { connections, outputs } = walk.story.network;
  const wire = `wire ${wireKey(chain)}`;
  const source = chain.from ?? `one ${wireKey(chain)}`;
  switch (kindOf(walk, bottom)) {
    case 'output':
      return { parts: [bottom, 'L', `target ${bottom}`], own: ['L', bottom, `target ${bottom}`] };
    case 'output sum': {
      const output = neuronOfSum(walk, bottom) ?? bottom;
      if (top !== 'L') return { parts: [output], own: [output] };
      return { parts: [output, 'L', `target ${output}`], own: ['L', output, `target ${output}`] };
    }
    case 'hidden': {
      const wires = connections.filter(
        ({ from, to }) => from === bottom && (top === 'L' || to === top || to === neuronOfSum(walk, top)),
      );
      const keys = wires.map((each) => `wire ${wireKey(each)}`);
      if (top !== 'L') return { parts: [...keys, bottom, ...wires.map(({ to }) => to)], own: keys };
      const targets = outputs.map((output) => `target ${output}`);
      return { parts: [...keys, bottom, ...outputs, ...targets, 'L'], own: [...keys, ...outputs, 'L', ...targets] };
    }
    default:
      // The last factor: from the neuron that the weight leads to, down to the weight.
      return {
        parts: [wire, source, ...(kindOf(walk, top) === 'hidden' ? [top] : [])],
        own: [wire, source, ...(kindOf(walk, top) === 'hidden' ? [top] : [])],
      };
  }
}

/** Everything that lies on a chain.
 * @param {Walk} walk @param {WeightChain} chain
 * @returns {Set<string>} */
export const partsOfChain = (walk, chain) =>
  new Set(chain.factors.flatMap((factor) => partsOf(walk, chain, factor).parts));
