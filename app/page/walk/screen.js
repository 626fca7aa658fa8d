// The whole screen, drawn from what the server answered, the state, and what is not worth an address.

import { chain as links } from '../lib/chain.js';
import { attributes, the, write } from '../lib/dom.js';
import { Painter } from '../lib/painter.js';
import { bench } from './bench.js';
import { chosenChain, ends, partsOfChain } from './chains.js';
import { guide } from './guide.js';
import { layout } from './layout.js';
import { learn } from './learn.js';
import { numberLine } from './line.js';
import { network } from './network.js';
import { places } from './pointing.js';
import { judge } from './practice.js';
import { PUSH } from './rails.js';
import { row } from './row.js';
import { pushKey } from './server.js';
import { speak } from './speak.js';
import { LINK_OF_STEP, SHORT, story, titles } from './story.js';
import { STEPS, targetNames } from './state.js';
import { tiles } from './tiles.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').Choices} Choices */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('./server.js').Shown} Shown */

/** @typedef {object} View what is not worth an address
 * @property {number} t how far the event of the step has come
 * @property {number | null} hot the tile that is pointed at
 * @property {{tile: number, text: string} | null} practice the covered tile, and what was typed
 * @property {number | null} lastCovered
 * @property {import('./line.js').Line | null} line the number line, where it is open
 * @property {Record<string, number>} pushes of the tiles, by their key
 * @property {boolean} playing
 * @property {number} top the furthest update that was reached
 * @property {string | null} detail the weight whose step is taken apart */

/** @param {number} after
 * @returns {View} */
export const fresh = (after) => ({
  t: 1,
  hot: null,
  practice: null,
  lastCovered: null,
  line: null,
  pushes: {},
  playing: false,
  top: after,
  detail: null,
});

/** Numbers that can be dragged stay in here. */
export const LIMITS = { min: -10, max: 10 };

/** The nudges of the tiles of a step.
 * @param {Walk} walk @param {State} state @param {View} view */
export function pushesOf(walk, state, view) {
  const chain = chosenChain(walk, state);
  if (!chain) return [];
  const causes = chain.factors.map(({ symbol }) => ({ key: symbol, variable: ends(symbol)[1] }));
  const product = { key: `product ∂L/∂${chain.weight}`, variable: chain.weight };
  return [...causes, product].map(({ key, variable }) => ({ key, variable, push: view.pushes[key] ?? PUSH }));
}

/** @typedef {object} ScreenEvents
 * @property {(step: number) => void} go
 * @property {(name: string) => void} chooseChain
 * @property {(line?: import('./line.js').Line) => void} openLine
 * @property {Parameters<typeof bench>[1]} bench
 * @property {Parameters<typeof row>[1]} row
 * @property {Parameters<typeof numberLine>[1]} line
 * @property {Parameters<typeof learn>[1]} learn */

/** @typedef {{shown: Shown, state: State, view: View, choices: Choices}} Everything */

/** @param {ScreenEvents} on
 * @returns {{draw: (all: Everything) => void, measure: () => void, stage: HTMLElement}} */
