// Where everything stands, for any network with inputs, one hidden layer and outputs. Weights that lead to the same
// neuron stand together before it, biases last; crossings happen before the weights, never after them. A number in here
// is a unit of the drawing: 1/16 of the text size.

import { bend, join } from './curve.js';
import { wireKey } from './chains.js';

/** @typedef {import('./curve.js').Point} Point */
/** @typedef {import('../view.js').Connection} Connection */
/** @typedef {import('../view.js').Drawing} Drawing */
/** @typedef {{x: number, y: number, w: number, h: number}} Box the middle of it and its size */
/** @typedef {{name: string, x: number, y: number, r: number}} Neuron */
/** @typedef {object} Wire
 * @property {string} key
 * @property {Connection} connection
 * @property {Box} pill
 * @property {Point[]} path from the source to the neuron
 * @property {Neuron} target
 * @property {Point} start where the line leaves its source
 * @property {Point} end where it arrives
 * @property {number} run where the level run with the pill ends
 * @property {boolean} straight whether it does not bend after its pill
 * @property {boolean} fanned whether it bends before its pill */
/** @typedef {object} Panel
 * @property {string} output
 * @property {Box} box
 * @property {Point[]} path from the output to the loss
 * @property {Box} target */
/** @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {boolean} wide
 * @property {boolean} dense more weights than a line each
 * @property {number} text size of the labels
 * @property {number} lane distance of a lane from its wire
 * @property {(Box & {name: string})[]} inputs
 * @property {Neuron[]} hidden
 * @property {Neuron[]} outputs
 * @property {Wire[]} wires
 * @property {Box} loss
 * @property {Panel[]} panels
 * @property {number} pitch distance of two weights that stand together */

/** @param {Drawing} drawing
 * @param {number} width
 * @returns {Layout} */
export function layout(drawing, width) {
  const { inputs, hidden, outputs, connections } = drawing;
  const first = connections.filter(({ to }) => hidden.includes(to));
  const second = connections.filter(({ to }) => outputs.includes(to));
  const dense = !(
    level(first, inputs, hidden) &&
    level(second, hidden, outputs) &&
    !connections.some(({ from }) => from === null)
  );
  const wide = width >= (dense ? 680 : 560);
  const size = sizes(wide, dense, width, outputs.length);

  const rows = Math.max(...[first, second].map((gap) => gap.length + 0.5));
  const pitch = dense ? Math.min(wide ? 50 : 42, Math.max(wide ? 34 : 36, (size.room - 40) / rows)) : size.apart;
  const span = dense ? Math.max(pitch * rows, wide ? 230 : 200) : size.apart + 2 * size.top;
  const middle = dense ? span / 2 + size.top : size.top + size.apart / 2;

  // Neurons stand where their weights are.
  const places = spread(inputs.length, middle, dense ? span * (inputs.length > 2 ? 0.36 : 0.5) : size.apart);
  const hiddenRows = fan(first, hidden, inputs, places, middle, pitch);
  const hiddenPlaces = hidden.map((_, at) => hiddenRows.centres[at] ?? middle);
  const outputRows = fan(second, outputs, hidden, hiddenPlaces, middle, pitch);
  const outputPlaces = outputs.map((_, at) => outputRows.centres[at] ?? middle);

  const inputBoxes = inputs.map((name, at) => ({ name, x: size.input.w / 2, y: places[at], ...size.input }));
  const hiddenNeurons = hidden.map((name, at) => ({ name, x: size.hidden, y: hiddenPlaces[at], r: size.radius }));
  const outputNeurons = outputs.map((name, at) => ({
    name,
    x: size.output,
    y: outputPlaces[at],
    r: size.outputRadius,
  }));

  /** @param {Connection[]} gap @param {Map<string, number>} rows @param {{name: string, x: number, y: number, w?: number, r?: number}[]} sources @param {Neuron[]} targets */
  const wires = (gap, rows, sources, targets) => {
    const left = Math.max(...sources.map(({ x, w, r }) => x + (w ? w / 2 : (r ?? 0))));
    const right = Math.min(...targets.map(({ x, r }) => x - r));
    return gap.map((connection) => wire(connection, gap, rows, sources, targets, left, right, size));
  };
  const all = [
    ...wires(first, hiddenRows.rows, inputBoxes, hiddenNeurons),
    ...wires(second, outputRows.rows, hiddenNeurons, outputNeurons),
  ];
  const { loss, panels, height } = lossOf(
    outputNeurons,
    wide,
    width,
    Math.max(span + 2 * (dense ? size.top : 0), wide ? size.height : 0),
    middle,
  );
  return {
    width,
    height,
    wide,
    dense,
    pitch,
    text: size.text,
    lane: dense ? Math.min(size.lane, size.pill.h / 2 + 7) : size.lane,
    inputs: inputBoxes,
    hidden: hiddenNeurons,
    outputs: outputNeurons,
    wires: all,
    loss,
    panels,
  };
}

