// The backward pass in the drawing. The gradient that step 4 found at an output is an object: it stands at the output in
// step 4, it still stands there in step 5, and from there it comes down.

import { phase } from '../lib/still.js';
import { bracketed, number } from '../lib/format.js';
import { ends, kindOf, wireKey } from './chains.js';
import { along, beside } from './curve.js';
import { arrived, found, gradientOfHidden, gradientOfWeight } from './gradients.js';
import { backward, badge, lane, traveller } from './lanes.js';

/** @typedef {import('./network.js').Scene} Scene */
/** @typedef {import('./layout.js').Wire} Wire */
/** @typedef {import('./layout.js').Neuron} Neuron */
/** @typedef {import('./curve.js').Point} Point */

/** @param {Scene} scene @param {(part: string) => string} style */
export function back(scene, style) {
  if (scene.step === 6) return everything(scene, style);
  if (!scene.chain) return;
  if (scene.step === 4) outputWeight(scene, style);
  else hiddenWeight(scene, style);
}

/** @param {Scene} scene @param {(part: string) => string} style */
function outputWeight(scene, style) {
  const { painter, place, t, chain, hotTile } = scene;
  if (!chain) return;
  const wire = wireOf(scene, chain);
  const output = place.outputs.find(({ name }) => name === chain.to);
  if (!wire || !output) return;
  const out = outLane(scene, output);
  lane(painter, `back out ${output.name}`, out, 'back', phase(t, 0, 0.28), style('L'));
  const down = backward(place, wire, false);
  lane(painter, 'back weight', down, 'back', phase(t, 0.42, 0.9), style(`wire ${wire.key}`));
  found(scene, output, phase(t, 0.26, 0.34), phase(t, 0.34, 0.42), style);
  gradientOfWeight(scene, wire, phase(t, 0.9, 1), true, style);
  // The others of the layer were found the same way.
  chain.factors.forEach((_, at) => {
    const last = at === chain.factors.length - 1;
    const point =
      at === 0
        ? along(out, 0.5)
        : last
          ? along(down, place.dense ? 0.3 : 0.42)
          : { x: output.x + output.r * 0.74, y: output.y + output.r * 0.74 };
    badge(
      painter,
      at + 1,
      point,
      at === 0 ? phase(t, 0.12, 0.24) : last ? phase(t, 0.5, 0.62) : phase(t, 0.3, 0.4),
      hotTile === at,
    );
  });
  if (t > 0.34 && t < 0.93) {
    const share = phase(t, 0.42, 0.9);
    const met = chain.factors[chain.factors.length - 1].value;
    const at = share > 0 ? along(down, share) : between(frame(scene, output), along(down, 0), phase(t, 0.34, 0.42));
    traveller(
      painter,
      'down',
      at,
      journey(arrived(scene, output).value, met, chain.product, share, 0.35, 0.8),
      place.text,
    );
  }
}

