// Scales and gridlines of a chart: horizontal hairlines only, no frame.

/** @typedef {object} Axes
 * @property {number} width
 * @property {number} height
 * @property {[number, number]} x
 * @property {[number, number]} y
 * @property {{top: number, right: number, bottom: number, left: number}} pad */

/** @param {Axes} axes
 * @returns {{x: (value: number) => number, y: (value: number) => number}} from values to places */
export function scales({ width, height, x, y, pad }) {
  const across = width - pad.left - pad.right;
  const down = height - pad.top - pad.bottom;
  return {
    x: (value) => pad.left + ((value - x[0]) / (x[1] - x[0] || 1)) * across,
    y: (value) => height - pad.bottom - ((value - y[0]) / (y[1] - y[0] || 1)) * down,
  };
}

/** The largest of 1, 2, 4, 8 times a power of ten that is not above: where a gridline stands.
 * @param {number} limit */
export function nice(limit) {
  if (!(limit > 0) || !Number.isFinite(limit)) return 1;
  const power = 10 ** Math.floor(Math.log10(limit));
  const lead = limit / power;
  return (lead >= 8 ? 8 : lead >= 4 ? 4 : lead >= 2 ? 2 : 1) * power;
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
