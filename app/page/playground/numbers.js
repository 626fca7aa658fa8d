// The numbers of an experiment that can be changed: where each stands, what it is by default, and its limits.

import { set } from './experiment.js';
import { tenth } from './fields.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Choices} Choices */
/** @typedef {import('./fields.js').Range} Range */

/** @type {Record<string, Range & {default: number}>} */
const KNOWN = {
  seed: { by: 1, min: 0, max: 1e9, default: 0 },
  'data.seed': { by: 1, min: 0, max: 1e9, default: 0 },
  'data.size': { by: 10, min: 4, max: 5000, default: 500 },
  'data.noise': { by: 0.01, min: 0, max: 3, default: 0 },
  'data.arms': { by: 1, min: 2, max: 8, default: 3 },
  'data.test': { by: 0.05, min: 0, max: 0.9, default: 0.2 },
  'train.batch': { by: 1, min: 1, max: 5000, default: 32 },
  'train.epochs': { by: 10, min: 1, max: 100000, default: 10 },
  'train.clip_norm': { by: 0.1, min: 0.001, max: 1000, default: 1 },
  'train.clip_value': { by: 0.1, min: 0.001, max: 1000, default: 1 },
};

/** @param {Experiment} experiment @param {Choices} choices @param {string} name */
export function numberOf(experiment, choices, name) {
  if (name === 'seed') return experiment.seed ?? 0;
  const [table, key] = split(name);
  const own = experiment[table]?.[key];
  if (typeof own === 'number') return own;
  if (table !== 'optimizer') return KNOWN[name]?.default ?? 0;
  const known = choices.optimizers
    .find((each) => each.name === experiment.optimizer.type)
    ?.keys.find((each) => each.name === key);
  return typeof known?.default === 'number' ? known.default : 0;
}

/** @param {string} name @param {number} value where it stands
 * @returns {Range} */
export function rangeOf(name, value) {
  const known = KNOWN[name];
  if (known) return known;
  if (name === 'optimizer.lr') return { by: tenth(value), min: 0, max: 100 };
  if (name === 'optimizer.momentum' || name === 'optimizer.alpha') return { by: 0.01, min: 0, max: 0.999 };
  return { by: tenth(value), min: 0, max: 1000 };
}

/** @param {Experiment} experiment @param {string} name @param {number} value
 * @returns {Experiment} */
export function withNumber(experiment, name, value) {
  if (name === 'seed') return { ...experiment, seed: Math.round(value) };
  const [table, key] = split(name);
  const whole = KNOWN[name] && Number.isInteger(KNOWN[name].by);
  return set(experiment, table, key, whole ? Math.round(value) : value);
}

/** @param {string} name
 * @returns {['data' | 'optimizer' | 'train', string]} */
function split(name) {
  const [table, key] = name.split('.');
  return [/** @type {'data' | 'optimizer' | 'train'} */ (table), key];
}
