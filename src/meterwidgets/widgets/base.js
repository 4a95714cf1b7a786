// Helpers that every widget's module begins with; base.py puts them there.
// Text only ever goes in as textContent, so no name can become markup.

/** @typedef {import("@anywidget/types").AnyModel} AnyModel */

const STYLE_ID = "meterwidgets.widgets.base.Stylesheet";

/**
 * Make an element.
 * @param {string} tag
 * @param {Record<string, any>} [props] `class`, `text`, `on`, else attributes
 * @param {...Node} kids
 */
function h(tag, props = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "text") node.textContent = value;
    else if (name === "on") listen(node, value);
    else node.setAttribute(name, value);
  }
  // Lab's one-letter shortcuts fire inside outputs unless the focus says no.
  if (/^(button|input|select)$/.test(tag) || "tabindex" in props)
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...kids);
  return node;
}

/** @param {Element} node @param {Record<string, EventListener>} handlers */
function listen(node, handlers) {
  for (const [type, handler] of Object.entries(handlers))
    node.addEventListener(type, handler);
}

// A name that the standard gives to SVG; nothing is fetched from it.
const SVG = ["http:", "", "www.w3.org", "2000", "svg"].join("/");

/** Make an SVG element. @param {string} tag @param {Record<string, any>} attrs */
function s(tag, attrs = {}, ...kids) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) node.setAttribute(name, value);
  node.append(...kids);
  return node;
}

/** A line icon of 16 px. @param {...string} paths */
function icon(...paths) {
  const kids = paths.map((d) => s("path", { d }));
  const box = { viewBox: "0 0 16 16", class: "mw-icon", "aria-hidden": "true" };
  return s("svg", box, ...kids);
}

/**
 * Put text and title where they differ. Text takes the place of text: a node anew would
 * be laid out anew.
 * @param {Element} node
 */
function put(node, text, title = "") {
  const only = node.childNodes.length === 1 && node.firstChild;
  if (only && only.nodeType === Node.TEXT_NODE && text) {
    if (only.data !== text) only.data = text;
  } else if (node.textContent !== text) node.textContent = text;
  attr(node, "title", title || null);
  return node;
}

