// HTML elements without markup strings: text stays text, and what did not change is not touched.

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, unknown>} Props */

/** An element. `class`, attributes and `on…` handlers go into `props`; false and null leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]} */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  attributes(element, props);
  element.append(...nodes(children));
  return element;
}

/** Sets attributes and handlers that differ from those that are there.
 * @param {Element} element
 * @param {Props} props */
export function attributes(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith('on') && typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value === null || value === undefined || value === false) {
      element.removeAttribute(name);
    } else {
      const text = value === true ? '' : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
}

/** @type {WeakMap<Element, string>} */
const written = new WeakMap();

/** Fills an element, but only where `key` (everything that the content depends on) has changed since the last time.
 * A control inside that has the focus gives it to its successor of the same `data-focus`.
 * @param {Element} element
 * @param {string} key
 * @param {() => Child[]} content */
export function fill(element, key, content) {
  if (written.get(element) === key) return;
  written.set(element, key);
  const focused = document.activeElement;
  const name = focused && element.contains(focused) ? focused.getAttribute('data-focus') : null;
  element.replaceChildren(...nodes(content()));
  if (name === null) return;
  const successor = element.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  if (successor instanceof HTMLElement) successor.focus({ preventScroll: true });
}

/** Text that changes often.
 * @param {Element} element
 * @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Child[]} children
 * @returns {(Node | string)[]} */
function nodes(children) {
  /** @type {(Node | string)[]} */
  const kept = [];
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    kept.push(typeof child === 'number' ? String(child) : child);
  }
  return kept;
}

/** An element that must be there.
 * @param {string} selector
 * @param {ParentNode} [inside]
 * @returns {HTMLElement} */
export function the(selector, inside = document) {
  const found = inside.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @type {WeakMap<Element, {width: number, at: string}>} */
const widths = new WeakMap();

/** The width of an element, measured again only when the window has another size: to ask in every frame would lay the
 * page out again each time.
 * @param {Element} element */
export function widthOf(element) {
  const at = `${innerWidth}|${devicePixelRatio}`;
  const known = widths.get(element);
  if (known && known.at === at && known.width > 0) return known.width;
  const width = element.clientWidth;
  widths.set(element, { width, at });
  return width;
}
