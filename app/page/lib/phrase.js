// Sentences with symbols and weight: `how much {h₁} **counts**`. The pieces become nodes, never markup.

import { h } from './dom.js';
import { toHtml } from './symbol.js';

/** @param {string} text {symbol}, **strong**, [[value]] in the forward pass's hue, ((gradient)) in the backward pass's
 * @returns {Node[]} */
export function phrase(text) {
  const pieces = text.split(/(\{[^}]*\}|\*\*.+?\*\*|\[\[.+?\]\]|\(\(.+?\)\))/);
  return pieces.filter(Boolean).map((piece) => {
    if (piece.startsWith('{')) return toHtml(piece.slice(1, -1));
    if (piece.startsWith('**')) return h('b', {}, ...phrase(piece.slice(2, -2)));
    if (piece.startsWith('[[')) return h('b', { class: 'val num' }, piece.slice(2, -2));
    if (piece.startsWith('((')) return h('b', { class: 'grad num' }, piece.slice(2, -2));
    return document.createTextNode(piece);
  });
}

/** The same for a voice: no marks.
 * @param {string} text */
export const unmarked = (text) => text.replace(/[{}]|\*\*|\[\[|\]\]|\(\(|\)\)/g, '');
