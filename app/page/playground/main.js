// The playground: wires the state, the server and the drawings. Everything on the picture is drawn from one frame.

import { attributes, the, write } from '../lib/dom.js';
import { shell, theme } from '../lib/shell.js';
import { unmarked } from '../lib/phrase.js';
import { board, unit } from './board.js';
import { caption, inWords, whyWords } from './caption.js';
import { changing, shortcuts } from './changing.js';
import { chosenExample } from './chosen.js';
import { scaled, setData } from './experiment.js';
import { explaining } from './explaining.js';
import { fold } from './fold.js';
import { heads } from './heads.js';
import { journey, same } from './journey.js';
import { placeOf } from './names.js';
import { predicting, usualTarget } from './own.js';
import { nameOfPlace } from './pointing.js';
import { reach } from './reach.js';
import { reveal } from './reveal.js';
import { runs } from './runs.js';
import * as server from './server.js';
import { session } from './session.js';
import { inWords as networkInWords, settings } from './settings.js';
import { onDrop } from './sets.js';
import { spine } from './spine.js';
import { address, read } from './state.js';
import { tools } from './tools.js';
import { transport } from './transport.js';
import { whyPanel } from './why.js';
import { facts, firstWords } from './words.js';

/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Frame} Frame */

theme();

const now = session(read(location.hash));
let draws = 0;

// ---- the page

const error = the('#error');
shell(
  'Playground',
  ...tools({
    toml: () => now.begun?.run.toml ?? '',
    pytorch: () => now.begun?.run.pytorch ?? '',
    link: () => location.origin + location.pathname + location.search + address(now.state),
  }),
);
const drawSpine = spine(the('#chain'));
const picture = board({
  onexample: chooseExample,
  onto: (step) => run.act({ do: 'to', step }),
  onlook: redraw,
});
const drawHeads = heads(the('#heads'), choose);
const drawSettings = settings(the('#settings'), {
  onchange: choose,
  ondata: chooseData,
  onfile: upload,
  ontarget: predict,
});
const nameFold = fold();
const drawCaption = caption(the('#says'), the('#ask'), (name) => why.explain(name));
const drawWhy = whyPanel(the('#why'), { onexample: chooseInBatch, onclose: () => why.explain(null) });
const drawExample = chosenExample(chooseExample);
const controls = transport(the('#transport'), {
  onrestart: () => run.act({ do: 'to', step: 0 }),
  onplay: () => run.playOrPause(),
  onto: (step) => run.act({ do: 'to', step }),
  onstep: (steps) => run.act({ do: 'step', steps }),
  onspeed: (speed) => now.playing && run.act({ do: 'play', speed }),
});
const showing = [...the('#show').querySelectorAll('button')];
for (const button of showing) {
  button.addEventListener('click', () => {
    now.state = { ...now.state, show: button.dataset.show === 'gradient' ? 'gradient' : 'weight' };
    trip.replace();
    redraw();
  });
}

/** An error stands until the next thing that works.
 * @param {string | null} text */
function complain(text) {
  write(error, text ?? '');
  error.hidden = text === null;
}

// ---- what it is made of

const trip = journey(now, restore);
const run = runs(now, { complain, tell: trip.replace, settings: drawState, draw, speed: () => controls.speed() });
const why = explaining(now, { complain, redraw, choose: trip.push });

/** Back and Forward: what the address says now.
 * @param {import('./state.js').State} state */
function restore(state) {
  const before = now.state;
  if (!same(state.experiment, before.experiment)) {
    now.state = state;
    now.why = null;
    drawState();
    return run.begin(state.experiment);
  }
  now.state = { ...state, experiment: before.experiment };
  if (state.weight !== before.weight) now.why = null;
  // A run that plays goes on.
  if (!now.playing && now.shown && state.step !== now.shown.frame.step) run.act({ do: 'to', step: state.step });
  if (state.example !== before.example) run.refresh();
  redraw();
  why.ask(true);
}

// ---- drawing

/** What does not depend on a frame: settings and layers. */
function drawState() {
  const { choices, file } = now;
  const { experiment } = now.state;
  const set = choices.sets.find(({ name }) => name === experiment.data.source);
  const kind = set?.kind ?? (choices.losses.numbers.includes(experiment.loss.type) ? 'numbers' : 'classes');
  drawSettings({ experiment, choices, file: set ? null : file, kind });
  nameFold(dataName(experiment));
  const place = picture.place();
  if (place) drawHeads(experiment, place, choices.activations);
}

/** A file's name stays as it is; those of the built-in sets are words.
 * @param {Experiment} experiment */
function dataName({ data: { source } }) {
  return now.choices.sets.some(({ name }) => name === source) ? source.replaceAll('_', ' ') : source;
}

