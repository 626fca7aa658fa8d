// Colours of canvases, which cannot read the tokens by themselves. The diverging scale goes neg → paper → pos.

/** @typedef {[number, number, number]} Colour */

/** @typedef {object} Colours
 * @property {Colour} paper
 * @property {Colour} panel
 * @property {Colour} ink
 * @property {Colour} value
 * @property {Colour} line
 * @property {Colour[]} classes
 * @property {Uint32Array} diverging 255 colours: −127 … 127
 * @property {Uint32Array[]} shades of each class, 256: paper … its colour */

export const CLASSES = 8;

/** Reads the tokens as they are now, in light or dark.
 * @returns {Colours} */
export function colours() {
  const probe = document.createElement('span');
  document.body.append(probe);
  /** @param {string} token @returns {Colour} */
  const read = (token) => {
    probe.style.color = `var(${token})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? []).map(Number);
    return [red, green, blue];
  };
  const [paper, panel, ink, value, line, neg, pos] = [
    '--paper',
    '--panel',
    '--ink',
    '--value-line',
    '--line-3',
    '--neg',
    '--pos',
  ].map(read);
  const classes = Array.from({ length: CLASSES }, (_, at) => read(`--class-${at}`));
  probe.remove();
  const diverging = new Uint32Array(255);
  for (let at = -127; at <= 127; at++) {
    const share = Math.abs(at) / 127;
    diverging[at + 127] = packed(mix(panel, at < 0 ? neg : pos, share));
  }
  const shades = classes.map((colour) =>
    Uint32Array.from({ length: 256 }, (_, at) => packed(mix(panel, colour, at / 255))),
  );
  return { paper, panel, ink, value, line, classes, diverging, shades };
}

/** @param {Colour} a @param {Colour} b @param {number} share
 * @returns {Colour} */
const mix = (a, b, share) => /** @type {Colour} */ (a.map((x, at) => Math.round(x + (b[at] - x) * share)));

/** As four bytes of ImageData, in the order of this machine.
 * @param {Colour} colour */
const packed = ([red, green, blue]) => new Uint32Array(new Uint8ClampedArray([red, green, blue, 255]).buffer)[0];

/** @param {Colour} colour @param {number} [alpha] */
export const css = ([red, green, blue], alpha = 1) => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Calls when light becomes dark or the other way round.
 * @param {() => void} then */
export function onTheme(then) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', then);
  new MutationObserver(then).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
}

/** A small picture whose pixels are set in place.
 * @param {number} width @param {number} height */
export function pixels(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(width, height);
  return { canvas, data: new Uint32Array(image.data.buffer), show: () => context.putImageData(image, 0, 0) };
}
