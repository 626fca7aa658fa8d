// The walk: wires the state, the server and the drawings. Everything on the screen is drawn from `shown`.

import { get, latest } from '../lib/api.js';
import { h, the, write } from '../lib/dom.js';
import { copying, shell, theme } from '../lib/shell.js';
import { scrub } from '../lib/scrub.js';
import { animate, still } from '../lib/still.js';
import { plain } from '../lib/symbol.js';
import { chainName, chainsOf, chosenChain } from './chains.js';
import { keys } from './keys.js';
import { whatItIsNot } from './not.js';
import { places, tileAt } from './pointing.js';
import { nextCover } from './practice.js';
import { fresh, LIMITS, pushesOf, screen } from './screen.js';
import { server } from './server.js';
import { address, atRest, change, ownValue, rateOf, read, settle, start, STEPS, touched } from './state.js';
import { tiles } from './tiles.js';

/** @typedef {import('../view.js').Choices} Choices */
/** @typedef {import('./state.js').State} State */
/** @typedef {import('./server.js').Shown} Shown */

/** How long the event of each step takes. */
const LONG = [0, 0, 1500, 600, 1700, 2600, 0];
/** What a step of play takes, at least. */
const BEAT = 160;

theme();

/** What is wanted; `shown` follows as soon as the server has answered. */
let state = read(location.hash);
/** @type {Shown | null} */
let shown = null;
/** @type {Choices} */
let choices = { cases: [], activations: [], losses: [], optimizers: [] };
const view = fresh(state.after);
let stopAnimation = () => {};
/** Whether the answer that comes stands in for one that was refused. */
let recovering = false;

// ---- the page

const error = the('#error');
const reset = h(
  'button',
  {
    class: 'ghost',
    type: 'button',
    'data-reset': true,
    onclick: () => (pause(), set({ ...start(), example: state.example, step: state.step, chosen: state.chosen })),
  },
  'Reset',
);
const tools = [
  reset,
  copying('prompt', 'Copy as command', () => shown?.walk.command ?? ''),
  copying('link', 'Copy link', () => location.href),
];
shell('Walk', ...tools);
whatItIsNot(the('#not'));
const page = screen({
  go,
  chooseChain,
  openLine,
  bench: { onchoose: choose },
  row: {
    onpush: (key, push) => ((view.pushes[key] = push), request()),
    onanswer: (text) => (view.practice && (view.practice.text = text), draw()),
    onpractice: () => cover(view.practice ? null : nextCover(view.lastCovered, tileCount())),
    onnext: () => cover(nextCover(view.lastCovered, tileCount())),
    online: () => openLine(),
  },
  line: {
    onvariable: (variable) => view.line && openLine({ ...view.line, variable }),
    onpush: (push) => view.line && openLine({ ...view.line, push }),
    onclose: () => ((view.line = null), request()),
  },
  learn: {
    onafter: (after) => (pause(), goTo(after)),
    onplay: () => (view.playing ? pause() : play()),
    ondetail: (weight) => weight !== view.detail && ((view.detail = weight), draw()),
  },
});

function draw() {
  if (!shown) return;
  page.draw({ shown, state, view, choices });
  reset.hidden = !touched(state);
}

// ---- asking

const ask = server();
const request_ = latest(ask, (answer, asked) => {
  if (answer.ok) {
    shown = answer.shown;
    // The story may have gone on while the server worked.
    shown.state = asked.state === state ? state : asked.state;
    view.top = Math.max(view.top, shown.state.after);
    error.hidden = !recovering;
    recovering = false;
  } else {
    // Back to the last numbers that were good.
    write(error, answer.error);
    error.hidden = false;
    view.playing = false;
    if (shown) state = { ...shown.state, step: state.step, chosen: state.chosen };
    else if (location.hash) state = { ...start(), step: state.step };
    history.replaceState(null, '', address(state));
    // What was wrong stays said beside the example that takes its place.
    const again = !shown && !recovering;
    recovering = again;
    if (again) return request();
  }
  draw();
});

/** Asks for the wanted state and whatever the step shows beside it. */
function request() {
  request_({
    state,
    updates: Math.max(20, view.top + 1, state.after + 1),
    pushes: (walk) =>
      view.line ? [view.line] : pushesOf(walk, state, view).map(({ variable, push }) => ({ variable, push })),
  });
}

// ---- changing the state

/** @param {State} next @param {boolean} [push] whether Back of the browser should lead here */
function set(next, push = false) {
  if (next.after < state.after && next.after === 0) view.top = 0;
  state = next;
  history[push ? 'pushState' : 'replaceState'](null, '', address(state));
  request();
}

/** @param {'example' | 'activation' | 'loss' | 'optimizer'} name @param {string} value */
function choose(name, value) {
  if (!shown) return;
  pause();
  if (name === 'example') {
    forget();
    view.top = 0;
    return set({ ...start(), step: state.step, example: value === '' ? null : value }, true);
  }
  const settled = settle(state, shown.own, shown.walk);
  const next = { ...settled, [name]: value === shown.own.settings[name] ? null : value };
  if (name === 'optimizer') next.lr = rateOf(settled, next, shown.own, choices.optimizers);
  set(next);
}