/** @param {boolean} wide @param {boolean} dense @param {number} width @param {number} outputs */
function sizes(wide, dense, width, outputs) {
  if (wide) {
    return {
      input: { w: 76, h: dense ? 44 : 48 },
      hidden: width * 0.378,
      radius: 37,
      output: width * 0.715,
      outputRadius: dense ? 35 : 33,
      pill: dense ? { w: 106, h: 26 } : { w: 114, h: 30 },
      lane: 23,
      text: dense ? 13 : 14,
      top: dense ? 6 : 74,
      apart: 150,
      height: 304,
      room: 326,
    };
  }
  return {
    input: dense ? { w: 42, h: 42 } : { w: 46, h: 42 },
    hidden: dense ? 156 + (width - 328) * 0.25 : width * 0.468,
    radius: dense ? 22 : 24,
    output: width - (outputs > 1 ? 44 : 28),
    outputRadius: dense ? 24 : 28,
    pill: dense ? { w: 71, h: 24 } : { w: 77, h: 26 },
    lane: 19,
    text: dense ? 11 : 12,
    top: dense ? 20 : 52,
    apart: 124,
    height: 0,
    room: 400,
  };
}

/** Whether each source has one line: then a weight can stand level with its source.
 * @param {Connection[]} gap @param {string[]} sources @param {string[]} targets */
function level(gap, sources, targets) {
  const lines = gap.filter(({ from }) => from !== null);
  if (!sources.every((source) => lines.filter(({ from }) => from === source).length === 1)) return false;
  return targets.length === 1 || lines.every(({ from, to }) => sources.indexOf(from ?? '') === targets.indexOf(to));
}

/** @param {number} count @param {number} middle @param {number} apart */
const spread = (count, middle, apart) =>
  Array.from({ length: count }, (_, at) => middle + (at - (count - 1) / 2) * apart);

/** The row of each weight, and the middle of the rows of each neuron.
 * @param {Connection[]} gap @param {string[]} targets @param {string[]} sources @param {number[]} places
 * @param {number} middle @param {number} pitch */
function fan(gap, targets, sources, places, middle, pitch) {
  /** @type {Map<string, number>} */
  const rows = new Map();
  const biases = gap.filter(({ from }) => from === null);
  const one = targets.length === 1;
  if (level(gap, sources, targets) && (biases.length === 0 || (one && sources.length % 2 === 0))) {
    for (const each of gap) rows.set(wireKey(each), each.from === null ? middle : places[sources.indexOf(each.from)]);
    return { rows, centres: one ? [middle] : places };
  }
  const groups = targets.map((target) => {
    const into = gap.filter(({ to }) => to === target);
    return [...into.filter(({ from }) => from !== null), ...into.filter(({ from }) => from === null)];
  });
  const between = pitch * 0.5;
  const total = pitch * (gap.length - 1) + between * (groups.length - 1);
  let y = middle - total / 2;
  const centres = groups.map((group) => {
    const top = y;
    for (const each of group) {
      rows.set(wireKey(each), y);
      y += pitch;
    }
    const centre = group.length ? (top + y - pitch) / 2 : middle;
    y += between;
    return centre;
  });
  return { rows, centres };
}

/** @param {Connection} connection @param {Connection[]} gap @param {Map<string, number>} rows
 * @param {{name: string, x: number, y: number, w?: number, r?: number}[]} sources @param {Neuron[]} targets
 * @param {number} left @param {number} right @param {ReturnType<typeof sizes>} size
 * @returns {Wire} */
