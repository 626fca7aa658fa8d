// What the network says of every point of the plane, under the examples: regions of classes and their boundary, or a
// fitted surface; with one input, the fitted curve.

import { h } from '../lib/dom.js';
import { nice } from '../lib/axes.js';
import { brief } from '../lib/format.js';
import { svg } from '../lib/icons.js';
import { CLASSES, css, pixels } from './colour.js';
import { boundary } from './boundary.js';
import { drawPoints, mark } from './points.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./colour.js').Colours} Colours */

/** @typedef {object} Field
 * @property {(frame: Frame, colours: Colours) => void} draw
 * @property {(colours: Colours) => void} points draws the examples, which stay where they are */

/** @param {HTMLElement} host @param {Run} run @param {number} scale pixels of a unit of the drawing
 * @param {boolean} scaled whether the inputs are scaled
 * @param {(row: number | null) => void} onexample
 * @returns {Field | null} null where there are more than two inputs */
export function field(host, run, scale, scaled, onexample) {
  const { points, range, side } = run;
  host.replaceChildren();
  if (!points || !range || !side) return null;
  const plane = run.inputs.length === 2;
  const size = 300;
  const tall = plane ? size : 220;
  const [ground, dots] = [h('canvas', { 'aria-hidden': 'true' }), h('canvas', { 'aria-hidden': 'true' })];
  for (const canvas of [ground, dots])
    [canvas.width, canvas.height] = [Math.round(size * scale), Math.round(tall * scale)];
  const chosen = svg('circle', { class: 'chosen', r: 7.5, cx: -99, cy: -99 });
  const over = svg('svg', { viewBox: `0 0 ${size} ${tall}`, 'aria-hidden': 'true' }, chosen);
  const box = h(
    'div',
    { class: plane ? 'plane' : 'plane line', role: 'img', 'aria-label': label(run) },
    ground,
    dots,
    /** @type {Node} */ (over),
  );
  const key = h('p', { class: 'key-of tiny' });
  host.append(box, key);
  const small = pixels(side, plane ? side : 1);
  const values = points.y;
  const vertical = plane ? range[1] : spread(values);
  const x = (/** @type {number} */ value) => ((value - range[0][0]) / (range[0][1] - range[0][0])) * size;
  const y = (/** @type {number} */ value) => tall - ((value - vertical[0]) / (vertical[1] - vertical[0])) * tall;
  const places = points.x.map((at, k) => /** @type {[number, number]} */ ([x(at[0]), y(plane ? at[1] : values[k])]));
  let said = '';

  // Training examples have rows; those that are held out explain nothing, as no step was made of them.
  const rowOf = points.test.map((test, k) => (test ? null : points.row[k]));
  box.addEventListener('click', (event) => {
    const bounds = box.getBoundingClientRect();
    const at = [
      ((event.clientX - bounds.left) / bounds.width) * size,
      ((event.clientY - bounds.top) / bounds.height) * tall,
    ];
    let best = -1;
    let near = 12 * 12;
    places.forEach(([px, py], k) => {
      const far = (px - at[0]) ** 2 + (py - at[1]) ** 2;
      if (far < near && rowOf[k] !== null) {
        best = k;
        near = far;
      }
    });
    onexample(rowOf[best] ?? null);
  });

  /** @param {Frame} frame @param {Colours} colours */
  function draw(frame, colours) {
    const context = /** @type {CanvasRenderingContext2D} */ (ground.getContext('2d'));
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, size, tall);
    context.imageSmoothingEnabled = true;
    let legend = '';
    if (plane && frame.class && frame.confidence) {
      const two = run.outputs.length <= 2;
      for (let cell = 0; cell < small.data.length; cell++) {
        const sure = frame.confidence[cell];
        // Two classes: nothing at one half, all at one. More: from an even share up.
        const shade = two ? Math.max(0, sure - 128) * 2 : sure;
        small.data[cell] = colours.shades[frame.class[cell] % CLASSES][Math.round(Math.min(255, shade) * 0.55)];
      }
      small.show();
      context.drawImage(small.canvas, 0, 0, size, tall);
      boundary(context, frame.class, frame.confidence, side ?? 0, size, tall, css(colours.ink), css(colours.panel));
      legend = 'classes';
    } else if (frame.fit && plane) {
      const limit = most(frame.fit, values);
      for (let cell = 0; cell < small.data.length; cell++)
        small.data[cell] =
          colours.diverging[Math.round(Math.max(-1, Math.min(1, frame.fit[cell] / limit)) * 127) + 127];
      small.show();
      context.drawImage(small.canvas, 0, 0, size, tall);
      legend = `fit ${brief(Number(limit.toPrecision(3)))}`;
    } else if (frame.fit) {
      curve(context, frame.fit, colours);
      legend = 'curve';
    } else if (frame.class && frame.confidence) {
      bars(context, frame.class, frame.confidence, colours);
      legend = 'classes';
    }
    if (legend !== said) {
      said = legend;
      key.replaceChildren(...keyOf(run, legend, colours));
    }
    const at = frame.example ? places[rowOf.indexOf(frame.example.row)] : undefined;
    chosen.setAttribute('cx', String(at ? at[0] : -99));
    chosen.setAttribute('cy', String(at ? at[1] : -99));
  }

  /** @param {CanvasRenderingContext2D} context @param {Float32Array} fit @param {Colours} colours */
  function curve(context, fit, colours) {
    context.strokeStyle = css(colours.line, 0.35);
    context.lineWidth = 1;
    const step = nice((vertical[1] - vertical[0]) / 2);
    for (let at = Math.ceil(vertical[0] / step) * step; at <= vertical[1]; at += step) {
      context.beginPath();
      context.moveTo(0, y(at));
      context.lineTo(size, y(at));
      context.stroke();
    }
    context.strokeStyle = css(colours.value);
    context.lineWidth = 2.5;
    context.beginPath();
    fit.forEach((value, at) => context.lineTo((at / (fit.length - 1)) * size, y(value)));
    context.stroke();
  }

  /** One input and classes: the class and how sure it is, as a strip along the axis.
   * @param {CanvasRenderingContext2D} context @param {Uint8Array} classes @param {Uint8Array} sure @param {Colours} colours */
  function bars(context, classes, sure, colours) {
    for (let cell = 0; cell < small.data.length; cell++)
      small.data[cell] = colours.shades[classes[cell] % CLASSES][Math.round(sure[cell] * 0.62)];
    small.show();
    context.drawImage(small.canvas, 0, 0, size, tall);
  }

  return {
    draw,
    points: (colours) => {
      said = '';
      drawPoints(dots, scale, places, points, run.kind === 'classes', plane, colours);
      axes(over, run, size, tall, vertical, scaled);
    },
  };
}

