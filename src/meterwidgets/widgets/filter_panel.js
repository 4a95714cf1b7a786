// FilterPanel: presets, the resolved range, chips and the Filters button.
// Each action is one `request` with a number; the kernel answers with new texts.

/**
 * @typedef {{filter: string, label: string, text: string, title?: string}} Chip
 * @typedef {DialogState & {title: string, presets: RadioOption[], preset: string,
 *   range_text: string, data_until: string, notes: string[], part_shown: string,
 *   demo: string, demo_title: string, chips: Chip[], count: number, error: string,
 *   loading: boolean, stale: boolean | string, request: FilterRequest & {n?: number}}} State
 * @typedef {ReturnType<typeof makeChip>} ChipParts
 */

function makeBar() {
  const title = h("h1", { class: "mw-page-title" });
  const demo = h("span", { class: "mw-demo" });
  const heading = h("div", { class: "mw-filter-title" }, title, demo);
  const slot = h("div", { class: "mw-filter-slot" });
  const badge = h("span", { class: "mw-badge", "aria-hidden": "true" });
  const expands = { "aria-haspopup": "dialog", "aria-expanded": "false" };
  const kind = { type: "button", class: "mw-button mw-filter-button" };
  const button = h("button", { ...kind, ...expands });
  button.append(icon("M2 4h12M4.5 8h7M7 12h2"), h("span", { text: "Filters" }), badge);
  const facts = h("ul", { class: "mw-facts" });
  const partText = h("span");
  const showAll = h("button", { type: "button", class: "mw-link", text: "Show all" });
  const part = h("p", { class: "mw-part" }, partText, showAll);
  const aboutSlot = h("div", { class: "mw-about-slot" });
  const list = h("ul", { class: "mw-chip-list", "aria-label": "Filters in force" });
  const clear = h("button", { type: "button", class: "mw-link mw-clear" });
  clear.textContent = "Clear all";
  const chips = h("div", { class: "mw-chips" }, list, clear);
  const error = h("span");
  const dismiss = h("button", {
    type: "button",
    class: "mw-x",
    "aria-label": "Dismiss",
  });
  dismiss.append(icon("M4 4l8 8M12 4l-8 8"));
  const alert = h("div", { class: "mw-error", role: "alert" }, error, dismiss);
  const top = h("div", { class: "mw-filter-top" }, heading, slot, button);
  const head = { top, title, demo, badge, button };
  const middle = { facts, part, partText, showAll, aboutSlot };
  return { ...head, ...middle, list, clear, chips, error, dismiss, alert };
}

/** @param {(key: string, index: number) => void} remove */
function makeChip(remove) {
  const label = h("span", { class: "mw-chip-label" });
  const text = h("span", { class: "mw-chip-text", dir: "auto" });
  const x = h("button", { type: "button", class: "mw-x" });
  x.append(icon("M5 5l6 6M11 5l-6 6"));
  const node = h("li", { class: "mw-chip" }, label, text, x);
  const index = () => [...(node.parentNode?.children ?? [])].indexOf(node);
  listen(x, { click: () => remove(node.dataset.filter ?? "", index()) });
  return { node, label, text, x };
}

/** @param {ChipParts} parts @param {Chip} chip */
function patchChip(parts, chip) {
  parts.node.dataset.filter = chip.filter;
  setText(parts.label, chip.label);
  setText(parts.text, chip.text, chip.title || chip.text);
  setAttribute(parts.x, "aria-label", `Remove filter ${chip.label}: ${chip.text}`);
}

/** The phrases after the presets: the range first. @param {AnyModel<State>} model */
function readFacts(model) {
  const stale = model.get("stale");
  const facts = [
    { key: "range", text: model.get("range_text") },
    { key: "zone", text: model.get("zone") },
    { key: "until", text: model.get("data_until") },
    ...model.get("notes").map((text, i) => ({ key: `note${i}`, text })),
    { key: "stale", text: stale === true ? "Out of date" : stale || "" },
    { key: "busy", text: model.get("loading") ? "Updating…" : "" },
  ];
  return facts.filter((fact) => fact.text);
}

/**
 * Make the presets; a click shows at once, and is pressed when the figures are its own.
 * @param {AnyModel<State>} model @param {(request: FilterRequest) => void} request
 * @param {() => void} openDialog
 */
