// The loss node: the loss as a function of each output, the point where it stands, and its slope there.

import { line } from '../lib/painter.js';
import { spin } from '../lib/scrub.js';
import { number } from '../lib/format.js';
import { spoken } from '../lib/symbol.js';
import { label } from './label.js';
import { hasMiss } from './losses.js';

/** @typedef {import('./network.js').Scene} Scene */
/** @typedef {import('./layout.js').Panel} Panel */

/** @param {Scene} scene @param {{tangent: boolean, targetNames: string[], style: (part: string) => string}} how */
export function loss(scene, { tangent, targetNames, style }) {
  const { painter, walk, place } = scene;
  const box = place.loss;
  painter.put('loss', 'g', { class: `part ${style('L')}`, 'data-part': 'L' }, 'nodes');
  painter.put(
    'loss face',
    'rect',
    { class: 'node', x: box.x - box.w / 2, y: box.y - box.h / 2, width: box.w, height: box.h, rx: 12 },
    'loss',
  );
  place.panels.forEach((panel, at) => {
    if (at && !place.wide) painter.put(`loss rule ${at}`, 'path', { class: 'ax', d: rule(panel) }, 'loss');
    curve(scene, panel, tangent);
    target(scene, panel, targetNames[at], style(`target ${panel.output}`));
  });
  // Over the curve; between the curves where the loss answers to several outputs; beside it where there is no room above.
  const between = place.wide && place.panels.length > 1;
  const above = place.wide || place.panels.length > 1;
  label(painter, 'loss label', 'loss', {
    x: above ? box.x : box.x - box.w / 2 - 8,
    y: between ? box.y + 5 : above ? box.y - box.h / 2 - 10 : box.y - box.h / 2 + 22,
    anchor: above ? 'middle' : 'end',
    size: place.text,
    symbol: 'L',
    value: walk.step.loss,
    of: 'value',
    name: 'L',
    style: between ? '' : 'halo',
    change: scene.moved.get('L')?.change ?? null,
  });
}

/** The line between two panels.
 * @param {Panel} panel */
function rule({ box }) {
  return `M${box.x - box.w / 2} ${box.y - box.h / 2 + 12}v${box.h - 24}`;
}

/** @param {Scene} scene @param {Panel} panel @param {boolean} tangent */
function curve({ painter, walk, place, step }, { output, box }, tangent) {
  const points = walk.curves.loss[output] ?? [];
  if (points.length < 2) return;
  const key = `loss ${output}`;
  const inner =
    place.wide && place.panels.length === 1
      ? { top: 18, bottom: 20, side: 14 }
      : { top: 12, bottom: place.panels.length > 1 ? 32 : 14, side: 10 };
  const left = points[0][0];
  const right = points[points.length - 1][0];
  const highest = Math.max(...points.map(([, l]) => l));
  const lowest = Math.min(0, ...points.map(([, l]) => l));
  /** @param {number} p @param {number} l @returns {[number, number]} */
  const at = (p, l) => [
    box.x - box.w / 2 + inner.side + ((p - left) / (right - left)) * (box.w - 2 * inner.side),
    box.y + box.h / 2 - inner.bottom - ((l - lowest) / (highest - lowest || 1)) * (box.h - inner.top - inner.bottom),
  ];
  const prediction = walk.step.prediction[output];
  const should = walk.targets[output];
  const [height, slope] = reading(points, prediction);
  const point = at(prediction, height);
  const floor = at(prediction, lowest);
  const goal = at(should, lowest);
  painter.put(`${key} axis`, 'path', { class: 'axis', d: line([at(left, lowest), at(right, lowest)]) }, 'loss');
  painter.put(`${key} curve`, 'path', { class: 'curve', d: line(points.map(([p, l]) => at(p, l))) }, 'loss');
  // A logit and its target are not on one scale.
  const missed = hasMiss(walk);
  if (missed) painter.put(`${key} goal`, 'path', { class: 'goal', d: `M${goal[0]} ${goal[1] - 4}v8` }, 'loss');
  if (missed && step === 3) painter.put(`${key} miss`, 'path', { class: 'miss', d: line([floor, goal]) }, 'loss');
  painter.put(`${key} drop`, 'path', { class: 'axis', 'stroke-dasharray': '2 3', d: line([floor, point]) }, 'loss');
  if (tangent) {
    const next = at(prediction + 1, height + slope);
    const length = Math.hypot(next[0] - point[0], next[1] - point[1]) || 1;
    const half = (place.wide ? 26 : 18) / length;
    painter.put(
      `${key} tangent`,
      'path',
      {
        class: 'tangent',
        d: line([
          [point[0] - (next[0] - point[0]) * half, point[1] - (next[1] - point[1]) * half],
          [point[0] + (next[0] - point[0]) * half, point[1] + (next[1] - point[1]) * half],
        ]),
      },
      'loss',
    );
  }
  painter.put(`${key} dot`, 'circle', { class: 'pt', cx: point[0], cy: point[1], r: 4.5 }, 'loss');
}

/** Where a place on the curve is, and how steep it is there: of several outputs each has a curve of its own share of the
 * loss, which the picture needs and nothing prints.
 * @param {[number, number][]} points @param {number} x
 * @returns {[number, number]} */
function reading(points, x) {
  const found = points.findIndex(([p]) => p >= x);
  const at = Math.min(Math.max(found, 1), points.length - 1);
  const [[x0, y0], [x1, y1]] = [points[at - 1], points[at]];
  const slope = (y1 - y0) / (x1 - x0 || 1);
  return [y0 + slope * (x - x0), slope];
}

/** @param {Scene} scene @param {Panel} panel @param {string} name @param {string} style */
function target({ painter, walk, place, limits }, { output, target: box }, name, style) {
  const key = `target ${output}`;
  const value = walk.targets[output];
  const symbol = place.panels.length > 1 ? `y(${output})` : 'y';
  painter.put(
    key,
    'g',
    {
      class: `part targ ${style}`,
      'data-part': key,
      ...spin(name, `target ${spoken(symbol)}`, value, number(value), limits),
    },
    'nodes',
  );
  painter.put(
    `${key} ring`,
    'rect',
    { class: 'ring', x: box.x - box.w / 2, y: box.y - box.h / 2, width: box.w, height: box.h, rx: 7 },
    key,
  );
  const narrow = !place.wide || place.panels.length > 1;
  const size = narrow ? Math.min(12.5, place.text) : place.text;
  // The number starts at a known place, so that the dots stand under it in any font.
  const begins = box.x + size * (place.panels.length > 1 ? -0.2 : 0.6);
  label(painter, `${key} symbol`, key, {
    x: begins - 5,
    y: box.y + 5,
    anchor: 'end',
    size,
    symbol,
    of: 'value',
    before: place.panels.length > 1 ? '' : 'target ',
  });
  label(painter, `${key} number`, key, {
    x: begins,
    y: box.y + 5,
    anchor: 'start',
    size,
    symbol: '',
    value,
    of: 'value',
    name: symbol,
  });
  painter.put(
    `${key} dots`,
    'path',
    { class: 'pull', d: `M${begins} ${box.y + 9.5}h${number(value).length * size * 0.6}` },
    key,
  );
}
