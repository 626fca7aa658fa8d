// What is told beside the picture.

import { fill, h } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { LINKS } from '../lib/chain.js';
import { phrase } from '../lib/phrase.js';
import { greek, math, toHtml, toMath } from '../lib/symbol.js';
import { chainName, chainsOf } from './chains.js';
import { layerFormula } from './formulas.js';
import { kindOfLoss } from './losses.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').WeightChain} WeightChain */

/** The link of the chain that each step belongs to. */
export const LINK_OF_STEP = [0, 1, 2, 3, 3, 4];

/** What the buttons call the steps. */
export const SHORT = ['Network', 'Forward pass', 'Loss', 'Output weights', 'Hidden weights', 'Learning'];

/** @param {Walk} walk */
export const titles = ({ story }) =>
  [story.network, story.forward, story.loss, story.output_weights, story.hidden_weights, story.learning].map(
    ({ title }) => title,
  );

/** @param {HTMLElement} host @param {Walk} walk @param {number} step @param {WeightChain | null} chain
 * @param {(name: string) => void} onchoose */
export function story(host, walk, step, chain, onchoose) {
  const told = [network, forward, loss, outputWeights, hiddenWeights, learning][step - 1](walk, chain);
  const key = JSON.stringify([step, titles(walk)[step - 1], told, chain?.weight, chain?.to, walk.name]);
  fill(host, key, () => [
    h(
      'div',
      {},
      h('p', { class: 'eyebrow' }, `${LINKS[LINK_OF_STEP[step - 1]]} · step ${step} of 6`),
      h('h1', { id: 'title' }, titles(walk)[step - 1]),
    ),
    ...told.map((part) =>
      part.startsWith('formula:')
        ? FORMULAS[part.slice(8).split(' ')[0]](walk)
        : part.startsWith('small:')
          ? h('p', { class: 'small soft' }, ...phrase(part.slice(6)))
          : part.startsWith('change:')
            ? changes(walk)
            : h('p', { class: 'text' }, ...phrase(part)),
    ),
    chain && pick(walk, step, chain, onchoose),
  ]);
}

/** @param {Walk} walk */
function network(walk) {
  const { inputs, hidden, outputs, connections } = walk.story.network;
  const wanted = Object.values(walk.targets)
    .map((target) => `[[${number(target)}]]`)
    .join(' and ');
  const biases = connections.some(({ from }) => from === null);
  const stays = walk.story.learning.weights.filter((row) => row.stays).map((row) => `{${row.weight}}`);
  const free = Object.keys(walk.weights).length - stays.length;
  return [
    `${many(inputs.length, 'input')}, ${many(hidden.length, 'hidden neuron').toLowerCase()}, ${many(outputs.length, 'output').toLowerCase()}. Every wire has a **weight**: a number that multiplies whatever passes through.${biases ? ' A weight on a constant 1 is a **bias**.' : ''}`,
    `There are ${words(free)} weights to learn. Learning means finding good numbers for them, so that the network answers ${wanted} to these inputs. Its only guide will be how wrong it was.`,
    ...(stays.length ? [`small:${stays.join(' and ')} stay as they are in this example.`] : []),
    ...(walk.source ? [`small:From ${walk.source}.`] : []),
  ];
}

/** @param {Walk} walk */
function forward(walk) {
  const predictions = Object.entries(walk.step.prediction)
    .map(([name, value]) => `{${name}} = [[${number(value)}]]`)
    .join(' and ');
  const closing = walk.story.network.closing.filter((line) => /neurons:/.test(line));
  return [
    `Each neuron adds up **weight × input** and sends the sum through its activation, the curve drawn inside it. Layer by layer, until the output: the **prediction** ${predictions}.`,
    `formula:forward ${layerFormula(walk).key}`,
    `small:A whole layer at once is a matrix product and an activation.${closing.length ? ` Here, ${greek(closing.join('; '))}.` : ''}`,
  ];
}

/** @param {Walk} walk */
function loss(walk) {
  const outputs = Object.entries(walk.step.prediction);
  const said = outputs
    .map(([name, value]) => `[[${number(value)}]]${outputs.length > 1 ? ` for {${name}}` : ''}`)
    .join(' and ');
  const should = outputs.map(([name]) => `[[${number(walk.targets[name])}]]`).join(' and ');
  const one = outputs.length === 1;
  const known = `{L} = [[${number(walk.step.loss)}]]`;
  const question = 'From here on, everything asks one question: what would make this number smaller?';
  switch (kindOfLoss(walk)) {
    case 'logit':
      return [
        `What the network gives is ${one ? '{ŷ}, a **logit**: a' : 'a **logit** for each output: a'} number of any size, ${said}, of which σ makes a probability. It is not compared with the target ${should} itself: the **loss** is −ln of the probability that it gives to the right answer, ${known}.`,
        question,
      ];
    case 'probability':
      return [
        `What the network gives is ${one ? 'a **probability**' : '**probabilities**'}: it should have been ${should}, and was ${said}. The **loss** is −ln of what was left for the right answer, and smallest where the two agree: ${known}.`,
        question,
      ];
    default:
      return [
        `The network should have said ${should}. It said ${said}. The **loss** turns that miss into one number, which is small exactly when the prediction is good: ${known}.`,
        question,
      ];
  }
}

