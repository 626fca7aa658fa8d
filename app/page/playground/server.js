// Everything that the playground asks the server.

import { get, post } from '../lib/api.js';

/** @typedef {import('./view.js').Choices} Choices */
/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').FrameHead} FrameHead */
/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./view.js').Act} Act */
/** @template T @typedef {import('../lib/api.js').Answer<T>} Answer */

const BASE = '/api/playground';
const GONE = 'The server does not answer. Is `whygrad ui` still running?';

/** @returns {Promise<Answer<Choices>>} */
export const choices = () => get(`${BASE}/choices`);

/** @param {import('./view.js').Experiment} experiment
 * @param {string | null} instead a run that ends with this one's start
 * @returns {Promise<Answer<Run>>} */
export const begin = (experiment, instead) => post(BASE, instead === null ? { experiment } : { experiment, instead });

/** @param {string} id @param {Act} act
 * @returns {Promise<Answer<{step: number, playing: boolean}>>} */
export const act = (id, act) => post(`${BASE}/${id}/act`, act);

/** @param {string} id @param {string} weight @param {number | null} example place in the batch
 * @returns {Promise<Answer<Why>>} */
export const why = (id, weight, example) => post(`${BASE}/${id}/why`, { weight, example });

/** @param {string} id */
export const events = (id) => new EventSource(`${BASE}/${id}/events`);

/** @param {File} file
 * @returns {Promise<Answer<import('./view.js').OwnFile>>} */
export async function upload(file) {
  try {
    // A name that an experiment file and a shell take as it is.
    const name = file.name.replace(/[^A-Za-z0-9._-]+/g, '_');
    const response = await fetch(`${BASE}/data?name=${name}`, { method: 'POST', body: file });
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return { ok: true, value: answer };
    return {
      ok: false,
      error:
        answer?.error ??
        (response.status === 413
          ? 'This file is too large: 16 MB at most.'
          : `The server answered ${response.status} to this file.`),
    };
  } catch {
    return { ok: false, error: GONE };
  }
}

/** @param {string} id @param {number | null} example row of the training part
 * @returns {Promise<Answer<Frame>>} */
export async function frame(id, example) {
  try {
    const response = await fetch(`${BASE}/${id}/frame${example === null ? '' : `?example=${example}`}`);
    if (response.ok) return { ok: true, value: parse(await response.arrayBuffer()) };
    const answer = await response.json().catch(() => null);
    return { ok: false, error: answer?.error ?? `The server answered ${response.status}.` };
  } catch {
    return { ok: false, error: GONE };
  }
}

const decoder = new TextDecoder();
const TYPES = { f32: Float32Array, i8: Int8Array, u8: Uint8Array };

/** The JSON in front says which arrays follow; each begins at a multiple of four bytes.
 * @param {ArrayBuffer} bytes
 * @returns {Frame} */
function parse(bytes) {
  const length = new DataView(bytes).getUint32(0, true);
  const head = /** @type {FrameHead} */ (JSON.parse(decoder.decode(new Uint8Array(bytes, 4, length))));
  let at = aligned(4 + length);
  /** @type {Record<string, Float32Array | Int8Array | Uint8Array>} */
  const arrays = {};
  for (const { name, type, length } of head.arrays) {
    arrays[name] = new TYPES[type](bytes, at, length);
    at = aligned(at + arrays[name].byteLength);
  }
  const none = { gradient: null, units: null, maps: null, scales: null, class: null, confidence: null, fit: null };
  return /** @type {Frame} */ ({ ...none, ...head, ...arrays });
}

/** @param {number} at */
const aligned = (at) => (at + 3) & ~3;
