// The gradients that stand in the drawing: at the outputs, at the hidden neurons, at the weights.

import { number } from '../lib/format.js';
import { label } from './label.js';

/** @typedef {import('./network.js').Scene} Scene */
/** @typedef {import('./layout.js').Wire} Wire */
/** @typedef {import('./layout.js').Neuron} Neuron */

/** What is known at an output after the loss: ∂L by it, and, where it has an activation, ∂L by its sum.
 * @param {Scene} scene @param {Neuron} output */
export function arrived({ walk, step }, output) {
  const { dL_dprediction, dL_doutput_sum } = walk.step;
  const sum = walk.story.forward.equations.find(
    ({ neuron, symbol }) => neuron === output.name && symbol.startsWith('z'),
  );
  const name = sum && step >= 4 ? sum.symbol : output.name;
  return {
    name,
    symbol: `∂L/∂${name}`,
    value: sum ? dL_doutput_sum[output.name] : dL_dprediction[output.name],
    curved: sum !== undefined,
  };
}

/** The gradients at an output. What goes on to the layer below is framed: the same object in step 4 and in step 5.
 * @param {Scene} scene @param {Neuron} output @param {number} first @param {number} second
 * @param {(part: string) => string} style */
export function found(scene, output, first, second, style) {
  const { painter, place, walk, step, covered } = scene;
  const goesOn = arrived(scene, output);
  const dim = style(output.name) === 'dim' ? 'dim' : '';
  const single = { x: output.x + (place.dense && place.wide ? 9 : 0), y: output.y + output.r + 22 };
  if (!place.wide && place.outputs.length === 1)
    Object.assign(single, { x: output.x - 14, y: place.panels[0].box.y - place.panels[0].box.h / 2 - 12 });
  let y = single.y;
  if (goesOn.curved && step !== 5 && first > 0) {
    const symbol = `∂L/∂${output.name}`;
    label(painter, `gradient ${output.name}`, 'labels', {
      x: single.x,
      y,
      size: place.text,
      symbol: place.wide ? symbol : '',
      value: walk.step.dL_dprediction[output.name],
      of: 'gradient',
      name: output.name,
      covered: covered.has(symbol),
      style: `halo ${dim}`,
      opacity: first,
      anchor: place.wide ? 'middle' : place.outputs.length === 1 ? 'end' : 'middle',
    });
    y += 22;
  }
  const opacity = goesOn.curved ? second : first;
  if (opacity <= 0) return;
  const symbol = place.wide ? goesOn.symbol : '';
  const digits = covered.has(goesOn.symbol) ? '?' : number(goesOn.value);
  const width = (digits.length * 0.58 + (symbol ? symbol.length * 0.5 + 0.4 : 0)) * place.text + 16;
  const x =
    place.wide || place.outputs.length > 1 ? Math.min(single.x, place.width - width / 2 - 2) : single.x - width / 2 - 4;
  const framed = step === 4 || step === 5;
  painter.put(
    `found ${output.name}`,
    'g',
    {
      class: `found ${framed ? 'framed' : ''} ${step === 5 ? 'again' : ''} ${dim}`,
      opacity: opacity < 1 ? opacity : null,
    },
    'labels',
  );
  if (framed)
    painter.put(
      `found ${output.name} face`,
      'rect',
      { x: x - width / 2, y: y - place.text * 1.12, width, height: place.text * 1.6, rx: place.text * 0.8 },
      `found ${output.name}`,
    );
  label(painter, `found ${output.name} label`, `found ${output.name}`, {
    x,
    y,
    size: place.text,
    symbol,
    value: goesOn.value,
    of: 'gradient',
    name: goesOn.name,
    covered: covered.has(goesOn.symbol),
    style: framed ? '' : 'halo',
  });
}

/** @param {Scene} scene @param {Neuron} hidden @param {number} shift @param {number} opacity @param {(part: string) => string} style */
export function gradientOfHidden({ painter, place, walk, covered }, hidden, shift, opacity, style) {
  const symbol = `∂L/∂${hidden.name}`;
  label(painter, `gradient ${hidden.name}`, 'labels', {
    x: hidden.x + shift,
    y: hidden.y + hidden.r + 20,
    size: place.text,
    symbol: place.wide ? symbol : '',
    value: walk.step.dL_dhidden[hidden.name],
    of: 'gradient',
    name: hidden.name,
    covered: covered.has(symbol),
    opacity,
    style: `halo ${style(hidden.name) === 'dim' ? 'dim' : ''}`,
  });
}

/** @param {Scene} scene @param {Wire} wire @param {number} opacity @param {boolean} lane whether a lane runs below the weight
 * @param {(part: string) => string} style */
export function gradientOfWeight({ painter, place, walk, chain, covered }, wire, opacity, lane, style) {
  if (opacity <= 0) return;
  const { weight } = wire.connection;
  const { x, y, h } = wire.pill;
  const symbol = `∂L/∂${weight}`;
  // A shared weight has one gradient, the sum; a chain shows what one of its connections adds.
  const several = place.wires.filter(({ connection }) => connection.weight === weight).length > 1;
  const value = lane && chain && several ? chain.product : walk.step.gradient[weight];
  const small = place.dense ? 1 : 0;
  // Where weights stand close, the number stands at the end of its lane instead of under it.
  const next = place.wires
    .filter(({ pill }) => Math.abs(pill.x - x) < 4 && pill.y > y + 1)
    .map(({ pill }) => pill.y - y);
  const beside = lane && Math.min(...next) < place.lane + h + 26;
  label(painter, `gradient ${wire.key}`, 'labels', {
    x: beside ? x + 2 : x,
    y: beside
      ? y + place.lane + 4.5
      : lane
        ? y + place.lane + (place.wide ? 17 : 15)
        : y + h / 2 + (place.dense ? 12.5 : 18),
    anchor: beside ? 'end' : 'middle',
    size: place.text - small,
    symbol: place.wide ? symbol : '',
    value,
    of: 'gradient',
    name: weight,
    covered: covered.has(symbol),
    opacity,
    gap: 6,
    style: `halo ${style(`wire ${wire.key}`) === 'dim' ? 'dim' : ''}`,
  });
}
