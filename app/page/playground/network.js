// The drawing of the network. It is built once for a run and a size; a frame only changes widths and hues of its wires.

import { svg } from '../lib/icons.js';
import { toSvg } from '../lib/symbol.js';
import { ends, wire } from './layout.js';
import { nameOf } from './names.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./state.js').State['show']} Show */

/** @typedef {object} Wire
 * @property {Element} element
 * @property {number} at among the frame's weights
 * @property {number} layer
 * @property {number} share of the widest, in steps, as it was written last
 * @property {boolean | null} below whether it was below zero */

/** @typedef {object} Drawing
 * @property {(frame: Frame, show: Show, exact: boolean) => number} draw gives what the widest wire stands for; `exact` leaves
 *   every number at full precision in the page, for which there is no time while it plays
 * @property {SVGElement} over a group above the wires, for ribbons and what is pointed at */

const THIN = 0.5;
/** Of large units; wires of small ones are finer. */
const THICK = 3.6;
/** Widths between the thinnest and the thickest: what the eye cannot tell apart is not written. */
const STEPS = 24;
/** From so many wires on. */
const DENSE = 400;

/** @param {SVGElement} root @param {Run} run @param {Layout} place
 * @returns {Drawing} */
export function network(root, run, place) {
  const wires = svg('g', { class: 'wires' });
  const under = svg('g', { class: 'bands' });
  const tiles = svg('g', { class: 'tiles-of' });
  const names = svg('g', { class: 'names' });
  const over = /** @type {SVGElement} */ (svg('g', { class: 'over' }));
  /** @type {Wire[]} */
  const list = [];
  const thick = Math.min(THICK, Math.max(1.4, Math.min(...place.columns.map(({ size }) => size)) / 7));

  run.layers.forEach((layer, at) => {
    const gap = place.gaps[at];
    const [fan, units] = [layer.weight.shape[1], layer.weight.shape[0]];
    if (gap.kind === 'wires') {
      for (let to = 0; to < units; to++) {
        for (let from = 0; from < fan; from++) {
          const element = svg('path', { d: wire(ends(place, at, to, from)), 'data-weight': nameOf(run, at, to, from) });
          wires.append(element);
          list.push({ element, at: layer.weight.offset + to * fan + from, layer: at, share: -1, below: null });
        }
      }
    } else {
      bands(under, place, at);
      matrix(under, place, at, layer.weight.name);
    }
    if (layer.bias && place.columns[at + 1].kind === 'units') {
      for (let to = 0; to < units; to++) {
        const column = place.columns[at + 1];
        const element = svg('circle', {
          class: 'bias',
          cx: column.left,
          cy: column.y[to] + column.size / 2,
          r: Math.min(3.5, 1.5 + column.size / 14),
          'data-weight': nameOf(run, at, to, null),
        });
        tiles.append(element);
        list.push({ element, at: layer.bias.offset + to, layer: at, share: -1, below: null });
      }
    }
  });

  place.columns.forEach((column, at) => {
    if (column.kind === 'units')
      column.y.forEach((y) =>
        tiles.prepend(
          svg('rect', {
            class: 'unit',
            x: column.left,
            y: y - column.size / 2,
            width: column.size,
            height: column.size,
            rx: Math.min(6, column.size / 4),
          }),
        ),
      );
    else
      tiles.prepend(
        svg('rect', {
          class: 'unit',
          x: column.left,
          y: column.top,
          width: column.right - column.left,
          height: column.bottom - column.top,
          rx: 2,
        }),
      );
    if (at === 0) inputNames(names, run, place);
  });
  lossNode(tiles, names, place);
  root.replaceChildren(under, wires, tiles, names, over, outputNames(place));
  root.setAttribute('viewBox', `0 0 ${place.width} ${place.height}`);
  root.classList.toggle('slim', !place.wide);
  // Dashes of a thousand wires cannot be told apart, and take longer to draw than all the rest.
  root.classList.toggle('dense', list.length > DENSE);

  /** @param {Frame} frame @param {Show} show @param {boolean} exact */
  function draw(frame, show, exact) {
    const numbers = show === 'gradient' && frame.gradient ? frame.gradient : frame.weights;
    let limit = 0;
    for (const { at } of list) if (Math.abs(numbers[at]) > limit) limit = Math.abs(numbers[at]);
    for (const each of list) {
      const number = numbers[each.at];
      const below = number < 0;
      const share = limit > 0 ? Math.round((Math.abs(number) / limit) * STEPS) : 0;
      if (share !== each.share && each.element.localName === 'path') {
        each.share = share;
        each.element.setAttribute('stroke-width', (THIN + (thick - THIN) * (share / STEPS)).toFixed(2));
        each.element.setAttribute('stroke-opacity', (0.35 + 0.65 * (share / STEPS)).toFixed(2));
      }
      if (below !== each.below)
        each.element.setAttribute(
          'class',
          `${each.element.localName === 'circle' ? 'bias ' : ''}${(each.below = below) ? 'neg' : 'pos'}`,
        );
      if (exact) each.element.setAttribute('data-number', String(frame.weights[each.at]));
    }
    return limit;
  }
  return { draw, over };
}