/** @param {Frame} frame @param {import('./view.js').Told} told */
function draw(frame, { playing, problem }) {
  const { begun } = now;
  if (!begun) return;
  const isNew = now.shown?.run !== begun.run;
  now.shown = { ...begun, frame };
  // It came to its end.
  if (!isNew && now.playing && !playing) now.wanted = false;
  now.playing = playing;
  now.played ||= playing || frame.known > 0;
  if (isNew) {
    now.pointed = null;
    write(the('#title'), `${dataName(begun.experiment)}: ${networkInWords(begun.run, begun.experiment)}`);
    drawState();
  }
  write(the('#lead'), now.played ? facts(begun.run) : firstWords(begun.run));
  const wrong = frame.diverged ?? problem;
  if (wrong || now.diverged) complain(wrong);
  now.diverged = wrong !== null;
  // While it is on its way to a step, that is the one that the address names.
  if (!playing && !now.going) now.state.step = frame.step;
  redraw();
  // The layers stand over their columns once these have a place.
  if (isNew) drawState();
  why.ask();
  if (!playing) trip.replace();
}

function redraw() {
  const { shown, state } = now;
  if (!shown) return;
  const { frame, experiment } = shown;
  const chosen = state.weight === null ? null : placeOf(shown.run, state.weight);
  const told = now.why;
  const fits =
    told !== null && told.step === frame.step + 1 && told.weight === (chosen && nameOfPlace(shown.run, chosen));
  const known = scaled(experiment);
  picture.draw(shown.run, frame, {
    show: state.show,
    why: fits ? told : null,
    chosen,
    pointed: now.pointed?.kind === 'weight' ? now.pointed.place : null,
    exact: !now.playing,
    scaled: known,
  });
  drawCaption(shown.run, frame, { target: now.pointed, chosen, why: fits ? told : null, scaled: known });
  controls.draw(shown.run, frame, now.playing);
  drawExample(shown.run, frame, run.row());
  for (const button of showing) attributes(button, { 'aria-pressed': String(button.dataset.show === state.show) });
  drawSpine(state.weight !== null);
  const absent = told !== null && state.example !== null && told.batch.every((each) => each.row !== state.example);
  drawWhy(
    told && state.weight !== null
      ? {
          why: told,
          run: shown.run,
          colours: picture.colours(),
          step: frame.step,
          chosen: state.example !== null,
          absent,
        }
      : null,
  );
  if (now.reveal && fits && chosen) {
    now.reveal = false;
    reveal(the('#why'));
    write(the('#say'), unmarked(whyWords(shown.run, frame, chosen, told)));
  }
  attributes(document.body, { 'data-ready': ++draws });
}

// ---- choices

/** Another experiment by a choice, which Back takes back.
 * @param {Experiment} experiment */
function choose(experiment) {
  run.change(experiment);
  trip.push();
}

/** By a number that is dragged or typed.
 * @param {Experiment} experiment */
function drag(experiment) {
  run.change(experiment);
  trip.replace();
}

/** @param {number | null} example row of the training part */
function chooseExample(example) {
  if (!now.shown || (example !== null && (example < 0 || example >= now.shown.run.train))) return;
  now.state = { ...now.state, example };
  trip.replace();
  run.refresh();
  why.ask(true);
}

/** @param {number | null} place in the batch */
function chooseInBatch(place) {
  chooseExample(place === null ? null : (now.why?.batch[place]?.row ?? null));
}

/** @param {import('./view.js').DataSet} set */
function chooseData(set) {
  now.file = null;
  now.state = { ...now.state, example: null, weight: null };
  choose(setData(set));
}

/** @param {File} file */
async function upload(file) {
  const answer = await server.upload(file);
  if (!answer.ok) return complain(answer.error);
  now.file = answer.value;
  now.state = { ...now.state, example: null, weight: null };
  const target = usualTarget(answer.value);
  if (target === null) return complain(`${answer.value.source} has no column of numbers or of a few classes.`);
  predict(target);
}

/** @param {string} column of one's own file */
function predict(column) {
  if (now.file) choose(predicting(now.state.experiment, now.file, column));
}

// ---- pointing and keys

reach(picture.svg, {
  shown: () => now.shown,
  place: picture.place,
  chosen: () => now.state.weight,
  pointed: () => now.pointed,
  onpoint: (target, spoken) => {
    now.pointed = target;
    redraw();
    const { shown } = now;
    if (spoken && shown && target)
      write(the('#say'), inWords(shown.run, shown.frame, target, scaled(shown.experiment)));
  },
  onchoose: why.explain,
});
changing(
  () => now.state.experiment,
  () => now.choices,
  drag,
);
shortcuts({
  play: run.playOrPause,
  step: () => run.act({ do: 'step', steps: 1 }),
  back: () => now.shown && run.act({ do: 'to', step: Math.max(0, now.shown.frame.step - 1) }),
  home: () => run.act({ do: 'to', step: 0 }),
});
onDrop(upload);

let width = 0;
new ResizeObserver(() => {
  const wide = the('.stage').clientWidth / unit();
  if (wide === width) return;
  width = wide;
  redraw();
  drawState();
}).observe(the('.stage'));

server.choices().then((answer) => {
  if (answer.ok) now.choices = answer.value;
  else complain(answer.error);
  drawState();
  run.begin(now.state.experiment);
});
