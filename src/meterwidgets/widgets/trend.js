// Trend: the heading, controls, legend, axes and states around bqplot's areas.
// The figure lies in the same cell of the card's grid as the overlay that reads it.

/**
 * @typedef {"stacked" | "lines" | "share"} Shape
 * @typedef {{name: string, text: string}} CsvFile
 * @typedef {{title: string, subtitle: string, ticks: TimeTick[], begun: string,
 *   unfinished: string, partial: {place: number, text: string}[],
 *   shape: Shape, shapes: Shape[], by: string, choices: RadioOption[],
 *   hidden: string[], brushable: boolean, brushed: Partial<Brush> & {n?: number},
 *   reset: number, retry: number, loading: boolean, empty: Empty, error: Empty,
 *   note: string, legend: Line[], points: Point[], heights: (number | null)[][],
 *   axis: ValueTick[], strides: [number, number][], summary: string,
 *   export: number, table: CsvFile & {n?: number}}} State
 * @typedef {AnyModel<State>} Model
 * @typedef {ReturnType<typeof makeCard>} Card
 * @typedef {ReturnType<typeof makeReading>} TrendReading
 * @typedef {"failed" | "empty" | "loading" | "ready"} CardState
 */

/** @type {{key: Shape, label: string}[]} */
const SHAPES = [
  { key: "stacked", label: "Stacked" },
  { key: "lines", label: "Lines" },
  { key: "share", label: "Share" },
];
const READING_KEYS =
  "Left and Right read, with Shift by ten; Home and End go to the ends; Esc leaves.";
const BRUSH_KEYS = "Enter begins and ends a choice of time.";

/** Build everything in the card but the overlay. @param {Model} model */
function makeCard(model) {
  const header = cardHeader();
  const by = radioGroup("Break down by", (key) => send(model, { by: key }));
  const pickShape = (/** @type {string} */ key) =>
    send(model, { shape: /** @type {Shape} */ (key) });
  const shape = radioGroup("Layout", pickShape);
  const save = makeSaveButton(model);
  const controls = h("div", { class: "mw-trend-controls" }, by.node, shape.node);
  const top = h("div", { class: "mw-trend-top" }, header.node, controls, save);
  const legend = h("div", { class: "mw-trend-legend", role: "group" });
  setAttribute(legend, "aria-label", "Series");
  const dash = svg("svg", { class: "mw-trend-dash", "aria-hidden": "true" });
  dash.append(svg("path", { d: "M0 2h16" }));
  const unfinishedText = h("span");
  const unfinished = h("p", { class: "mw-trend-unfinished" }, dash, unfinishedText);
  const yAxis = h("div", { class: "mw-trend-y", "aria-hidden": "true" });
  const grid = h("div", { class: "mw-trend-grid", "aria-hidden": "true" });
  const xAxis = h("div", { class: "mw-trend-x", "aria-hidden": "true" });
  const singleFigure = h("span", { class: "mw-trend-figure" });
  const note = h("p", { class: "mw-note" });
  const head = { header, by, shape, save, controls, top, legend };
  return {
    ...head,
    unfinishedText,
    unfinished,
    yAxis,
    grid,
    xAxis,
    singleFigure,
    note,
  };
}

/** Make the button that downloads the CSV file. @param {Model} model */
function makeSaveButton(model) {
  let requested = 0; // of several views only the one that asked saves the file
  model.on("change:table", () => {
    if (model.get("table").n === requested) saveFile(model.get("table"));
  });
  const click = () => {
    requested = model.get("export") + 1;
    send(model, { export: requested });
  };
  const label = { title: "Download CSV", "aria-label": "Download CSV" };
  const kind = { type: "button", class: "mw-trend-save" };
  const arrow = icon("M8 2.5v7.5", "M4.8 7 8 10.2 11.2 7", "M2.5 13.5h11");
  return h("button", { ...kind, ...label, on: { click } }, arrow);
}

