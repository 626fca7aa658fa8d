// Numbers that can be changed: dragged, stepped by keys, typed. An element says which by `data-var="name"`; what the name
// means is the view's business.

import { h } from './dom.js';
import { brief, typed } from './format.js';

/** @typedef {object} Variables
 * @property {(name: string) => number} get at full precision
 * @property {(name: string, value: number) => void} set
 * @property {(name: string) => {by: number, min: number, max: number}} range step and limits
 * @property {(name: string) => void} [tap] a click that moved nothing, or Space
 * @property {(says: string) => void} [refused] what is wrong with what was typed, as a sentence */

/** @param {HTMLElement} root
 * @param {Variables} variables */
export function scrub(root, variables) {
  /** @type {{name: string, id: number, x: number, start: number, element: Element, moved: boolean} | null} */
  let drag = null;
  // A drag goes in round numbers, and never through what is finer than its step.
  /** @param {string} name @param {number} value @param {number} grain */
  const set = (name, value, grain) => {
    const { min, max } = variables.range(name);
    const round = Number((Math.round(value / grain) * grain).toPrecision(12));
    variables.set(name, Math.min(max, Math.max(min, round)));
  };

  root.addEventListener('pointerdown', (event) => {
    const element = variable(event.target);
    if (!element || event.button !== 0) return;
    const name = element.getAttribute('data-var') ?? '';
    drag = { name, id: event.pointerId, x: event.clientX, start: variables.get(name), element, moved: false };
    element.setPointerCapture(event.pointerId);
  });
  root.addEventListener('pointermove', (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const steps = Math.round((event.clientX - drag.x) / 2);
    if (!drag.moved && Math.abs(event.clientX - drag.x) < 3) return;
    drag.moved = true;
    document.documentElement.classList.add('dragging');
    const by = variables.range(drag.name).by * (event.shiftKey ? 0.1 : 1);
    set(drag.name, drag.start + steps * by, by);
  });
  /** @param {PointerEvent} event */
  const end = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    document.documentElement.classList.remove('dragging');
    if (!drag.moved && event.type === 'pointerup') variables.tap?.(drag.name);
    drag = null;
  };
  root.addEventListener('pointerup', end);
  root.addEventListener('pointercancel', end);
  root.addEventListener('dblclick', (event) => {
    const element = variable(event.target);
    if (element) type(element);
  });
  root.addEventListener('keydown', (event) => {
    const element = variable(event.target);
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = element.getAttribute('data-var') ?? '';
    const { by } = variables.range(name);
    const far = event.shiftKey ? 10 * by : by;
    const step = { ArrowUp: far, ArrowDown: -far }[event.key];
    if (step !== undefined) set(name, variables.get(name) + step, by);
    else if (event.key === 'Enter') type(element);
    else if (event.key === ' ' && variables.tap) variables.tap(name);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** What was typed is taken as it is, or refused with a reason.
   * @param {string} name @param {string} text */
  function enter(name, text) {
    const value = typed(text);
    const { min, max } = variables.range(name);
    if (!Number.isFinite(value)) variables.refused?.(`“${text.trim()}” is not a number.`);
    else if (variables.refused && (value < min || value > max))
      variables.refused(`${name} can be from ${brief(min)} to ${brief(max)}, and ${brief(value)} is not.`);
    else variables.set(name, Math.min(max, Math.max(min, value)));
  }

  /** A field over the number, with every digit of it.
   * @param {Element} element */
  function type(element) {
    const name = element.getAttribute('data-var') ?? '';
    const box = element.getBoundingClientRect();
    const field = h('input', {
      class: 'typing',
      inputmode: 'decimal',
      'aria-label': element.getAttribute('aria-label') ?? name,
    });
    const before = String(variables.get(name));
    field.value = before;
    const width = 7 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    field.style.left = `${Math.max(4, Math.min(innerWidth - width - 4, box.left + box.width / 2 - width / 2))}px`;
    field.style.top = `${box.top + box.height / 2 - width / 7}px`;
    let done = false;
    /** @param {boolean} take @param {boolean} back */
    const close = (take, back) => {
      if (done) return;
      done = true;
      const text = field.value;
      field.remove();
      if (take && text.trim() !== '' && text !== before) enter(name, text);
      if (back && element instanceof SVGElement) element.focus();
      else if (back && element instanceof HTMLElement) element.focus();
    };
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      if (event.key === 'Enter') close(true, true);
      if (event.key === 'Escape') close(false, true);
    });
    field.addEventListener('blur', () => close(true, false));
    document.body.append(field);
    field.focus();
    field.select();
  }
}

/** What a number that can be changed tells assistive technology.
 * @param {string} name
 * @param {string} label
 * @param {number} value
 * @param {string} says
 * @param {{min: number, max: number}} range */
export const spin = (name, label, value, says, { min, max }) => ({
  'data-var': name,
  role: 'spinbutton',
  tabindex: 0,
  'aria-label': label,
  'aria-valuenow': value,
  'aria-valuetext': says,
  'aria-valuemin': min,
  'aria-valuemax': max,
});

/** @param {EventTarget | null} target */
const variable = (target) => (target instanceof Element ? target.closest('[data-var]') : null);
