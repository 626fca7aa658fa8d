// The playground: wires the state, the server and the drawings. Everything on the picture is drawn from one frame.

import { latest } from '../lib/api.js';
import { acts } from './acts.js';
import { chain as links } from '../lib/chain.js';
import { attributes, the, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { shell, theme } from '../lib/shell.js';
import { asking } from './asking.js';
import { board, unit } from './board.js';
import { caption, inWords } from './caption.js';
import { changing, shortcuts } from './changing.js';
import { setData } from './experiment.js';
import { heads } from './heads.js';
import { live } from './live.js';
import { placeOf } from './names.js';
import { predicting } from './own.js';
import { nameOfPlace } from './pointing.js';
import { reach } from './reach.js';
import * as server from './server.js';
import { inWords as networkInWords, settings } from './settings.js';
import { onDrop } from './sets.js';
import { address, fresh, read } from './state.js';
import { tools } from './tools.js';
import { transport } from './transport.js';
import { whyPanel } from './why.js';

/** @typedef {import('./view.js').Choices} Choices */
/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Run} Run */
/** @typedef {import('./view.js').Why} Why */
/** @typedef {import('./pointing.js').Target} Target */

/** How often the explanation of a weight follows a run that plays, in milliseconds. */
const FOLLOW = 250;
/** @type {import('../lib/chain.js').LinkState[]} */
const LINKS_AT_REST = ['past', 'past', 'past', 'past', 'past'];
/** While a weight is explained. @type {import('../lib/chain.js').LinkState[]} */
const LINKS_OF_WHY = ['past', 'past', 'past', 'now', 'now'];

theme();

let state = read(location.hash);
/** @type {Choices} */
let choices = { sets: [], activations: [], inits: [], losses: { classes: [], numbers: [] }, optimizers: [] };
/** The run that is on the screen, its experiment and its last frame. @type {{run: Run, experiment: Experiment, frame: Frame} | null} */
let shown = null;
/** The run that was begun last: on the screen with its first frame. @type {{run: Run, experiment: Experiment} | null} */
let begun = null;
/** The run before that one. @type {string | null} */
let former = null;
/** @type {Why | null} */
let why = null;
/** What is not worth an address. */
const view = {
  pointed: /** @type {Target | null} */ (null),
  playing: false,
  /** Whether it should play: a change begins another run, which goes on playing. */
  wanted: false,
  file: /** @type {import('./view.js').OwnFile | null} */ (null),
  lost: false,
  refused: false,
  explaining: false,
  draws: 0,
  asked: 0,
};

// ---- the page

const error = the('#error');
shell(
  'Playground',
  ...tools({
    toml: () => begun?.run.toml ?? '',
    pytorch: () => begun?.run.pytorch ?? '',
    link: () => location.origin + location.pathname + location.search + address(state),
  }),
);
const drawLinks = links(the('#chain'), { label: 'The chain of a training step', steps: [], onstep: () => {} });
drawLinks(0, LINKS_AT_REST);
const picture = board({ onexample: chooseExample, onto: (step) => (step < 0 ? redraw() : act({ do: 'to', step })) });
const drawHeads = heads(the('#heads'), change);
const drawSettings = settings(the('#settings'), {
  onchange: change,
  ondata: chooseData,
  onfile: upload,
  ontarget: predict,
});
const drawCaption = caption(the('#says'), the('#ask'), explain);
const drawWhy = whyPanel(the('#why'), { onexample: chooseInBatch, onclose: () => explain(null) });
const controls = transport(the('#transport'), {
  onrestart: () => act({ do: 'to', step: 0 }),
  onplay: () => playOrPause(),
  onto: (step) => act({ do: 'to', step }),
  onstep: (steps) => act({ do: 'step', steps }),
  onspeed: (speed) => view.playing && act({ do: 'play', speed }),
});
const net = picture.svg;
for (const button of the('#show').querySelectorAll('button')) {
  button.addEventListener('click', () => {
    state = { ...state, show: button.dataset.show === 'gradient' ? 'gradient' : 'weight' };
    tell();
    redraw();
  });
}

// ---- runs

const playOrPause = () => act(view.playing ? { do: 'pause' } : { do: 'play', speed: controls.speed() });

/** An error stands until the next thing that works.
 * @param {string | null} text */
function complain(text) {
  write(error, text ?? '');
  error.hidden = text === null;
}