/** @param {Walk} walk @param {WeightChain | null} chain */
function outputWeights(walk, chain) {
  if (!chain) return [walk.story.output_weights.opening];
  const w = `{${chain.weight}}`;
  const slopes = chain.factors.length === 2 ? 'two slopes' : `${words(chain.factors.length)} slopes`;
  return [
    `If ${w} alone changed a little, how would the loss change? Walk back along the wire: the loss answers to {${chain.to}}, and {${chain.to}} answers to ${w}. **Multiply the ${slopes}.**`,
    chain.factors.length === 2
      ? 'small:No hidden activation lies between. Keep the framed number: the next step needs it again.'
      : `small:Between them lies the activation of {${chain.to}} itself. Keep the framed number: the next step needs it again.`,
  ];
}

/** @param {Walk} walk @param {WeightChain | null} chain */
function hiddenWeights(walk, chain) {
  if (!chain) return [walk.story.hidden_weights.opening];
  const outputs = walk.story.network.outputs;
  const w = `{${chain.weight}}`;
  const ways = walk.story.network.connections
    .filter(({ from }) => from === chain.to)
    .map(({ weight }) => `{${weight}}`);
  const nothing = 'Nothing above is computed twice: that is **backpropagation**.';
  if (outputs.length > 1) {
    return [
      `${w} lies deeper: the loss hears of it through ${ways.join(' and ')}. But the framed numbers were found for the output weights already. **They come down again**, each through its weight, and add up at {${chain.to}}. ${nothing}`,
    ];
  }
  return [
    `${w} lies deeper, behind {${chain.to}} and ${ways.join(' and ')}. But the framed number was found for the output weights already. **It comes down again**, and meets only what is new: ${ways.join(' and ')}, then the slope of {${chain.to}}. ${nothing}`,
  ];
}

/** @param {Walk} walk */
function learning(walk) {
  const { weights, predictions } = walk.story.learning;
  if (walk.learning_rate === null)
    return [
      'The source gives no learning rate, so no step is made. Set one below the picture to see what it would do.',
    ];
  const stay = weights.filter(({ stays }) => stays).length;
  const moving = weights.length - stay;
  const plainly = walk.settings.optimizer === 'sgd';
  const who = stay ? `${capital(words(moving))} weights take` : 'Every weight takes';
  const rest = stay
    ? `, all at once; ${words(stay)} stay${stay === 1 ? 's as it is' : ' as they are'}`
    : `, all ${words(moving)} at once`;
  return [
    plainly
      ? `${who} one small step **against** ${stay ? 'their' : 'its'} gradient${rest}. Then again, with new gradients, until the loss is small.`
      : `${who} one step${rest}. The optimizer makes it of this gradient **and of those before**, so a step can go on uphill for a while. Then again, with new gradients.`,
    ...(plainly
      ? ['formula:update']
      : ['formula:step', 'small:Point at a weight in the table to see what its step is made of.']),
    `change:${JSON.stringify([predictions, walk.step.loss, walk.after?.loss])}`,
  ];
}

/** Before and after one update. @param {Walk} walk */
function changes(walk) {
  const line = (
    /** @type {Node | string} */ what,
    /** @type {number} */ before,
    /** @type {number | undefined} */ after,
  ) => [
    h('dt', { class: 'soft' }, what),
    h(
      'dd',
      { class: 'val num' },
      h('span', {}, number(before)),
      h('span', { class: 'to' }, ' → '),
      h('span', {}, after === undefined ? '–' : number(after)),
    ),
  ];
  const predictions = walk.story.learning.predictions.flatMap(({ output, before, after }) =>
    line(h('span', {}, 'prediction ', toHtml(output)), before, after),
  );
  return h(
    'dl',
    { class: 'from' },
    ...predictions,
    ...line(h('span', {}, 'loss ', toHtml('L')), walk.step.loss, walk.after?.loss),
  );
}

/** @param {Walk} walk @param {number} step @param {WeightChain} chain @param {(name: string) => void} onchoose */
function pick(walk, step, chain, onchoose) {
  const all = chainsOf(walk, step);
  const buttons = all.map((each) => {
    const name = chainName(each, all);
    const shared = name.includes('>');
    return h(
      'button',
      {
        type: 'button',
        'data-weight': name,
        'data-focus': `weight ${name}`,
        'aria-pressed': String(each === chain),
        onclick: () => onchoose(name),
      },
      toHtml(each.weight),
      shared && h('small', {}, '→', toHtml(each.to)),
    );
  });
  return h(
    'div',
    { class: 'pick' },
    h('span', {}, 'Blame for'),
    h('span', { class: `seg ${all.length > 4 ? 'many' : ''}`, role: 'group', 'aria-label': 'Weight' }, ...buttons),
  );
}

/** @type {Record<string, (walk: Walk) => Node>} */
const FORMULAS = {
  forward: (walk) =>
    h(
      'div',
      { class: 'formula how' },
      ...layerFormula(walk)
        .write()
        .map((pieces) => h('div', {}, ...pieces)),
    ),
  step: () => big(toMath('w'), sign('←'), toMath('w'), sign('+'), toMath('Δ'), toMath('w')),
  update: () => big(toMath('w'), sign('←'), toMath('w'), sign('−'), toMath('α'), sign('·'), toMath('∂L/∂w')),
};

/** @param {...Element} parts */
const big = (...parts) => h('p', { class: 'formula' }, math('math', { displaystyle: 'true' }, ...parts));

/** @param {string} text */
const sign = (text) => math('mo', '()'.includes(text) ? { stretchy: 'false', lspace: '0', rspace: '0' } : {}, text);

const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];

/** @param {number} n */
export const words = (n) => WORDS[n] ?? String(n);

/** @param {number} n @param {string} what */
function many(n, what) {
  return capital(`${words(n)} ${what}${n === 1 ? '' : 's'}`);
}

/** @param {string} text */
export const capital = (text) => text[0].toUpperCase() + text.slice(1);
