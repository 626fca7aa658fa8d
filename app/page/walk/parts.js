// The parts of the drawing that can be touched: wires, weights, inputs; and the promise of a loss.

import { number } from '../lib/format.js';
import { line } from '../lib/painter.js';
import { spin } from '../lib/scrub.js';
import { plain, spoken } from '../lib/symbol.js';
import { wireKey } from './chains.js';
import { label } from './label.js';

/** @typedef {import('./network.js').Scene} Scene */
/** @typedef {import('./layout.js').Layout} Layout */
/** @typedef {import('./layout.js').Wire} Wire */

/** Width is the size; solid is above zero, hollow below.
 * @param {Scene} scene @param {Wire} wire @param {string} style */
export function drawWire({ painter, place }, wire, style) {
  const { value } = wire.connection;
  const sign = value < 0 ? 'neg' : 'pos';
  const width = (2 + 5.5 * Math.min(Math.abs(value), 2.2)) * (place.dense ? 0.8 : 1);
  const key = `wire ${wire.key}`;
  const d = line(wire.path);
  painter.put(key, 'path', { class: `part wire body ${sign} ${style}`, d, 'stroke-width': width }, 'wires');
  if (value < 0)
    painter.put(`${key} core`, 'path', { class: 'wire core', d, 'stroke-width': Math.max(0.75, width - 3) }, 'wires');
  painter.put(`${key} reach`, 'path', { class: 'reach', d, 'data-part': key }, 'wires');
}

/** @param {Scene} scene @param {(part: string) => string} style */
export function inputs({ painter, walk, place, limits, moved }, style) {
  for (const { name, x, y, w, h } of place.inputs) {
    const key = `input ${name}`;
    const value = walk.inputs[name];
    painter.put(
      key,
      'g',
      {
        class: `part chip ${style(name)}`,
        'data-part': name,
        ...spin(plain(name), `input ${spoken(name)}`, value, number(value), limits),
      },
      'nodes',
    );
    painter.put(
      `${key} ring`,
      'rect',
      { class: 'ring', x: x - w / 2 - 3, y: y - h / 2 - 3, width: w + 6, height: h + 6, rx: 14 },
      key,
    );
    painter.put(`${key} face`, 'rect', { class: 'face', x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 11 }, key);
    label(painter, `${key} symbol`, key, { x, y: y - 5, size: place.text, symbol: name });
    label(painter, `${key} number`, key, {
      x,
      y: y + 14,
      size: Math.min(place.text, w / 4),
      symbol: '',
      value,
      of: 'value',
      name,
    });
    painter.put(
      `${key} dots`,
      'path',
      { class: 'pull val', d: `M${x - Math.min(21, w * 0.4)} ${y + 18.5}h${2 * Math.min(21, w * 0.4)}` },
      key,
    );
    underneath(painter, key, moved.get(name)?.change, x, y + h / 2 + 18, place.text);
  }
}

/** By how much a number was moved, where the number line pushes something.
 * @param {Scene['painter']} painter @param {string} key @param {number | undefined} change @param {number} x
 * @param {number} y @param {number} size */
function underneath(painter, key, change, x, y, size) {
  if (change) label(painter, `${key} moved`, 'labels', { x, y, size, symbol: '', change, style: 'halo' });
}

/** A weight is a component on its wire that can be turned.
 * @param {Scene} scene @param {Wire} wire @param {(part: string) => string} style */