const begin = latest(
  async (/** @type {Experiment} */ experiment) => {
    if (view.playing && begun) acting(begun.run.id, { do: 'pause' });
    // What was asked of the former run may still be under way, so only the one before it ends.
    return server.begin(experiment, former);
  },
  (answer, experiment) => {
    if (!answer.ok) {
      complain(answer.error);
      view.refused = true;
      // Back to the last experiment that could run.
      if (begun) state = { ...state, experiment: begun.experiment };
      else if (address({ ...fresh(), experiment }) !== '') {
        // What the address asks for cannot be: what nobody composed yet can.
        state = fresh();
        begin(state.experiment);
      }
      tell();
      return drawState();
    }
    // What stands in the place of a refused experiment does not hide why it was refused.
    if (!view.refused || begun) complain(null);
    view.refused = view.lost = false;
    former = begun?.run.id ?? null;
    begun = { run: answer.value, experiment };
    const { columns } = answer.value;
    if (columns) view.file = { source: experiment.data.source, columns };
    why = null;
    if (state.weight !== null && !placeOf(answer.value, state.weight)) state = { ...state, weight: null };
    if (state.example !== null && state.example >= answer.value.train) state = { ...state, example: null };
    watcher.watch(answer.value.id);
    if (state.step > 0) act({ do: 'to', step: state.step });
    else if (view.wanted) act({ do: 'play', speed: controls.speed() });
    tell();
  },
);

/** Another experiment: the run begins again, and goes on playing if it did.
 * @param {Experiment} experiment */
function change(experiment) {
  state = { ...state, experiment, step: 0 };
  drawState();
  begin(experiment);
}

const acting = acts(complain);
/** A run that is over begins again where it stood.
 * @param {import('./view.js').Act} what */
function act(what) {
  view.wanted = what.do === 'play';
  if (view.lost) begin(state.experiment);
  else if (begun) acting(begun.run.id, what);
}
const row = () => state.example ?? (begun && !begun.run.points ? 0 : null);
const watcher = live({ example: row, draw, fail: (text) => ((view.lost = true), complain(text)) });

// ---- drawing

/** What does not depend on a frame: settings and layers. */
function drawState() {
  const { experiment } = state;
  const set = choices.sets.find(({ name }) => name === experiment.data.source);
  const kind = set?.kind ?? (choices.losses.numbers.includes(experiment.loss.type) ? 'numbers' : 'classes');
  drawSettings({ experiment, choices, file: set ? null : view.file, kind });
  const place = picture.place();
  if (place) drawHeads(experiment, place, choices.activations);
}

/** @param {Frame} frame @param {import('./view.js').Told} told */
function draw(frame, { playing, problem }) {
  if (!begun) return;
  const isNew = shown?.run !== begun.run;
  shown = { ...begun, frame };
  // It came to its end.
  if (!isNew && view.playing && !playing) view.wanted = false;
  view.playing = playing;
  if (isNew) {
    view.pointed = null;
    write(
      the('#title'),
      `${shown.experiment.data.source.replaceAll('_', ' ')}: ${networkInWords(shown.run, shown.experiment)}`,
    );
    drawState();
  }
  if (frame.diverged ?? problem) complain(frame.diverged ?? problem);
  if (!playing) state.step = frame.step;
  redraw();
  // The layers stand over their columns once these have a place.
  if (isNew) drawState();
  askWhy();
  if (!playing) tell();
}

function redraw() {
  if (!shown) return;
  const { run, frame } = shown;
  const chosen = state.weight === null ? null : placeOf(run, state.weight);
  const fits = why !== null && why.step === frame.step + 1 && why.weight === (chosen && nameOfPlace(run, chosen));
  picture.draw(run, frame, {
    show: state.show,
    why: fits ? why : null,
    chosen,
    pointed: view.pointed?.kind === 'weight' ? view.pointed.place : null,
    exact: !view.playing,
  });
  drawCaption(run, frame, view.pointed, state.weight);
  controls.draw(run, frame, view.playing);
  const { example } = frame;
  write(
    the('#example'),
    example === null || !run.points
      ? run.points
        ? 'click one on the map'
        : 'of the training part'
      : `row ${example.row}: target ${[example.target].flat().join(', ')}, output ${example.output.map((x) => number(x)).join(', ')}${example.loss === null ? '' : `, loss ${number(example.loss)}`}`,
  );
  const field = /** @type {HTMLInputElement} */ (the('#row'));
  if (document.activeElement !== field) field.value = row() === null ? '' : String(row());
  field.max = String(run.train - 1);
  for (const button of the('#show').querySelectorAll('button'))
    attributes(button, { 'aria-pressed': String(button.dataset.show === state.show) });
  const absent = why !== null && state.example !== null && why.batch.every((each) => each.row !== state.example);
  if (view.explaining !== (state.weight !== null)) {
    view.explaining = state.weight !== null;
    drawLinks(0, view.explaining ? LINKS_OF_WHY : LINKS_AT_REST);
  }
  drawWhy(
    why && state.weight !== null
      ? { why, run, colours: picture.colours(), step: frame.step, chosen: state.example !== null, absent }
      : null,
  );
  attributes(document.body, { 'data-ready': ++view.draws });
}

