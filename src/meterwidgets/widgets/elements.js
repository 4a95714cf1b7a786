// Elements, made and changed. Text only ever goes in as textContent, so no name can
// become markup.

/**
 * @typedef {{[Type in keyof HTMLElementEventMap]?:
 *   (event: HTMLElementEventMap[Type]) => void}} Handlers
 */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {{[name: string]: string | number | Handlers}} [props] `text`, `on`, and
 *   attributes
 * @param {...(Node | string)} children
 */
function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "object") listen(node, value);
    else if (name === "text") node.textContent = String(value);
    else node.setAttribute(name, String(value));
  }
  // Lab's one-letter shortcuts fire inside outputs unless the focused element opts out.
  if (/^(button|input|select)$/.test(tag) || "tabindex" in props)
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children);
  return node;
}

/** @param {HTMLElement} node @param {Handlers} handlers */
function listen(node, handlers) {
  for (const [type, handler] of Object.entries(handlers))
    node.addEventListener(type, /** @type {EventListener} */ (handler));
}

// A name that the standard gives to SVG; nothing is fetched from it.
const SVG_NAMESPACE = ["http:", "", "www.w3.org", "2000", "svg"].join("/");

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 */
function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG_NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes))
    node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** Make a line icon of 16 px. @param {...string} paths */
function icon(...paths) {
  const box = { viewBox: "0 0 16 16", class: "mw-icon", "aria-hidden": "true" };
  return svg("svg", box, ...paths.map((d) => svg("path", { d })));
}

/**
 * Set text and title where they differ. A text node is changed in place: a new one
 * would cost a new layout.
 * @param {Element} node @param {string} text @param {string} [title]
 */
function setText(node, text, title = "") {
  const only = node.childNodes.length === 1 ? node.firstChild : null;
  if (only instanceof Text && text) {
    if (only.data !== text) only.data = text;
  } else if (node.textContent !== text) node.textContent = text;
  setAttribute(node, "title", title || null);
}

/**
 * Set an attribute where it differs, or remove it when there is no value.
 * @param {Element} node @param {string} name
 * @param {string | number | boolean | null | undefined} value
 */
function setAttribute(node, name, value) {
  if (value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value))
    node.setAttribute(name, String(value));
}

/** Show or hide. @param {HTMLElement} node @param {boolean} visible */
function setVisible(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/**
 * Set the colour of a swatch by slot; the value is a name, never CSS from outside.
 * @param {HTMLElement} node @param {string} [slot]
 */
function setColor(node, slot = "") {
  const known = /^(c[1-8]|other|total)$/.test(slot);
  node.style.setProperty("--mw-slot", known ? `var(--mw-${slot})` : "transparent");
}

/** @type {WeakMap<Element, Map<string, unknown>>} */
const renderedItems = new WeakMap();

/**
 * Make the children of `parent` show `items`: nodes are kept by id, key or index, and
 * the focus stays on the item that had it.
 * @template {{node: HTMLElement}} Parts
 * @template {object} Item
 * @param {Element} parent
 * @param {Item[]} items
 * @param {(item: Item) => Parts} make builds the node of a new item
 * @param {(parts: Parts, item: Item, index: number) => void} patch fills it
 */
function renderItems(parent, items, make, patch) {
  const focused = document.activeElement;
  const known = renderedItems.get(parent) ?? new Map();
  const old = /** @type {Map<string, Parts>} */ (new Map(known));
  /** @type {Map<string, Parts>} */
  const current = new Map();
  items.forEach((item, index) => {
    const { id, key } = /** @type {{id?: unknown, key?: unknown}} */ (item);
    const name = String(id ?? key ?? index);
    const parts = old.get(name) ?? make(item);
    old.delete(name);
    current.set(name, parts);
    parts.node.dataset.key = name;
    patch(parts, item, index);
    if (parent.children[index] !== parts.node)
      parent.insertBefore(parts.node, parent.children[index] ?? null);
  });
  for (const { node } of old.values()) node.remove();
  renderedItems.set(parent, current);
  if (focused !== document.activeElement && parent.contains(focused))
    /** @type {HTMLElement} */ (focused).focus({ preventScroll: true });
}
