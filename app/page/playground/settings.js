// The settings, each under the link of the chain that it belongs to: data, forward, loss, gradient, update.

import { fill, h } from '../lib/dom.js';
import {
  activation,
  addLayer,
  blocks,
  init,
  MOST_LAYERS,
  removeLayer,
  set,
  setInit,
  setOptimizer,
} from './experiment.js';
import { choiceField, named, numberField } from './fields.js';
import { numberOf, rangeOf } from './numbers.js';
import { optimizerKeys } from './keys.js';
import { sets } from './sets.js';

/** @typedef {import('./view.js').Choices} Choices */
/** @typedef {import('./view.js').DataSet} DataSet */
/** @typedef {import('./view.js').Experiment} Experiment */
/** @typedef {import('./view.js').Run} Run */

/** @typedef {object} SettingsEvents
 * @property {(experiment: Experiment) => void} onchange
 * @property {(set: DataSet) => void} ondata
 * @property {(file: File) => void} onfile
 * @property {(column: string) => void} ontarget */

/** @typedef {object} Shown
 * @property {Experiment} experiment
 * @property {Choices} choices
 * @property {import('./view.js').OwnFile | null} file
 * @property {'classes' | 'numbers'} kind */

/** @param {HTMLElement} host @param {SettingsEvents} on
 * @returns {(shown: Shown) => void} */