// ---- why a weight moves

const askServer = asking((answer, { id, weight }) => {
  if (id !== begun?.run.id || weight !== state.weight) return;
  if (answer.ok) {
    why = answer.value;
    if (view.asked && !view.playing) complain(null);
  } else {
    complain(answer.error);
    state = { ...state, weight: null };
    why = null;
  }
  redraw();
});

/** Asks why, where what is there is not of this step; of a run that plays, not at each of them. */
function askWhy(force = false) {
  if (!shown || state.weight === null) return;
  const fits = why !== null && why.step === shown.frame.step + 1;
  if (!force && (fits || (view.playing && performance.now() - view.asked < FOLLOW))) return;
  view.asked = performance.now();
  askServer({ id: shown.run.id, weight: state.weight, row: state.example });
}

/** @param {string | null} name */
function explain(name) {
  const known = name !== null && shown ? placeOf(shown.run, name) : null;
  if (name !== null && !known)
    return complain(
      `There is no weight ${name} in this network; names are as ${shown?.run.layers[0].weight.name}[0,0].`,
    );
  complain(null);
  state = { ...state, weight: known && shown ? nameOfPlace(shown.run, known) : null };
  why = null;
  tell();
  redraw();
  askWhy(true);
}

/** @param {number | null} example row of the training part */
function chooseExample(example) {
  if (!shown || (example !== null && (example < 0 || example >= shown.run.train))) return;
  state = { ...state, example };
  tell();
  watcher.refresh();
  askWhy(true);
}

/** @param {number | null} place in the batch */
function chooseInBatch(place) {
  chooseExample(place === null ? null : (why?.batch[place]?.row ?? null));
}

// ---- data

/** @param {import('./view.js').DataSet} set */
function chooseData(set) {
  view.file = null;
  state = { ...state, example: null, weight: null };
  change(setData(state.experiment, set));
}

/** @param {File} file */
async function upload(file) {
  const answer = await server.upload(file);
  if (!answer.ok) return complain(answer.error);
  view.file = answer.value;
  state = { ...state, example: null, weight: null };
  predict(answer.value.columns.at(-1)?.name ?? '');
}

/** @param {string} column of one's own file */
function predict(column) {
  if (view.file) change(predicting(state.experiment, view.file, column));
}

// ---- pointing and keys

reach(net, {
  shown: () => shown,
  place: picture.place,
  chosen: () => state.weight,
  pointed: () => view.pointed,
  onpoint: (target, spoken) => {
    view.pointed = target;
    redraw();
    if (spoken && shown && target) write(the('#say'), inWords(shown.run, shown.frame, target));
  },
  onchoose: explain,
});
changing(
  () => state.experiment,
  () => choices,
  change,
);
shortcuts({
  play: playOrPause,
  step: () => act({ do: 'step', steps: 1 }),
  back: () => shown && act({ do: 'to', step: Math.max(0, shown.frame.step - 1) }),
  home: () => act({ do: 'to', step: 0 }),
});
the('#row').addEventListener('change', () => {
  const { value } = /** @type {HTMLInputElement} */ (the('#row'));
  chooseExample(value.trim() === '' ? null : Math.round(Number(value)));
});

// ---- the address

/** Browsers limit how often it may change. */
let telling = 0;
function tell() {
  clearTimeout(telling);
  telling = setTimeout(
    () => history.replaceState(null, '', address(state) || location.pathname + location.search),
    200,
  );
}
addEventListener('hashchange', () => {
  state = read(location.hash);
  drawState();
  begin(state.experiment);
});
let width = 0;
new ResizeObserver(() => {
  const now = the('.stage').clientWidth / unit();
  if (now === width) return;
  width = now;
  redraw();
  drawState();
}).observe(the('.stage'));
onDrop(upload);

// A phone shows the picture first; the settings open above it.
const slim = matchMedia('(max-width: 40rem)');
const fold = () => /** @type {HTMLDetailsElement} */ (the('#fold')).toggleAttribute('open', !slim.matches);
slim.addEventListener('change', fold);
fold();

server.choices().then((answer) => {
  if (answer.ok) choices = answer.value;
  else complain(answer.error);
  drawState();
  begin(state.experiment);
});
