// The axes of a trend: where buckets, labels and grid lines are.

/**
 * @typedef {{place: number, text: string}} TimeTick
 * @typedef {{at: number, text: string, zero: boolean}} ValueTick
 * @typedef {AnyModel<{points: object[], ticks: TimeTick[], axis: ValueTick[],
 *   strides: [number, number][]}>} AxesModel
 */

/** The x of a bucket in the plot, from 0 to 1. @param {number} index @param {number} count */
function bucketPosition(index, count) {
  return count === 1 ? 0.5 : index / (count - 1);
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(Math.max(low, value), high);
}

/**
 * Return the most labels of the x-axis that fit without touching.
 * @param {AxesModel} model @param {number} width in px
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
 * @param {AxesModel} model @param {HTMLElement} box @param {number} width in px
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

/**
 * Draw the labels left of the plot, and the grid below its areas.
 * @param {AxesModel} model @param {{yAxis: HTMLElement, grid: HTMLElement}} boxes
 */
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
