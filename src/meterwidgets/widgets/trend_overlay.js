// The overlay of a trend's areas: crosshair, dots, tooltip, keyboard and brush.
// All of it is placed in fractions of the plot's size, so that no resize can shift it.

/**
 * @typedef {{label: string, values: string[], total: string}} Point
 * @typedef {{id: string, name: string, color: string}} Line
 * @typedef {{lines: Line[], points: Point[], heights: (number | null)[][],
 *   stacked: boolean, brushable: boolean, footnote: (index: number) => string}} Reading
 *   what is drawn: the visible lines, and the texts of each bucket
 * @typedef {{first: number, last: number}} Brush
 * @typedef {ReturnType<typeof makeTooltip>} Tooltip
 * @typedef {ReturnType<typeof makeReader>} Reader
 * @typedef {ReturnType<typeof makeBrushBand>} BrushBand
 * @typedef {{reader: Reader, band: BrushBand, reading: () => Reading,
 *   select: (brush: Brush) => void, announce: (text: string) => void}} OverlayParts
 */

const MIN_DRAG_PX = 4; // less is a click
const TOOLTIP_GAP_PX = 14; // between crosshair and tooltip
const WINDOW_GAP_PX = 8; // between tooltip and window

/** The x of a bucket in the plot, from 0 to 1. @param {number} index @param {number} count */
function bucketPosition(index, count) {
  return count === 1 ? 0.5 : index / (count - 1);
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(Math.max(low, value), high);
}

/** Make the box with the figures of one bucket, in the top layer. */
function makeTooltip() {
  const head = h("p", { class: "mw-tip-head" });
  const rows = h("div", { class: "mw-tip-rows" });
  const figure = h("span", { class: "mw-tip-value" });
  const total = h(
    "div",
    { class: "mw-tip-total" },
    h("span", { text: "Total" }),
    figure,
  );
  const foot = h("p", { class: "mw-tip-foot" });
  const kind = { class: "mw-tip", popover: "manual", "aria-hidden": "true" };
  const node = h("div", kind, head, rows, total, foot);
  return { node, head, rows, total, figure, foot };
}

function makeTooltipRow() {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-tip-name", dir: "auto" });
  const value = h("span", { class: "mw-tip-value" });
  const node = h("div", { class: "mw-tip-row" }, dot, name, value);
  return { node, dot, name, value };
}

/**
 * Place the tooltip beside the crosshair, where there is room, inside the window.
 * @param {HTMLElement} tooltip @param {HTMLElement} plot
 * @param {number} position of the crosshair, from 0 to 1
 */
function placeTooltip(tooltip, plot, position) {
  const area = plot.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const x = area.left + position * area.width;
  const [right, left] = [x + TOOLTIP_GAP_PX, x - TOOLTIP_GAP_PX - width];
  const fits = right + width + WINDOW_GAP_PX <= innerWidth;
  // On a phone neither side may fit: then the wider one, as far as it goes.
  const side = fits || (left < WINDOW_GAP_PX && x < innerWidth / 2) ? right : left;
  const lastX = Math.max(WINDOW_GAP_PX, innerWidth - width - WINDOW_GAP_PX);
  const lastY = Math.max(WINDOW_GAP_PX, innerHeight - height - WINDOW_GAP_PX);
  tooltip.style.left = `${clamp(side, WINDOW_GAP_PX, lastX)}px`;
  tooltip.style.top = `${clamp(area.top + 4, WINDOW_GAP_PX, lastY)}px`;
}

/**
 * One bucket in words: the total first, then the largest.
 * @param {Reading} reading @param {number} index @param {string} brushText
 */
function describeBucket({ lines, points, footnote }, index, brushText) {
  const point = points[index];
  const figures = lines.map((line, i) => `${line.name} ${point.values[i]}`);
  const total = lines.length > 1 ? [`Total ${point.total}`] : [];
  const texts = [...total, ...figures, brushText || footnote(index)].filter(Boolean);
  return `${point.label}: ${texts.join(", ")}`;
}

/**
 * Make the crosshair, the dots and the tooltip of the bucket that is read.
 * @param {HTMLElement} plot @param {Tooltip} tooltip @param {BrushBand} band
 */
