// Whether the picture should stand still: the reader asked for less motion, or a screenshot is being made.

const calm = matchMedia('(prefers-reduced-motion: reduce)');
const frozen = new URLSearchParams(location.search).has('still');

export const still = () => frozen || calm.matches;

/** Runs `draw` with t from 0 to 1, once; returns what stops it. Where the picture should stand still, t is 1 at once.
 * @param {number} milliseconds
 * @param {(t: number) => void} draw
 * @returns {() => void} */
export function animate(milliseconds, draw) {
  if (still() || milliseconds === 0) {
    draw(1);
    return () => {};
  }
  let frame = 0;
  /** @type {number | null} */
  let start = null;
  /** @param {number} now */
  const next = (now) => {
    start ??= now;
    const t = Math.min(1, (now - start) / milliseconds);
    draw(t);
    if (t < 1) frame = requestAnimationFrame(next);
  };
  draw(0);
  frame = requestAnimationFrame(next);
  return () => cancelAnimationFrame(frame);
}

/** The part of t between two moments, from 0 to 1.
 * @param {number} t @param {number} from @param {number} to */
export const phase = (t, from, to) => Math.min(1, Math.max(0, (t - from) / (to - from)));
