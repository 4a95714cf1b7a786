// bqplot's areas of a trend: their name, and their size until bqplot redraws them.

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
 * @param {Context<{title: string, summary: string}>} context
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
