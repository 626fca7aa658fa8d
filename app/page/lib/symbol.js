// A symbol such as "∂L/∂w₁", "z(o₁)", "ŷ" or "linear1[3]" is parsed once and written three ways: SVG, HTML, MathML.
// Letters that are variables are italic, so that a reader tells a symbol from a number by its shape.

/** @typedef {{kind: 'letter' | 'partial' | 'name' | 'sign', text: string, below: string}} Token */

const LOW = '₀₁₂₃₄₅₆₇₈₉';
const SVG = 'http://www.w3.org/2000/svg';
const MATH = 'http://www.w3.org/1998/Math/MathML';

/** Digits below the line as plain digits: `w₁` is `w1`.
 * @param {string} symbol */
export const plain = (symbol) => symbol.replace(/[₀-₉]/g, (low) => String(LOW.indexOf(low)));

const GREEK = new Map([
  ['alpha', 'α'],
  ['beta', 'β'],
  ['gamma', 'γ'],
  ['delta', 'δ'],
  ['epsilon', 'ε'],
  ['lambda', 'λ'],
]);

/** Greek letters that code spells out, as letters.
 * @param {string} text */
export const greek = (text) => text.replace(/\p{L}[\p{L}\d_]*/gu, (word) => GREEK.get(word) ?? word);

/** How a voice should say it: `∂L/∂w₁` is `the slope of L by w 1`.
 * @param {string} symbol */
export const spoken = (symbol) =>
  plain(symbol)
    .replace(/∂([^/]+)\/∂(.+)/, 'the slope of $1 by $2')
    .replaceAll('ŷ', 'y-hat')
    .replace(/([A-Za-z])(\d)/g, '$1 $2');

/** @type {Map<string, Token[]>} */
const parsed = new Map();

/** @param {string} symbol
 * @returns {Token[]} */
export function parse(symbol) {
  const known = parsed.get(symbol);
  if (known) return known;
  /** @type {Token[]} */
  const tokens = [];
  // A partial; a letter with what stands below it; a word; whatever else.
  const pieces = /(∂)|(\p{L}\u0302?)(?:_([\p{L}\d₀-₉]+)|([₀-₉\d]*))(?!\p{L})|(\p{L}[\p{L}\d_.]*)|([^\p{L}∂]+)/gu;
  for (const [, partial, letter, word, digits, name, sign] of symbol.normalize('NFC').matchAll(pieces)) {
    if (partial) tokens.push({ kind: 'partial', text: '∂', below: '' });
    else if (letter) tokens.push({ kind: 'letter', text: letter, below: plain(word || digits || '') });
    else if (name) tokens.push({ kind: 'name', text: name, below: '' });
    else tokens.push({ kind: 'sign', text: sign, below: '' });
  }
  parsed.set(symbol, tokens);
  return tokens;
}

/** For SVG text: tspans of the classes d (∂), v (letter), u (below), o (sign), m (name).
 * @param {string} symbol
 * @returns {SVGTSpanElement[]} */
export function toSvg(symbol) {
  /** @type {SVGTSpanElement[]} */
  const spans = [];
  let low = false;
  /** @param {string} kind @param {string} text @param {boolean} below */
  const add = (kind, text, below = false) => {
    const span = document.createElementNS(SVG, 'tspan');
    span.setAttribute('class', kind);
    if (below !== low) span.setAttribute('dy', below ? '3' : '-3');
    low = below;
    span.textContent = text;
    spans.push(span);
  };
  const classes = { partial: 'd', letter: 'v', name: 'm', sign: 'o' };
  for (const token of parse(symbol)) {
    add(classes[token.kind], token.text);
    if (token.below) add('u', token.below, true);
  }
  // The number that follows stands on the line again.
  if (low) add('o', '\u200b');
  return spans;
}

/** For HTML text.
 * @param {string} symbol
 * @returns {Node} */
export function toHtml(symbol) {
  const whole = document.createElement('span');
  whole.className = 'symbol';
  for (const token of parse(symbol)) {
    if (token.kind === 'letter') {
      const letter = document.createElement('i');
      letter.append(token.text);
      if (token.below) {
        const below = document.createElement('sub');
        below.append(token.below);
        letter.append(below);
      }
      whole.append(letter);
    } else {
      whole.append(token.text);
    }
  }
  return whole;
}

/** For a formula; ∂a/∂b becomes a fraction.
 * @param {string} symbol
 * @param {boolean} [flat] whether it stays on one line
 * @returns {Element} */
export function toMath(symbol, flat = false) {
  const fraction = /^(∂[^/]+)\/(∂.+)$/.exec(symbol);
  if (fraction && !flat) return math('mfrac', {}, mathRow(fraction[1]), mathRow(fraction[2]));
  return mathRow(symbol);
}

/** A MathML element.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} inside */
export function math(tag, attributes, ...inside) {
  const element = document.createElementNS(MATH, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

/** @param {string} symbol */
function mathRow(symbol) {
  const parts = parse(symbol).map((token) => {
    switch (token.kind) {
      case 'partial':
        return math('mo', { form: 'prefix', rspace: '0', lspace: '0' }, '∂');
      case 'letter': {
        // y with a hat of its own is set better than the letter ŷ of a font.
        const letter =
          token.text === 'ŷ'
            ? math('mover', { accent: 'true' }, math('mi', {}, 'y'), math('mo', { stretchy: 'false' }, 'ˆ'))
            : math('mi', {}, token.text);
        return token.below ? math('msub', {}, letter, math('mn', {}, token.below)) : letter;
      }
      case 'name':
        return math('mi', { class: 'name' }, token.text);
      default:
        return math('mo', sign(token.text), token.text);
    }
  });
  return parts.length === 1 ? parts[0] : math('mrow', {}, ...parts);
}

/** Brackets and slashes of a symbol stand close, a sign between two symbols does not.
 * @param {string} text
 * @returns {Record<string, string>} */
function sign(text) {
  const between = text.trim() === '−' ? '0.22em' : '0';
  return {
    stretchy: 'false',
    lspace: between,
    rspace: text.startsWith(',') ? '0.3em' : between,
    form: text.trim() === '(' ? 'prefix' : 'infix',
  };
}
