// The overlay of a trend's areas: crosshair, dots, tooltip, keyboard and brush.
// All of it is placed in fractions of the plot's size, so that no resize can shift it.

/**
 * @typedef {ReturnType<typeof makeReader>} Reader
 * @typedef {{reader: Reader, band: BrushBand, reading: () => Reading,
 *   select: (brush: Brush) => void, announce: (text: string) => void}} OverlayParts
 */

const MIN_DRAG_PX = 4; // less is a click

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
    fillTooltip(tooltip, reading, index, band.text(reading));
    if (!tooltip.node.matches(":popover-open")) tooltip.node.showPopover();
    placeTooltip(tooltip.node, plot, position);
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
