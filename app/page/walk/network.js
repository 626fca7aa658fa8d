// The drawing: a pure function of what the server answered, the step, and how far the step's own event has come.

import { line } from '../lib/painter.js';
import { phase } from '../lib/still.js';
import { back } from './back.js';
import { label } from './label.js';
import { forward, lane } from './lanes.js';
import { loss } from './loss.js';
import { drawWire, inputs, pill, promise } from './parts.js';
import { neuron } from './neuron.js';
import { beside } from './curve.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').WeightChain} WeightChain */
/** @typedef {import('../view.js').Moved} Moved */
/** @typedef {import('./layout.js').Layout} Layout */

/** @typedef {object} Scene
 * @property {import('../lib/painter.js').Painter} painter
 * @property {Walk} walk
 * @property {Layout} place
 * @property {number} step
 * @property {number} t from 0 to 1
 * @property {WeightChain | null} chain
 * @property {Set<string> | null} live parts of the chain that is told; null: everything
 * @property {Set<string> | null} hot parts of the tile that is pointed at
 * @property {number | null} hotTile
 * @property {Set<string>} covered derivatives that are a question
 * @property {Map<string, Moved>} moved what a nudge moved
 * @property {string[]} targetNames
 * @property {{min: number, max: number}} limits */

/** @param {Scene} scene */
export function network(scene) {
  const { painter, place, step, t } = scene;
  painter.begin();
  for (const layer of ['wires', 'lanes', 'nodes', 'pills', 'labels', 'marks']) painter.put(layer, 'g', {});
  /** @param {string} part */
  const style = (part) =>
    scene.hot ? (scene.hot.has(part) ? 'hot' : 'dim') : scene.live && !scene.live.has(part) ? 'off' : '';
  for (const wire of place.wires) drawWire(scene, wire, style(`wire ${wire.key}`));
  inputs(scene, style);
  neurons(scene, style);
  for (const wire of place.wires) pill(scene, wire, style);
  if (step < 3) promise(scene);
  else
    loss(scene, {
      tangent: step === 6 || step === 5 || (step === 4 && t > 0.05),
      targetNames: scene.targetNames,
      style,
    });
  if (step >= 3)
    for (const panel of place.panels)
      painter.put(
        `out ${panel.output}`,
        'path',
        { class: `plain ${style(panel.output)}`, d: line(panel.path) },
        'wires',
      );
  if (step === 2) lanesForward(scene);
  if (step === 3) {
    for (const panel of place.panels)
      if (place.wide)
        lane(
          painter,
          `out ${panel.output}`,
          beside(
            [
              [panel.path[0][0] + 4, panel.path[0][1]],
              [panel.path[1][0] - 5, panel.path[1][1]],
            ],
            () => 10,
          ),
          'forth',
          phase(t, 0, 0.8),
        );
  }
  // While something is pushed the picture shows what moves, and nothing else.
  if (step >= 4 && scene.moved.size === 0) back(scene, style);
  painter.end();
}

/** @param {Scene} scene @param {(part: string) => string} style */
function neurons(scene, style) {
  const { painter, walk, place, step, t, chain, moved } = scene;
  const { hidden, hidden_sum, prediction, output_sum } = walk.step;
  for (const each of place.hidden) {
    const passes = step === 5 && chain?.to === each.name;
    neuron(
      painter,
      each,
      {
        curve: walk.curves.hidden,
        sum: hidden_sum[each.name],
        value: hidden[each.name],
        slope: walk.slopes.hidden[each.name],
        on: step > 2 || (step === 2 && t > 0.34),
        tangent: (passes && t > 0.52) || step === 6,
        change: moved.get(each.name)?.change ?? null,
      },
      style(each.name),
      place.text,
    );
  }
  for (const each of place.outputs) {
    const on = step > 2 || (step === 2 && t > 0.88);
    const value = prediction[each.name];
    const change = moved.get(each.name)?.change ?? null;
    if (walk.curves.output.length) {
      const passes = step === 4 && chain?.to === each.name;
      neuron(
        painter,
        each,
        {
          curve: walk.curves.output,
          sum: output_sum[each.name],
          value,
          slope: walk.slopes.output[each.name],
          on,
          tangent: (passes && t > 0.3) || step >= 5,
          change,
        },
        style(each.name),
        place.text,
      );
      continue;
    }
    const key = `neuron ${each.name}`;
    painter.put(key, 'g', { class: `part ${style(each.name)}`, 'data-part': each.name }, 'nodes');
    painter.put(`${key} face`, 'circle', { class: 'node', cx: each.x, cy: each.y, r: each.r }, key);
    label(painter, `${key} symbol`, key, {
      x: each.x,
      y: on ? each.y - 3 : each.y + 6,
      size: place.text + 1,
      symbol: each.name,
      of: 'value',
    });
    if (on)
      label(painter, `${key} number`, key, {
        x: each.x,
        y: each.y + 15,
        size: place.wide ? 13.5 : 11.5,
        symbol: '',
        value,
        of: 'value',
        name: each.name,
      });
    if (on && change)
      label(painter, `${key} moved`, key, {
        x: each.x,
        y: each.y - each.r - 8,
        size: place.text,
        symbol: '',
        change,
        style: 'halo',
      });
  }
}

/** @param {Scene} scene */
function lanesForward({ painter, place, t }) {
  for (const wire of place.wires) {
    const {
      connection,
      pill: { x, y },
    } = wire;
    const first = place.hidden.some(({ name }) => name === connection.to);
    const [from, to] = first ? [0, 0.32] : [0.45, 0.85];
    lane(painter, `forth ${wire.key}`, forward(place, wire), 'forth', phase(t, from, to));
    const opacity = phase(t, from + 0.1, to - 0.04);
    const room = place.wide ? place.pitch >= 38 : !place.dense;
    if (opacity > 0 && room)
      label(painter, `passes ${wire.key}`, 'labels', {
        x,
        y: y - place.lane - 6,
        size: place.text - (place.dense ? 1 : 0),
        symbol: '',
        value: connection.passes,
        of: 'value',
        name: `${connection.weight}·${connection.from ?? 1}`,
        opacity,
        style: 'halo',
      });
  }
}