/** Set an attribute, or take it away when null. @param {Element} node */
function attr(node, name, value) {
  if (value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

/** Show or hide. @param {HTMLElement} node @param {boolean} on */
function show(node, on) {
  if (node.hidden === Boolean(on)) node.hidden = !on;
  return node;
}

/** Colour a swatch by slot; the value is a name, never CSS from outside. */
function paint(node, slot) {
  const known = /^(c[1-8]|other|total)$/.test(slot);
  node.style.setProperty("--mw-slot", known ? `var(--mw-${slot})` : "transparent");
  return node;
}

/**
 * Make the children of `parent` be `items`: nodes are kept by key, and the focus
 * stays on the item that had it.
 */
function keyed(parent, items, make, patch) {
  const focus = document.activeElement;
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  items.forEach((item, i) => {
    const key = String(item.id ?? item.key ?? i);
    const node = old.get(key) ?? make(item);
    old.delete(key);
    node.dataset.key = key;
    patch(node, item, i);
    if (parent.children[i] !== node) parent.insertBefore(node, parent.children[i]);
  });
  for (const node of old.values()) node.remove();
  if (focus !== document.activeElement && parent.contains(focus))
    focus.focus({ preventScroll: true });
}

/** Speak politely, once, when changes have settled. @param {AbortSignal} signal */
function speaker(signal) {
  const node = h("div", { class: "mw-sr", "aria-live": "polite" });
  let last = null;
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const say = (text, wait = 700) => {
    clearTimeout(timer);
    if (last === null) last = text;
    timer = setTimeout(() => {
      if (text !== last) node.textContent = last = text;
    }, wait);
  };
  return { node, say };
}

/** The heading row of a card. */
function cardHead() {
  const title = h("h2", { class: "mw-title" });
  const subtitle = h("span", { class: "mw-subtitle" });
  const total = h("span", { class: "mw-head-total" });
  const node = h("div", { class: "mw-head" }, title, subtitle, total);
  return { node, title, subtitle, total };
}

/** Buttons as a radiogroup with arrow keys; `lazy` ones wait for a click. */
function radios(name, pick, lazy = () => false) {
  const node = h("div", { class: "mw-radios", role: "radiogroup", "aria-label": name });
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const move = (event) => {
    const all = [...node.children].filter((button) => !button.disabled);
    const here = all.indexOf(event.target.closest("button"));
    const ends = { Home: 0, End: all.length - 1 };
    const step = keys[event.key];
    const next = step ? (here + step + all.length) % all.length : ends[event.key];
    if (next === undefined || here < 0) return;
    event.preventDefault();
    all[next].focus();
    if (!lazy(all[next].dataset.key)) pick(all[next].dataset.key);
  };
  listen(node, { keydown: move });
  const make = () => {
    const button = h("button", { type: "button", role: "radio", class: "mw-radio" });
    listen(button, { click: () => pick(button.dataset.key) });
    return button;
  };
  const update = (items, value) => {
    const known = items.some((item) => item.key === value);
    keyed(node, items, make, (button, item, i) => {
      put(button, item.label, item.title);
      button.disabled = Boolean(item.disabled);
      attr(button, "aria-checked", item.key === value);
      attr(button, "tabindex", item.key === value || (!known && i === 0) ? 0 : -1);
    });
  };
  return { node, update };
}

/**
 * The box that says why there is nothing, and what to do.
 * @param {AnyModel} model @param {string} counter the trait that counts its clicks
 */
function emptyBox(model, counter = "reset") {
  const title = h("p", { class: "mw-empty-title" });
  const text = h("p", { class: "mw-empty-text" });
  const reset = () => {
    model.set(counter, model.get(counter) + 1);
    model.save_changes();
    if (counter !== "reset") return;
    // This button goes with the empty state; the filters are where it leads.
    document.querySelector(".mw-filter-button")?.focus();
  };
  const type = { class: "mw-button", type: "button", on: { click: reset } };
  const button = h("button", type);
  const node = h("div", { class: "mw-empty" }, title, text, button);
  const update = (empty) => {
    const on = Boolean(empty && (empty.title || empty.text));
    put(title, empty?.title ?? "");
    put(text, empty?.text ?? "");
    put(button, empty?.action ?? "");
    show(button, Boolean(empty?.action));
    show(node, on);
    return on;
  };
  return { node, update };
}

/** Grey bars in the place of figures. @param {string} kind @param {number} count */
function skeleton(kind, count) {
  const bars = Array.from({ length: count }, () => h("i", { class: "mw-bone" }));
  return h("div", { class: `mw-skeleton ${kind}`, "aria-hidden": "true" }, ...bars);
}

/** Run `then` with what `find` finds, once it is there: views come one by one. */
function whenThere(find, signal, then) {
  if (signal.aborted) return;
  const found = find();
  if (found) then(found);
  else requestAnimationFrame(() => whenThere(find, signal, then));
}

/** Put the shared styles into this page if nothing has yet. */
async function styled(model, host) {
  const ref = model.get("_stylesheet");
  if (document.getElementById(STYLE_ID) || !ref) return;
  try {
    const sheet = await host.getModel(ref.replace("IPY_MODEL_", "anywidget:"));
    if (document.getElementById(STYLE_ID)) return;
    const style = h("style", { id: STYLE_ID, text: sheet.get("_css") });
    document.head.append(style);
  } catch {
    // Without its styles a widget is still a readable list of figures.
  }
}

/**
 * Wrap a view: styles first, then `build` once, then its `update` per message.
 * @param {(ctx: {model: AnyModel, el: HTMLElement, signal: AbortSignal}) => () => void} build
 */
function view(build) {
  return {
    async render({ model, el, signal, host }) {
      await styled(model, host);
      if (signal.aborted) return;
      el.classList.add("mw-root");
      const update = build({ model, el, signal });
      model.on("change", update);
      update();
    },
  };
}
