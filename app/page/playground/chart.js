// Losses against steps: each batch's, pale; after each epoch training and held out. One axis of time, logarithmic losses,
// a name at the end of each line. A click goes to its step.

import { clamp, scales } from '../lib/axes.js';
import { attributes, write } from '../lib/dom.js';
import { brief } from '../lib/format.js';
import { svg } from '../lib/icons.js';
import { line } from '../lib/painter.js';

/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Run} Run */

const GRID = 6;

/** @param {SVGElement} root @param {(step: number) => void} onto
 * @returns {(run: Run, frame: Frame, width: number, height: number) => void} */
export function chart(root, onto) {
  const grid = Array.from({ length: GRID }, () => ({
    rule: svg('path', { class: 'grid' }),
    text: svg('text', { 'text-anchor': 'end' }),
  }));
  const ends = [svg('text', { 'text-anchor': 'start' }), svg('text', { 'text-anchor': 'end' })];
  const raw = svg('path', { class: 'raw' });
  const train = svg('path', { class: 'train' });
  const test = svg('path', { class: 'test' });
  const dots = svg('path', { class: 'dots' });
  const cursor = svg('path', { class: 'cursor' });
  const here = svg('circle', { class: 'here', r: 4 });
  const names = [svg('text', { class: 'train-name' }, 'training'), svg('text', { class: 'test-name' }, 'held out')];
  root.append(
    ...grid.flatMap(({ rule, text }) => [rule, text]),
    ...ends,
    raw,
    train,
    test,
    dots,
    cursor,
    here,
    ...names,
  );

  let seek = (/** @type {number} */ _x) => 0;
  root.addEventListener('pointerdown', (event) => onto(seek(event.clientX)));
  root.addEventListener('pointermove', (event) => event.buttons === 1 && onto(seek(event.clientX)));

  return (run, frame, width, height) => {
    const pad = { top: 8, right: 64, bottom: 20, left: 40 };
    const all = [
      ...frame.losses.loss,
      ...frame.epochs.train,
      ...frame.epochs.test,
      frame.train.loss,
      frame.test?.loss,
    ].filter((loss) => typeof loss === 'number' && loss > 0 && Number.isFinite(loss));
    // Losses that have run away would leave no room for the others: their line leaves at the top.
    const first = frame.losses.loss[0] ?? frame.train.loss ?? 1;
    const [low, high] = limits(/** @type {number[]} */ (all), first);
    const last = Math.max(frame.known, frame.step, 10);
    const place = scales({ width, height, x: [0, last], y: [Math.log10(low), Math.log10(high)], pad });
    const y = (/** @type {number} */ loss) => place.y(Math.log10(clamp(loss, low, high)));
    attributes(root, { viewBox: `0 0 ${width} ${height}` });

    const ticks = rules(low, high);
    grid.forEach(({ rule, text }, at) => {
      const value = ticks[at];
      attributes(rule, {
        d: value === undefined ? null : `M${pad.left} ${Math.round(y(value)) + 0.5}H${width - pad.right}`,
      });
      attributes(text, { x: pad.left - 7, y: value === undefined ? -99 : y(value) + 4 });
      write(text, value === undefined ? '' : brief(value));
    });
    attributes(ends[0], { x: pad.left, y: height - 4 });
    write(ends[0], '0');
    attributes(ends[1], { x: width - pad.right, y: height - 4 });
    write(ends[1], `${last.toLocaleString('en')} steps`);

    attributes(raw, { d: path(frame.losses.step, frame.losses.loss, high, place.x, y) });
    const epochs = frame.epochs.epoch.map((epoch) => epoch * run.steps_per_epoch);
    attributes(train, { d: path(epochs, frame.epochs.train, high, place.x, y) });
    attributes(test, { d: path(epochs, frame.epochs.test, high, place.x, y) });
    attributes(dots, { d: epochs.length <= 24 ? rings(epochs, frame.epochs.test, high, place.x, y) : '' });
    const now = place.x(frame.step);
    attributes(cursor, { d: `M${now} ${pad.top}V${height - pad.bottom}` });
    const at = frame.train.loss;
    attributes(here, { cx: now, cy: at === null ? 0 : y(at), display: at === null || at > high ? 'none' : null });

    // Two names at the ends of their lines, apart enough to be read.
    const lasts = [at, frame.test?.loss ?? null];
    const tops = lasts.map((loss) => (loss === null ? 0 : y(loss) + 4));
    if (lasts.every((loss) => loss !== null) && Math.abs(tops[0] - tops[1]) < 13) {
      const middle = clamp((tops[0] + tops[1]) / 2, pad.top + 12, height - pad.bottom - 4);
      const first = tops[0] <= tops[1] ? -1 : 1;
      [tops[0], tops[1]] = [middle + first * 6.5, middle - first * 6.5];
    }
    names.forEach((name, k) =>
      attributes(name, { x: width - pad.right + 6, y: tops[k], display: lasts[k] === null ? 'none' : null }),
    );
    seek = (x) => {
      const bounds = root.getBoundingClientRect();
      const inside = ((x - bounds.left) / bounds.width) * width;
      return Math.round(
        clamp((inside - pad.left) / (width - pad.left - pad.right), 0, 1) * Math.max(frame.known, frame.step),
      );
    };
  };
}

/** At least half a decade, with some room at both ends; at most a thousand times what it began with.
 * @param {number[]} values @param {number} first
 * @returns {[number, number]} */
function limits(values, first) {
  if (!values.length) return [0.1, 1];
  let [low, high] = [Infinity, 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (first > 0) high = Math.max(low, Math.min(high, first * 1000));
  low = Math.max(low, high * 1e-6);
  const more = Math.max(1.15, 10 ** 0.25 / Math.sqrt(high / low));
  return [low / more, high * more];
}

/** One, and where there are few of them also three, times powers of ten.
 * @param {number} low @param {number} high */
function rules(low, high) {
  const decades = Math.log10(high / low);
  const leads = decades < 0.8 ? [1, 2, 3, 5, 7] : decades < 2 ? [1, 3] : [1];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const lead of leads) found.push(Number((lead * 10 ** power).toPrecision(3)));
  }
  const inside = found.filter((value) => value >= low && value <= high);
  return inside.filter((_, at) => at % Math.ceil(inside.length / GRID) === 0);
}

/** The line, in pieces where it leaves what is shown.
 * @param {number[]} steps @param {(number | null)[]} losses @param {number} high @param {(step: number) => number} x @param {(loss: number) => number} y */
function path(steps, losses, high, x, y) {
  /** @type {[number, number][][]} */
  const pieces = [[]];
  steps.forEach((step, at) => {
    const loss = losses[at];
    if (typeof loss !== 'number' || !Number.isFinite(loss)) return;
    const piece = pieces[pieces.length - 1];
    const above = loss > high;
    if (!above || piece.length > 0) piece.push([x(step), y(loss)]);
    if (above && piece.length > 0) pieces.push([]);
  });
  return pieces.map(line).join('');
}

/** @param {number[]} steps @param {(number | null)[]} losses @param {number} high @param {(step: number) => number} x @param {(loss: number) => number} y */
function rings(steps, losses, high, x, y) {
  return steps
    .map((step, at) => {
      const loss = losses[at];
      return typeof loss === 'number' && loss <= high ? `M${x(step) - 3} ${y(loss)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0` : '';
    })
    .join('');
}