export function pill(
  { painter, walk, place, chain, limits, moved },
  { key: wire, connection, pill: { x, y, w, h } },
  style,
) {
  const { weight, value, from } = connection;
  const key = `pill ${wire}`;
  const selected = chain !== null && wireKey(chain) === wire;
  const stays = walk.story.learning.weights.find((row) => row.weight === weight)?.stays ?? false;
  const what = `${from === null ? 'bias' : 'weight'} ${spoken(weight)}${stays ? ', which stays as it is in this example' : ''}`;
  if (from === null) {
    painter.put(`one ${wire}`, 'g', { class: `part one ${style(`one ${wire}`)}` }, 'nodes');
    painter.put(
      `one ${wire} face`,
      'circle',
      { class: 'node', cx: wireStart(place, wire), cy: y, r: place.wide ? 8 : 6 },
      `one ${wire}`,
    );
    painter.text(
      `one ${wire} text`,
      {
        x: wireStart(place, wire),
        y: y + (place.wide ? 4 : 3.5),
        'text-anchor': 'middle',
        'font-size': place.wide ? 11 : 9.5,
      },
      '1',
      () => ['1'],
      `one ${wire}`,
    );
  }
  painter.put(
    key,
    'g',
    {
      class: `part pill ${place.wide ? '' : 'narrow'} ${value < 0 ? 'neg' : 'pos'} ${selected ? 'sel' : ''} ${style(`wire ${wire}`)}`,
      'data-part': `wire ${wire}`,
      'data-wire': wire,
      ...spin(plain(weight), what, value, number(value), limits),
    },
    'pills',
  );
  painter.put(
    `${key} ring`,
    'rect',
    { class: 'ring', x: x - w / 2 - 3, y: y - h / 2 - 3, width: w + 6, height: h + 6, rx: h / 2 + 3 },
    key,
  );
  painter.put(
    `${key} face`,
    'rect',
    {
      class: 'face',
      x: x - w / 2,
      y: y - h / 2,
      width: w,
      height: h,
      rx: h / 2,
      'stroke-dasharray': stays ? '4 3' : null,
    },
    key,
  );
  // The number starts at a known place, so that the dots stand under it in any font.
  const begins = x - (place.wide ? (place.dense ? 17 : 20) : place.dense ? 16.5 : 17.5);
  label(painter, `${key} symbol`, key, {
    x: begins - (place.wide ? 7 : 3),
    y: y + place.text * 0.33,
    anchor: 'end',
    size: place.text,
    symbol: weight,
    style: 'weight',
  });
  // Longer than −0.7000: smaller, as no digit of a number that can be changed is left out.
  const size = place.text * Math.min(1, 7 / number(value).length);
  label(painter, `${key} number`, key, {
    x: begins,
    y: y + place.text * 0.33,
    anchor: 'start',
    size,
    symbol: '',
    value,
    of: 'value',
    name: weight,
    style: 'weight',
  });
  painter.put(
    `${key} dots`,
    'path',
    { class: 'pull', d: `M${begins} ${y + place.text * 0.68}h${number(value).length * size * 0.6}` },
    key,
  );
  underneath(painter, key, moved.get(weight)?.change, x, y + h / 2 + 17, place.text);
}

/** @param {Layout} place @param {string} key */
const wireStart = (place, key) => place.wires.find((wire) => wire.key === key)?.start[0] ?? 0;

/** Before the loss is told there is only what the network should say.
 * @param {Scene} scene */
export function promise({ painter, walk, place }) {
  const { x, y, w, h } = place.loss;
  painter.put(
    'promise',
    'rect',
    { class: 'ghostbox', x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 12 },
    'nodes',
  );
  for (const panel of place.panels) {
    painter.put(
      `promise ${panel.output} wire`,
      'path',
      { class: 'plain', 'stroke-dasharray': '3 5', d: line(panel.path) },
      'wires',
    );
    const { box, output } = panel;
    painter.text(
      `promise ${output} says`,
      { x: box.x, y: box.y - 5, 'text-anchor': 'middle', 'font-size': place.text },
      'should be',
      () => ['should be'],
      'labels',
    );
    const symbol = place.panels.length > 1 ? `y(${output})` : 'y';
    label(painter, `promise ${output}`, 'labels', {
      x: box.x,
      y: box.y + 15,
      size: place.text,
      symbol,
      value: walk.targets[output],
      of: 'value',
      name: symbol,
    });
  }
}