export function screen(on) {
  const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.querySelector('#net')));
  const stage = the('.stage');
  const painter = new Painter(svg);
  const drawBench = bench(the('#bench'), on.bench);
  const drawGuide = guide(the('#guide'));
  const drawRow = row(the('#row'), on.row);
  const drawLine = numberLine(the('#line'), on.line);
  const drawLearn = learn(the('#learn'), on.learn);
  const speakUp = voice(the('#say'));
  /** @type {ReturnType<typeof links> | null} */
  let drawLinks = null;
  /** Pixels of a unit of the drawing, and of the stage; how often was drawn. */
  const size = { pixel: 1, stage: 0 };
  let drawn = 0;

  function measure() {
    size.pixel = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    size.stage = stage.clientWidth;
  }

  /** @param {Everything} all */
  function draw({ shown, state, view, choices }) {
    const { walk } = shown;
    const { step } = state;
    const chain = chosenChain(walk, state);
    const list = tiles(walk, step, chain);
    if (!size.stage) measure();
    const steps = titles(walk).map((title, at) => ({ number: at + 1, title, link: LINK_OF_STEP[at] }));
    drawLinks ??= links(the('#chain'), { label: 'The chain of a training step', steps, onstep: on.go });
    drawLinks(
      step,
      [0, 1, 2, 3, 4].map((link) =>
        link === LINK_OF_STEP[step - 1] ? 'now' : link < LINK_OF_STEP[step - 1] ? 'past' : '',
      ),
    );
    picture({ shown, state, view }, list);
    story(the('#story'), walk, step, chain, on.chooseChain);
    drawBench(choices, shown.state, walk);
    numbers({ shown, state, view }, list);
    foot(step);
    document.title = `${step}. ${titles(walk)[step - 1]} · whygrad`;
    attributes(the('main'), { 'data-step': step });
    attributes(document.body, { 'data-ready': ++drawn });
    speakUp(speak(walk, step, chain, view.practice !== null));
  }

  /** @param {Omit<Everything, 'choices'>} all @param {import('./tile.js').Tile[]} list */
  function picture({ shown, state, view }, list) {
    const { walk } = shown;
    const { step } = state;
    const chain = chosenChain(walk, state);
    const covered = view.practice ? list[view.practice.tile] : null;
    const lit = view.hot === null || view.line ? null : (places(walk, step, chain)[view.hot]?.parts ?? []);
    const place = layout(walk.story.network, Math.round(size.stage / size.pixel));
    svg.setAttribute('viewBox', `0 0 ${place.width} ${Math.round(place.height)}`);
    network({
      painter,
      walk,
      place,
      step,
      t: view.t,
      chain,
      moved: moved(shown, view),
      targetNames: targetNames(shown.own),
      limits: LIMITS,
      live: chain && !view.line ? partsOfChain(walk, chain) : null,
      hot: lit && new Set(lit),
      hotTile: view.hot,
      covered: new Set(covered ? [covered.symbol] : []),
    });
  }

  /** What stands under the picture.
   * @param {Omit<Everything, 'choices'>} all @param {import('./tile.js').Tile[]} list */
  function numbers({ shown, state, view }, list) {
    const { walk, nudges } = shown;
    const { step } = state;
    the('#guide').hidden = step !== 1 || view.line !== null;
    the('#row').hidden = step === 1 || step === STEPS || view.line !== null;
    the('#learn').hidden = step !== STEPS || view.line !== null;
    the('#line').hidden = view.line === null;
    if (view.line) return drawLine(view.line, nudges.get(pushKey(view.line)) ?? null, variables(walk));
    if (step === 1) return drawGuide(walk, () => on.openLine());
    if (step === STEPS)
      return drawLearn(
        { walk, wanted: state.after, playing: view.playing, top: view.top, detail: view.detail },
        size.pixel,
      );
    const pushes = new Map(pushesOf(walk, state, view).map((push) => [push.key, push]));
    const covered = view.practice ? list[view.practice.tile] : null;
    drawRow(
      {
        step,
        tiles: list,
        t: view.t,
        hot: view.hot,
        covered: view.practice?.tile ?? null,
        pushes: view.pushes,
        title: headline(step, list.length - 1),
        hint:
          step > 3
            ? 'Point at a factor to see where it lives. Drag its slider to nudge.'
            : 'Point at a tile to see where it lives.',
        verdict:
          covered && view.practice
            ? judge(view.practice.text, covered.value ?? 0, covered.mistakes ?? [])
            : { right: false, says: '' },
        practising: view.practice !== null,
        canPractise: step > 3,
        nudge: (key) => {
          const push = pushes.get(key);
          return push ? (nudges.get(pushKey(push)) ?? null) : null;
        },
      },
      size.pixel,
    );
  }

  return { draw, measure, stage };
}

/** @param {number} step @param {number} factors */
function headline(step, factors) {
  if (step === 2) return 'Every neuron, with today’s numbers';
  if (step === 3) return 'The loss, with today’s numbers';
  return `${['', 'One', 'Two', 'Three', 'Four', 'Five'][factors] ?? factors} factors, one product`;
}

/** Everything that can be pushed, in the order of the forward pass.
 * @param {Walk} walk */
const variables = ({ inputs, weights, step }) =>
  [inputs, weights, step.hidden, step.prediction].flatMap((numbers) => Object.keys(numbers));

/** What the number line's push moved, itself included.
 * @param {Shown} shown @param {View} view */
function moved({ nudges }, { line }) {
  /** @type {Map<string, import('../view.js').Moved>} */
  const all = new Map();
  const nudge = line && nudges.get(pushKey(line));
  if (!nudge) return all;
  const { variable, push, before, after, downstream } = nudge;
  for (const each of downstream) all.set(each.symbol, each);
  return all.set(variable, { symbol: variable, before, after, change: push, ratio: null, derivative: null });
}

/** The buttons at the foot. @param {number} step */
function foot(step) {
  const [back, next] = [/** @type {HTMLButtonElement} */ (the('#back')), the('#next')];
  back.disabled = step === 1;
  write(the('small', back), step > 1 ? ` · ${SHORT[step - 2]}` : '');
  write(the('small', next), step < STEPS ? ` · ${SHORT[step]}` : ' · Playground');
}

/** A live region that waits for a drag to end: numbers are not read out one by one.
 * @param {HTMLElement} region */
function voice(region) {
  let waiting = 0;
  let last = '';
  return (/** @type {string} */ says) => {
    if (says === last) return;
    last = says;
    clearTimeout(waiting);
    waiting = setTimeout(() => write(region, says), 400);
  };
}
