// The picture of a run: network, map, chart and numbers. Built once for a run and a size; a frame only changes it.

import { attributes, h, the, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { answers } from './answers.js';
import { chart } from './chart.js';
import { colours as readColours, onTheme } from './colour.js';
import { field } from './field.js';
import { layout } from './layout.js';
import { maps } from './maps.js';
import { legend, network } from './network.js';
import { ribbons } from './ribbons.js';

/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./names.js').Place} Place */
/** @typedef {import('./state.js').State['show']} Show */

/** @typedef {object} Looked what is drawn over a frame
 * @property {Show} show
 * @property {Why | null} why of the step that the frame shows
 * @property {Place | null} chosen
 * @property {Place | null} pointed
 * @property {boolean} exact whether each number is left in the page at full precision */

/** Pixels of a unit of the drawing, 16 of which are a rem. */
export const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/** @param {{onexample: (row: number | null) => void, onto: (step: number) => void}} on */
export function board(on) {
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector('#net')));
  const plot = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector('#losses')));
  const canvas = /** @type {HTMLCanvasElement} */ (the('#maps'));
  const stage = the('.stage');
  const map = the('#field');
  const drawLegend = legend(the('#legend'));
  const drawChart = chart(/** @type {SVGElement} */ (/** @type {unknown} */ (plot)), on.onto);
  const train = h('b', { class: 'num val' });
  const test = h('b', { class: 'num' });
  const [trainShare, testShare] = [h('span', { class: 'soft' }), h('span', { class: 'soft' })];
  the('#numbers').append(
    h('p', {}, h('span', { class: 'soft' }, 'training loss'), train, trainShare),
    h('p', {}, h('span', { class: 'soft' }, 'held-out loss'), test, testShare),
  );

  // Measuring makes the browser lay the page out, so it is done only where a size may have changed.
  let resized = true;
  addEventListener('resize', () => (resized = true));
  new ResizeObserver(() => (resized = true)).observe(stage);
  let colours = readColours();
  /** @type {{run: Run, place: ReturnType<typeof layout>, net: ReturnType<typeof network>, maps: ReturnType<typeof maps>, field: ReturnType<typeof field>, answers: ReturnType<typeof answers> | null, over: ReturnType<typeof ribbons>, size: string, plot: {width: number, height: number}} | null} */
  let built = null;

  /** @param {Run} run */
  function build(run) {
    const pixel = unit();
    const width = Math.max(280, Math.round(stage.clientWidth / pixel));
    const height = tall(run, width, pixel);
    const size = `${width} ${height} ${pixel} ${devicePixelRatio}`;
    if (built?.run === run && built.size === size) return { ...built, plot: plotBox(pixel) };
    const place = layout(run, width, height);
    const net = network(/** @type {SVGElement} */ (/** @type {unknown} */ (svg)), run, place);
    const scale = pixel * devicePixelRatio;
    const ground = field(map, run, scale, on.onexample);
    ground?.points(colours);
    built = {
      run,
      place,
      net,
      answers: ground ? null : answers(map, run),
      maps: maps(canvas, run, place, scale),
      field: ground,
      over: ribbons(net.over),
      size,
      plot: plotBox(pixel),
    };
    return built;
  }

  /** Where to draw the losses. @param {number} pixel */
  function plotBox(pixel) {
    const box = plot.getBoundingClientRect();
    return { width: Math.round(box.width / pixel) || 300, height: Math.round(box.height / pixel) || 112 };
  }

  /** As tall as the window leaves room for, or as the units need on a narrow one.
   * @param {Run} run @param {number} width @param {number} pixel */
  function tall(run, width, pixel) {
    const most = Math.max(
      ...[run.inputs.length, ...run.layers.map(({ units }) => units)].map((count) => (count <= 16 ? count : 12)),
    );
    if (width < 480) return Math.min(400, Math.max(190, most * 24 + 30));
    const above = stage.getBoundingClientRect().top + scrollY;
    // Matrices have their limits printed in a line more.
    const below = run.inputs.length > 16 || run.layers.some(({ units }) => units > 16) ? 238 : 196;
    return Math.round(Math.min(620, Math.max(300, (innerHeight - above) / pixel - below)));
  }

  /** @param {Run} run @param {Frame} frame @param {Looked} looked */
  function draw(run, frame, looked) {
    const {
      place,
      net,
      maps,
      field,
      answers,
      over,
      plot: box,
    } = resized || built?.run !== run || !built ? build(run) : built;
    resized = false;
    const limit = net.draw(frame, looked.show, looked.exact);
    const matrices = maps.draw(frame, colours, looked.show);
    field?.draw(frame, colours);
    answers?.(frame, colours);
    over(run, place, { ...looked, weights: frame.weights });
    svg.classList.toggle('explained', looked.why !== null);
    svg.classList.toggle('gradients', looked.show === 'gradient');
    drawLegend(
      limit > 0 ? number(limit) : '',
      looked.show,
      matrices.flatMap((each, layer) =>
        each === null ? [] : [{ name: run.layers[layer].weight.name, limit: number(each) }],
      ),
    );
    drawChart(run, frame, box.width, box.height);
    measured(train, trainShare, frame.train, 'data-train-loss');
    measured(test, testShare, frame.test, 'data-test-loss');
    attributes(the('main'), {
      'data-step': frame.step,
      'data-train-loss': frame.train.loss,
      'data-test-loss': frame.test?.loss ?? null,
    });
  }

  onTheme(() => {
    colours = readColours();
    built?.field?.points(colours);
    on.onto(-1);
  });

  return {
    draw,
    svg,
    /** @returns {import('./layout.js').Layout | null} */
    place: () => built?.place ?? null,
    colours: () => colours,
  };
}

/** @param {HTMLElement} host @param {HTMLElement} share @param {{loss: number | null, accuracy: number | null} | null} part @param {string} hook */
function measured(host, share, part, hook) {
  write(host, part === null ? 'nothing' : part.loss === null ? 'no number' : number(part.loss));
  attributes(host, { [hook]: part?.loss ?? null, 'data-number': part?.loss ?? null });
  const accuracy = part?.accuracy ?? null;
  write(share, accuracy === null ? '' : `${(accuracy * 100).toFixed(1)} % right`);
}
