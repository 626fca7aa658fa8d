// Step, play, pause, slower, faster, back to any step, restart: at the foot of the page, always in reach.

import { attributes, h, write } from '../lib/dom.js';
import { svg } from '../lib/icons.js';

/** @typedef {import('./view.js').Frame} Frame */
/** @typedef {import('./view.js').Run} Run */

/** Steps a second; null is as fast as it can. @type {(number | null)[]} */
const SPEEDS = [1, 4, 15, 60, 250, 1000, null];

/** @typedef {object} TransportEvents
 * @property {() => void} onrestart
 * @property {() => void} onplay plays or pauses
 * @property {(step: number) => void} onto
 * @property {(steps: number) => void} onstep
 * @property {(speed: number | null) => void} onspeed */

const PICTURES = {
  restart: 'M3 3V13M13 3 5.500 8 13 13Z',
  back: 'M11 3.500 5.500 8 11 12.500',
  step: 'M5 3.500 10.500 8 5 12.500',
  play: 'M4.500 2.500 13 8 4.500 13.500Z',
  pause: 'M4 2.500H6.500V13.500H4ZM9.500 2.500H12V13.500H9.500Z',
};

/** @param {HTMLElement} host @param {TransportEvents} on
 * @returns {{draw: (run: Run, frame: Frame, playing: boolean) => void, speed: () => number | null, next: (by: number) => void}} */
export function transport(host, on) {
  let at = 3;
  let known = 0;
  let step = 0;
  /** @param {keyof typeof PICTURES} name @param {string} label @param {string} type @param {() => void} onclick */
  const button = (name, label, type, onclick) =>
    h(
      'button',
      { class: type, type: 'button', 'aria-label': label, title: label, onclick, 'data-do': name },
      picture(name),
    );
  const play = button('play', 'Play', 'btn main', on.onplay);
  const speed = h('output', { class: 'tiny', 'aria-label': 'Speed' });
  const slower = h(
    'button',
    {
      class: 'round',
      type: 'button',
      'aria-label': 'Slower',
      title: 'Slower',
      'data-do': 'slower',
      onclick: () => next(-1),
    },
    '−',
  );
  const faster = h(
    'button',
    {
      class: 'round',
      type: 'button',
      'aria-label': 'Faster',
      title: 'Faster',
      'data-do': 'faster',
      onclick: () => next(1),
    },
    '+',
  );
  const slider = h('input', { type: 'range', min: 0, step: 1, 'aria-label': 'Step', 'data-slider': true });
  const where = h('output', { class: 'where tiny', 'aria-label': 'Where the run stands' });
  slider.addEventListener('input', () => on.onto(Number(slider.value)));
  host.append(
    h(
      'div',
      { class: 'buttons' },
      button('restart', 'Restart: back to step 0', 'btn disc', on.onrestart),
      button('back', 'One step back', 'btn disc', () => on.onto(Math.max(0, step - 1))),
      play,
      button('step', 'One step', 'btn disc', () => on.onstep(1)),
    ),
    h('div', { class: 'speed' }, slower, speed, faster),
    slider,
    where,
  );
  say();

  /** @param {number} by */
  function next(by) {
    const to = Math.min(SPEEDS.length - 1, Math.max(0, at + by));
    if (to === at) return;
    at = to;
    say();
    on.onspeed(SPEEDS[at]);
  }

  function say() {
    write(speed, SPEEDS[at] === null ? 'full speed' : `${SPEEDS[at]} step${SPEEDS[at] === 1 ? '' : 's'}/s`);
    slower.disabled = at === 0;
    faster.disabled = at === SPEEDS.length - 1;
  }

  let drawn = false;
  return {
    next,
    speed: () => SPEEDS[at],
    draw(run, frame, playing) {
      [step, known] = [frame.step, Math.max(frame.known, frame.step)];
      if (slider.max !== String(Math.max(1, known))) slider.max = String(Math.max(1, known));
      if (slider.value !== String(step)) slider.value = String(step);
      attributes(slider, { 'aria-valuetext': `step ${step} of ${known} that were made` });
      const all = run.steps.toLocaleString('en');
      write(where, `step ${step.toLocaleString('en')} of ${all} · epoch ${Math.floor(frame.epoch)}`);
      if (drawn !== playing) {
        drawn = playing;
        play.replaceChildren(picture(playing ? 'pause' : 'play'));
        attributes(play, { 'aria-label': playing ? 'Pause' : 'Play', title: playing ? 'Pause' : 'Play' });
      }
      attributes(play, { 'data-playing': playing, disabled: frame.finished && !playing });
    },
  };
}

/** @param {keyof typeof PICTURES} name */
function picture(name) {
  const filled = name === 'play' || name === 'pause' || name === 'restart';
  return /** @type {Node} */ (
    svg(
      'svg',
      { viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' },
      svg('path', {
        d: PICTURES[name],
        fill: filled ? 'currentColor' : 'none',
        stroke: 'currentColor',
        'stroke-width': name === 'pause' ? 0 : 1.6,
        'stroke-linejoin': 'round',
        'stroke-linecap': 'round',
      }),
    )
  );
}