function makeReader(plot, tooltip, band) {
  const crosshair = h("div", { class: "mw-trend-cross" });
  setVisible(crosshair, false);
  const dots = h("div", { class: "mw-trend-dots" });
  plot.append(crosshair, dots);
  let current = -1;
  const makeDot = () => ({ node: h("i", { class: "mw-trend-dot" }) });
  /** @param {Reading} reading @param {number} index */
  const draw = (reading, index) => {
    current = index;
    const position = bucketPosition(index, reading.points.length);
    crosshair.style.left = `${100 * position}%`;
    setVisible(crosshair, true);
    const here = reading.lines
      .map((line, i) => ({ ...line, height: reading.heights[i][index] }))
      .filter((line) => line.height !== null);
    renderItems(dots, here, makeDot, ({ node }, line) => {
      setColor(node, line.color);
      node.style.left = `${100 * position}%`;
      node.style.bottom = `${100 * (line.height ?? 0)}%`;
    });
    fillTooltip(reading, index);
    if (!tooltip.node.matches(":popover-open")) tooltip.node.showPopover();
    placeTooltip(tooltip.node, plot, position);
  };
  /** @param {Reading} reading @param {number} index */
  const fillTooltip = (reading, index) => {
    const point = reading.points[index];
    setText(tooltip.head, point.label);
    const rows = reading.lines.map((line, i) => ({ ...line, value: point.values[i] }));
    if (reading.stacked) rows.reverse();
    renderItems(tooltip.rows, rows, makeTooltipRow, ({ dot, name, value }, row) => {
      setColor(dot, row.color);
      setText(name, row.name);
      setText(value, row.value);
    });
    setText(tooltip.figure, point.total);
    setVisible(tooltip.total, rows.length > 1);
    setText(tooltip.foot, band.text(reading) || reading.footnote(index));
    setVisible(tooltip.foot, Boolean(tooltip.foot.textContent));
  };
  const hide = () => {
    current = -1;
    setVisible(crosshair, false);
    dots.replaceChildren();
    if (tooltip.node.matches(":popover-open")) tooltip.node.hidePopover();
  };
  return { draw, hide, index: () => current };
}

/**
 * Make the tinted part of the plot that a drag, or Enter, has begun to select.
 * @param {HTMLElement} plot
 */
function makeBrushBand(plot) {
  const node = h("div", { class: "mw-trend-band" });
  setVisible(node, false);
  plot.append(node);
  /** @type {{start: number, end: number} | null} */
  let drag = null;
  /** @returns {Brush | null} */
  const brush = () =>
    drag && {
      first: Math.min(drag.start, drag.end),
      last: Math.max(drag.start, drag.end),
    };
  /** @param {number} count of all buckets */
  const draw = (count) => {
    const drawn = brush();
    setVisible(node, Boolean(drawn));
    if (!drawn) return;
    const half = count === 1 ? 0.5 : 0.5 / (count - 1);
    const left = Math.max(0, bucketPosition(drawn.first, count) - half);
    const right = Math.min(1, bucketPosition(drawn.last, count) + half);
    node.style.left = `${100 * left}%`;
    node.style.width = `${100 * (right - left)}%`;
  };
  return {
    /** @param {number} index */
    begin(index) {
      drag = { start: index, end: index };
    },
    /** @param {number} index @param {number} count */
    extend(index, count) {
      if (drag) drag.end = index;
      draw(count);
    },
    isActive: () => drag !== null,
    /** @param {Reading} reading */
    text({ points }) {
      const drawn = brush();
      if (!drawn) return "";
      const { first, last } = drawn;
      if (first === last) return points[last].label;
      return `${points[first].label} – ${points[last].label}`;
    },
    /** Return the brush, and end it. */
    end() {
      const drawn = brush();
      drag = null;
      draw(1);
      return drawn;
    },
  };
}

/**
 * Wire pointers: a move reads, a drag brushes.
 * @param {HTMLElement} plot @param {AbortSignal} signal @param {OverlayParts} parts
 */
function wirePointer(plot, signal, { reader, band, reading, select }) {
  /** @type {{x: number, index: number} | null} */
  let press = null;
  let dismissed = -1; // the bucket whose tooltip Esc has closed
  /** @param {PointerEvent} event */
  const nearest = (event) => {
    const area = plot.getBoundingClientRect();
    const last = reading().points.length - 1;
    const position = (event.clientX - area.left) / area.width;
    return clamp(Math.round(position * last), 0, last);
  };
  const end = () => {
    press = null;
    band.end();
    reader.hide();
  };
  /** @type {Record<string, (event: PointerEvent) => void>} */
  const handlers = {
    pointerdown(event) {
      if (!event.isPrimary || event.button) return;
      press = { x: event.clientX, index: nearest(event) };
      band.end();
      plot.setPointerCapture(event.pointerId);
      if (event.pointerType !== "mouse") reader.draw(reading(), press.index);
    },
    pointermove(event) {
      const index = nearest(event);
      const dragged = press && Math.abs(event.clientX - press.x) >= MIN_DRAG_PX;
      if (press && dragged && reading().brushable && !band.isActive())
        band.begin(press.index);
      if (press && band.isActive()) band.extend(index, reading().points.length);
      if (index === dismissed) return;
      dismissed = -1;
      if (index !== reader.index()) reader.draw(reading(), index);
    },
    pointerup() {
      const brush = press && band.end();
      press = null;
      if (!brush) return;
      reader.hide();
      select(brush);
    },
    pointercancel: end,
    pointerleave(event) {
      dismissed = -1;
      // A finger leaves as it lifts: its tooltip stays until it reads elsewhere.
      if (!press && event.pointerType === "mouse") reader.hide();
    },
  };
  for (const [type, handler] of Object.entries(handlers)) {
    /** @param {Event} event */
    const ifDrawn = (event) => {
      if (reading().points.length) handler(/** @type {PointerEvent} */ (event));
    };
    plot.addEventListener(type, ifDrawn, { signal });
  }
  const dismiss = () => {
    dismissed = reader.index();
    end();
  };
  wireWindow(plot, signal, { reader, reading, dismiss });
}

