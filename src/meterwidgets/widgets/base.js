// Helpers that every widget's module begins with; assets.py puts them there.
// Text only ever goes in as textContent, so no name can become markup.

/**
 * The kernel's side of a widget; `State` are its traits.
 * @template {Record<string, any>} State
 * @typedef {import("@anywidget/types").AnyModel<State>} AnyModel
 */
/**
 * What a widget draws with.
 * @template {Record<string, any>} State
 * @typedef {{model: AnyModel<State>, el: HTMLElement, signal: AbortSignal}} Context
 */
/**
 * @typedef {{[Type in keyof HTMLElementEventMap]?:
 *   (event: HTMLElementEventMap[Type]) => void}} Handlers
 * @typedef {{title?: string, text?: string, action?: string}} Empty
 * @typedef {{key: string, label: string, title?: string, disabled?: boolean}} RadioOption
 */

const STYLE_ID = "meterwidgets.widgets.base.Stylesheet";

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

/**
 * Set traits and send them to the kernel in one message.
 * @template {Record<string, any>} State
 * @param {AnyModel<State>} model @param {Partial<State>} values
 */
function send(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
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

/** Announce politely, once, when changes have settled. @param {AbortSignal} signal */
function liveRegion(signal) {
  const node = h("div", { class: "mw-sr", "aria-live": "polite" });
  /** @type {string | null} */
  let last = null;
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  /** @param {string} text @param {number} delay in ms */
  const announce = (text, delay = 700) => {
    clearTimeout(timer);
    if (last === null) last = text;
    timer = setTimeout(() => {
      if (text === last) return;
      last = text;
      node.textContent = text;
    }, delay);
  };
  return { node, announce };
}

/** Make the heading row of a card. */
function cardHeader() {
  const title = h("h2", { class: "mw-title" });
  const subtitle = h("span", { class: "mw-subtitle" });
  const total = h("span", { class: "mw-head-total" });
  const node = h("div", { class: "mw-head" }, title, subtitle, total);
  return { node, title, subtitle, total };
}

/**
 * Make buttons that are a radio group with arrow keys.
 * @param {string} name
 * @param {(key: string) => void} pick
 * @param {(key: string) => boolean} [needsClick] options that the arrow keys only focus
 */
function radioGroup(name, pick, needsClick = () => false) {
  const node = h("div", { class: "mw-radios", role: "radiogroup", "aria-label": name });
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  /** @param {KeyboardEvent} event */
  const move = (event) => {
    const all = [...node.querySelectorAll("button")];
    const buttons = all.filter((button) => !button.disabled);
    const index = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    /** @type {Record<string, number>} */
    const ends = { Home: 0, End: buttons.length - 1 };
    const step = steps[event.key];
    const next = step
      ? buttons[(index + step + buttons.length) % buttons.length]
      : buttons[ends[event.key]];
    if (!next || index < 0) return;
    event.preventDefault();
    next.focus();
    const key = next.dataset.key ?? "";
    if (!needsClick(key)) pick(key);
  };
  listen(node, { keydown: move });
  const make = () => {
    const click = () => pick(button.dataset.key ?? "");
    const kind = { type: "button", role: "radio", class: "mw-radio" };
    const button = h("button", { ...kind, on: { click } });
    return { node: button };
  };
  /** @param {RadioOption[]} options @param {string} selected */
  const update = (options, selected) => {
    const known = options.some((option) => option.key === selected);
    renderItems(node, options, make, ({ node: button }, option, index) => {
      const tabStop = option.key === selected || (!known && index === 0);
      setText(button, option.label, option.title);
      button.disabled = Boolean(option.disabled);
      setAttribute(button, "aria-checked", option.key === selected);
      setAttribute(button, "tabindex", tabStop ? 0 : -1);
    });
  };
  return { node, update };
}

/**
 * Make the box that says why there is nothing to show, and what to do.
 * @param {() => void} press
 */
function emptyState(press) {
  const title = h("p", { class: "mw-empty-title" });
  const text = h("p", { class: "mw-empty-text" });
  const button = h("button", {
    class: "mw-button",
    type: "button",
    on: { click: press },
  });
  const node = h("div", { class: "mw-empty" }, title, text, button);
  /** Return whether there is something to say. @param {Empty} empty */
  const update = (empty) => {
    const visible = Boolean(empty.title || empty.text);
    setText(title, empty.title ?? "");
    setText(text, empty.text ?? "");
    setText(button, empty.action ?? "");
    setVisible(button, Boolean(empty.action));
    setVisible(node, visible);
    return visible;
  };
  return { node, update };
}

/** An empty state whose button resets the filters. @param {AnyModel<{reset: number}>} model */
function resettableState(model) {
  return emptyState(() => {
    send(model, { reset: model.get("reset") + 1 });
    // This button goes with the empty state; the filters are where it leads.
    focusFilters();
  });
}

/** Move the focus to the Filters button of the page, if it has one. */
function focusFilters() {
  /** @type {HTMLElement | null} */ (
    document.querySelector(".mw-filter-button")
  )?.focus();
}

/** Make grey bars that stand in for figures. @param {string} kind @param {number} count */
function skeleton(kind, count) {
  const bars = Array.from({ length: count }, () => h("i", { class: "mw-bone" }));
  return h("div", { class: `mw-skeleton ${kind}`, "aria-hidden": "true" }, ...bars);
}

/**
 * Call `then` with what `find` returns as soon as it exists: views come one by one.
 * @template Found
 * @param {() => Found | null | undefined | false} find
 * @param {AbortSignal} signal
 * @param {(found: Found) => void} then
 */
function whenFound(find, signal, then) {
  if (signal.aborted) return;
  const found = find();
  if (found) then(found);
  else requestAnimationFrame(() => whenFound(find, signal, then));
}

/**
 * Put the shared styles into this page if nothing has yet.
 * @param {AnyModel<any>} model @param {import("@anywidget/types").Host} host
 */
async function ensureStyles(model, host) {
  const ref = model.get("_stylesheet");
  if (document.getElementById(STYLE_ID) || !ref) return;
  try {
    const sheet = await host.getModel(ref.replace("IPY_MODEL_", "anywidget:"));
    if (document.getElementById(STYLE_ID)) return;
    document.head.append(h("style", { id: STYLE_ID, text: sheet.get("_css") }));
  } catch {
    // Without its styles a widget is still a readable list of figures.
  }
}

/**
 * Make a widget's module: styles first, then `build` once, then its `update` per message.
 * @template {Record<string, any>} State
 * @param {(context: Context<State>) => () => void} build returns `update`
 * @returns {{render: import("@anywidget/types").Render<State>}}
 */
function view(build) {
  return {
    async render({ model, el, signal, host }) {
      await ensureStyles(model, host);
      if (signal.aborted) return;
      el.classList.add("mw-root");
      const update = build({ model, el, signal });
      model.on("change", update);
      update();
    },
  };
}
