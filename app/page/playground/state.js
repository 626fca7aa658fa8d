// The state of the playground, as one plain object, and the address that holds it. Only what differs from the first
// experiment is in the address, by the names of the experiment file: #data.source=spiral&layers=8,tanh,3&optimizer.lr=0.03

import { start } from './experiment.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').LayerSpec} LayerSpec */

/** @typedef {object} State
 * @property {Experiment} experiment
 * @property {number} step where it stands; while it plays, where it stood
 * @property {string | null} weight the one that is explained
 * @property {number | null} example row of the training part
 * @property {'weight' | 'gradient'} show what the connections show */

/** A table whose first key differs is another thing altogether, so nothing of the old one is kept. */
const HEADS = /** @type {const} */ ({ data: 'source', loss: 'type', optimizer: 'type' });
const TABLES = /** @type {const} */ (['data', 'loss', 'optimizer', 'schedule', 'train']);

/** @returns {State} */
export const fresh = () => ({ experiment: start(), step: 0, weight: null, example: null, show: 'weight' });

/** @param {State} state
 * @returns {string} with its #; empty for a fresh one */
export function address({ experiment, step, weight, example, show }) {
  const first = start();
  /** @type {[string, string][]} */
  const parts = [];
  const layers = layersText(experiment.network.layers);
  if (layers !== layersText(first.network.layers)) parts.push(['layers', layers]);
  for (const table of TABLES) {
    /** @type {Record<string, unknown>} */
    const own = experiment[table] ?? {};
    const head = table in HEADS ? HEADS[/** @type {keyof typeof HEADS} */ (table)] : null;
    /** @type {Record<string, unknown>} */
    const known = first[table] ?? {};
    const same = head === null || own[head] === known[head];
    for (const [key, value] of Object.entries(own)) {
      if (!same || JSON.stringify(value) !== JSON.stringify(known[key])) parts.push([`${table}.${key}`, text(value)]);
    }
    if (same) for (const key of Object.keys(known)) if (!(key in own)) parts.push([`${table}.${key}`, '']);
  }
  if ((experiment.seed ?? 0) !== 0) parts.push(['seed', String(experiment.seed)]);
  if (show !== 'weight') parts.push(['show', show]);
  if (step > 0) parts.push(['step', String(step)]);
  if (example !== null) parts.push(['example', String(example)]);
  if (weight !== null) parts.push(['weight', weight]);
  return parts.length ? `#${parts.map(([key, value]) => `${key}=${encode(value)}`).join('&')}` : '';
}

/** @param {string} hash
 * @returns {State} */
export function read(hash) {
  const state = fresh();
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  for (const [table, head] of Object.entries(HEADS)) {
    const other = given.get(`${table}.${head}`);
    if (other !== null) state.experiment = { ...state.experiment, [table]: { [head]: other } };
  }
  for (const [key, value] of given) {
    const whole = /^\d+$/.test(value) ? Number(value) : null;
    const [, table, name] = /^(\w+)\.(\w+)$/.exec(key) ?? [];
    if (key === 'layers') state.experiment.network = { layers: layersOf(value) ?? state.experiment.network.layers };
    else if (key === 'weight') state.weight = value;
    else if (key === 'show') state.show = value === 'gradient' ? 'gradient' : 'weight';
    else if (key === 'step' && whole !== null) state.step = whole;
    else if (key === 'example' && whole !== null) state.example = whole;
    else if (key === 'seed' && whole !== null) state.experiment.seed = whole;
    else if (TABLES.some((known) => known === table)) {
      const into = {
        .../** @type {Record<string, unknown>} */ (
          state.experiment[/** @type {typeof TABLES[number]} */ (table)] ?? {}
        ),
      };
      if (value === '') delete into[name];
      else into[name] = HEADS[/** @type {keyof typeof HEADS} */ (table)] === name ? value : parsed(value);
      state.experiment = { ...state.experiment, [table]: into };
    }
  }
  return state;
}

/** `6,tanh,2`; layers that have more to say stand as JSON.
 * @param {LayerSpec[]} layers */
function layersText(layers) {
  const words = layers.map(({ type, out, init, ...rest }) => {
    if (Object.keys(rest).length || (init !== undefined && typeof init !== 'string')) return null;
    return type === 'linear' ? `${out}${init ? `:${init}` : ''}` : out === undefined ? type : null;
  });
  return words.includes(null) ? JSON.stringify(layers) : words.join(',');
}

/** @param {string} text
 * @returns {LayerSpec[] | null} null where it says nothing */
function layersOf(text) {
  if (text.startsWith('[')) {
    const layers = parsed(text);
    return Array.isArray(layers) && layers.every((layer) => typeof layer?.type === 'string') ? layers : null;
  }
  const layers = text
    .split(',')
    .filter(Boolean)
    .map((word) => {
      const [, out, init] = /^(\d+)(?::(\w+))?$/.exec(word) ?? [];
      if (out === undefined) return { type: word };
      return { type: 'linear', out: Number(out), ...(init ? { init } : {}) };
    });
  return layers.length ? layers : null;
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' && parsed(value) === value ? value : JSON.stringify(value));

/** A number, a truth, a list; else the text itself.
 * @param {string} value
 * @returns {unknown} */
function parsed(value) {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What an address can hold as it is stays readable.
 * @param {string} value */
const encode = (value) =>
  encodeURIComponent(value).replace(/%(2C|3A|5B|5D|7B|7D|22)/g, (whole) => decodeURIComponent(whole));
