// Names of weights: where `linear1.weight[3,1]` stands in the network and among the numbers of a frame.

/** @typedef {import('./view.js').Run} Run */

/** @typedef {object} Place
 * @property {number} layer from 0
 * @property {number} to unit
 * @property {number | null} from input of the layer; null of a bias
 * @property {number} at among all weights of a frame */

/** @param {Run} run @param {number} layer @param {number} to @param {number | null} from */
export function nameOf(run, layer, to, from) {
  const { weight, bias } = run.layers[layer];
  return from === null ? `${bias?.name}[${to}]` : `${weight.name}[${to},${from}]`;
}

/** @param {Run} run @param {string} name as it is typed: spaces and `linear1[3,1]` are understood
 * @returns {Place | null} */
export function placeOf(run, name) {
  const [, base, to, from] = /^([\w.]+)\[(\d+)(?:,(\d+))?\]$/.exec(name.replace(/\s/g, '')) ?? [];
  if (base === undefined) return null;
  const bias = from === undefined;
  const layer = run.layers.findIndex((each) => [bias ? each.bias?.name : each.weight.name, each.name].includes(base));
  if (layer < 0) return null;
  return place(run, layer, Number(to), bias ? null : Number(from));
}

/** @param {Run} run @param {number} layer @param {number} to @param {number | null} from
 * @returns {Place | null} null where there is no such weight */
export function place(run, layer, to, from) {
  const { weight, bias } = run.layers[layer] ?? {};
  const matrix = from === null ? bias : weight;
  if (!matrix || to < 0 || to >= matrix.shape[0]) return null;
  if (from === null) return { layer, to, from, at: matrix.offset + to };
  if (from < 0 || from >= matrix.shape[1]) return null;
  return { layer, to, from, at: matrix.offset + to * matrix.shape[1] + from };
}

/** The unit that a name such as `tanh1[3]`, `linear2[0]` or `ŷ[1]` means: its column (1 is the first layer) and its place.
 * @param {Run} run @param {string} name
 * @returns {{column: number, unit: number} | null} */
export function unitOf(run, name) {
  const [, base, at] = /^([^[]+)(?:\[(\d+)\])?$/.exec(name) ?? [];
  if (base === undefined) return null;
  const unit = Number(at ?? 0);
  if (base === 'ŷ') return { column: run.layers.length, unit };
  const number = /(\d+)$/.exec(base);
  const linear = run.layers.findIndex((each) => each.name === base);
  if (linear >= 0) return { column: linear + 1, unit };
  // Activations are numbered by their kind: tanh2 is the second tanh.
  const kind = base.replace(/\d+$/, '');
  const same = run.layers.map((each, layer) => ({ kind: each.activation, layer })).filter((each) => each.kind === kind);
  const layer = same[Number(number?.[1] ?? 1) - 1]?.layer;
  return layer === undefined ? null : { column: layer + 1, unit };
}
