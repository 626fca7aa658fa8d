// The sets to choose from. Those that can be seen as a picture are small pictures; the others are a list, with a file of
// one's own at its end.

import { fill, h } from '../lib/dom.js';
import { svg } from '../lib/icons.js';

/** @typedef {import('./view.js').DataSet} DataSet */

/** Where some examples of a set lie, for its picture: x, y from −1 to 1 and the class; what is a line stands as null.
 * @type {Record<string, () => [number, number, number][]>} */
const PICTURES = {
  xor: () => [
    [-0.6, -0.6, 0],
    [0.6, 0.6, 0],
    [-0.6, 0.6, 1],
    [0.6, -0.6, 1],
  ],
  moons: () =>
    arc(
      9,
      (t) => [
        [Math.cos(t) * 0.6 - 0.28, -Math.sin(t) * 0.62 + 0.12, 0],
        [-Math.cos(t) * 0.6 + 0.28, Math.sin(t) * 0.62 - 0.12, 1],
      ],
      Math.PI,
    ),
  circles: () => [
    ...arc(13, (t) => [[Math.cos(t) * 0.82, Math.sin(t) * 0.82, 0]], 5.8),
    ...arc(7, (t) => [[Math.cos(t) * 0.38, Math.sin(t) * 0.38, 1]], 5.4),
  ],
  spiral: () =>
    arc(
      9,
      (t) =>
        [0, 1, 2].map(
          (arm) =>
            /** @type {[number, number, number]} */ ([
              t * 0.19 * Math.cos(t * 0.95 + arm * 2.094),
              t * 0.19 * Math.sin(t * 0.95 + arm * 2.094),
              arm,
            ]),
        ),
      4.8,
    ),
  sine: () => arc(13, (t) => [[t / 3.2 - 1, -Math.sin(t - 3.2) * 0.6, 3]], 6.4),
};

/** @param {number} n @param {(t: number) => [number, number, number][]} at @param {number} end */
const arc = (n, at, end) => Array.from({ length: n }, (_, k) => at((k / (n - 1)) * end)).flat();

/** @param {string} name */
function picture(name) {
  const points = PICTURES[name]?.() ?? [];
  const r = name === 'xor' ? 0.2 : 0.115;
  return svg(
    'svg',
    { viewBox: '-1.1 -1.1 2.2 2.2', 'aria-hidden': 'true' },
    ...points.map(([x, y, kind]) =>
      kind === 1
        ? svg('rect', { class: 'c1', x: x - r, y: y - r, width: 2 * r, height: 2 * r })
        : svg('circle', { class: `c${kind}`, cx: x, cy: y, r }),
    ),
  );
}

/** @param {HTMLElement} host
 * @param {{onchoose: (set: DataSet) => void, onfile: (file: File) => void}} on
 * @returns {(sets: DataSet[], chosen: string, file: string | null) => void} */
export function sets(host, on) {
  const row = h('div', { class: 'sets', role: 'group', 'aria-label': 'Data' });
  const select = h('select', { 'aria-label': 'Another set', 'data-focus': 'set' });
  const input = h('input', {
    type: 'file',
    accept: '.csv,.tsv,.txt,text/csv',
    class: 'hush',
    tabindex: -1,
    'aria-label': 'A CSV file',
  });
  const button = h(
    'button',
    { type: 'button', class: 'ghost', title: 'or drop it anywhere on the page', onclick: () => input.click() },
    'Own CSV…',
  );
  /** @type {DataSet[]} */
  let known = [];
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) on.onfile(file);
    input.value = '';
  });
  row.addEventListener('click', (event) => {
    const name = event.target instanceof Element ? event.target.closest('[data-set]')?.getAttribute('data-set') : null;
    const chosen = known.find((set) => set.name === name);
    if (chosen) on.onchoose(chosen);
  });
  select.addEventListener('change', () => {
    const chosen = known.find((set) => set.name === select.value);
    if (chosen) on.onchoose(chosen);
  });
  host.append(row, h('div', { class: 'line' }, select, button, input));

  return (list, chosen, file) => {
    known = list;
    const seen = list.filter(({ name }) => name in PICTURES);
    fill(row, JSON.stringify(seen.map(({ name }) => name)), () =>
      seen.map(({ name }) =>
        h(
          'button',
          { type: 'button', 'data-set': name, 'data-focus': name, title: name, 'aria-label': name },
          /** @type {Node} */ (picture(name)),
        ),
      ),
    );
    for (const each of row.children)
      each.setAttribute('aria-pressed', String(each.getAttribute('data-set') === chosen && file === null));
    const others = list.filter(({ name }) => !(name in PICTURES));
    const first = file ?? (chosen in PICTURES ? chosen : 'another set');
    fill(select, JSON.stringify([others, first]), () => [
      h('option', { value: '' }, first),
      ...others.map((set) =>
        h('option', { value: set.name }, `${set.name.replaceAll('_', ' ')} (${set.inputs} → ${set.outputs})`),
      ),
    ]);
    select.value = others.some(({ name }) => name === chosen) && file === null ? chosen : '';
  };
}

/** A file that is dropped anywhere on the page.
 * @param {(file: File) => void} then */
export function onDrop(then) {
  const root = document.documentElement;
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    root.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => event.relatedTarget === null && root.classList.remove('dropping'));
  document.addEventListener('drop', (event) => {
    const file = event.dataTransfer?.files[0];
    root.classList.remove('dropping');
    if (!file) return;
    event.preventDefault();
    then(file);
  });
}