/** Thin bands tie a matrix to what it reads and to what it makes.
 * @param {Element} host @param {Layout} place @param {number} layer */
function bands(host, place, layer) {
  const { matrix } = place.gaps[layer];
  if (!matrix) return;
  const [from, to] = [place.columns[layer], place.columns[layer + 1]];
  const right = matrix.left + matrix.width;
  host.append(
    svg('path', {
      class: 'band',
      d: `M${from.right} ${from.top}L${matrix.left} ${matrix.top}V${matrix.top + matrix.height}L${from.right} ${from.bottom}Z`,
    }),
    svg('path', {
      class: 'band',
      d: `M${right} ${matrix.top}L${to.left} ${to.top}V${to.bottom}L${right} ${matrix.top + matrix.height}Z`,
    }),
  );
}

/** @param {Element} host @param {Layout} place @param {number} layer @param {string} name */
function matrix(host, place, layer, name) {
  const { matrix } = place.gaps[layer];
  if (!matrix) return;
  host.append(
    svg('rect', {
      class: 'frame',
      x: matrix.left - 0.5,
      y: matrix.top - 0.5,
      width: matrix.width + 1,
      height: matrix.height + 1,
    }),
    svg(
      'text',
      {
        x: matrix.left + matrix.width / 2,
        y: Math.max(11, matrix.top - 7),
        'text-anchor': 'middle',
        class: 'small matrix',
      },
      name,
    ),
  );
}

/** @param {Element} host @param {Run} run @param {Layout} place */
function inputNames(host, run, place) {
  const column = place.columns[0];
  if (column.kind !== 'units') {
    const many = svg('text', { x: column.left, y: column.bottom + 15, class: 'small' }, `${run.inputs.length} inputs`);
    return host.append(many);
  }
  // Longer names than there is room for are told when their unit is pointed at.
  const room = column.left - 6;
  column.y.forEach((y, at) => {
    const name = run.inputs[at];
    const text = svg('text', { x: column.left - 7, y: y + 4.5, 'text-anchor': 'end' });
    const fits = name.length * 7 <= room && column.size >= 9;
    text.append(...toSvg(fits ? name : place.columns[0].count <= 16 ? String(at) : ''));
    host.append(text);
  });
}

/** Outputs lead to the loss.
 * @param {Element} tiles @param {Element} names @param {Layout} place */
function lossNode(tiles, names, place) {
  const last = place.columns[place.columns.length - 1];
  const { x, y, size } = place.loss;
  tiles.append(
    svg('rect', { class: 'unit loss', x: x - size / 2, y: y - size * 0.62, width: size, height: size * 1.24, rx: 7 }),
  );
  const letter = svg('text', { x, y: y + 5, 'text-anchor': 'middle' });
  letter.append(...toSvg('L'));
  names.append(letter);
  const from = last.kind === 'units' ? last.y : [(last.top + last.bottom) / 2];
  for (const start of from) {
    tiles.prepend(
      svg('path', { class: 'plain', d: wire({ x0: last.right, y0: start, x1: x - size / 2, y1: y }, place.lead) }),
    );
  }
}

/** Names of the outputs stand above their lines, and above the ribbons too.
 * @param {Layout} place */
function outputNames({ columns, labels }) {
  const last = columns[columns.length - 1];
  // Lines that lie too close leave no room for names.
  const room = last.y.length > 1 && last.y[1] - last.y[0] >= 11;
  return svg(
    'g',
    { class: 'names' },
    ...(room ? last.y : []).map((y, at) =>
      svg('text', { x: last.right + 5, y: y - 4, class: 'small halo' }, labels[at] ?? ''),
    ),
  );
}
