// The picture of a run: network, map, chart and numbers. Built once for a run and a size; a frame only changes it.

import { attributes, h, the, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { answers } from './answers.js';
import { chart } from './chart.js';
import { colours as readColours, onTheme } from './colour.js';
import { field } from './field.js';
import { layout } from './layout.js';
import { maps } from './maps.js';
import { legend } from './legend.js';
import { network } from './network.js';
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
 * @property {boolean} exact whether each number is left in the page at full precision
 * @property {boolean} scaled whether the inputs are scaled */

/** Pixels of a unit of the drawing, 16 of which are a rem. */
export const unit = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

/** @param {{onexample: (row: number | null) => void, onto: (step: number) => void, onlook: () => void}} on onlook: it looks
 * different now, so it has to be drawn again */
export function board(on) {
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector('#net')));
  const plot = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector('#losses')));
  const canvas = /** @type {HTMLCanvasElement} */ (the('#maps'));
  const stage = the('.stage');
  const map = the('#field');
  const foot = the('.foot');
  const drawLegend = legend(the('#legend'));
  const drawChart = chart(/** @type {SVGElement} */ (/** @type {unknown} */ (plot)), on.onto);
  const train = h('b', { class: 'num val' });
  const test = h('b', { class: 'num' });
  const soft = () => h('span', { class: 'soft' });
  const [trainName, trainShare, testName, testShare] = [soft(), soft(), soft(), soft()];
  the('#numbers').append(h('p', {}, trainName, train, trainShare), h('p', {}, testName, test, testShare));

  // Measuring makes the browser lay the page out, so it is done only where a size may have changed.
  let resized = true;
  addEventListener('resize', () => (resized = true));
  const watch = new ResizeObserver(() => {
    resized = true;
    on.onlook();
  });
  for (const each of [stage, the('#fold'), the('#error'), the('.title'), map]) watch.observe(each);
  let colours = readColours();
  /** @type {{run: Run, place: ReturnType<typeof layout>, net: ReturnType<typeof network>, maps: ReturnType<typeof maps>, field: ReturnType<typeof field>, answers: ReturnType<typeof answers> | null, over: ReturnType<typeof ribbons>, size: string, plot: {width: number, height: number}} | null} */
  let built = null;

  /** @param {Run} run @param {boolean} scaledInputs */
  function build(run, scaledInputs) {
    const pixel = unit();
    const width = Math.max(280, Math.round(stage.clientWidth / pixel));
    const height = tall(run, width, pixel);
    const size = `${width} ${height} ${pixel} ${devicePixelRatio}`;
    if (built?.run === run && built.size === size) return built;
    const place = layout(run, width, height);
    const net = network(/** @type {SVGElement} */ (/** @type {unknown} */ (svg)), run, place);
    const scale = pixel * devicePixelRatio;
    const ground = field(map, run, scale, scaledInputs, on.onexample);
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
      plot: { width: 300, height: 112 },
    };
    return built;
  }

  /** Where to draw the losses. @param {number} pixel */
  function plotBox(pixel) {
    // Beside the network it takes what the window leaves, so that its axis is not under the foot of the page.
    const beside = stage.getBoundingClientRect().right < plot.getBoundingClientRect().left;
    const left = innerHeight - foot.clientHeight - 10 - (plot.getBoundingClientRect().top + scrollY);
    plot.style.height = beside ? `${Math.min(9 * 16, Math.max(70, left / pixel)) / 16}rem` : '';
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
    const last = resized || built?.run !== run ? null : built;
    const { place, net, maps, field, answers, over, plot: before } = last ?? build(run, looked.scaled);
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

    measured('training loss', trainName, train, trainShare, frame.train, 'data-train-loss');
    measured('held-out loss', testName, test, testShare, frame.test, 'data-test-loss');
    // Last, for it takes the room that everything above it leaves.
    const box = last ? before : plotBox(unit());
    if (!last && built) built = { ...built, plot: box };
    drawChart(run, frame, box.width, box.height);
    attributes(the('main'), {
      'data-step': frame.step,
      'data-train-loss': frame.train.loss,
      'data-test-loss': frame.test?.loss ?? null,
    });
  }

  onTheme(() => {
    colours = readColours();
    built?.field?.points(colours);
    on.onlook();
  });

  return {
    draw,
    svg,
    /** @returns {import('./layout.js').Layout | null} */
    place: () => built?.place ?? null,
    colours: () => colours,
  };
}

/** @param {string} says @param {HTMLElement} name @param {HTMLElement} host @param {HTMLElement} share @param {{loss: number | null, accuracy: number | null} | null} part @param {string} hook */
function measured(says, name, host, share, part, hook) {
  const loss = part?.loss ?? null;
  write(name, part === null ? 'nothing is held out' : loss === null ? `${says} is not finite any more` : says);
  write(host, loss === null ? '' : number(loss));
  // What is not there takes no room.
  host.hidden = loss === null;
  share.hidden = part === null || part.accuracy === null;
  attributes(host, { [hook]: part?.loss ?? null, 'data-number': part?.loss ?? null });
  const accuracy = part?.accuracy ?? null;
  write(share, accuracy === null ? '' : `${(accuracy * 100).toFixed(1)} % right`);
}
