// Trend: the heading, controls, legend, axes and states around bqplot's areas.
// The figure lies in the same cell of the card's grid as the layer that reads it.

const SHAPES = [
  { key: "stacked", label: "Stacked" },
  { key: "lines", label: "Lines" },
  { key: "share", label: "Share" },
];
const KEYS =
  "Left and Right read, with Shift by ten; Home and End go to the ends; Esc leaves.";
const CHOOSE = "Enter begins and ends a choice of time.";

/** Build everything that stands in the card. */
function makeCard(pick, download) {
  const head = cardHead();
  const by = radios("Break down by", pick("by"));
  const shape = radios("Layout", pick("shape"));
  const save = h(
    "button",
    { type: "button", class: "mw-trend-save", title: "Download CSV" },
    icon("M8 2.5v7.5", "M4.8 7 8 10.2 11.2 7", "M2.5 13.5h11"),
  );
  attr(save, "aria-label", "Download CSV");
  listen(save, { click: download });
  const controls = h("div", { class: "mw-trend-controls" }, by.node, shape.node);
  const top = h("div", { class: "mw-trend-top" }, head.node, controls, save);
  const legend = h("div", { class: "mw-trend-legend", role: "group" });
  attr(legend, "aria-label", "Series");
  const dash = s("svg", { class: "mw-trend-dash", "aria-hidden": "true" });
  dash.append(s("path", { d: "M0 2h16" }));
  const word = h("span");
  const until = h("p", { class: "mw-trend-until" }, dash, word);
  const y = h("div", { class: "mw-trend-y", "aria-hidden": "true" });
  const grid = h("div", { class: "mw-trend-grid", "aria-hidden": "true" });
  const x = h("div", { class: "mw-trend-x", "aria-hidden": "true" });
  const figure = h("span", { class: "mw-trend-figure" });
  const note = h("p", { class: "mw-note" });
  const parts = { head, by, shape, save, controls, top, legend, word, until };
  return { ...parts, y, grid, x, figure, note };
}

/** A series of the legend; a click toggles it, with Alt it stands alone. */
function makeKey(act) {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-trend-name", dir: "auto" });
  const node = h("button", { type: "button", class: "mw-trend-key" }, dot, name);
  node.parts = { dot, name };
  listen(node, { click: (event) => act(node.dataset.key, event.altKey) });
  return node;
}

/** What the legend has off after a click; the last series stays. */
function toggled(ids, hidden, id, alone) {
  const shown = ids.filter((one) => !hidden.includes(one));
  const now = shown.length ? shown : ids;
  if (alone) return now.length === 1 && now[0] === id ? [] : without(ids, [id]);
  const next = now.includes(id) ? without(now, [id]) : [...now, id];
  return without(ids, next.length ? next : now);
}

function without(ids, some) {
  return ids.filter((id) => !some.includes(id));
}

/** The densest of the allowed sets of labels whose texts keep apart. */
function fitting(ticks, strides, count, width, measure) {
  const apart = Math.max(18, width * 0.05);
  const middle = (tick) => across(tick.place, count) * width;
  const clear = (some) =>
    some.every((tick, i) => {
      const next = some[i + 1];
      if (!next) return true;
      const half = (measure(tick.text) + measure(next.text)) / 2;
      return middle(next) - middle(tick) >= half + apart;
    });
  const every = ([k, r]) => ticks.filter((_, i) => i % k === r);
  return strides.map(every).find((some) => some.length && clear(some)) ?? [];
}

/** Labels below the plot; those at its ends stay inside the card. */
function drawTicks(model, box, width, room) {
  const count = model.get("points").length;
  const pen = document.createElement("canvas").getContext("2d");
  const style = getComputedStyle(box);
  pen.font = `${style.fontSize} ${style.fontFamily}`;
  const measure = (text) => pen.measureText(text).width;
  const some = fitting(model.get("ticks"), model.get("strides"), count, width, measure);
  const items = some.map((tick) => ({ ...tick, id: tick.place }));
  const make = () => h("span", { class: "mw-trend-tick" });
  keyed(box, items, make, (node, tick) => {
    put(node, tick.text);
    const half = measure(tick.text) / 2;
    const middle = across(tick.place, count) * width;
    const inside = Math.min(Math.max(middle, half - room.left), width + room.right - half);
    node.style.left = `${inside}px`;
  });
}

