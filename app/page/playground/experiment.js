// Changes of an experiment. Each gives a new one and leaves the old as it is.

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').LayerSpec} LayerSpec */
/** @typedef {import('./view.js').DataSet} DataSet */
/** @typedef {import('./view.js').Choices} Choices */

/** What nobody composed yet: a small network that the two moons are enough for.
 * @returns {Experiment} */
export const start = () => ({
  seed: 0,
  data: { source: 'moons', test: 0.2, noise: 0.1, size: 500 },
  network: {
    layers: [
      { type: 'linear', out: 6 },
      { type: 'tanh' },
      { type: 'linear', out: 4 },
      { type: 'tanh' },
      { type: 'linear', out: 2 },
    ],
  },
  loss: { type: 'cross_entropy' },
  optimizer: { type: 'adam', lr: 0.01 },
  train: { epochs: 200, batch: 32 },
});

export const MOST_LAYERS = 6;
export const MOST_UNITS = 16;

/** A linear layer and what follows it. @typedef {{linear: LayerSpec, then: LayerSpec[]}} Block */

/** @param {Experiment} experiment
 * @returns {Block[]} the last one makes the outputs */
export function blocks({ network }) {
  /** @type {Block[]} */
  const found = [];
  for (const layer of network.layers) {
    if (layer.type === 'linear') found.push({ linear: layer, then: [] });
    else found.at(-1)?.then.push(layer);
  }
  return found;
}

/** What follows a linear layer first: its activation, or the identity.
 * @param {Block} block */
export const activation = (block) => block.then[0]?.type ?? 'identity';

/** @param {Experiment} experiment @param {Block[]} list
 * @returns {Experiment} */
const withBlocks = (experiment, list) => ({
  ...experiment,
  network: { ...experiment.network, layers: list.flatMap(({ linear, then }) => [linear, ...then]) },
});

/** @param {Experiment} experiment @param {number} at @param {number} units */
export function setUnits(experiment, at, units) {
  const list = blocks(experiment);
  list[at] = { ...list[at], linear: { ...list[at].linear, out: Math.max(1, units) } };
  return withBlocks(experiment, list);
}

/** @param {Experiment} experiment @param {number} at @param {string} type */
export function setActivation(experiment, at, type) {
  const list = blocks(experiment);
  list[at] = { ...list[at], then: type === 'identity' ? [] : [{ type }] };
  return withBlocks(experiment, list);
}

/** One hidden layer more, as the last one is.
 * @param {Experiment} experiment */
export function addLayer(experiment) {
  const list = blocks(experiment);
  const last = list.at(-2) ?? { linear: { type: 'linear', ...initOf(experiment), out: 4 }, then: [{ type: 'tanh' }] };
  list.splice(list.length - 1, 0, structuredClone(last));
  return withBlocks(experiment, list);
}

/** @param {Experiment} experiment @param {number} at */
export const removeLayer = (experiment, at) =>
  withBlocks(
    experiment,
    blocks(experiment).filter((_, k) => k !== at),
  );

/** @param {Experiment} experiment
 * @returns {string} the initialisation of all weights; empty for the default */
export function init(experiment) {
  const given = blocks(experiment)[0]?.linear.init;
  return typeof given === 'string' ? given : '';
}

/** @param {Experiment} experiment */
const initOf = (experiment) => (init(experiment) ? { init: init(experiment) } : {});

/** @param {Experiment} experiment @param {string} name empty for the default */
export function setInit(experiment, name) {
  return withBlocks(
    experiment,
    blocks(experiment).map(({ linear, then }) => {
      const { init: _, ...rest } = linear;
      return { linear: name ? { ...rest, init: name } : rest, then };
    }),
  );
}

/** A key of a table; undefined takes it out.
 * @template {'data' | 'loss' | 'optimizer' | 'train' | 'schedule'} T
 * @param {Experiment} experiment @param {T} table @param {string} key @param {unknown} value
 * @returns {Experiment} */
export function set(experiment, table, key, value) {
  const next = { ...experiment[table], [key]: value };
  if (value === undefined) delete next[key];
  return { ...experiment, [table]: next };
}

/** Another optimizer, at the rate that it is built for where the old one's rate would be another thing.
 * @param {Experiment} experiment @param {string} type @param {Choices} choices
 * @returns {Experiment} */
export function setOptimizer(experiment, type, choices) {
  const known = choices.optimizers.find(({ name }) => name === type)?.keys ?? [];
  // Plain descent needs larger steps than those that divide by the size of the gradient.
  const lr = type === 'sgd' ? 0.1 : 0.01;
  return { ...experiment, optimizer: { type, ...(known.some(({ name }) => name === 'lr') ? { lr } : {}) } };
}

/** What choosing a set begins with: its own experiment, which learns well at once, with a network small enough to draw.
 * @param {DataSet} chosen
 * @returns {Experiment} */
export function setData(chosen) {
  if (chosen.name === start().data.source) return start();
  const own = chosen.experiment;
  /** @type {Record<string, {noise: number, size: number, arms?: number}>} */
  const generated = {
    circles: { noise: 0.05, size: 500 },
    spiral: { noise: 0.02, size: 600, arms: 3 },
    sine: { noise: 0.05, size: 300 },
  };
  const list = blocks(own);
  const small = list.map((block, at) =>
    at === list.length - 1
      ? block
      : { ...block, linear: { ...block.linear, out: Math.min(block.linear.out ?? 1, MOST_UNITS) } },
  );
  return withBlocks({ ...own, data: { ...own.data, ...generated[chosen.name] } }, small);
}

/** Whether the network sees its inputs scaled.
 * @param {Experiment} experiment */
export const scaled = ({ data }) => (data.scale ?? 'none') !== 'none';

/** @param {Experiment} experiment @param {number} units */
export function withOutputs(experiment, units) {
  const list = blocks(experiment);
  return list.length ? setUnits(experiment, list.length - 1, units) : experiment;
}