/** @param {number} step */
function go(step) {
  const next = Math.min(STEPS, Math.max(1, step));
  if (next === state.step) return;
  pause();
  forget();
  view.pushes = {};
  state = { ...state, step: next };
  history.pushState(null, '', address(state));
  tell();
}

/** Shows another chain. @param {string} name */
function chooseChain(name) {
  cover(null);
  state = { ...state, chosen: { ...state.chosen, [state.step]: name } };
  history.replaceState(null, '', address(state));
  tell();
}

/** A step begins: its own event is played once. */
function tell() {
  stopAnimation();
  view.t = still() ? 1 : LONG[state.step] ? 0 : 1;
  request();
  draw();
  stopAnimation = animate(LONG[state.step], (t) => {
    view.t = t;
    draw();
  });
}

/** What belongs to a step only. */
function forget() {
  view.hot = null;
  view.practice = null;
  view.line = null;
}

/** @param {number} after */
function goTo(after) {
  view.top = Math.max(view.top, after);
  state = { ...state, after };
  history.replaceState(null, '', address(state));
  request();
}

function play() {
  view.playing = true;
  let last = -BEAT;
  const next = (/** @type {number} */ now) => {
    if (!view.playing) return;
    // An update is made when the last one is on the screen, and not faster than one can follow.
    if (shown?.state.after === state.after && now - last >= (still() ? 400 : BEAT)) {
      if (atRest(shown.walk)) return pause();
      last = now;
      goTo(state.after + 1);
    }
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  draw();
}

function pause() {
  if (!view.playing) return;
  view.playing = false;
  draw();
}

/** @param {number | null} tile */
function cover(tile) {
  view.practice = tile === null ? null : { tile, text: '' };
  if (tile !== null) view.lastCovered = tile;
  draw();
  if (tile !== null) /** @type {HTMLElement | null} */ (document.querySelector('.answer'))?.focus();
}

const tileCount = () => (shown ? tiles(shown.walk, state.step, chosenChain(shown.walk, state)).length : 1);

/** @param {import('./line.js').Line} [line] */
function openLine(line) {
  if (!shown) return;
  const chain = chosenChain(shown.walk, state);
  view.practice = null;
  view.hot = null;
  view.line = line ?? { variable: chain?.weight ?? Object.keys(shown.walk.weights)[0], push: 0.2 };
  request();
}

// ---- numbers that can be changed

scrub(document.body, {
  get: (name) => {
    if (!shown) return 0;
    if (name === 'lr') return state.lr ?? shown.walk.learning_rate ?? 0;
    const weight = Object.keys(shown.walk.weights).find((symbol) => plain(symbol) === name);
    if (weight !== undefined && state.after > 0) return shown.walk.weights[weight];
    return state.values[name] ?? ownValue(shown.own, name) ?? 0;
  },
  set: (name, value) => {
    if (!shown) return;
    pause();
    set(change(state, name, value, shown.own, shown.walk));
  },
  range: (name) => (name === 'lr' ? { by: 0.01, min: 0, max: 10 } : { by: 0.01, ...LIMITS }),
  tap: (name) => {
    if (!shown) return;
    const symbol = [...Object.keys(shown.walk.weights), ...Object.keys(shown.walk.inputs)].find(
      (each) => plain(each) === name,
    );
    if (view.line && symbol !== undefined) return openLine({ ...view.line, variable: symbol });
    // A weight of another step stays what it is here, a number to change.
    const all = chainsOf(shown.walk, state.step);
    const chain = all.find(({ weight }) => plain(weight) === name);
    if (chain && chain !== chosenChain(shown.walk, state)) chooseChain(chainName(chain, all));
  },
  refused: (says) => {
    write(error, says);
    error.hidden = false;
    error.scrollIntoView({ block: 'nearest' });
  },
});

// ---- events

the('#back').addEventListener('click', () => go(state.step - 1));
the('#next').addEventListener('click', () =>
  state.step < STEPS ? go(state.step + 1) : location.assign(`/playground${location.search}`),
);
keys({ go, step: () => state.step });
/** @param {Event} event */
const point = (event) => {
  if (!shown || state.step === 1 || state.step === STEPS || view.line) return;
  const hot = tileAt(event.target, places(shown.walk, state.step, chosenChain(shown.walk, state)));
  if (hot === view.hot) return;
  view.hot = hot;
  draw();
};
document.addEventListener('pointerover', point);
document.addEventListener('focusin', point);
addEventListener('popstate', () => {
  pause();
  forget();
  const before = state.step;
  state = read(location.hash);
  view.top = Math.max(state.after, shown?.state.example === state.example ? view.top : 0);
  if (state.step !== before) tell();
  else request();
});
new ResizeObserver(() => {
  page.measure();
  draw();
}).observe(page.stage);

// Opened by its address: the finished picture at once.
get('/api/walk/choices').then((answer) => {
  if (answer.ok) choices = /** @type {Choices} */ (answer.value);
  draw();
});
request();
