// KpiCard and KpiCards: headline figures with caption, change and course.
// A description list: the label is the term, the figure and its notes describe it.

/**
 * @typedef {{label: string, label_color: string, tag: string, value: string, title: string, caption: string,
 *   caption_title: string, note: string, color: string, delta: string,
 *   direction: string, tone: string, delta_title: string, spark: number[],
 *   loading: boolean}} Card
 * @typedef {Card & {cards?: Card[], subtitle?: string}} Model
 */

const SPARK_W = 74;
const SPARK_H = 24;
const SHORT = 12; // longer values are names: smaller, and with more room on a phone
const NARROW = 9; // longer ones are smaller in a narrow card: no figure is ever cut
const KEYS = [
  ..."label label_color tag value title caption caption_title note color".split(" "),
  ..."delta direction tone delta_title spark".split(" "),
];

function makeCard() {
  const mark = h("span", { class: "mw-dot" });
  const word = h("span", { class: "mw-kpi-word" });
  const label = h("dt", { class: "mw-kpi-label" }, mark, word);
  const value = h("dd", { class: "mw-kpi-value" });
  const dot = h("span", { class: "mw-dot" });
  const caption = h("span", { class: "mw-kpi-caption" });
  const arrow = h("span", { class: "mw-kpi-arrow", "aria-hidden": "true" });
  const way = h("span", { class: "mw-sr" });
  const amount = h("span");
  const delta = h("span", { class: "mw-kpi-delta" }, arrow, way, amount);
  const foot = h("dd", { class: "mw-kpi-foot" }, dot, caption, delta);
  const note = h("dd", { class: "mw-kpi-note" });
  const area = s("path", { class: "mw-spark-area" });
  const line = s("path", { class: "mw-spark-line" });
  const end = s("circle", { class: "mw-spark-end", r: 2.25 });
  const box = { viewBox: `0 0 ${SPARK_W} ${SPARK_H}` };
  const spark = h(
    "dd",
    { class: "mw-kpi-spark", "aria-hidden": "true" },
    s("svg", box, area, line, end),
  );
  const kids = [label, value, spark, foot, note];
  const node = h("div", { class: "mw-card mw-kpi-card" }, ...kids);
  node.parts = { label, mark, word, value, dot, caption, arrow, way, amount, delta };
  Object.assign(node.parts, { note, foot, area, line, end, spark });
  return node;
}

/** @param {HTMLElement} node @param {Card} card */
function patchCard(node, card, loading) {
  const p = node.parts;
  const busy = loading || card.loading;
  put(p.word, card.label);
  attr(p.label, "data-tag", card.tag || null);
  show(paint(p.mark, card.label_color), Boolean(card.tag || card.label_color));
  const long = card.value.length > SHORT;
  put(p.value, card.value, card.title || (long ? card.value : ""));
  p.value.classList.toggle("mw-long", long);
  p.value.classList.toggle("mw-wide", card.value.length > NARROW);
  p.value.classList.toggle("mw-missing", card.value === "–");
  show(paint(p.dot, card.color), Boolean(card.color));
  putWords(p.caption, card.caption, card.caption_title || card.caption);
  put(p.note, card.note, card.note);
  show(p.note, Boolean(card.note));
  show(p.delta, Boolean(card.delta));
  put(p.arrow, { up: "▲", down: "▼" }[card.direction] ?? "");
  put(p.way, card.direction ? `${card.direction} ` : "");
  put(p.amount, card.delta);
  attr(p.delta, "title", card.delta_title || null);
  attr(p.delta, "data-tone", card.tone);
  drawSpark(p, busy ? [] : card.spark);
  node.classList.toggle("mw-busy", busy);
}

/** Put text that wraps between its words only, never at a name's hyphen. */
function putWords(node, text, title) {
  attr(node, "title", title || null);
  const words = text ? text.split(" ") : [];
  words.forEach((word, i) => {
    if (node.children[i]) put(node.children[i], word);
    else node.append(...(i ? [" "] : []), h("span", { text: word }));
  });
  while (node.children.length > words.length) {
    node.lastChild.remove();
    node.lastChild?.remove(); // the space before it
  }
}

/** Draw heights 0..1 as a line from edge to edge, its area and its last point. */
function drawSpark(p, heights) {
  show(p.spark, heights.length > 1);
  if (heights.length < 2) return;
  const inset = 3;
  const step = (SPARK_W - inset) / (heights.length - 1);
  const y = (v) => (SPARK_H - inset - v * (SPARK_H - 2 * inset)).toFixed(1);
  const points = heights.map((v, i) => `${(i * step).toFixed(1)},${y(v)}`);
  const path = `M${points.join("L")}`;
  attr(p.line, "d", path);
  attr(p.area, "d", `${path}V${SPARK_H}H0Z`);
  attr(p.end, "cx", (SPARK_W - inset).toFixed(1));
  attr(p.end, "cy", y(heights.at(-1)));
}

/** @param {{model: {get: (name: string) => any}, el: HTMLElement}} ctx */
function build({ model, el, signal }) {
  const row = Boolean(model.get("cards"));
  const head = cardHead();
  const list = h("dl", { class: "mw-kpi-row" });
  const voice = speaker(signal);
  el.classList.add("mw-kpi-cards");
  el.classList.toggle("mw-kpi-one", !row);
  head.node.classList.add("mw-kpi-head");
  el.append(head.node, list, voice.node);
  const read = () => {
    if (row) return model.get("cards");
    const card = Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
    return [{ ...card, loading: false }];
  };
  return () => {
    const cards = read();
    const loading = model.get("loading");
    put(head.title, row ? model.get("title") : "");
    put(head.subtitle, row ? model.get("subtitle") : "");
    show(head.node, row && Boolean(model.get("title") || model.get("subtitle")));
    show(head.title, Boolean(head.title.textContent));
    const byPlace = cards.map((card, i) => ({ ...card, key: i }));
    keyed(list, byPlace, makeCard, (node, card) => patchCard(node, card, loading));
    attr(list, "data-count", cards.length);
    const names = cards.some((card) => card.value.length > SHORT);
    list.classList.toggle("mw-names", names);
    attr(el, "aria-busy", loading ? "true" : null);
    if (!loading) voice.say(cards.map((c) => `${c.label} ${c.value}`).join(", "));
  };
}

export default view(build);
