// The tooltip of a trend: the figures of one bucket, in the top layer and in words.

/**
 * @typedef {{label: string, values: string[], total: string}} Point
 * @typedef {{id: string, name: string, color: string}} Line
 * @typedef {{lines: Line[], points: Point[], heights: (number | null)[][],
 *   stacked: boolean, brushable: boolean, footnote: (index: number) => string}} Reading
 *   what is drawn: the visible lines, and the texts of each bucket
 * @typedef {ReturnType<typeof makeTooltip>} Tooltip
 */

const TOOLTIP_GAP_PX = 14; // between crosshair and tooltip
const WINDOW_GAP_PX = 8; // between tooltip and window

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
 * Fill the tooltip with the figures of a bucket.
 * @param {Tooltip} tooltip @param {Reading} reading @param {number} index
 * @param {string} brushText the brushed range, if there is one
 */
function fillTooltip(tooltip, reading, index, brushText) {
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
  setText(tooltip.foot, brushText || reading.footnote(index));
  setVisible(tooltip.foot, Boolean(tooltip.foot.textContent));
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
