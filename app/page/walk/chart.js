// The loss after each update, drawn as far as somebody has gone.

import { nice, scales } from '../lib/axes.js';
import { brief, number } from '../lib/format.js';
import { svg } from '../lib/icons.js';
import { line } from '../lib/painter.js';

const HEIGHT = 132;

/** @param {{losses: number[], now: number, top: number, end: number, width: number}} what
 * @returns {SVGElement} */
export function chart({ losses, now, top, end, width }) {
  const seen = losses.slice(0, top + 2).filter((l) => Number.isFinite(l));
  const highest = Math.max(1e-12, ...seen) * 1.05;
  const pad = { top: 6, right: 10, bottom: 22, left: 44 };
  const { x, y } = scales({ width, height: HEIGHT, x: [0, end], y: [0, highest], pad });
  const grid = nice(highest);
  const at = (/** @type {number} */ k) =>
    /** @type {[number, number]} */ ([x(k), y(Math.min(highest, losses[k] ?? 0))]);
  const points = losses.slice(0, top + 1).map((_, k) => at(k));
  const next = losses[now + 1];
  const marks = points.length < 60 ? points.slice(0, now + 1) : [];
  const [px, py] = at(now);
  return /** @type {SVGElement} */ (
    svg(
      'svg',
      {
        class: 'plot',
        viewBox: `0 0 ${width} ${HEIGHT}`,
        role: 'img',
        'aria-label': `Loss after each update: ${number(losses[0])} at the start, ${number(losses[now])} after ${now}`,
      },
      ...[0, grid / 2, grid].flatMap((value) => [
        svg('path', { class: 'grid', d: `M${pad.left} ${y(value)}H${width - pad.right}` }),
        svg('text', { x: pad.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, brief(value)),
      ]),
      ...[0, end / 2, end]
        .map(Math.round)
        .map((value, which) =>
          svg('text', { x: x(value), y: HEIGHT - 5, 'text-anchor': ['start', 'middle', 'end'][which] }, String(value)),
        ),
      svg('path', { class: 'later', d: line(points) }),
      svg('path', { class: 'sofar', d: line(points.slice(0, now + 1)) }),
      ...(next !== undefined && Number.isFinite(next) && now === top
        ? [
            svg('path', { class: 'next', d: line([[px, py], at(now + 1)]) }),
            svg('circle', { class: 'open', cx: at(now + 1)[0], cy: at(now + 1)[1], r: 4 }),
          ]
        : []),
      ...marks.map(([cx, cy]) => svg('circle', { class: 'passed', cx, cy, r: 2.75 })),
      svg('circle', { class: 'here', cx: px, cy: py, r: 5.5 }),
    )
  );
}
