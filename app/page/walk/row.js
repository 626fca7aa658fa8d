// The row of tiles under the picture. A tile that means the same number in the next step stays the same element.

import { fill, h } from '../lib/dom.js';
import { phase } from '../lib/still.js';
import { drawTile, makeTile } from './tile.js';
import { PUSH } from './rails.js';

/** @typedef {import('./tile.js').Tile} Tile */

/** @typedef {object} RowState
 * @property {number} step
 * @property {string} title
 * @property {string} hint
 * @property {Tile[]} tiles
 * @property {number} t
 * @property {number | null} hot
 * @property {number | null} covered
 * @property {{right: boolean, says: string}} verdict
 * @property {Record<string, number>} pushes
 * @property {(variable: string) => import('../view.js').Nudge | null} nudge
 * @property {boolean} practising
 * @property {boolean} canPractise */

/** @typedef {object} RowEvents
 * @property {(key: string, push: number) => void} onpush
 * @property {(text: string) => void} onanswer
 * @property {() => void} onpractice
 * @property {() => void} onnext another number to cover
 * @property {() => void} online the number line */

/** @param {HTMLElement} host @param {RowEvents} on
 * @returns {(state: RowState, unit: number) => void} */
export function row(host, on) {
  const head = h('div', { class: 'rowhead' });
  const list = h('div', { class: 'tiles' });
  /** @type {Map<string, HTMLElement>} */
  const live = new Map();
  host.append(head, list);
  return (state, unit) => {
    fill(
      head,
      JSON.stringify([state.title, state.hint, state.practising, state.canPractise, state.verdict.right]),
      () => [
        h('h2', {}, state.title),
        h('p', {}, state.hint),
        h(
          'span',
          { class: 'tools' },
          state.canPractise &&
            state.practising &&
            h('button', { class: 'ghost', type: 'button', 'data-focus': 'another', onclick: on.onnext }, 'Another'),
          state.canPractise &&
            h(
              'button',
              {
                class: 'ghost',
                type: 'button',
                'data-focus': 'practise',
                'data-practise': true,
                'aria-pressed': String(state.practising),
                onclick: on.onpractice,
              },
              state.practising ? 'Show the number' : 'Cover a number: practise',
            ),
          h(
            'button',
            { class: 'ghost', type: 'button', 'data-focus': 'line', 'data-open-line': true, onclick: on.online },
            'Number line',
          ),
        ),
      ],
    );
    list.className = `tiles ${state.tiles.length > 4 ? 'five' : ''} ${state.step < 4 ? 'apart' : ''}`;
    arrange(list, live, state.tiles, on);
    state.tiles.forEach((tile, at) => {
      const element = live.get(tile.key);
      if (!element) return;
      const gradient = state.step > 3;
      // A tile that was there before the step began is not new; the others come with their lane.
      const seen =
        !gradient || tile.tag !== undefined
          ? 1
          : phase(state.t, (at + 0.35) / (state.tiles.length + 0.2), (at + 0.75) / (state.tiles.length + 0.2));
      drawTile(
        element,
        tile,
        {
          at,
          seen,
          hot: state.hot === at && tile.kind !== 'note',
          covered: state.covered === at,
          verdict: state.verdict.says,
          right: state.verdict.right,
          push: state.pushes[tile.key] ?? PUSH,
          nudge: tile.cause ? state.nudge(tile.key) : null,
        },
        unit,
      );
    });
  };
}

/** @param {HTMLElement} list @param {Map<string, HTMLElement>} live @param {Tile[]} tiles @param {RowEvents} on */
function arrange(list, live, tiles, on) {
  const keys = new Set(tiles.flatMap(({ key, operator }) => (operator ? [key, `${key} ${operator}`] : [key])));
  for (const [key, element] of live) {
    if (keys.has(key)) continue;
    element.remove();
    live.delete(key);
  }
  /** @type {Element | null} */
  let place = list.firstElementChild;
  /** @param {string} key @param {() => HTMLElement} make */
  const put = (key, make) => {
    let element = live.get(key);
    if (!element) live.set(key, (element = make()));
    if (place === element) place = element.nextElementSibling;
    else list.insertBefore(element, place);
  };
  for (const tile of tiles) {
    const { operator } = tile;
    if (operator) put(`${tile.key} ${operator}`, () => h('div', { class: 'op', 'aria-hidden': 'true' }, operator));
    put(tile.key, () => makeTile(tile, on));
  }
}