/** @param {Scene} scene @param {(part: string) => string} style */
function hiddenWeight(scene, style) {
  const { painter, place, walk, t, chain, hotTile } = scene;
  if (!chain) return;
  const wire = wireOf(scene, chain);
  const hidden = place.hidden.find(({ name }) => name === chain.to);
  if (!wire || !hidden) return;
  const above = place.wires.filter(({ connection }) => connection.from === hidden.name);
  for (const output of place.outputs) {
    lane(painter, `back out ${output.name}`, outLane(scene, output), 'back', 1, style('L'));
    found(scene, output, 1, 1, style);
  }
  const comes = phase(t, 0.1, 0.5);
  const lanes = above.map((each) => ({ each, points: backward(place, each, true) }));
  for (const { each, points } of lanes)
    lane(painter, `back ${each.key}`, points, 'back', comes, style(`wire ${each.key}`));
  const down = backward(place, wire, false);
  lane(painter, 'back weight', down, 'back', phase(t, 0.6, 0.95), style(`wire ${wire.key}`));

  const shift = place.wide ? (place.dense ? 0 : 36) : 0;
  const appears = phase(t, 0.48, 0.54);
  if (appears > 0) gradientOfHidden(scene, hidden, shift, appears, style);
  gradientOfWeight(scene, wire, phase(t, 0.93, 1), true, style);

  const first = lanes[0];
  const several = above.length > 1;
  chain.factors.forEach((factor, at) => {
    const hot = hotTile === at;
    const [, by] = ends(factor.symbol);
    const last = at === chain.factors.length - 1;
    if (last)
      badge(painter, at + 1, along(down, place.dense ? 0.25 : place.wide ? 0.25 : 0.12), phase(t, 0.62, 0.74), hot);
    else if (kindOf(walk, by) === 'hidden')
      badge(
        painter,
        at + 1,
        several
          ? { x: hidden.x + hidden.r + 18, y: hidden.y + place.lane * 0.2 + 14 }
          : along(first.points, place.dense ? 0.12 : place.wide ? 0.32 : 0.34),
        phase(t, 0.14, 0.28),
        hot,
      );
    else badge(painter, at + 1, along(outLane(scene, place.outputs[0]), 0.5), 1, hot);
  });
  if (t < 0.5) {
    // The number that stands at the output lifts off and comes down: it meets the weight, and is what ∂L by the neuron is.
    for (const { each, points } of lanes) {
      const output = place.outputs.find(({ name }) => name === each.connection.to);
      if (!output) continue;
      const at =
        comes > 0 ? along(points, comes) : between(frame(scene, output), along(points, 0), phase(t, 0.03, 0.1));
      // Of several outputs each brings a part; they add up when they have arrived.
      const becomes = several ? null : walk.step.dL_dhidden[hidden.name];
      traveller(
        painter,
        each.key,
        at,
        journey(arrived(scene, output).value, each.connection.value, becomes, comes, 0.3, 0.86),
        place.text,
      );
    }
  } else if (t > 0.54 && t < 0.95) {
    const share = phase(t, 0.6, 0.95);
    const met = chain.factors[chain.factors.length - 1].value;
    const at =
      share > 0
        ? along(down, share)
        : between({ x: hidden.x + shift, y: hidden.y + hidden.r + 15 }, along(down, 0), phase(t, 0.55, 0.6));
    traveller(
      painter,
      'down',
      at,
      journey(walk.step.dL_dhidden[hidden.name], met, chain.product, share, 0.02, 0.7),
      place.text,
    );
  }
}

/** What a number that travels says: itself, then what it meets, then what it has become.
 * @param {number} value @param {number} met @param {number | null} becomes null: it stays a product @param {number} share
 * @param {number} meets @param {number} done */
function journey(value, met, becomes, share, meets, done) {
  if (share < meets) return number(value);
  return share < done || becomes === null ? `${number(value)} × ${bracketed(met)}` : number(becomes);
}

/** The middle of the frame at an output. @param {Scene} scene @param {Neuron} output */
function frame({ place }, output) {
  if (place.wide || place.outputs.length > 1) return { x: output.x, y: output.y + output.r + 18 };
  return { x: output.x - 48, y: place.panels[0].box.y - place.panels[0].box.h / 2 - 16 };
}

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {number} share */
const between = (a, b, share) => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });

/** Step 6: every gradient at once.
 * @param {Scene} scene @param {(part: string) => string} style */
function everything(scene, style) {
  const { place } = scene;
  for (const output of place.outputs) found(scene, output, 1, 0, style);
  if (!place.dense || place.wide) for (const hidden of place.hidden) gradientOfHidden(scene, hidden, 0, 1, style);
  const room = place.pitch >= 40 || !place.dense;
  if (room) for (const wire of place.wires) gradientOfWeight(scene, wire, 1, false, style);
}

/** The lane from the loss to an output: below the line, or beside it where the loss stands under the output.
 * @param {Scene} scene @param {Neuron} output @returns {Point[]} */
function outLane({ place }, output) {
  const panel = place.panels.find((panel) => panel.output === output.name);
  if (!panel)
    return [
      [0, 0],
      [0, 0],
    ];
  const points = beside(panel.path, () => (place.wide ? -10 : panel.path.length > 2 ? -7 : 10)).reverse();
  const [a, b] = [points[0], points[points.length - 1]];
  const [dx, dy] = place.wide ? [4, 0] : [0, 4];
  const inner = points.slice(1, -1);
  return [
    [a[0] - dx, a[1] - dy],
    ...inner,
    [b[0] + (place.wide ? 5 : panel.path.length > 2 ? 5 : 0), b[1] + (place.wide || panel.path.length > 2 ? 0 : 5)],
  ];
}

/** @param {Scene} scene @param {{weight: string, to: string}} chain */
const wireOf = ({ place }, chain) => place.wires.find(({ key }) => key === wireKey(chain));
