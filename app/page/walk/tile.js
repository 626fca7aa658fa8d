// One tile: a plain name, a symbol and its number, how it is computed, and what a nudge does to it.

import { attributes, fill, h, widthOf, write } from '../lib/dom.js';
import { number } from '../lib/format.js';
import { icon } from '../lib/icons.js';
import { phrase, unmarked } from '../lib/phrase.js';
import { math, plain, spoken, toHtml, toMath } from '../lib/symbol.js';
import { drawRails, rails } from './rails.js';

/** @typedef {object} Tile
 * @property {string} key the same number in another step is the same tile
 * @property {'forward' | 'factor' | 'product' | 'note'} kind
 * @property {string} name in plain words, with {symbols}
 * @property {string} symbol
 * @property {number | null} value
 * @property {import('./formulas.js').Formula[]} formulas
 * @property {string} [operator] what stands before it
 * @property {string} [tag] that it was found before
 * @property {{label: string, now: boolean}[]} [uses] weights whose gradient it is part of
 * @property {string} [usesNote]
 * @property {string} [cause] the variable that a nudge pushes
 * @property {string} [effect] what answers
 * @property {{value: number, ok: boolean, note: string}} [nudged] the same by finite differences
 * @property {string} [meaning]
 * @property {import('../view.js').Mistake[]} [mistakes]
 * @property {import('./picture.js').Picture} [picture]
 * @property {() => Node[]} [note]
 * @property {string} [drawn] what picture and note depend on
 * @property {number} [grow] */

/** @typedef {object} TileState
 * @property {number} at
 * @property {boolean} hot
 * @property {number} seen from 0 to 1
 * @property {boolean} covered
 * @property {string} verdict
 * @property {boolean} right
 * @property {number} push
 * @property {import('../view.js').Nudge | null} nudge */

/** @param {Tile} tile @param {{onpush: (key: string, push: number) => void, onanswer: (text: string) => void}} on
 * @returns {HTMLElement} */
export function makeTile(tile, on) {
  const element = h(
    'div',
    { class: `tile ${tile.kind}`, role: 'group', tabindex: 0 },
    h('div', { class: 'head' }),
    h('div', { class: 'pair' }, h('div', { class: 'what' }), h('div', { class: 'big num' })),
    h('p', { class: 'verdict', 'aria-live': 'polite' }),
    h('div', { class: 'how' }),
    h('div', { class: 'uses' }),
    h('div', { class: 'check' }),
    h('p', { class: 'meaning' }),
    h('div', { class: 'pic' }),
    h('div', { class: 'free' }),
  );
  if (tile.cause && tile.effect) element.append(rails(tile.cause, tile.effect, (push) => on.onpush(tile.key, push)));
  element.addEventListener('input', (event) => {
    if (event.target instanceof HTMLInputElement && event.target.matches('.answer')) on.onanswer(event.target.value);
  });
  return element;
}

