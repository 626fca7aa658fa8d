// Puts the engine's MathML into the page. It is text from the server with names that can come from anywhere, so it is
// parsed, and only elements and attributes of formulas are taken over.

import { greek, math, parse, toMath } from './symbol.js';

const ELEMENTS = new Set(
  'math mrow mi mn mo mtext mspace mfrac msup msub msubsup mover munder munderover msqrt mroot mtable mtr mtd mstyle mpadded mphantom'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'accent stretchy form lspace rspace display displaystyle width mathvariant fence separator columnalign'.split(' '),
);

/** @type {Map<string, Element>} */
const known = new Map();

/** @param {string} text `<math>…</math>`
 * @returns {Element} */
export function formula(text) {
  let element = known.get(text);
  if (!element) {
    const parsed = new DOMParser().parseFromString(text, 'text/html').querySelector('math');
    element = parsed ? copy(parsed) : math('math', {}, math('mtext', {}, text));
    // Numbers change with every drag: what was seen long ago is forgotten.
    if (known.size > 400) known.clear();
    known.set(text, element);
  }
  return /** @type {Element} */ (element.cloneNode(true));
}

/** Formulas side by side, as one.
 * @param {...(string | Element)} parts a formula's text, or an element of a formula */
export function row(...parts) {
  const whole = math('math', {});
  for (const part of parts) {
    if (typeof part === 'string') whole.append(...inside(formula(part)));
    else whole.append(part);
  }
  return whole;
}

/** What a formula is made of, at its top.
 * @param {Element} whole */
function inside(whole) {
  const only = whole.children.length === 1 && whole.children[0].localName === 'mrow' ? whole.children[0] : whole;
  return [...only.childNodes];
}

/** A formula in pieces between which a line may break: before = + − and the words of cases (if, else) at its top.
 * @param {Element} whole
 * @returns {Element[]} */
export function breakable(whole) {
  /** @type {Element[]} */
  const pieces = [math('math', {})];
  let depth = 0;
  for (const child of inside(whole)) {
    // Never inside of brackets.
    depth += (child.textContent === '(' ? 1 : 0) - (child.textContent === ')' ? 1 : 0);
    const breaks =
      depth === 0 && child instanceof Element && child.localName === 'mo' && /^[=+−]$/.test(child.textContent ?? '');
    const last = pieces[pieces.length - 1];
    if (depth === 0 && child instanceof Element && child.localName === 'mtext') {
      const [, mark, word] = /^\s*(,?)\s*(.*?)\s*$/.exec(child.textContent ?? '') ?? ['', '', ''];
      if (mark) last.append(math('mo', { lspace: '0', rspace: '0' }, mark));
      pieces.push(math('math', {}, math('mtext', {}, `${word}\u00a0`)));
    } else if (breaks && last.childNodes.length) {
      // An operator that begins a piece is still between two things.
      if (child.getAttribute('form') !== 'prefix') child.setAttribute('form', 'infix');
      pieces.push(math('math', {}, child));
    } else last.append(child);
  }
  return pieces;
}

/** @param {Element} from
 * @returns {Element} */
function copy(from) {
  const name = from.localName;
  if (!ELEMENTS.has(name)) return math('mtext', {}, from.textContent ?? '');
  if (name === 'mi') return letters(from.textContent ?? '');
  const to = math(name, {});
  for (const { name, value } of from.attributes) if (ATTRIBUTES.has(name)) to.setAttribute(name, value);
  if (name === 'mo' && /^[()|‖]$/.test(to.textContent || from.textContent || '')) to.setAttribute('stretchy', 'false');
  for (const child of from.childNodes) to.append(child instanceof Element ? copy(child) : (child.textContent ?? ''));
  return to;
}

/** A name as it should be set: a function stays upright, a symbol is taken apart. Derivatives stay on one line, so that
 * a formula in a sentence keeps its height.
 * @param {string} name */
function letters(name) {
  const letter = greek(name);
  const tokens = parse(letter);
  if (tokens.length === 1 && tokens[0].kind === 'name') return math('mi', {}, letter);
  return toMath(letter, true);
}
