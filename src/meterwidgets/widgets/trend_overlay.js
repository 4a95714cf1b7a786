// The layer over a trend's areas: crosshair, dots, tooltip, keyboard and brush.
// All of it is placed by parts of the plot's size, so that no resize can shift it.

/**
 * @typedef {{label: string, values: string[], total: string}} Point
 * @typedef {{id: string, name: string, color: string}} Line
 * @typedef {{shown: Line[], points: Point[], heights: (number|null)[][],
 *   stacked: boolean, brushable: boolean, foot: (place: number) => string}} Reading
 */

const DRAG = 4; // px; less is a click
const NEAR = 14; // px between crosshair and tooltip
const EDGE = 8; // px between tooltip and window

/** Where a bucket is in the plot, from 0 to 1. */
function across(place, count) {
  return count === 1 ? 0.5 : place / (count - 1);
}

/** The box with the figures of one bucket, in the top layer. */
function makeTip() {
  const head = h("p", { class: "mw-tip-head" });
  const rows = h("div", { class: "mw-tip-rows" });
  const word = h("span", { text: "Total" });
  const figure = h("span", { class: "mw-tip-value" });
  const total = h("div", { class: "mw-tip-total" }, word, figure);
  const foot = h("p", { class: "mw-tip-foot" });
  const box = { class: "mw-tip", popover: "manual", "aria-hidden": "true" };
  const node = h("div", box, head, rows, total, foot);
  return { node, head, rows, total, figure, foot };
}

function makeTipRow() {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-tip-name", dir: "auto" });
  const value = h("span", { class: "mw-tip-value" });
  const node = h("div", { class: "mw-tip-row" }, dot, name, value);
  node.parts = { dot, name, value };
  return node;
}

/** Beside the crosshair, on the side that has room, inside the window. */
function placeTip(tip, plot, part) {
  const area = plot.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const x = area.left + part * area.width;
  const [right, left] = [x + NEAR, x - NEAR - width];
  const wide = right + width + EDGE <= innerWidth;
  // On a phone neither side may do: then the one with more room, as far as it goes.
  const side = wide || (left < EDGE && x < innerWidth / 2) ? right : left;
  const most = Math.max(EDGE, innerWidth - width - EDGE);
  const lowest = Math.max(EDGE, innerHeight - height - EDGE);
  tip.style.left = `${Math.min(Math.max(EDGE, side), most)}px`;
  tip.style.top = `${Math.min(Math.max(EDGE, area.top + 4), lowest)}px`;
}

/** One bucket in words: the total first, then the largest. @param {Reading} r */
function spoken(r, place, chosen) {
  const point = r.points[place];
  const each = r.shown.map((line, i) => `${line.name} ${point.values[i]}`);
  const total = r.shown.length > 1 ? [`Total ${point.total}`] : [];
  const words = [...total, ...each, chosen || r.foot(place)].filter(Boolean);
  return `${point.label}: ${words.join(", ")}`;
}

/** The line, the dots and the tooltip of the bucket that is read. */
function makeReader(plot, tip, band) {
  const cross = show(h("div", { class: "mw-trend-cross" }), false);
  const dots = h("div", { class: "mw-trend-dots" });
  plot.append(cross, dots);
  let place = -1;
  /** @param {Reading} r */
  const draw = (r, at) => {
    place = at;
    const part = across(at, r.points.length);
    cross.style.left = `${100 * part}%`;
    show(cross, true);
    const make = () => h("i", { class: "mw-trend-dot" });
    const here = r.shown.map((line, i) => ({ ...line, y: r.heights[i][at] }));
    const seen = here.filter((line) => line.y !== null);
    keyed(dots, seen, make, (node, line) => {
      paint(node, line.color);
      node.style.left = `${100 * part}%`;
      node.style.bottom = `${100 * line.y}%`;
    });
    fill(r, at);
    if (!tip.node.matches(":popover-open")) tip.node.showPopover();
    placeTip(tip.node, plot, part);
  };
  const fill = (r, at) => {
    const point = r.points[at];
    put(tip.head, point.label);
    const rows = r.shown.map((line, i) => ({ ...line, value: point.values[i] }));
    keyed(tip.rows, r.stacked ? rows.reverse() : rows, makeTipRow, (node, row) => {
      paint(node.parts.dot, row.color);
      put(node.parts.name, row.name);
      put(node.parts.value, row.value);
    });
    put(tip.figure, point.total);
    show(tip.total, rows.length > 1);
    put(tip.foot, band.words(r) || r.foot(at));
    show(tip.foot, Boolean(tip.foot.textContent));
  };
  const hide = () => {
    place = -1;
    show(cross, false);
    dots.replaceChildren();
    if (tip.node.matches(":popover-open")) tip.node.hidePopover();
  };
  return { draw, hide, at: () => place };
}

/** The tinted part of the plot that a drag, or Enter, has begun to choose. */
function makeBand(plot) {
  const node = show(h("div", { class: "mw-trend-band" }), false);
  plot.append(node);
  let ends = null; // [where it began, where it is]
  const draw = (count) => {
    show(node, Boolean(ends));
    if (!ends) return;
    const half = count === 1 ? 0.5 : 0.5 / (count - 1);
    const from = Math.max(0, across(Math.min(...ends), count) - half);
    const to = Math.min(1, across(Math.max(...ends), count) + half);
    node.style.left = `${100 * from}%`;
    node.style.width = `${100 * (to - from)}%`;
  };
  return {
    begin: (place) => (ends = [place, place]),
    reach(place, count) {
      if (ends) ends[1] = place;
      draw(count);
    },
    on: () => ends !== null,
    words({ points }) {
      if (!ends) return "";
      const [from, to] = [Math.min(...ends), Math.max(...ends)];
      return from === to ? points[to].label : `${points[from].label} – ${points[to].label}`;
    },
    take() {
      const taken = ends && { first: Math.min(...ends), last: Math.max(...ends) };
      ends = null;
      draw(1);
      return taken;
    },
  };
}