function makePresets(model, request, openDialog) {
  /** @type {{key: string, answer: string} | null} */
  let pending = null; // with the answer from before
  const answer = () =>
    [model.get("preset"), model.get("range_text"), model.get("error")].join("\n");
  /** @param {string} key */
  const pick = (key) => {
    if (key === "custom") {
      openDialog();
      return;
    }
    pending = { key, answer: answer() };
    request({ preset: key });
  };
  const group = radioGroup("Time range", pick, (key) => key === "custom");
  group.node.classList.add("mw-presets");
  const update = () => {
    if (pending && pending.answer !== answer()) pending = null;
    group.update(model.get("presets"), model.get("preset"), pending?.key);
    setVisible(group.node, model.get("presets").length > 0);
  };
  /** @param {string} key */
  const focus = (key) =>
    /** @type {HTMLElement | null} */ (
      group.node.querySelector(`[data-key="${key}"]`)
    )?.focus();
  return { node: group.node, update, pick, focus };
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const bar = makeBar();
  const live = liveRegion(signal);
  let dismissed = "";
  let removedIndex = -1; // of the chip whose removal was requested

  /** @param {FilterRequest} fields */
  const request = (fields) =>
    send(model, { request: { n: (model.get("request").n ?? 0) + 1, ...fields } });
  const dialog = makeDialog({ model, signal, button: bar.button, request });
  const presets = makePresets(model, request, dialog.open);
  bar.button.popoverTargetElement = dialog.node;
  listen(bar.button, {
    // The button toggles the popover by itself; this only fills and focuses it.
    click: (event) => {
      if (dialog.isOpen()) return;
      event.preventDefault();
      dialog.open();
    },
  });
  listen(dialog.node, {
    toggle: (event) => {
      const lost = !document.activeElement || document.activeElement === document.body;
      if (event.newState === "closed" && lost) bar.button.focus();
    },
  });
  /** @param {string} key @param {number} index */
  const remove = (key, index) => {
    removedIndex = index;
    request({ clear: key });
  };
  listen(bar.clear, { click: () => remove("all", 0) });
  listen(bar.dismiss, {
    click: () => {
      dismissed = model.get("error");
      update();
      bar.button.focus();
    },
  });
  listen(bar.showAll, {
    // The button goes once all is shown; the preset that it presses stays.
    click: () => {
      presets.pick("all");
      presets.update();
      presets.focus("all");
    },
  });
  const row = h("div", { class: "mw-filter-row" }, presets.node, bar.facts);
  row.append(bar.part, bar.aboutSlot, bar.chips);
  const inner = h("div", { class: "mw-filter-inner" }, bar.top, row, bar.alert);
  el.classList.add("mw-filter-panel");
  el.append(inner, dialog.node, live.node);

  function update() {
    presets.update();
    setText(bar.title, model.get("title"));
    setVisible(bar.title, Boolean(model.get("title")));
    setText(bar.demo, model.get("demo"), model.get("demo_title"));
    setVisible(bar.demo, Boolean(model.get("demo")));
    const makeFact = () => ({ node: h("li") });
    renderItems(bar.facts, readFacts(model), makeFact, ({ node }, fact) =>
      setText(node, fact.text),
    );
    setText(bar.partText, model.get("part_shown"));
    setVisible(bar.part, Boolean(model.get("part_shown")));
    setAttribute(el, "aria-busy", model.get("loading") ? "true" : null);
    drawButton();
    drawChips();
    const error = model.get("error");
    if (!error) dismissed = "";
    setText(bar.error, error);
    setVisible(bar.alert, Boolean(error) && error !== dismissed);
    dialog.update();
    if (!model.get("loading"))
      live.announce(`${model.get("range_text")} ${model.get("zone")}`);
  }
  function drawButton() {
    const count = model.get("count");
    setText(bar.badge, count ? String(count) : "");
    setVisible(bar.badge, count > 0);
    const label = count ? `Filters, ${count} in force` : "Filters";
    setAttribute(bar.button, "aria-label", label);
  }
  function drawChips() {
    const chips = model.get("chips").map((chip) => ({ ...chip, key: chip.filter }));
    const before = bar.list.children.length;
    renderItems(bar.list, chips, () => makeChip(remove), patchChip);
    setVisible(bar.chips, chips.length > 0);
    if (removedIndex < 0 || chips.length >= before) return;
    const next = bar.list.children[Math.min(removedIndex, chips.length - 1)];
    (next?.querySelector("button") ?? bar.button).focus();
    removedIndex = -1;
  }
  return update;
}

export default view(build);
