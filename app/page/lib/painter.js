// Draws SVG by key into live elements: what is put again stays (and keeps its focus), what is not is removed. Order is
// part of the picture: the same puts give the same markup, whatever was drawn before.

const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

export class Painter {
  /** @type {SVGElement} */ #root;
  /** @type {Map<string, SVGElement>} */ #live = new Map();
  /** @type {Map<string, Attributes>} */ #attributes = new Map();
  /** @type {Map<string, string>} */ #inner = new Map();
  /** @type {Set<string>} */ #seen = new Set();
  /** Of each parent, the child that was put last. @type {Map<SVGElement, SVGElement>} */ #last = new Map();

  /** @param {SVGElement} root */
  constructor(root) {
    this.#root = root;
  }

  begin() {
    this.#seen.clear();
    this.#last.clear();
  }

  /** @param {string} key
   * @param {string} tag
   * @param {Attributes} attributes
   * @param {string} [parent] key of a group that was put before
   * @returns {SVGElement} */
  put(key, tag, attributes, parent) {
    let element = this.#live.get(key);
    if (!element) {
      element = document.createElementNS(SVG, tag);
      this.#live.set(key, element);
      this.#attributes.set(key, {});
    }
    this.#seen.add(key);
    this.#place(element, (parent !== undefined && this.#live.get(parent)) || this.#root);
    const before = this.#attributes.get(key) ?? {};
    for (const name of Object.keys(before)) if (!(name in attributes)) element.removeAttribute(name);
    for (const [name, value] of Object.entries(attributes)) {
      if (before[name] === value) continue;
      if (value === null || value === undefined || value === false) element.removeAttribute(name);
      else element.setAttribute(name, value === true ? '' : String(value));
    }
    this.#attributes.set(key, attributes);
    return element;
  }

  /** A text of spans, which are made again only where `says` has changed.
   * @param {string} key
   * @param {Attributes} attributes
   * @param {string} says
   * @param {() => (Node | string)[]} spans
   * @param {string} [parent] */
  text(key, attributes, says, spans, parent) {
    const element = this.put(key, 'text', attributes, parent);
    if (this.#inner.get(key) !== says) {
      element.replaceChildren(...spans());
      this.#inner.set(key, says);
    }
    return element;
  }

  end() {
    for (const [key, element] of this.#live) {
      if (this.#seen.has(key)) continue;
      element.remove();
      this.#live.delete(key);
      this.#attributes.delete(key);
      this.#inner.delete(key);
    }
  }

  /** @param {SVGElement} element @param {SVGElement} home */
  #place(element, home) {
    const after = this.#last.get(home);
    const place = after ? after.nextSibling : home.firstChild;
    // Moving an element takes its focus away, so only what stands elsewhere is moved.
    if (place !== element) home.insertBefore(element, place);
    this.#last.set(home, element);
  }
}

/** A polyline as the `d` of a path.
 * @param {readonly (readonly [number, number])[]} points */
export const line = (points) => points.map(([x, y], at) => `${at ? 'L' : 'M'}${round(x)} ${round(y)}`).join('');

/** @param {number} x */
export const round = (x) => Math.round(x * 100) / 100;
