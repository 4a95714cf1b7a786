// KpiCard and KpiCards: headline figures with caption, change and sparkline.
// A description list: the label is the term, the figure and its notes describe it.

/**
 * @typedef {{label: string, label_color: string, tag: string, value: string,
 *   title: string, caption: string, caption_title: string, note: string,
 *   color: string, delta: string, direction: "" | "up" | "down", tone: string,
 *   delta_title: string, spark: number[], loading: boolean}} Card
 * @typedef {Card & {cards?: Card[], subtitle: string}} State
 * @typedef {ReturnType<typeof makeCard>} CardParts
 */

const SPARK_WIDTH = 74;
const SPARK_HEIGHT = 24;
const SPARK_INSET = 3;
const MAX_FIGURE = 12; // longer values are names: smaller, with more room on a phone
const MAX_NARROW = 9; // longer ones are smaller in a narrow card: no figure is ever cut
const ARROWS = { "": "", up: "▲", down: "▼" };
/** @type {(keyof Card)[]} */
const CARD_KEYS = [
  "label",
  "label_color",
  "tag",
  "value",
  "title",
  "caption",
  "caption_title",
  "note",
  "color",
  "delta",
  "direction",
  "tone",
  "delta_title",
  "spark",
];

function makeCard() {
  const labelDot = h("span", { class: "mw-dot" });
  const labelText = h("span", { class: "mw-kpi-word" });
  const label = h("dt", { class: "mw-kpi-label" }, labelDot, labelText);
  const value = h("dd", { class: "mw-kpi-value" });
  const dot = h("span", { class: "mw-dot" });
  const caption = h("span", { class: "mw-kpi-caption" });
  const arrow = h("span", { class: "mw-kpi-arrow", "aria-hidden": "true" });
  const direction = h("span", { class: "mw-sr" });
  const amount = h("span");
  const delta = h("span", { class: "mw-kpi-delta" }, arrow, direction, amount);
  const foot = h("dd", { class: "mw-kpi-foot" }, dot, caption, delta);
  const note = h("dd", { class: "mw-kpi-note" });
  const spark = makeSpark();
  const node = h("div", { class: "mw-card mw-kpi-card" });
  node.append(label, value, spark.node, foot, note);
  const change = { arrow, direction, amount, delta };
  return {
    node,
    label,
    labelDot,
    labelText,
    value,
    dot,
    caption,
    ...change,
    note,
    spark,
  };
}

function makeSpark() {
  const area = svg("path", { class: "mw-spark-area" });
  const line = svg("path", { class: "mw-spark-line" });
  const end = svg("circle", { class: "mw-spark-end", r: 2.25 });
  const box = { viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}` };
  const picture = svg("svg", box, area, line, end);
  const node = h("dd", { class: "mw-kpi-spark", "aria-hidden": "true" }, picture);
  return { node, area, line, end };
}

/** @param {CardParts} parts @param {Card} card @param {boolean} allLoading */
function patchCard(parts, card, allLoading) {
  const loading = allLoading || card.loading;
  setText(parts.labelText, card.label);
  setAttribute(parts.label, "data-tag", card.tag || null);
  setColor(parts.labelDot, card.label_color);
  setVisible(parts.labelDot, Boolean(card.tag || card.label_color));
  const long = card.value.length > MAX_FIGURE;
  setText(parts.value, card.value, card.title || (long ? card.value : ""));
  parts.value.classList.toggle("mw-long", long);
  parts.value.classList.toggle("mw-wide", card.value.length > MAX_NARROW);
  parts.value.classList.toggle("mw-missing", card.value === "–");
  setColor(parts.dot, card.color);
  setVisible(parts.dot, Boolean(card.color));
  setWords(parts.caption, card.caption, card.caption_title || card.caption);
  setText(parts.note, card.note, card.note);
  setVisible(parts.note, Boolean(card.note));
  setVisible(parts.delta, Boolean(card.delta));
  setText(parts.arrow, ARROWS[card.direction]);
  setText(parts.direction, card.direction ? `${card.direction} ` : "");
  setText(parts.amount, card.delta);
  setAttribute(parts.delta, "title", card.delta_title || null);
  setAttribute(parts.delta, "data-tone", card.tone);
  drawSpark(parts.spark, loading ? [] : card.spark);
  parts.node.classList.toggle("mw-busy", loading);
}

/**
 * Set text that wraps between its words only, never at a name's hyphen.
 * @param {HTMLElement} node @param {string} text @param {string} title
 */
function setWords(node, text, title) {
  setAttribute(node, "title", title || null);
  const words = text ? text.split(" ") : [];
  words.forEach((word, i) => {
    if (node.children[i]) setText(node.children[i], word);
    else node.append(...(i ? [" "] : []), h("span", { text: word }));
  });
  while (node.children.length > words.length) {
    node.lastChild?.remove();
    node.lastChild?.remove(); // the space before it
  }
}

/**
 * Draw heights from 0 to 1 as a line from edge to edge, its area and its last point.
 * @param {CardParts["spark"]} spark @param {number[]} heights
 */
function drawSpark({ node, line, area, end }, heights) {
  setVisible(node, heights.length > 1);
  if (heights.length < 2) return;
  const step = (SPARK_WIDTH - SPARK_INSET) / (heights.length - 1);
  const drawable = SPARK_HEIGHT - 2 * SPARK_INSET;
  const points = heights.map((height, i) => ({
    x: (i * step).toFixed(1),
    y: (SPARK_HEIGHT - SPARK_INSET - height * drawable).toFixed(1),
  }));
  const path = `M${points.map(({ x, y }) => `${x},${y}`).join("L")}`;
  setAttribute(line, "d", path);
  setAttribute(area, "d", `${path}V${SPARK_HEIGHT}H0Z`);
  setAttribute(end, "cx", (SPARK_WIDTH - SPARK_INSET).toFixed(1));
  setAttribute(end, "cy", points.at(-1)?.y);
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const isRow = Boolean(model.get("cards"));
  const header = cardHeader();
  const list = h("dl", { class: "mw-kpi-row" });
  const live = liveRegion(signal);
  el.classList.add("mw-kpi-cards");
  el.classList.toggle("mw-kpi-one", !isRow);
  header.node.classList.add("mw-kpi-head");
  el.append(header.node, list, live.node);
  /** @returns {Card[]} */
  const readCards = () => {
    const cards = model.get("cards");
    if (cards) return cards;
    const entries = CARD_KEYS.map((key) => [key, model.get(key)]);
    return [{ ...Object.fromEntries(entries), loading: false }];
  };
  return () => {
    const cards = readCards().map((card, key) => ({ ...card, key }));
    const loading = model.get("loading");
    const title = isRow ? model.get("title") : "";
    const subtitle = isRow ? model.get("subtitle") : "";
    setText(header.title, title);
    setText(header.subtitle, subtitle);
    setVisible(header.node, Boolean(title || subtitle));
    setVisible(header.title, Boolean(title));
    renderItems(list, cards, makeCard, (parts, card) =>
      patchCard(parts, card, loading),
    );
    setAttribute(list, "data-count", cards.length);
    const names = cards.some((card) => card.value.length > MAX_FIGURE);
    list.classList.toggle("mw-names", names);
    setAttribute(el, "aria-busy", loading ? "true" : null);
    const figures = cards.map((card) => `${card.label} ${card.value}`);
    if (!loading) live.announce(figures.join(", "));
  };
}

export default view(build);
