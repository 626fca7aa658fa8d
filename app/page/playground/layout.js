// Where everything of a network stands. Layers of up to sixteen units are drawn one by one, with a wire for each weight;
// what is wider is a strip or a picture, with a matrix of its weights. Numbers are units of the drawing: 16 to the rem.

/** @typedef {import('./view.js').Run} Run */

/** @typedef {object} Column inputs or a layer
 * @property {'units' | 'picture' | 'strip'} kind
 * @property {number} count
 * @property {number} left
 * @property {number} right
 * @property {number} middle
 * @property {number} top of all
 * @property {number} bottom of all
 * @property {number[]} y middles of the units; of a strip and a picture none
 * @property {number} size of a unit's tile
 * @property {number} side of a picture, in pixels of it */

/** @typedef {object} Gap the weights between two columns
 * @property {'wires' | 'matrix'} kind
 * @property {number} left
 * @property {number} right
 * @property {{left: number, top: number, width: number, height: number} | null} matrix */

/** @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {boolean} wide
 * @property {Column[]} columns
 * @property {Gap[]} gaps gap k leads to column k + 1
 * @property {{x: number, y: number, size: number}} loss
 * @property {number} lead how far a line stays level after an output, for its name
 * @property {string[]} labels names of the outputs, as long as there is room for */

const MOST = 16;
const STRIP = 12;

/** @param {Run} run @param {number} width @param {number} height
 * @returns {Layout} */
export function layout(run, width, height) {
  const wide = width >= 480;
  const counts = [run.inputs.length, ...run.layers.map(({ units }) => units)];
  const kinds = counts.map((count, at) => kind(count, at));
  const most = Math.max(...counts.filter((_, at) => kinds[at] === 'units'), 1);
  const pad = { top: 14, bottom: 14 };
  const inside = height - pad.top - pad.bottom;
  const room = inside / most;
  const size = Math.min(wide ? 44 : 28, Math.max(9, room * (most > 8 ? 0.84 : 0.72)), (width / counts.length) * 0.44);
  const pitch = Math.min(room, size * 1.62);
  const pictureSide = Math.min(wide ? 128 : 64, width * 0.16);
  // Names stand left of the inputs and right of the outputs, then the loss.
  const left = kinds[0] === 'units' ? (wide ? 44 : 24) : 2;
  const lossSize = wide ? 30 : 24;
  const labels = outputLabels(run, wide ? 10 : 5);
  const lead = labels.length ? Math.max(...labels.map(({ length }) => length)) * 7 + 6 : 0;
  const right = (wide ? 66 : 36) + lossSize + Math.max(0, lead - (wide ? 30 : 14));
  const widths = kinds.map((each) => (each === 'units' ? size : each === 'picture' ? pictureSide : STRIP));
  const free = Math.max(20, width - left - right - widths.reduce((sum, each) => sum + each, 0));
  const gapWidths = shares(kinds, free);
  const centre = pad.top + inside / 2;

  /** @type {Column[]} */
  const columns = [];
  /** @type {Gap[]} */
  const gaps = [];
  let x = left;
  counts.forEach((count, at) => {
    if (at > 0) {
      gaps.push(gap(kinds[at - 1], kinds[at], x, gapWidths[at - 1], centre, inside, counts[at], pitch));
      x += gapWidths[at - 1];
    }
    const tall =
      kinds[at] === 'units'
        ? (count - 1) * pitch + size
        : kinds[at] === 'picture'
          ? pictureSide
          : Math.min(inside, Math.max(120, count * 3));
    columns.push({
      kind: kinds[at],
      count,
      left: x,
      right: x + widths[at],
      middle: x + widths[at] / 2,
      top: centre - tall / 2,
      bottom: centre + tall / 2,
      y:
        kinds[at] === 'units'
          ? Array.from({ length: count }, (_, unit) => centre + (unit - (count - 1) / 2) * pitch)
          : [],
      size,
      side: kinds[at] === 'picture' ? Math.sqrt(count) : 0,
    });
    x += widths[at];
  });
  return {
    width,
    height,
    wide,
    columns,
    gaps,
    lead,
    labels,
    loss: { x: width - lossSize / 2 - 2, y: centre, size: lossSize },
  };
}

/** @param {number} count @param {number} at
 * @returns {Column['kind']} */
function kind(count, at) {
  if (count <= MOST) return 'units';
  return at === 0 && Number.isInteger(Math.sqrt(count)) ? 'picture' : 'strip';
}

/** Matrices get twice the room of wires.
 * @param {Column['kind'][]} kinds @param {number} free */
function shares(kinds, free) {
  const parts = kinds.slice(1).map((each, at) => (each === 'units' && kinds[at] === 'units' ? 1 : 1.6));
  const all = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => (part / all) * free);
}

/** @param {Column['kind']} from @param {Column['kind']} to @param {number} left @param {number} width @param {number} centre
 * @param {number} inside @param {number} rows @param {number} pitch
 * @returns {Gap} */
function gap(from, to, left, width, centre, inside, rows, pitch) {
  const right = left + width;
  if (from === 'units' && to === 'units') return { kind: 'wires', left, right, matrix: null };
  // The rows of a matrix stand level with the units that they belong to.
  const tall = to === 'units' ? rows * pitch : Math.min(inside, Math.max(120, rows * 3));
  const margin = Math.min(22, width * 0.16);
  return {
    kind: 'matrix',
    left,
    right,
    matrix: { left: left + margin, top: centre - tall / 2, width: width - 2 * margin, height: tall },
  };
}

/** Where a weight's wire begins and ends.
 * @param {Layout} place @param {number} layer @param {number} to @param {number} from */
export function ends(place, layer, to, from) {
  const [a, b] = [place.columns[layer], place.columns[layer + 1]];
  return { x0: a.right, y0: a.y[from], x1: b.left, y1: b.y[to] };
}

/** Names of the outputs, where there are several and each has room for a name.
 * @param {Run} run @param {number} most letters
 * @returns {string[]} */
function outputLabels({ outputs }, most) {
  if (outputs.length < 2 || outputs.length > MOST) return [];
  return outputs.map((name) => (name.length > most ? `${name.slice(0, most - 1)}…` : name));
}

/** A wire leaves level, bends once, and comes in level.
 * @param {{x0: number, y0: number, x1: number, y1: number}} ends @param {number} [lead] so far it stays level, for a name */
export function wire({ x0, y0, x1, y1 }, lead = 0) {
  const half = (x0 + lead + x1) / 2;
  return `M${r(x0)} ${r(y0)}${lead ? `H${r(x0 + lead)}` : ''}C${r(half)} ${r(y0)} ${r(half)} ${r(y1)} ${r(x1)} ${r(y1)}`;
}

/** How far a wire has gone down at a share of its way across: the cubic's own.
 * @param {number} across from 0 to 1 */
export function fall(across) {
  // x(t) = 1.5·t·(1 − t) + t³ … solved by halving; y(t) = 3t² − 2t³.
  let [low, high] = [0, 1];
  for (let k = 0; k < 24; k++) {
    const t = (low + high) / 2;
    const x = 1.5 * t * (1 - t) * (1 - t) + 1.5 * t * t * (1 - t) + t * t * t;
    if (x < across) low = t;
    else high = t;
  }
  return 3 * low * low - 2 * low * low * low;
}

/** @param {number} x */
const r = (x) => Math.round(x * 10) / 10;
