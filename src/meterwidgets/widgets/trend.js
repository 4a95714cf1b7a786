// Trend: the heading, controls, legend, axes and states around bqplot's areas.
// The figure lies in the same cell of the card's grid as the overlay that reads it.

/**
 * @typedef {"stacked" | "lines" | "share"} Shape
 * @typedef {{place: number, text: string}} TimeTick
 * @typedef {{at: number, text: string, zero: boolean}} ValueTick
 * @typedef {{name: string, text: string}} CsvFile
 * @typedef {{title: string, subtitle: string, ticks: TimeTick[], unfinished: string,
 *   shape: Shape, shapes: Shape[], by: string, choices: RadioOption[],
 *   hidden: string[], brushable: boolean, brushed: Partial<Brush> & {n?: number},
 *   reset: number, retry: number, loading: boolean, empty: Empty, error: Empty,
 *   note: string, legend: Line[], points: Point[], heights: (number | null)[][],
 *   axis: ValueTick[], strides: [number, number][], summary: string,
 *   export: number, table: CsvFile & {n?: number}}} State
 * @typedef {AnyModel<State>} Model
 * @typedef {ReturnType<typeof makeCard>} Card
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

/**
 * Return the most labels of the x-axis that fit without touching.
 * @param {Model} model @param {number} width in px
 * @param {(text: string) => number} measure returns the width of a text in px
 */
function fittingTicks(model, width, measure) {
  const count = model.get("points").length;
  const gap = Math.max(18, width * 0.05);
  /** @param {TimeTick} tick */
  const centre = (tick) => bucketPosition(tick.place, count) * width;
  /** @param {TimeTick[]} ticks */
  const fits = (ticks) =>
    ticks.every((tick, i) => {
      const next = ticks[i + 1];
      if (!next) return true;
      const halves = (measure(tick.text) + measure(next.text)) / 2;
      return centre(next) - centre(tick) >= halves + gap;
    });
  const candidates = model
    .get("strides")
    .map(([stride, offset]) =>
      model.get("ticks").filter((_, i) => i % stride === offset),
    );
  return candidates.find((ticks) => ticks.length && fits(ticks)) ?? [];
}

/**
 * Draw the labels below the plot; those at its ends stay inside the card.
 * @param {Model} model @param {HTMLElement} box @param {number} width in px
 * @param {{left: number, right: number}} margins beside the plot, in px
 */
function drawXAxis(model, box, width, margins) {
  const count = model.get("points").length;
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(box);
  if (pen) pen.font = `${style.fontSize} ${style.fontFamily}`;
  /** @param {string} text */
  const measure = (text) => pen?.measureText(text).width ?? 0;
  const ticks = fittingTicks(model, width, measure);
  const items = ticks.map((tick) => ({ ...tick, id: tick.place }));
  const make = () => ({ node: h("span", { class: "mw-trend-tick" }) });
  renderItems(box, items, make, ({ node }, tick) => {
    setText(node, tick.text);
    const half = measure(tick.text) / 2;
    const centre = bucketPosition(tick.place, count) * width;
    const left = half - margins.left;
    const right = width + margins.right - half;
    node.style.left = `${Math.min(Math.max(centre, left), right)}px`;
  });
}

/** Draw the labels left of the plot, and the grid below its areas. @param {Model} model @param {Card} card */
function drawYAxis(model, { yAxis, grid }) {
  const ticks = model.get("axis").map((tick, id) => ({ ...tick, id }));
  const makeLabel = () => ({ node: h("span") });
  renderItems(yAxis, ticks, makeLabel, ({ node }, tick) => {
    setText(node, tick.text);
    node.style.setProperty("--mw-at", String(tick.at));
  });
  const makeLine = () => ({ node: h("i") });
  renderItems(grid, ticks, makeLine, ({ node }, tick) => {
    node.style.bottom = `${100 * tick.at}%`;
    node.classList.toggle("mw-zero", tick.zero);
  });
}

/**
 * Stretch what bqplot drew to the plot's size: it redraws 300 ms after a resize, and
 * until then the areas would part from the crosshair.
 * @param {HTMLElement} areas @param {Element} drawn @param {AbortSignal} signal
 */
