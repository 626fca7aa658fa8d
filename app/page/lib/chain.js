// The spine of every page: data → forward → loss → gradient → update as five interlocked links.

import { h } from './dom.js';
import { Painter } from './painter.js';
import { svg } from './icons.js';

export const LINKS = ['data', 'forward', 'loss', 'gradient', 'update'];

/** @typedef {{number: number, title: string, link: number}} Step a dot in one of the links */
/** @typedef {'' | 'past' | 'now' | 'broken' | 'symptom' | 'unknown'} LinkState */

/** @param {HTMLElement} host
 * @param {{label: string, steps: Step[], onstep: (step: number) => void}} options
 * @returns {(current: number, states: LinkState[]) => void} draws it: which step is current, how each link is */
export function chain(host, { label, steps, onstep }) {
  host.classList.add('chain');
  host.classList.toggle('steps', steps.length > 0);
  const picture = /** @type {SVGElement} */ (svg('svg', { 'aria-hidden': 'true' }));
  const painter = new Painter(picture);
  const dots = steps.map(({ number, title }) =>
    h(
      'a',
      {
        class: 'dot',
        href: `#step=${number}`,
        'data-step-dot': number,
        title: `${number}. ${title}`,
        'aria-label': `Step ${number}: ${title}`,
      },
      number,
    ),
  );
  const items = LINKS.map((name, at) =>
    h('li', {}, ...dots.filter((_, k) => steps[k].link === at), h('span', {}, name)),
  );
  host.append(picture, h('ol', { 'aria-label': label }, ...items));
  host.addEventListener('click', (event) => {
    const dot = event.target instanceof Element ? event.target.closest('[data-step-dot]') : null;
    if (!dot || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onstep(Number(dot.getAttribute('data-step-dot')));
  });

  /** @type {LinkState[]} */
  let states = LINKS.map(() => '');
  // The size is read where it changes only: to ask for it in every frame would lay the page out again each time.
  let [width, height] = [host.clientWidth, host.clientHeight];
  const draw = () => paint(painter, width, height, states);
  new ResizeObserver(() => {
    [width, height] = [host.clientWidth, host.clientHeight];
    draw();
  }).observe(host);
  return (current, now) => {
    states = now;
    items.forEach((item, at) => (item.className = states[at]));
    dots.forEach((dot, at) => {
      if (steps[at].number === current) dot.setAttribute('aria-current', 'step');
      else dot.removeAttribute('aria-current');
      dot.classList.toggle('past', steps[at].number < current);
    });
    draw();
  };
}

/** @param {Painter} painter @param {number} width @param {number} height @param {LinkState[]} states */
function paint(painter, width, height, states) {
  if (!width) return;
  const unit = height / 48;
  const overlap = height * 0.52;
  const each = width / states.length;
  const top = 3 * unit;
  const inner = height - 6 * unit;
  const radius = inner / 2;
  /** @param {number} at */
  const ends = (at) => [
    at ? at * each - overlap / 2 : 1.5,
    at < states.length - 1 ? (at + 1) * each + overlap / 2 : width - 1.5,
  ];
  /** @param {number} at */
  const whole = (at) => {
    const [left, right] = ends(at);
    return `M${left + radius} ${top}H${right - radius}A${radius} ${radius} 0 0 1 ${right - radius} ${top + inner}H${left + radius}A${radius} ${radius} 0 0 1 ${left + radius} ${top}Z`;
  };
  painter.begin();
  states.forEach((state, at) => {
    const [left, right] = ends(at);
    if (state === 'broken') {
      // Torn: two halves, the right one shifted off.
      const tear = left + (right - left) * 0.85;
      painter.put(`halo${at}`, 'path', { class: 'halo', d: whole(at) });
      painter.put(`left${at}`, 'path', {
        class: 'link broken',
        d: `M${tear - 12} ${top}H${left + radius}A${radius} ${radius} 0 0 0 ${left + radius} ${top + inner}H${tear - 5}`,
      });
      painter.put(`right${at}`, 'path', {
        class: 'link broken',
        transform: `translate(3 3) rotate(3 ${right} ${top + radius})`,
        d: `M${tear + 4} ${top}H${right - radius}A${radius} ${radius} 0 0 1 ${right - radius} ${top + inner}H${tear + 11}`,
      });
      return;
    }
    if (at)
      painter.put(`halo${at}`, 'path', {
        class: 'halo',
        d: `M${left + radius} ${top + inner}A${radius} ${radius} 0 0 1 ${left + radius} ${top}h${overlap / 2}`,
      });
    painter.put(`link${at}`, 'path', {
      class: `link ${state}`,
      d: whole(at),
      'stroke-dasharray': state === 'unknown' ? '2 5' : null,
    });
  });
  // The lower crossing goes over: the right ends are drawn again.
  states.slice(0, -1).forEach((state, at) => {
    if (state === 'broken') return;
    const [, right] = ends(at);
    painter.put(`under${at}`, 'path', {
      class: 'halo',
      d: `M${right - radius * 0.1} ${top + radius * 1.45}A${radius} ${radius} 0 0 1 ${right - radius * 1.05} ${top + inner}`,
    });
    painter.put(`over${at}`, 'path', {
      class: `link ${state}`,
      d: `M${right} ${top + radius}A${radius} ${radius} 0 0 1 ${right - radius} ${top + inner}h${-overlap * 0.2}`,
    });
  });
  painter.end();
}