/** @param {HTMLElement} element @param {Tile} tile @param {TileState} state @param {number} unit pixels of a unit */
export function drawTile(element, tile, state, unit) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(`.${name}`));
  const { covered, seen } = state;
  element.classList.toggle('hot', state.hot);
  element.classList.toggle('again', tile.tag !== undefined);
  attributes(element, { 'data-tile': state.at + 1, 'data-covered': covered, 'aria-label': sentence(tile, state) });
  element.style.flexGrow = String(tile.grow ?? 1);
  element.style.opacity = seen < 1 ? String(0.35 + 0.65 * seen) : '';

  fill(part('head'), `${tile.name}|${tile.tag}|${tile.kind}|${state.at}`, () => [
    tile.kind === 'factor' && h('span', { class: 'badge', 'aria-hidden': 'true' }, state.at + 1),
    h('span', {}, ...phrase(tile.name)),
    tile.tag && h('span', { class: 'tag' }, icon('again'), tile.tag),
  ]);
  part('pair').hidden = tile.symbol === '';
  fill(part('what'), tile.symbol, () => (tile.symbol ? [math('math', {}, toMath(tile.symbol))] : []));
  fill(part('big'), `${covered}|${seen > 0}|${tile.value}`, () =>
    covered ? [question(tile)] : [result(tile, seen > 0)],
  );
  part('verdict').hidden = !covered;
  write(part('verdict'), covered ? state.verdict : '');
  part('verdict').classList.toggle('right', state.right);
  const formulas = covered ? [] : tile.formulas;
  part('how').hidden = formulas.length === 0;
  fill(part('how'), formulas.map(({ key }) => key).join('|'), () =>
    // Cases are long.
    formulas.map(({ key, write }) => h('div', { class: / if /.test(key) ? 'cases' : false }, ...write())),
  );
  uses(part('uses'), tile);

  const { nudged, meaning } = tile;
  part('check').hidden = !nudged || covered;
  if (nudged) {
    fill(part('check'), JSON.stringify([nudged, tile.cause]), () => [
      h('span', { class: nudged.ok ? 'mark-ok' : 'bad' }, icon(nudged.ok ? 'tick' : 'cross')),
      h(
        'span',
        {},
        ...phrase(`by nudging {${tile.cause}} itself: `),
        h('b', { class: 'num', 'data-number': nudged.value }, number(nudged.value)),
        nudged.note ? ` ${nudged.note}` : '',
      ),
    ]);
  }
  part('meaning').hidden = !meaning || covered;
  if (meaning) fill(part('meaning'), meaning, () => phrase(meaning));
  const { picture, note } = tile;
  part('pic').hidden = !picture;
  if (picture) {
    const width = Math.round((widthOf(part('pic')) || 260 * unit) / unit);
    fill(part('pic'), `${tile.drawn}|${width}`, () => [picture(width)]);
  }
  part('free').hidden = !note;
  if (note) fill(part('free'), tile.drawn ?? '', note);
  drawRails(element, state.nudge, tile.effect ?? '', state.push, covered);
}

/** @param {Tile} tile @param {boolean} seen */
function result(tile, seen) {
  const hue = tile.kind === 'forward' ? 'val' : 'grad';
  if (tile.value === null) return '';
  return h('span', { class: hue, 'data-number': tile.value, 'data-of': tile.symbol }, seen ? number(tile.value) : '·');
}

/** @param {Tile} tile */
const question = (tile) =>
  h('input', {
    class: 'answer',
    inputmode: 'decimal',
    placeholder: '?',
    autocomplete: 'off',
    'data-focus': 'answer',
    'aria-label': `your answer for ${spoken(tile.symbol)}`,
  });

/** @param {HTMLElement} host @param {Tile} tile */
function uses(host, tile) {
  const { uses } = tile;
  host.hidden = !uses;
  if (!uses) return;
  fill(host, JSON.stringify([uses, tile.usesNote]), () => [
    h('span', {}, tile.usesNote ?? ''),
    ...uses.map(({ label, now }) => h('span', { class: now ? 'use now' : 'use' }, toHtml(label))),
  ]);
}

/** What the tile says to a screen reader.
 * @param {Tile} tile @param {TileState} state */
function sentence(tile, { covered, at }) {
  const name = unmarked(tile.name);
  const which = tile.kind === 'factor' ? `Factor ${at + 1}, ${name}` : name;
  if (tile.symbol === '') return name;
  const symbol = spoken(tile.symbol);
  if (covered) return `${which}: ${symbol} is covered.`;
  const nudged = tile.nudged ? `; by nudging ${number(tile.nudged.value)}` : '';
  return `${which}: ${symbol} is ${tile.value === null ? 'not known' : number(tile.value)}${nudged}${tile.tag ? `; ${tile.tag}` : ''}${tile.cause ? `; ${plain(tile.cause)} can be nudged` : ''}.`;
}