function stretchAreas(areas, drawn, signal) {
  /** @param {number} size @param {string} side */
  const factor = (size, side) => {
    const drawnSize = Number(drawn.getAttribute(side));
    return String(drawnSize > 0 && size > 0 ? size / drawnSize : 1);
  };
  const fit = () => {
    areas.style.setProperty("--mw-x", factor(areas.clientWidth, "width"));
    areas.style.setProperty("--mw-y", factor(areas.clientHeight, "height"));
  };
  const onResize = new ResizeObserver(fit);
  const onRedraw = new MutationObserver(fit);
  onResize.observe(areas);
  onRedraw.observe(drawn, { attributes: true, attributeFilter: ["width", "height"] });
  signal.addEventListener("abort", () => {
    onResize.disconnect();
    onRedraw.disconnect();
  });
}

/**
 * Name bqplot's areas and keep them in place as soon as they exist.
 * @param {Context<State>} context
 * @returns {() => void} names them again
 */
function wireAreas({ model, el, signal }) {
  /** @type {HTMLElement | null} */
  let areas = null;
  const name = () => {
    if (!areas) return;
    setAttribute(areas, "role", "img");
    setAttribute(areas, "aria-label", model.get("summary") || model.get("title"));
  };
  const findAreas = () => {
    /** @type {HTMLElement | null | undefined} */
    const node = el.parentElement?.querySelector(".mw-areas");
    const drawn = node?.querySelector(".plotarea_events");
    return node && drawn && { node, drawn };
  };
  whenFound(findAreas, signal, ({ node, drawn }) => {
    areas = node;
    stretchAreas(node, drawn, signal);
    name();
  });
  return name;
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
    footnote: (index) =>
      index === model.get("points").length - 1 ? model.get("unfinished") : "",
  });
  let current = read(visible());
  const update = () => {
    const lines = visible();
    const arrived = lines.length === model.get("heights").length;
    current = read(arrived ? lines : current.lines);
  };
  return { ids, hidden, update, current: () => current };
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const card = makeCard(model);
  const live = liveRegion(signal);
  const empty = resettableState(model);
  const failed = emptyState(() => send(model, { retry: model.get("retry") + 1 }));
  failed.node.classList.add("mw-failed");
  const bones = skeleton("mw-trend-bones", 5);
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
  el.append(card.xAxis, card.note, bones, empty.node, failed.node);
  el.append(overlay.tooltip, live.node);
  const nameAreas = wireAreas({ model, el, signal });

  const drawTicks = () => {
    if (!plot.clientWidth) return;
    const outer = card.top.getBoundingClientRect();
    const area = plot.getBoundingClientRect();
    const margins = { left: area.left - outer.left, right: outer.right - area.right };
    plot.style.setProperty("--mw-left", `${margins.left}px`);
    drawXAxis(model, card.xAxis, plot.clientWidth, margins);
  };
  const onResize = new ResizeObserver(drawTicks);
  onResize.observe(plot);
  signal.addEventListener("abort", () => onResize.disconnect());

  /** @param {string} id @param {boolean} alone */
  const toggle = (id, alone) =>
    send(model, { hidden: hiddenAfter(reading.ids(), reading.hidden(), id, alone) });
  const drawLegend = () => {
    const hidden = reading.hidden();
    const make = () => makeLegendItem(toggle);
    renderItems(card.legend, model.get("legend"), make, ({ node, dot, name }, line) => {
      setColor(dot, line.color);
      setText(name, line.name, `${line.name}\nAlt-click: this one alone`);
      setAttribute(node, "aria-pressed", !hidden.includes(line.id));
    });
  };
  /** @returns {CardState} */
  const updateState = () => {
    const loading = model.get("loading");
    const isFailed = failed.update(model.get("error"));
    const isEmpty = empty.update(loading || isFailed ? {} : model.get("empty"));
    if (isFailed) return "failed";
    return isEmpty ? "empty" : loading ? "loading" : "ready";
  };
  /** @param {CardState} state */
  const showState = (state) => {
    el.dataset.state = state;
    setAttribute(el, "aria-busy", state === "loading" ? "true" : null);
    const { legend, yAxis, grid, xAxis, save, unfinished } = card;
    for (const part of [legend, yAxis, grid, plot, xAxis, save])
      setVisible(part, state === "ready");
    setVisible(bones, state === "loading");
    const reason = model.get("unfinished");
    setText(card.unfinishedText, reason);
    unfinished.classList.toggle("mw-none", state !== "ready" || !reason);
  };
  return () => {
    reading.update();
    const state = updateState();
    showState(state);
    drawHeader(model, card);
    if (state !== "ready") {
      overlay.hide();
      return;
    }
    drawLegend();
    drawYAxis(model, card);
    drawTicks();
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
