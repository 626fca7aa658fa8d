// What every page has: header, pages, theme, copy buttons.

import { h } from './dom.js';
import { icon, svg } from './icons.js';

const PAGES = [
  { path: '/', name: 'Walk' },
  { path: '/playground', name: 'Playground' },
];

const forced = new URLSearchParams(location.search).get('theme');

/** Sets the theme that was forced or chosen before. Called first, so that a page never flashes. */
export function theme() {
  const chosen = forced ?? remembered();
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
}

/** Puts the header in front of the page.
 * @param {string} page name of the page
 * @param {...HTMLElement} tools what this page has to copy or share */
export function shell(page, ...tools) {
  const keep = forced ? `?theme=${encodeURIComponent(forced)}` : '';
  const links = PAGES.map(({ path, name }) =>
    h('a', { href: path + keep, 'aria-current': name === page && 'page' }, name),
  );
  const half = svg(
    'svg',
    { viewBox: '0 0 20 20', 'aria-hidden': 'true' },
    svg('circle', { cx: 10, cy: 10, r: 6.5, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.5 }),
    svg('path', { d: 'M10 3.5a6.5 6.5 0 0 1 0 13Z', fill: 'currentColor' }),
  );
  const lamp = h('button', { class: 'ghost', type: 'button', 'aria-label': 'Light or dark', onclick: toggle }, half);
  document.body.prepend(
    h(
      'header',
      { class: 'top' },
      h('a', { class: 'skip', href: '#main', onclick: skip }, 'To the content'),
      h('a', { class: 'brand', href: `/${keep}`, 'aria-label': 'whygrad' }, mark(), h('b', {}, 'whygrad')),
      h('nav', { 'aria-label': 'Pages' }, ...links),
      h('div', { class: 'end' }, ...tools, lamp),
    ),
  );
}

/** A button that copies a text and says so.
 * @param {'link' | 'prompt'} picture
 * @param {string} says
 * @param {() => string} text */
export function copying(picture, says, text) {
  const label = h('span', {}, says);
  const button = h('button', { class: 'ghost copy', type: 'button', title: says }, icon(picture), label);
  button.addEventListener('click', async () => {
    label.textContent = (await copy(text())) ? 'Copied' : 'Could not copy';
    button.classList.add('done');
    setTimeout(() => {
      label.textContent = says;
      button.classList.remove('done');
    }, 1400);
  });
  return button;
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** The address after # holds the state, so a jump inside the page must leave it alone.
 * @param {Event} event */
function skip(event) {
  event.preventDefault();
  const main = document.querySelector('main');
  if (!main) return;
  main.tabIndex = -1;
  main.focus();
}

/** Two links, forward and back. */
function mark() {
  return svg(
    'svg',
    { viewBox: '0 0 30 16', fill: 'none', 'stroke-width': 2.2, 'aria-hidden': 'true', class: 'mark' },
    svg('rect', { x: 1.5, y: 3, width: 14, height: 10, rx: 5, class: 'forth' }),
    svg('path', { d: 'M15 8a5 5 0 0 0-2.2-4', class: 'gap', 'stroke-width': 5 }),
    svg('path', { d: 'M14.5 8a5 5 0 0 1 5-5h4a5 5 0 0 1 0 10h-4a5 5 0 0 1-5-5Z', class: 'back' }),
  );
}

function toggle() {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const now = root.dataset.theme ?? system;
  root.dataset.theme = now === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem('theme', root.dataset.theme);
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
}

function remembered() {
  try {
    return localStorage.getItem('theme');
  } catch {
    return null;
  }
}
