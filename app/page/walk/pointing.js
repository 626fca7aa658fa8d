// Tiles and network point at each other: pointing at, or focusing, either lights the other.

import { kindOf, partsOf } from './chains.js';
import { hasMiss } from './losses.js';

/** @typedef {import('../view.js').Walk} Walk */
/** @typedef {import('../view.js').WeightChain} WeightChain */
/** @typedef {{parts: string[], own: string[]}} Place parts that light up, and those that stand for the tile alone */

/** The place of each tile in the picture.
 * @param {Walk} walk @param {number} step @param {WeightChain | null} chain
 * @returns {Place[]} */
export function places(walk, step, chain) {
  const { hidden, outputs, connections } = walk.story.network;
  if (step === 2) {
    return [...hidden, ...outputs].map((name) => {
      const into = connections.filter(({ to }) => to === name);
      const wires = into.map(({ weight, to }) => `wire ${weight}>${to}`);
      const ones = into.filter(({ from }) => from === null).map(({ weight, to }) => `one ${weight}>${to}`);
      const inputs = into.flatMap(({ from }) => (from !== null && kindOf(walk, from) === 'input' ? [from] : []));
      return {
        parts: [name, ...wires, ...ones, ...into.flatMap(({ from }) => (from === null ? [] : [from]))],
        own: [name, ...wires, ...ones, ...inputs],
      };
    });
  }
  if (step === 3) {
    const missed = outputs.length > 1 || hasMiss(walk) ? outputs : [];
    const each = missed.map((name) => ({ parts: [name, `target ${name}`], own: [name, `target ${name}`] }));
    return [...each, { parts: ['L', ...outputs], own: ['L'] }];
  }
  if (!chain) return [];
  const factors = chain.factors.map((factor) => partsOf(walk, chain, factor));
  return [...factors, { parts: [`wire ${chain.weight}>${chain.to}`], own: [] }];
}

/** The tile that something which is pointed at belongs to.
 * @param {EventTarget | null} target @param {Place[]} all
 * @returns {number | null} */
export function tileAt(target, all) {
  if (!(target instanceof Element)) return null;
  const tile = target.closest('[data-tile]');
  if (tile) return Number(tile.getAttribute('data-tile')) - 1;
  const mark = target.closest('[data-badge]');
  if (mark) return Number(mark.getAttribute('data-badge')) - 1;
  const part = target.closest('[data-part]')?.getAttribute('data-part');
  if (part === null || part === undefined) return null;
  // The last tile that claims it: an output belongs to its activation's slope before it belongs to the loss.
  const found = all.findLastIndex(({ own }) => own.includes(part));
  return found < 0 ? null : found;
}
