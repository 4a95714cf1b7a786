// FilterPanel: presets, the resolved range, chips and the Filters button.
// Each action is one `request` with a number; the kernel answers with new texts.

/**
 * @typedef {{dim: string, label: string, text: string, title?: string}} Chip
 * @typedef {{presets: {key: string, label: string, disabled?: boolean}[],
 *   preset: string, range_text: string, zone: string, chips: Chip[],
 *   count: number, request: object, is_open: boolean, error: string}} Model
 */

function makeBar() {
  const title = h("h1", { class: "mw-page-title" });
  const demo = h("span", { class: "mw-demo" });
  const slot = h("div", { class: "mw-filter-slot" });
  const badge = h("span", { class: "mw-badge", "aria-hidden": "true" });
  const button = h("button", {
    type: "button",
    class: "mw-button mw-filter-button",
    "aria-haspopup": "dialog",
    "aria-expanded": "false",
  });
  const word = h("span", { text: "Filters" });
  button.append(icon("M2 4h12M4.5 8h7M7 12h2"), word, badge);
  const heading = h("div", { class: "mw-filter-title" }, title, demo);
  const facts = h("ul", { class: "mw-facts" });
  const chips = h("div", { class: "mw-chips" });
  const list = h("ul", { class: "mw-chip-list", "aria-label": "Filters in force" });
  const clear = h("button", { type: "button", class: "mw-link mw-clear" });
  clear.textContent = "Clear all";
  chips.append(list, clear);
  const error = h("span");
  const x = h("button", { type: "button", class: "mw-x", "aria-label": "Dismiss" });
  x.append(icon("M4 4l8 8M12 4l-8 8"));
  const alert = h("div", { class: "mw-error", role: "alert" }, error, x);
  const parts = { title, demo, slot, badge, button, heading, facts, chips, list };
  return { ...parts, clear, error, x, alert };
}

/** @param {(dim: string, at: number) => void} remove */
function makeChip(remove) {
  const label = h("span", { class: "mw-chip-label" });
  const text = h("span", { class: "mw-chip-text", dir: "auto" });
  const x = h("button", { type: "button", class: "mw-x" });
  x.append(icon("M5 5l6 6M11 5l-6 6"));
  const node = h("li", { class: "mw-chip" }, label, text, x);
  node.parts = { label, text, x };
  listen(x, {
    click: () => remove(node.dataset.dim, [...node.parentNode.children].indexOf(node)),
  });
  return node;
}

/** @param {HTMLElement} node @param {Chip} chip */
function patchChip(node, chip) {
  node.dataset.dim = chip.dim;
  put(node.parts.label, chip.label);
  put(node.parts.text, chip.text, chip.title || chip.text);
  attr(node.parts.x, "aria-label", `Remove filter ${chip.label}: ${chip.text}`);
}

/** The phrases after the presets: the range first, then where it comes from. */
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

function build({ model, el, signal }) {
  const bar = makeBar();
  const voice = speaker(signal);
  let asked = null;
  let dismissed = "";
  let focusAt = -1;

  const send = (what) => {
    const n = (model.get("request").n ?? 0) + 1;
    model.set("request", { n, ...what });
    model.save_changes();
  };
  const dialog = makeDialog({ model, signal, button: bar.button, send });
  const answer = () =>
    ["preset", "range_text", "error"].map((name) => model.get(name)).join("\n");
  const pick = (key) => {
    if (key === "custom") return dialog.open();
    asked = { key, was: answer() };
    send({ preset: key });
  };
  const presets = radios("Time range", pick, (key) => key === "custom");
  presets.node.classList.add("mw-presets");
  bar.button.popoverTargetElement = dialog.node;
  const first = (event) => {
    // The button toggles the popover by itself; this only fills and focuses it.
    if (dialog.isOpen()) return;
    event.preventDefault();
    dialog.open();
  };
  listen(bar.button, { click: first });
  listen(dialog.node, {
    toggle: (event) => {
      const lost = !document.activeElement || document.activeElement === document.body;
      if (event.newState === "closed" && lost) bar.button.focus();
    },
  });
  const remove = (dim, at) => {
    focusAt = at;
    send({ clear: dim });
  };
  listen(bar.clear, {
    click: () => {
      focusAt = 0;
      send({ clear: "all" });
    },
  });
  listen(bar.x, {
    click: () => {
      dismissed = model.get("error");
      update();
      bar.button.focus();
    },
  });

  const top = h("div", { class: "mw-filter-top" }, bar.heading, bar.slot, bar.button);
  const row = h("div", { class: "mw-filter-row" }, presets.node, bar.facts, bar.chips);
  const inner = h("div", { class: "mw-filter-inner" }, top, row, bar.alert);
  el.classList.add("mw-filter-panel");
  el.append(inner, dialog.node, voice.node);

  function update() {
    if (asked && asked.was !== answer()) asked = null;
    put(bar.title, model.get("title"));
    show(bar.title, Boolean(model.get("title")));
    put(bar.demo, model.get("demo"), model.get("demo_title"));
    show(bar.demo, Boolean(model.get("demo")));
    presets.update(model.get("presets"), asked?.key ?? model.get("preset"));
    show(presets.node, model.get("presets").length > 0);
    const facts = readFacts(model);
    keyed(
      bar.facts,
      facts,
      () => h("li"),
      (node, fact) => put(node, fact.text),
    );
    attr(el, "aria-busy", model.get("loading") ? "true" : null);
    drawButton();
    drawChips();
    const error = model.get("error");
    if (!error) dismissed = "";
    put(bar.error, error);
    show(bar.alert, Boolean(error) && error !== dismissed);
    dialog.update();
    if (!model.get("loading"))
      voice.say(`${model.get("range_text")} ${model.get("zone")}`);
  }
  function drawButton() {
    const n = model.get("count");
    put(bar.badge, n ? String(n) : "");
    show(bar.badge, n > 0);
    attr(bar.button, "aria-label", n ? `Filters, ${n} in force` : "Filters");
  }
  function drawChips() {
    const chips = model.get("chips").map((chip) => ({ ...chip, key: chip.dim }));
    const before = bar.list.children.length;
    keyed(bar.list, chips, () => makeChip(remove), patchChip);
    show(bar.chips, chips.length > 0);
    if (focusAt < 0 || chips.length >= before) return;
    const next = bar.list.children[Math.min(focusAt, chips.length - 1)];
    (next?.parts.x ?? bar.button).focus();
    focusAt = -1;
  }
  return update;
}

export default view(build);