/** Labels left of the plot, and the lines below its areas. */
function drawAxis(model, y, grid) {
  const axis = model.get("axis").map((tick, i) => ({ ...tick, id: i }));
  keyed(y, axis, () => h("span"), (node, tick) => {
    put(node, tick.text);
    node.style.setProperty("--mw-at", tick.at);
  });
  keyed(grid, axis, () => h("i"), (node, tick) => {
    node.style.bottom = `${100 * tick.at}%`;
    node.classList.toggle("mw-zero", tick.zero);
  });
}

/**
 * bqplot draws a new size 300 ms late: until then what it drew is stretched, so that
 * the areas never part from the crosshair.
 */
function stretch(areas, signal) {
  const drawn = areas.querySelector(".plotarea_events");
  const fit = () => {
    const [w, height] = ["width", "height"].map((side) => drawn.getAttribute(side));
    const by = (now, then) => (then > 0 && now > 0 ? now / then : 1);
    areas.style.setProperty("--mw-x", by(areas.clientWidth, w));
    areas.style.setProperty("--mw-y", by(areas.clientHeight, height));
  };
  const sized = new ResizeObserver(fit);
  const redrawn = new MutationObserver(fit);
  sized.observe(areas);
  redrawn.observe(drawn, { attributes: true, attributeFilter: ["width", "height"] });
  signal.addEventListener("abort", () => (sized.disconnect(), redrawn.disconnect()));
}

