// What all widgets share: the view, and parts such as a card's heading.
// assets.py puts this file and elements.js before each widget's own.

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
 * @typedef {{title?: string, text?: string, action?: string}} Empty
 * @typedef {{key: string, label: string, title?: string, disabled?: boolean}} RadioOption
 */

const STYLE_ID = "meterwidgets.widgets.base.Stylesheet";

/**
 * Set traits and send them to the kernel in one message.
 * @template {Record<string, any>} State
 * @param {AnyModel<State>} model @param {Partial<State>} values
 */
function send(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
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
  /**
   * @param {RadioOption[]} options @param {string} selected
   * @param {string} [pending] the option that was picked, until it is selected
   */
  const update = (options, selected, pending = selected) => {
    const known = options.some((option) => option.key === selected);
    renderItems(node, options, make, ({ node: button }, option, index) => {
      const tabStop = option.key === pending || (!known && index === 0);
      setText(button, option.label, option.title);
      button.disabled = Boolean(option.disabled);
      setAttribute(button, "aria-checked", option.key === selected);
      const waits = option.key === pending && pending !== selected;
      button.classList.toggle("mw-pending", waits);
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