/** From where to where the targets lie, and a tenth more.
 * @param {number[]} values
 * @returns {[number, number]} */
function spread(values) {
  let [low, high] = [Math.min(...values), Math.max(...values)];
  const more = 0.12 * (high - low) || 1;
  return [low - more, high + more];
}

/** @param {Float32Array} fit @param {number[]} targets */
function most(fit, targets) {
  let limit = 0;
  for (const value of targets) limit = Math.max(limit, Math.abs(value));
  for (const value of fit) limit = Math.max(limit, Math.abs(value));
  return limit || 1;
}

/** Names of the axes, and from where to where they go, in their corners.
 * @param {Element} over @param {Run} run @param {number} size @param {number} tall @param {[number, number]} vertical @param {boolean} scaled */
function axes(over, run, size, tall, vertical, scaled) {
  for (const old of over.querySelectorAll('text')) old.remove();
  const word = scaled ? ', scaled' : '';
  const [across, up] = [run.inputs[0] + word, run.inputs.length > 1 ? run.inputs[1] + word : 'target'];
  const ends = (/** @type {[number, number]} */ range) =>
    range.map((value) => brief(Number(value.toPrecision(2)))).join(' to ');
  const right = `${across}: ${ends(run.range?.[0] ?? [0, 0])} →`;
  over.append(
    svg('text', { x: size - 7, y: tall - 8, 'text-anchor': 'end', class: 'halo' }, right),
    svg('text', { x: 7, y: 16, class: 'halo' }, `↑ ${up}: ${ends(vertical)}`),
  );
}

/** @param {Run} run */
function label(run) {
  const what =
    run.kind === 'classes' ? 'Which class the network says at each point' : 'What the network says at each point';
  return `${what}, under ${run.train} training examples, filled, and ${run.test} held out, open. A click chooses a training example.`;
}

/** What the signs mean, in words.
 * @param {Run} run @param {string} legend @param {Colours} colours
 * @returns {(Node | string)[]} */
function keyOf(run, legend, colours) {
  const held = h('span', {}, run.test > 0 ? 'filled: training, open: held out' : 'nothing is held out');
  if (legend === 'classes') {
    const names = run.outputs.length > 1 ? run.outputs : ['0', '1'];
    const marks = names
      .slice(0, 6)
      .map((name, at) =>
        h(
          'span',
          { class: 'mark-of' },
          mark(at, css(colours.classes[at % CLASSES])),
          names.length > 3 ? name : `class ${name}`,
        ),
      );
    return [...marks, held];
  }
  if (legend.startsWith('fit')) {
    const limit = legend.slice(4);
    return [h('span', { class: 'scale-of' }, `−${limit} `, h('i', { class: 'ramp' }), ` ${limit}`), held];
  }
  return [h('span', { class: 'val' }, 'line: what the network says'), held];
}