/** Hand a text to the reader as a file; no server takes part. */
function handOver({ name, text }) {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function drawHead(model, c) {
  put(c.head.title, model.get("title"));
  put(c.head.subtitle, model.get("subtitle"));
  show(c.head.total, false);
  const [choices, shapes] = [model.get("choices"), model.get("shapes")];
  const offered = SHAPES.filter((shape) => shapes.includes(shape.key));
  c.by.update(choices, model.get("by"));
  c.shape.update(offered, model.get("shape"));
  show(c.by.node, choices.length > 1);
  show(c.shape.node, offered.length > 1);
  show(c.controls, choices.length > 1 || offered.length > 1);
  put(c.note, model.get("note"));
  show(c.note, Boolean(model.get("note")));
}

/** A single bucket is a bar: its figure stands on it. */
function drawSingle(model, node) {
  const [point, ...more] = model.get("points");
  const one = point && !more.length;
  show(node, Boolean(one));
  if (!one) return;
  const tops = model.get("heights").map((row) => row[0] ?? 0);
  put(node, point.total);
  node.style.bottom = `${100 * Math.max(0, ...tops)}%`;
}

/** What the legend shows and what the layer reads; a click is ahead of figures. */
function makeReading(model) {
  const ids = () => model.get("legend").map((line) => line.id);
  const off = () => {
    const hidden = model.get("hidden");
    return ids().every((id) => hidden.includes(id)) ? [] : hidden;
  };
  const foot = (place) =>
    place === model.get("points").length - 1 ? model.get("unfinished") : "";
  let now = null;
  const renew = () => {
    const heights = model.get("heights");
    const shown = model.get("legend").filter((line) => !off().includes(line.id));
    now = {
      shown: shown.length === heights.length ? shown : now.shown,
      points: model.get("points"),
      heights,
      stacked: model.get("shape") !== "lines",
      brushable: model.get("brushable"),
      foot,
    };
  };
  return { ids, off, renew, now: () => now };
}

/** Ask for the table; of several views only the one that asked saves it. */
function makeDownload(model, pick) {
  let asked = 0;
  model.on("change:table", () => {
    if (model.get("table").n === asked) handOver(model.get("table"));
  });
  return () => {
    asked = model.get("export") + 1;
    pick("export")(asked);
  };
}

/** The figure comes when it comes: name it, and keep it in place. */
function wireAreas(model, el, signal) {
  let areas = null;
  const name = () => {
    if (!areas) return;
    attr(areas, "role", "img");
    attr(areas, "aria-label", model.get("summary") || model.get("title"));
  };
  const ready = () => {
    const found = el.parentElement?.querySelector(".mw-areas");
    return found?.querySelector(".plotarea_events") ? found : null;
  };
  whenThere(ready, signal, (found) => {
    areas = found;
    stretch(areas, signal);
    name();
  });
  return name;
}

function build({ model, el, signal }) {
  const pick = (name) => (value) => {
    model.set(name, value);
    model.save_changes();
  };
  const c = makeCard(pick, makeDownload(model, pick));
  const voice = speaker(signal);
  const empty = emptyBox(model);
  const failed = emptyBox(model, "retry");
  failed.node.classList.add("mw-failed");
  const bones = skeleton("mw-trend-bones", 5);
  const reading = makeReading(model);
  reading.renew();
  const act = (id, alone) =>
    pick("hidden")(toggled(reading.ids(), reading.off(), id, alone));
  const choose = (taken) =>
    pick("brushed")({ n: (model.get("brushed").n ?? 0) + 1, ...taken });
  const say = (text) => voice.say(text, 250);
  const layer = makeLayer({ reading: reading.now, choose, say, signal });
  layer.plot.append(c.figure);
  el.classList.add("mw-trend-body");
  el.append(c.top, c.legend, c.until, c.y, c.grid, layer.plot, c.x, c.note);
  el.append(bones, empty.node, failed.node, layer.tip, voice.node);
  const nameAreas = wireAreas(model, el, signal);

  const ticks = () => {
    if (!layer.plot.clientWidth) return;
    const card = c.top.getBoundingClientRect();
    const area = layer.plot.getBoundingClientRect();
    const room = { left: area.left - card.left, right: card.right - area.right };
    layer.plot.style.setProperty("--mw-left", `${room.left}px`);
    drawTicks(model, c.x, layer.plot.clientWidth, room);
  };
  const sized = new ResizeObserver(ticks);
  sized.observe(layer.plot);
  signal.addEventListener("abort", () => sized.disconnect());

  const drawLegend = () =>
    keyed(
      c.legend,
      model.get("legend"),
      () => makeKey(act),
      (node, line) => {
        paint(node.parts.dot, line.color);
        put(node.parts.name, line.name, `${line.name}\nAlt-click: this one alone`);
        attr(node, "aria-pressed", !reading.off().includes(line.id));
      },
    );
  const state = () => {
    const loading = model.get("loading");
    const wrong = failed.update(model.get("error"));
    const none = empty.update(loading || wrong ? {} : model.get("empty"));
    return wrong ? "failed" : none ? "empty" : loading ? "loading" : "ready";
  };
  return function update() {
    reading.renew();
    const now = state();
    const on = now === "ready";
    el.dataset.state = now;
    attr(el, "aria-busy", now === "loading" ? "true" : null);
    for (const part of [c.legend, c.y, c.grid, layer.plot, c.x, c.save]) show(part, on);
    show(bones, now === "loading");
    put(c.word, model.get("unfinished"));
    c.until.classList.toggle("mw-none", !on || !model.get("unfinished"));
    drawHead(model, c);
    if (!on) return layer.hide();
    drawLegend();
    drawAxis(model, c.y, c.grid);
    ticks();
    drawSingle(model, c.figure);
    const keys = model.get("brushable") ? `${KEYS} ${CHOOSE}` : KEYS;
    attr(layer.plot, "aria-label", `${model.get("summary")}. ${keys}`);
    nameAreas();
    layer.refresh();
    voice.say(model.get("summary"));
  };
}

export default view(build);