export function settings(host, on) {
  /** @type {Shown | null} */
  let now = null;
  /** @param {(shown: Shown) => Experiment} make */
  const change = (make) => () => now && on.onchange(make(now));

  /** @param {string} name @param {...(Node | string)} inside */
  const column = (name, ...inside) =>
    h('section', { class: `set-${name}`, 'aria-label': `Settings of ${name}` }, h('h3', {}, name), ...inside);
  const line = (/** @type {(Node | string)[]} */ ...inside) => h('div', { class: 'line' }, ...inside);
  /** @type {Record<string, ReturnType<typeof numberField>>} */
  const numbers = Object.fromEntries(
    Object.entries({
      'data.noise': 'noise',
      'data.size': 'size',
      'data.arms': 'arms',
      'data.test': 'held out',
      seed: 'seed',
      'train.batch': 'batch',
      'train.epochs': 'epochs',
      'train.clip_norm': '',
      'train.clip_value': '',
      'optimizer.lr': 'rate',
      'optimizer.momentum': 'momentum',
      'optimizer.weight_decay': 'decay',
    }).map(([name, label]) => [name, numberField(name, label)]),
  );
  for (const name of ['train.clip_norm', 'train.clip_value']) numbers[name] = numberField(name, 'at');

  const picture = h('div', { class: 'set-pictures' });
  const drawSets = sets(picture, { onchoose: on.ondata, onfile: on.onfile });
  const target = choiceField('predict', on.ontarget);
  const scale = choiceField(
    'scale',
    (kind) => now && on.onchange(set(now.experiment, 'data', 'scale', kind === 'none' ? undefined : kind)),
  );
  const dataLine = line();

  const start = choiceField('start', (name) => now && on.onchange(setInit(now.experiment, name)));
  const more = h(
    'button',
    {
      type: 'button',
      class: 'round',
      'aria-label': 'One hidden layer more',
      'data-focus': 'more',
      onclick: change(({ experiment }) => addLayer(experiment)),
    },
    '+',
  );
  const fewer = h(
    'button',
    {
      type: 'button',
      class: 'round',
      'aria-label': 'One hidden layer fewer',
      'data-focus': 'fewer',
      onclick: change(({ experiment }) => removeLayer(experiment, blocks(experiment).length - 2)),
    },
    '−',
  );
  const layers = h('b', { class: 'num' });
  const word = h('span', {});

  const loss = choiceField('loss', (type) => now && on.onchange({ ...now.experiment, loss: { type } }), true);
  const clip = choiceField('clip', (kind) => now && on.onchange(clipped(now.experiment, kind)));
  const clipLine = line();
  const optimizer = choiceField(
    'optimizer',
    (type) => now && on.onchange(setOptimizer(now.experiment, type, now.choices)),
    true,
  );
  const updateLine = line();
  const keys = optimizerKeys((experiment) => on.onchange(experiment));
  const schedule = choiceField(
    'what becomes of the rate',
    (type) => now && on.onchange({ ...now.experiment, schedule: type === 'constant' ? undefined : { type } }),
    true,
  );

  host.append(
    column('data', picture, dataLine),
    column(
      'forward',
      line(h('span', { class: 'field' }, fewer, layers, more, ' ', word)),
      line(start.element),
      line(numbers.seed.element),
    ),
    column('loss', line(loss.element), line(numbers['data.test'].element)),
    column('gradient', line(numbers['train.batch'].element, numbers['train.epochs'].element), clipLine),
    column('update', line(optimizer.element, keys.button), updateLine, line(schedule.element)),
  );
  host.after(keys.popover);

  return (shown) => {
    now = shown;
    const { experiment, choices, file, kind } = shown;
    const { source } = experiment.data;
    const chosen = choices.sets.find(({ name }) => name === source);
    drawSets(choices.sets, source, chosen ? null : source);
    /** @type {string[]} */
    const own = [
      ...(chosen?.generated && source !== 'xor' ? ['data.noise', 'data.size'] : []),
      ...(source === 'spiral' ? ['data.arms'] : []),
    ];
    fill(dataLine, JSON.stringify([own, file]), () =>
      file ? [target.element, scale.element] : [...own.map((name) => numbers[name].element), scale.element],
    );
    scale.show(
      [
        { value: 'none', label: 'none' },
        { value: 'standard', label: 'standard' },
        { value: 'minmax', label: 'min–max' },
      ],
      String(experiment.data.scale ?? 'none'),
    );
    if (file)
      target.show(
        file.columns.map(({ name }) => ({ value: name, label: name })),
        String(experiment.data.target ?? ''),
      );

    const hidden = blocks(experiment).length - 1;
    layers.textContent = String(hidden);
    word.textContent = `hidden layer${hidden === 1 ? '' : 's'}`;
    more.disabled = hidden >= MOST_LAYERS;
    fewer.disabled = hidden === 0;
    start.show([{ value: '', label: 'uniform in ±1/√in' }, ...choices.inits.map(named)], init(experiment));
    // What a file's target is only its owner knows.
    const losses = file ? [...choices.losses.classes, ...choices.losses.numbers] : choices.losses[kind];
    loss.show(losses.map(named), experiment.loss.type);

    const kindOfClip = 'clip_norm' in experiment.train ? 'norm' : 'clip_value' in experiment.train ? 'value' : 'none';
    fill(clipLine, kindOfClip, () => [
      clip.element,
      ...(kindOfClip === 'none' ? [] : [numbers[`train.clip_${kindOfClip}`].element]),
    ]);
    clip.show(
      [
        { value: 'none', label: 'not' },
        { value: 'norm', label: 'the norm' },
        { value: 'value', label: 'each number' },
      ],
      kindOfClip,
    );

    const known = choices.optimizers.find(({ name }) => name === experiment.optimizer.type)?.keys ?? [];
    optimizer.show(
      choices.optimizers.map(({ name }) => named(name)),
      experiment.optimizer.type,
    );
    const plain = ['lr', 'momentum', 'weight_decay'].filter((name) => known.some((key) => key.name === name));
    fill(updateLine, JSON.stringify(plain), () => plain.map((name) => numbers[`optimizer.${name}`].element));
    schedule.show(
      [
        { value: 'constant', label: 'rate stays' },
        { value: 'cosine', label: 'rate falls as a cosine' },
        { value: 'step', label: 'rate falls in steps' },
      ],
      String(experiment.schedule?.type ?? 'constant'),
    );
    keys.show(
      experiment,
      known.filter(({ name }) => !plain.includes(name)),
    );
    for (const [name, field] of Object.entries(numbers)) {
      const value = numberOf(experiment, choices, name);
      field.show(value, rangeOf(name, value));
    }
  };
}

/** @param {Experiment} experiment @param {string} kind */
function clipped(experiment, kind) {
  const without = set(set(experiment, 'train', 'clip_norm', undefined), 'train', 'clip_value', undefined);
  return kind === 'none' ? without : set(without, 'train', `clip_${kind}`, 1);
}

/** A network in a line: 2 – 6 tanh – 4 tanh – 2; layers that are alike stand once: 2 – 3 × 16 tanh – 2
 * @param {Run} run @param {Experiment} experiment */
export function inWords(run, experiment) {
  const list = blocks(experiment).map(
    (block) => `${block.linear.out}${block.then.length ? ` ${activation(block)}` : ''}`,
  );
  /** @type {{says: string, times: number}[]} */
  const grouped = [];
  for (const says of list) {
    const last = grouped.at(-1);
    if (last?.says === says) last.times++;
    else grouped.push({ says, times: 1 });
  }
  return [
    String(run.inputs.length),
    ...grouped.map(({ says, times }) => (times > 1 ? `${times} × ${says}` : says)),
  ].join(' – ');
}
