// Small pictures that stand beside text. They are drawn in the text's colour and say nothing to a screen reader.

const SVG = 'http://www.w3.org/2000/svg';

/** @type {Record<string, [string, string][]>} */
const PICTURES = {
  tick: [['M1.5 6.5 4.5 9.5 10.5 2.5', '1.8']],
  cross: [['M2 2 10 10M10 2 2 10', '1.5']],
  link: [
    [
      'M5 7a2 2 0 0 0 2.7 0l1.700-1.700a2 2 0 0 0-2.700-2.700l-.6.6M7 5a2 2 0 0 0-2.700 0L2.600 6.700a2 2 0 0 0 2.700 2.700l.6-.6',
      '1',
    ],
  ],
  prompt: [['M1.5 3 4.500 6 1.500 9M6 9.500h4.500', '1.2']],
  again: [['M9.900 4.200A4.300 4.300 0 1 0 10.300 7M10.200 1.600v2.800H7.400', '1.3']],
};

/** @param {'tick' | 'cross' | 'link' | 'prompt' | 'again'} name */
export function icon(name) {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', '0 0 12 12');
  picture.setAttribute('class', 'icon');
  picture.setAttribute('aria-hidden', 'true');
  for (const [d, width] of PICTURES[name]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', 'none');
    path.setAttribute('stroke', 'currentColor');
    path.setAttribute('stroke-width', width);
    path.setAttribute('stroke-linecap', 'round');
    path.setAttribute('stroke-linejoin', 'round');
    picture.append(path);
  }
  return picture;
}

/** An SVG element of a fixed picture.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children */
export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