function wire(connection, gap, rows, sources, targets, left, right, size) {
  const y = rows.get(wireKey(connection)) ?? 0;
  const source = sources.find(({ name }) => name === connection.from);
  const target = /** @type {Neuron} */ (targets.find(({ name }) => name === connection.to));
  const into = gap.filter(({ to }) => to === connection.to).map((each) => rows.get(wireKey(each)) ?? 0);
  const fanned = source !== undefined && Math.abs(source.y - y) > 0.5;
  const anyFanned = gap.some(
    (each) =>
      each.from !== null &&
      Math.abs((sources.find(({ name }) => name === each.from)?.y ?? 0) - (rows.get(wireKey(each)) ?? 0)) > 0.5,
  );

  // Lines arrive one above the other, in the order of their rows, so that none crosses another.
  const order = into.sort((a, b) => a - b).indexOf(y);
  const step = Math.min(target.r > 30 ? 11 : 9, (target.r * 1.3) / Math.max(1, into.length - 1));
  const straight = into.length === 1 && Math.abs(y - target.y) < 0.5;
  const arrive = straight ? 0 : (order - (into.length - 1) / 2) * step * (into.length === 2 ? 2.2 : 1);
  /** @type {Point} */
  const end = [target.x - Math.sqrt(Math.max(0, target.r ** 2 - arrive ** 2)), target.y + arrive];

  // The pill stands in the middle of a level run: nearer to the neuron where lines cross before it.
  const room = right - left;
  const x = straight
    ? (left + right) / 2
    : anyFanned
      ? right - (size.text < 13 ? 13 : room * 0.19) - size.pill.w / 2
      : left + room * (size.text < 13 ? 0.41 : 0.345);
  const pill = { x, y, ...size.pill };
  const run = straight ? end[0] : anyFanned ? x + size.pill.w / 2 : left + room * (size.text < 13 ? 0.78 : 0.69);
  /** @type {Point} */
  const from = source
    ? [source.x + (source.w ? source.w / 2 : (source.r ?? 0)), source.y]
    : [x - size.pill.w / 2 - (size.text < 13 ? 10 : 16), y];
  const before = fanned
    ? join(bend(from, [x - size.pill.w / 2, y]), [[run, y]])
    : [from, /** @type {Point} */ ([run, y])];
  const path = straight ? [from, end] : join(before, bend([run, y], end));
  return { key: wireKey(connection), connection, pill, path, target, start: from, end, run, straight, fanned };
}

/** @param {Neuron[]} outputs @param {boolean} wide @param {number} width @param {number} height @param {number} middle */
function lossOf(outputs, wide, width, height, middle) {
  const several = outputs.length > 1;
  if (wide) {
    const apart = several ? outputs[1].y - outputs[0].y : 0;
    const each = several ? Math.min(120, apart - 30) : 116;
    const x = width - 70;
    const panels = outputs.map((output) => {
      const box = { x, y: output.y, w: 139, h: each };
      const target = several
        ? { x, y: output.y + each / 2 - 12, w: 118, h: 24 }
        : { x, y: output.y + each / 2 + 18, w: 118, h: 24 };
      return {
        output: output.name,
        box,
        target,
        path: /** @type {Point[]} */ ([
          [output.x + output.r, output.y],
          [x - 69.5, output.y],
        ]),
      };
    });
    const top = outputs[0].y - each / 2;
    const bottom = outputs[outputs.length - 1].y + each / 2;
    return { panels, height, loss: { x, y: several ? (top + bottom) / 2 : middle, w: 139, h: bottom - top } };
  }
  // Under the outputs, the last of which stands above it.
  const lowest = Math.max(height, outputs[outputs.length - 1].y + outputs[0].r + 62);
  const w = several ? 128 : 107;
  const h = several ? 106 : 82;
  const top = several ? lowest + 26 : outputs[0].y + 124;
  const panels = outputs.map((output, at) => {
    const x = width - 1 - w / 2 - (outputs.length - 1 - at) * w;
    const target = several
      ? { x, y: top + h - 12, w: 104, h: 24 }
      : { x: x - w / 2 - 60, y: top + h - 16, w: 104, h: 24 };
    const last = at === outputs.length - 1;
    // An output above another goes round it.
    /** @type {Point[]} */
    const path = last
      ? [
          [output.x, output.y + output.r],
          [output.x, top],
        ]
      : [
          [output.x + output.r, output.y],
          [width - 6, output.y],
          [width - 6, top],
        ];
    return { output: output.name, box: { x, y: top + h / 2, w, h }, target, path };
  });
  const all = w * outputs.length;
  return {
    panels,
    height: Math.max(height, top + h + 12),
    loss: { x: width - 1 - all / 2, y: top + h / 2, w: all, h },
  };
}
