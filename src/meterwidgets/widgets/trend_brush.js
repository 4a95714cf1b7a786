// The brush of a trend: the range of buckets that a drag, or Enter, selects.

/**
 * @typedef {{first: number, last: number}} Brush
 * @typedef {ReturnType<typeof makeBrushBand>} BrushBand
 */

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
