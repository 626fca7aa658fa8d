// The tiles of a step, made from the story that the server tells.

import { number } from '../lib/format.js';
import { chainsOf, ends, kindOf, neuronOfSum, usesOf } from './chains.js';
import { computed, named, ofFactor } from './formulas.js';
import { losses } from './losses.js';
import { response, sum } from './picture.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').WeightChain} WeightChain */
/** @typedef {import('../view.js').Factor} Factor */
/** @typedef {import('./tile.js').Tile} Tile */

/** @param {Walk} walk @param {number} step @param {WeightChain | null} chain
 * @returns {Tile[]} */
export function tiles(walk, step, chain) {
  if (step === 2) return neurons(walk);
  if (step === 3) return losses(walk);
  return chain ? factors(walk, step, chain) : [];
}

/** Step 2: a tile for each neuron. @param {Walk} walk @returns {Tile[]} */
function neurons(walk) {
  const { hidden, outputs, connections } = walk.story.network;
  return [...hidden, ...outputs].map((name) => {
    const equations = walk.story.forward.equations.filter(({ neuron }) => neuron === name);
    const output = outputs.includes(name);
    const curve = output ? walk.curves.output : walk.curves.hidden;
    const z = output ? walk.step.output_sum[name] : walk.step.hidden_sum[name];
    const value = output ? walk.step.prediction[name] : walk.step.hidden[name];
    // Where the sum is everything that happens, its parts are the picture.
    const parts = connections
      .filter(({ to }) => to === name)
      .map(({ weight, from, passes }) => ({
        symbol: from === null ? weight : `${weight}·${from}`,
        amount: passes,
      }));
    return {
      key: name,
      kind: 'forward',
      symbol: name,
      value,
      grow: output && outputs.length === 1 && !curve.length ? 1.25 : 1,
      name: output ? (outputs.length > 1 ? 'output: a prediction' : 'output: the prediction') : 'hidden neuron',
      formulas: equations.map(({ symbol, expression }) =>
        symbol === name ? computed(expression) : named(symbol, expression),
      ),
      picture: curve.length ? response(curve, z, value) : sum(parts, z),
      drawn: JSON.stringify([curve.length, curve[0], z, value, parts]),
    };
  });
}

/** Steps 4 and 5: the factors of a chain and their product.
 * @param {Walk} walk @param {number} step @param {WeightChain} chain @returns {Tile[]} */
function factors(walk, step, chain) {
  /** @type {Tile[]} */
  const list = chain.factors.map((factor, at) => {
    const [effect, cause] = ends(factor.symbol);
    const shared = reuse(walk, step, chain, factor);
    return {
      key: factor.symbol,
      kind: 'factor',
      name: plainName(walk, chain, factor),
      symbol: factor.symbol,
      value: factor.value,
      operator: at ? '×' : undefined,
      formulas: ofFactor(walk, factor),
      cause,
      effect,
      mistakes: factor.mistakes ?? [],
      ...shared,
    };
  });
  return [...list, product(walk, chain)];
}

/** That a factor was found for the layer above, and everything it is used for.
 * @param {Walk} walk @param {number} step @param {WeightChain} chain @param {Factor} factor
 * @returns {Partial<Tile>} */
function reuse(walk, step, chain, factor) {
  const [top, bottom] = ends(factor.symbol);
  if (top !== 'L') return {};
  const several = step === 5 && kindOf(walk, bottom) === 'hidden';
  const uses = usesOf(walk, factor.symbol);
  if (uses.length < 2) return {};
  const shown = uses.slice(0, 6).map((use) => ({
    label: use.chain.weight,
    now: use.step === step && use.chain.weight === chain.weight && use.chain.to === chain.to,
  }));
  // In the middle of a long list the one that is told must not be the one that is left out.
  if (!shown.some(({ now }) => now)) shown[shown.length - 1] = { label: chain.weight, now: true };
  const tag = several
    ? `sum of ${walk.story.network.outputs.length} from step 4`
    : factor.reused
      ? kindOf(walk, bottom) === 'output sum'
        ? '① × ② of step 4'
        : 'from step 4'
      : undefined;
  return { tag, uses: shown, usesNote: 'used for' };
}

/** What a factor answers, in plain words.
 * @param {Walk} walk @param {WeightChain} chain @param {Factor} factor */
export function plainName(walk, chain, factor) {
  const [top, bottom] = ends(factor.symbol);
  const kinds = `${kindOf(walk, top)} by ${kindOf(walk, bottom)}`;
  const several = walk.story.network.outputs.length > 1;
  switch (kinds) {
    case 'loss by output sum':
    case 'loss by output':
      return several ? `how wrong {${neuronOfSum(walk, bottom) ?? bottom}} is` : 'how wrong';
    case 'loss by hidden':
      return `what comes back to {${bottom}}`;
    case 'output by output sum':
      return `how {${top}} responds`;
    case 'output by hidden':
    case 'output sum by hidden':
      return `how much {${bottom}} counts`;
    case 'output by weight':
    case 'output sum by weight':
      return chain.from === null ? 'a bias passes on 1' : `what {${chain.from}} passes on`;
    case 'hidden by weight':
      return `how {${top}} responds to {${bottom}}`;
    default:
      return `how {${top}} answers {${bottom}}`;
  }
}

/** @param {Walk} walk @param {WeightChain} chain @returns {Tile} */
function product(walk, chain) {
  const { weight } = chain;
  const told = walk.story.learning.weights.find((each) => each.weight === weight);
  const all = [4, 5].flatMap((step) => chainsOf(walk, step)).filter((each) => each.weight === weight);
  const shared = all.length > 1;
  const symbol = `∂L/∂${weight}`;
  const ok = told?.agrees ?? false;
  const way =
    chain.product < 0
      ? 'lowers the loss, so learning turns it **up**'
      : 'raises the loss, so learning turns it **down**';
  const meaning = shared
    ? `${all.length} connections share {${weight}}; this is what the one to {${chain.to}} adds. Together: ((${number(walk.step.gradient[weight])})).`
    : told?.stays
      ? `{${weight}} stays as it is in this example.`
      : chain.product === 0
        ? `${chain.zero ? `{${chain.zero}} is 0, so no blame gets through: ` : ''}{${weight}} stays where it is.`
        : `Turning {${weight}} up ${way}.`;
  return {
    key: `product ${symbol}`,
    kind: 'product',
    name: shared ? 'its part of the gradient' : 'gradient: the product',
    symbol,
    value: chain.product,
    operator: '=',
    formulas: [],
    cause: weight,
    effect: 'L',
    nudged: told && {
      value: told.nudged,
      ok: ok || told.kink,
      note: told.kink ? '(a kink lies inside the nudge)' : shared ? '(all together)' : '',
    },
    meaning,
    mistakes: chain.mistakes ?? [],
  };
}