/** Pointers: a move reads, a drag chooses. */
function wirePointer(plot, signal, { reader, band, reading, choose }) {
  let down = null; // where a press began, until it ends
  let quiet = -1; // the bucket whose tooltip Esc has closed
  const nearest = (event) => {
    const area = plot.getBoundingClientRect();
    const count = reading().points.length;
    const part = (event.clientX - area.left) / area.width;
    return Math.min(count - 1, Math.max(0, Math.round(part * (count - 1))));
  };
  const on = (type, act) =>
    plot.addEventListener(type, (event) => reading().points.length && act(event), {
      signal,
    });
  on("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    down = { x: event.clientX, place: nearest(event) };
    band.take();
    plot.setPointerCapture(event.pointerId);
    if (event.pointerType !== "mouse") reader.draw(reading(), down.place);
  });
  on("pointermove", (event) => {
    const place = nearest(event);
    const far = down && Math.abs(event.clientX - down.x) >= DRAG;
    if (far && reading().brushable && !band.on()) band.begin(down.place);
    if (down && band.on()) band.reach(place, reading().points.length);
    if (place === quiet) return;
    quiet = -1;
    if (place !== reader.at()) reader.draw(reading(), place);
  });
  on("pointerup", () => {
    const taken = down && band.take();
    down = null;
    if (!taken) return;
    reader.hide();
    choose(taken);
  });
  const end = () => {
    down = null;
    band.take();
    reader.hide();
  };
  on("pointercancel", end);
  on("pointerleave", (event) => {
    quiet = -1;
    // A finger leaves as it lifts: what it has read stays until it reads elsewhere.
    if (!down && event.pointerType === "mouse") reader.hide();
  });
  const elsewhere = (event) => plot.contains(event.target) || reader.hide();
  document.addEventListener("pointerdown", elsewhere, { signal });
  const key = (event) => {
    if (event.key !== "Escape" || reader.at() < 0) return;
    quiet = reader.at();
    end();
  };
  // A tooltip can be sent away from wherever the focus is.
  document.addEventListener("keydown", key, { signal });
  const move = () => {
    if (reader.at() >= 0) reader.draw(reading(), reader.at());
  };
  const passive = { signal, passive: true };
  addEventListener("scroll", move, { ...passive, capture: true });
  addEventListener("resize", move, passive);
}

/** Keys: arrows read and speak; Enter begins and ends a choice of buckets. */
function wireKeys(plot, signal, { reader, band, reading, choose, say }) {
  let place = -1; // the bucket that was read last
  const go = (to) => {
    const r = reading();
    place = Math.min(r.points.length - 1, Math.max(0, to));
    if (band.on()) band.reach(place, r.points.length);
    reader.draw(r, place);
    say(spoken(r, place, band.words(r)));
  };
  const begin = () => {
    band.begin(place);
    band.reach(place, reading().points.length);
    reader.draw(reading(), place);
    say(`From ${reading().points[place].label}. Move, then press Enter again.`);
  };
  const step = (event) => {
    const last = reading().points.length - 1;
    const by = event.shiftKey ? 10 : 1;
    const here = reader.at() < 0 ? place : reader.at();
    const from = here < 0 || here > last ? last : here;
    const to = { ArrowLeft: from - by, ArrowRight: from + by, Home: 0, End: last };
    return to[event.key];
  };
  const key = (event) => {
    if (!reading().points.length || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const to = step(event);
    const enter = event.key === "Enter" || event.key === " ";
    if (to !== undefined) go(to);
    else if (enter && reading().brushable && place >= 0)
      band.on() ? choose(band.take()) : begin();
    else return;
    event.preventDefault();
  };
  const focus = () => {
    const last = reading().points.length - 1;
    if (last >= 0 && plot.matches(":focus-visible"))
      go(place < 0 || place > last ? last : place);
  };
  const blur = () => {
    band.take();
    reader.hide();
  };
  for (const [type, act] of Object.entries({ keydown: key, focus, blur }))
    plot.addEventListener(type, act, { signal });
}

/**
 * Build the layer.
 * @param {{reading: () => Reading, choose: (taken: object) => void,
 *   say: (text: string) => void, signal: AbortSignal}} ctx
 */
function makeLayer({ reading, choose, say, signal }) {
  const box = { class: "mw-trend-plot", tabindex: "0", role: "application" };
  const plot = h("div", { ...box, "aria-roledescription": "chart" });
  const tip = makeTip();
  const band = makeBand(plot);
  const reader = makeReader(plot, tip, band);
  const parts = { reader, band, reading, choose, say };
  wirePointer(plot, signal, parts);
  wireKeys(plot, signal, parts);
  signal.addEventListener("abort", reader.hide);
  /** Other figures came: the reading follows them, or ends with its bucket. */
  const refresh = () => {
    const at = reader.at();
    if (at < 0) return;
    if (at < reading().points.length) reader.draw(reading(), at);
    else reader.hide();
  };
  return { plot, tip: tip.node, refresh, hide: reader.hide };
}
