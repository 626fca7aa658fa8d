// The tiles of a step, made from the story that the server tells.

import { number } from '../lib/format.js';
import { h } from '../lib/dom.js';
import { phrase } from '../lib/phrase.js';
import { math } from '../lib/symbol.js';
import { chainsOf, ends, kindOf, neuronOfSum, usesOf } from './chains.js';
import { computed, difference, named, ofFactor } from './formulas.js';
import { miss, response, square, sum } from './picture.js';

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

/** Step 3: the miss, the loss, and losses in general. @param {Walk} walk @returns {Tile[]} */
function losses(walk) {
  const { outputs } = walk.story.network;
  const { equations, sum: adds } = walk.story.loss;
  const squared = /squared|mse/.test(walk.settings.loss);
  const halved = /half/.test(walk.settings.loss);
  const one = outputs.length === 1;
  /** @type {Tile[]} */
  const misses = one
    ? outputs.map((name) => ({
        key: 'miss',
        kind: 'forward',
        name: 'by how much we missed',
        symbol: `${name} − y`,
        value: walk.step.miss[name],
        formulas: [difference(walk.step.prediction[name], walk.targets[name])],
        picture: miss(name, walk.step.prediction[name], walk.targets[name]),
        drawn: JSON.stringify([name, walk.step.prediction, walk.targets]),
      }))
    : [];
  /** @type {Tile[]} */
  const told = equations.map((equation) => {
    const last = equation.symbol === 'L';
    const output = equation.neuron ?? outputs[0];
    const [p, y] = [walk.step.prediction[output], walk.targets[output]];
    const picture =
      !one && last
        ? sum(
            equations.slice(0, -1).map(({ symbol, value }) => ({ symbol, amount: value })),
            equation.value,
          )
        : one && squared
          ? square(p, y, halved)
          : !one
            ? miss(output, p, y)
            : undefined;
    return {
      key: equation.symbol,
      kind: /** @type {'forward'} */ ('forward'),
      symbol: equation.symbol,
      value: equation.value,
      name: last
        ? one
          ? halved
            ? 'the loss: half the miss, squared'
            : squared
              ? 'the loss: the miss, squared'
              : 'the loss'
          : 'the loss: all outputs together'
        : `how far {${output}} is off`,
      formulas: [computed(equation.expression)],
      picture,
      drawn: JSON.stringify([picture !== undefined, p, y, equation.value, halved, adds]),
    };
  });
  const note = one ? [general()] : [];
  return [...misses, ...told, ...note];
}

/** @returns {Tile} */
function general() {
  const paren = (/** @type {Node[]} */ ...inside) =>
    math(
      'mrow',
      {},
      math('mo', { form: 'prefix', stretchy: 'false', lspace: '0', rspace: '0' }, '('),
      ...inside,
      math('mo', { form: 'postfix', stretchy: 'false', lspace: '0', rspace: '0' }, ')'),
    );
  const hat = () => math('mover', { accent: 'true' }, math('mi', {}, 'y'), math('mo', { stretchy: 'false' }, 'ˆ'));
  return {
    key: 'general',
    kind: 'note',
    name: 'in general',
    symbol: '',
    value: null,
    formulas: [],
    grow: 1.2,
    drawn: 'general',
    note: () => [
      h(
        'p',
        {},
        ...phrase('**Mean squared error**, for numbers: the mean of these squares over all outputs and examples.'),
      ),
      h(
        'p',
        { class: 'gen' },
        math(
          'math',
          { displaystyle: 'true' },
          math('mfrac', {}, math('mn', {}, '1'), math('mi', {}, 'n')),
          math('mo', {}, '∑'),
          math('msup', {}, paren(hat(), math('mo', {}, '−'), math('mi', {}, 'y')), math('mn', {}, '2')),
        ),
      ),
      h('p', {}, ...phrase('**Cross-entropy**, for classes: −log of the probability given to the right class.')),
    ],
  };
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
  const ok = told ? told.relative === null || told.relative < 1e-5 : false;
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
