// Lines of the drawing as points, so that lanes can run beside them and numbers can travel along them.

/** @typedef {[number, number]} Point */

const PIECES = 24;

/** A bend that leaves and arrives level.
 * @param {Point} from @param {Point} to @returns {Point[]} */
export function bend([x0, y0], [x1, y1]) {
  if (Math.abs(y1 - y0) < 0.01)
    return [
      [x0, y0],
      [x1, y1],
    ];
  const half = (x1 - x0) * 0.55;
  return Array.from({ length: PIECES + 1 }, (_, at) => {
    const t = at / PIECES;
    const [a, b, c, d] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
    return /** @type {Point} */ ([
      a * x0 + b * (x0 + half) + c * (x1 - half) + d * x1,
      a * y0 + b * y0 + c * y1 + d * y1,
    ]);
  });
}

/** Lines one after the other.
 * @param {...Point[]} lines @returns {Point[]} */
export const join = (...lines) =>
  lines.flat().filter(([x, y], at, all) => at === 0 || Math.hypot(x - all[at - 1][0], y - all[at - 1][1]) > 0.01);

/** The line beside a line, at a distance that may change along it: above a line that runs to the right where positive.
 * @param {Point[]} points
 * @param {(share: number, point: Point) => number} distance
 * @returns {Point[]} */
export function beside(points, distance) {
  const last = points.length - 1;
  return points.map((point, at) => {
    const [ax, ay] = points[Math.max(0, at - 1)];
    const [bx, by] = points[Math.min(last, at + 1)];
    const length = Math.hypot(bx - ax, by - ay) || 1;
    const far = distance(at / last, point);
    return [point[0] + ((by - ay) / length) * far, point[1] - ((bx - ax) / length) * far];
  });
}

/** The point at a share of the way, and the direction there in degrees.
 * @param {Point[]} points @param {number} share
 * @returns {{x: number, y: number, angle: number}} */
export function along(points, share) {
  const lengths = points.slice(1).map(([x, y], at) => Math.hypot(x - points[at][0], y - points[at][1]));
  const total = lengths.reduce((sum, each) => sum + each, 0);
  let rest = Math.min(1, Math.max(0, share)) * total;
  for (let at = 0; at < lengths.length; at++) {
    const [x0, y0] = points[at];
    const [x1, y1] = points[at + 1];
    if (rest <= lengths[at] || at === lengths.length - 1) {
      const part = lengths[at] ? rest / lengths[at] : 0;
      return {
        x: x0 + (x1 - x0) * part,
        y: y0 + (y1 - y0) * part,
        angle: (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI,
      };
    }
    rest -= lengths[at];
  }
  return { x: points[0][0], y: points[0][1], angle: 0 };
}