/**
 * Wire what happens beside the plot: Esc and presses close the tooltip, scrolling moves it.
 * @param {HTMLElement} plot @param {AbortSignal} signal
 * @param {{reader: Reader, reading: () => Reading, dismiss: () => void}} parts
 */
function wireWindow(plot, signal, { reader, reading, dismiss }) {
  /** @param {PointerEvent} event */
  const pressElsewhere = (event) => {
    if (!plot.contains(/** @type {Node} */ (event.target))) reader.hide();
  };
  document.addEventListener("pointerdown", pressElsewhere, { signal });
  /** @param {KeyboardEvent} event */
  const dismissOnEscape = (event) => {
    if (event.key === "Escape" && reader.index() >= 0) dismiss();
  };
  // Wherever the focus is, Esc dismisses a tooltip.
  document.addEventListener("keydown", dismissOnEscape, { signal });
  const redraw = () => {
    if (reader.index() >= 0) reader.draw(reading(), reader.index());
  };
  const passive = { signal, passive: true };
  window.addEventListener("scroll", redraw, { ...passive, capture: true });
  window.addEventListener("resize", redraw, passive);
}

/**
 * Wire keys: arrows read and speak; Enter begins and ends a brush.
 * @param {HTMLElement} plot @param {OverlayParts} parts
 */
function wireKeys(plot, { reader, band, reading, select, announce }) {
  let lastRead = -1;
  const lastIndex = () => reading().points.length - 1;
  /** @param {number} index */
  const read = (index) => {
    const now = reading();
    lastRead = clamp(index, 0, lastIndex());
    if (band.isActive()) band.extend(lastRead, now.points.length);
    reader.draw(now, lastRead);
    announce(describeBucket(now, lastRead, band.text(now)));
  };
  const beginOrEnd = () => {
    const brush = band.end();
    if (brush) {
      select(brush);
      return;
    }
    band.begin(lastRead);
    band.extend(lastRead, reading().points.length);
    reader.draw(reading(), lastRead);
    const { label } = reading().points[lastRead];
    announce(`From ${label}. Move, then press Enter again.`);
  };
  /** @param {KeyboardEvent} event @returns {number | undefined} */
  const target = (event) => {
    const last = lastIndex();
    const step = event.shiftKey ? 10 : 1;
    const current = reader.index() < 0 ? lastRead : reader.index();
    const from = current < 0 || current > last ? last : current;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowLeft: from - step,
      ArrowRight: from + step,
      Home: 0,
      End: last,
    };
    return targets[event.key];
  };
  listen(plot, {
    keydown: (event) => {
      if (lastIndex() < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      const index = target(event);
      const isEnter = event.key === "Enter" || event.key === " ";
      if (index !== undefined) read(index);
      else if (isEnter && reading().brushable && lastRead >= 0) beginOrEnd();
      else return;
      event.preventDefault();
    },
    focus: () => {
      const last = lastIndex();
      if (last >= 0 && plot.matches(":focus-visible"))
        read(lastRead < 0 || lastRead > last ? last : lastRead);
    },
    blur: () => {
      band.end();
      reader.hide();
    },
  });
}

/**
 * Build the overlay.
 * @param {{reading: () => Reading, select: (brush: Brush) => void,
 *   announce: (text: string) => void, signal: AbortSignal}} context
 */
function makeOverlay({ reading, select, announce, signal }) {
  const kind = { class: "mw-trend-plot", tabindex: "0", role: "application" };
  const plot = h("div", { ...kind, "aria-roledescription": "chart" });
  const tooltip = makeTooltip();
  const band = makeBrushBand(plot);
  const reader = makeReader(plot, tooltip, band);
  const parts = { reader, band, reading, select, announce };
  wirePointer(plot, signal, parts);
  wireKeys(plot, parts);
  signal.addEventListener("abort", reader.hide);
  /** Read the same bucket of new figures, or stop reading if it is gone. */
  const refresh = () => {
    const index = reader.index();
    if (index < 0) return;
    if (index < reading().points.length) reader.draw(reading(), index);
    else reader.hide();
  };
  return { plot, tooltip: tooltip.node, refresh, hide: reader.hide };
}