/** Let the browser save a text as a file, without a server. @param {CsvFile} file */
function saveFile({ name, text }) {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/**
 * Make a series of the legend; a click toggles it, an Alt-click shows it alone.
 * @param {(id: string, alone: boolean) => void} toggle
 */
function makeLegendItem(toggle) {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-trend-name", dir: "auto" });
  const node = h("button", { type: "button", class: "mw-trend-key" }, dot, name);
  listen(node, { click: (event) => toggle(node.dataset.key ?? "", event.altKey) });
  return { node, dot, name };
}

/**
 * Return the hidden series after a click in the legend; the last visible one stays.
 * @param {string[]} ids @param {string[]} hidden @param {string} id
 * @param {boolean} alone
 */
function hiddenAfter(ids, hidden, id, alone) {
  const listed = without(ids, hidden);
  const visible = listed.length ? listed : ids;
  if (alone) return visible.length === 1 && visible[0] === id ? [] : without(ids, [id]);
  const next = visible.includes(id) ? without(visible, [id]) : [...visible, id];
  return without(ids, next.length ? next : visible);
}

/** @param {string[]} ids @param {string[]} removed */
function without(ids, removed) {
  return ids.filter((id) => !removed.includes(id));
}

/** @param {Model} model @param {Card} card */
function drawHeader(model, card) {
  setText(card.header.title, model.get("title"));
  setText(card.header.subtitle, model.get("subtitle"));
  setVisible(card.header.total, false);
  const choices = model.get("choices");
  const shapes = SHAPES.filter((shape) => model.get("shapes").includes(shape.key));
  card.by.update(choices, model.get("by"));
  card.shape.update(shapes, model.get("shape"));
  setVisible(card.by.node, choices.length > 1);
  setVisible(card.shape.node, shapes.length > 1);
  setVisible(card.controls, choices.length > 1 || shapes.length > 1);
  setText(card.note, model.get("note"));
  setVisible(card.note, Boolean(model.get("note")));
}

/** A single bucket is a bar with its figure on it. @param {Model} model @param {HTMLElement} node */
function drawSingleFigure(model, node) {
  const [point, ...others] = model.get("points");
  const isSingle = Boolean(point) && others.length === 0;
  setVisible(node, isSingle);
  if (!isSingle) return;
  const heights = model.get("heights").map((row) => row[0] ?? 0);
  setText(node, point.total);
  node.style.bottom = `${100 * Math.max(0, ...heights)}%`;
}

/** What the legend and the overlay read; a click is ahead of the figures. @param {Model} model */
function makeReading(model) {
  const ids = () => model.get("legend").map((line) => line.id);
  const hidden = () => {
    const all = ids().every((id) => model.get("hidden").includes(id));
    return all ? [] : model.get("hidden");
  };
  /** @returns {Line[]} */
  const visible = () => {
    const ids = hidden();
    return model.get("legend").filter((line) => !ids.includes(line.id));
  };
  /** @param {Line[]} lines @returns {Reading} */
  const read = (lines) => ({
    lines,
    points: model.get("points"),
    heights: model.get("heights"),
    stacked: model.get("shape") !== "lines",
    brushable: model.get("brushable"),
    footnote: (index) => {
      const parts = model.get("partial").filter(({ place }) => place === index);
      return parts.flatMap(({ text }) => text || []).join(" · ");
    },
  });
  let current = read(visible());
  const update = () => {
    const lines = visible();
    const arrived = lines.length === model.get("heights").length;
    current = read(arrived ? lines : current.lines);
  };
  return { ids, hidden, update, current: () => current };
}

/**
 * Draw the legend; a click changes what is hidden.
 * @param {Model} model @param {HTMLElement} box @param {TrendReading} reading
 */
function drawLegend(model, box, reading) {
  const hidden = reading.hidden();
  /** @param {string} id @param {boolean} alone */
  const toggle = (id, alone) =>
    send(model, { hidden: hiddenAfter(reading.ids(), reading.hidden(), id, alone) });
  const make = () => makeLegendItem(toggle);
  renderItems(box, model.get("legend"), make, ({ node, dot, name }, line) => {
    setColor(dot, line.color);
    setText(name, line.name, `${line.name}\nAlt-click: this one alone`);
    setAttribute(node, "aria-pressed", !hidden.includes(line.id));
  });
}

/**
 * Make the boxes of the states without figures.
 * @param {Model} model
 */
function makeStates(model) {
  const empty = resettableState(model);
  const failed = emptyState(() => send(model, { retry: model.get("retry") + 1 }));
  failed.node.classList.add("mw-failed");
  const bones = skeleton("mw-trend-bones", 5);
  /** Show the box of the current state. @returns {CardState} */
  const update = () => {
    const loading = model.get("loading");
    const isFailed = failed.update(model.get("error"));
    const isEmpty = empty.update(loading || isFailed ? {} : model.get("empty"));
    setVisible(bones, loading && !isFailed);
    if (isFailed) return "failed";
    return isEmpty ? "empty" : loading ? "loading" : "ready";
  };
  return { nodes: [bones, empty.node, failed.node], update };
}

/**
 * Show the parts of the card that its state has.
 * @param {Model} model @param {Card} card @param {CardState} state
 */
function showParts(model, card, state) {
  const ready = state === "ready";
  const { legend, yAxis, grid, xAxis, save } = card;
  for (const part of [legend, yAxis, grid, xAxis, save]) setVisible(part, ready);
  const reasons = [model.get("begun"), model.get("unfinished")];
  const reason = reasons.filter(Boolean).join(" · ");
  setText(card.unfinishedText, reason);
  card.unfinished.classList.toggle("mw-none", !ready || !reason);
}

/**
 * Draw the x-axis in the size of the plot, now and whenever that changes.
 * @param {Model} model @param {Card} card @param {HTMLElement} plot
 * @param {AbortSignal} signal
 */
function makeXAxis(model, card, plot, signal) {
  const draw = () => {
    if (!plot.clientWidth) return;
    const outer = card.top.getBoundingClientRect();
    const area = plot.getBoundingClientRect();
    const margins = { left: area.left - outer.left, right: outer.right - area.right };
    plot.style.setProperty("--mw-left", `${margins.left}px`);
    drawXAxis(model, card.xAxis, plot.clientWidth, margins);
  };
  const onResize = new ResizeObserver(draw);
  onResize.observe(plot);
  signal.addEventListener("abort", () => onResize.disconnect());
  return draw;
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const card = makeCard(model);
  const live = liveRegion(signal);
  const states = makeStates(model);
  const reading = makeReading(model);
  const overlay = makeOverlay({
    reading: reading.current,
    select: (brush) =>
      send(model, { brushed: { n: (model.get("brushed").n ?? 0) + 1, ...brush } }),
    announce: (text) => live.announce(text, 250),
    signal,
  });
  const { plot } = overlay;
  plot.append(card.singleFigure);
  el.classList.add("mw-trend-body");
  el.append(card.top, card.legend, card.unfinished, card.yAxis, card.grid, plot);
  el.append(card.xAxis, card.note, ...states.nodes, overlay.tooltip, live.node);
  const nameAreas = wireAreas({ model, el, signal });
  const redrawXAxis = makeXAxis(model, card, plot, signal);

  return () => {
    reading.update();
    const state = states.update();
    el.dataset.state = state;
    setAttribute(el, "aria-busy", state === "loading" ? "true" : null);
    showParts(model, card, state);
    setVisible(plot, state === "ready");
    drawHeader(model, card);
    if (state !== "ready") {
      overlay.hide();
      return;
    }
    drawLegend(model, card.legend, reading);
    drawYAxis(model, card);
    redrawXAxis();
    drawSingleFigure(model, card.singleFigure);
    const keys = model.get("brushable")
      ? `${READING_KEYS} ${BRUSH_KEYS}`
      : READING_KEYS;
    setAttribute(plot, "aria-label", `${model.get("summary")}. ${keys}`);
    nameAreas();
    overlay.refresh();
    live.announce(model.get("summary"));
  };
}

export default view(build);
