// The controls of the filter dialog: fields, and lists of checkboxes.
// They draw what they are given and report edits; the draft lives in the dialog.

/**
 * @typedef {{id: string, name: string, share?: string, color?: string,
 *   selected?: boolean}} Value
 * @typedef {{key: string, label: string, plural?: string, values: Value[],
 *   note?: string}} Dim
 */

const ROWS = 60;
const SEARCH_FROM = 6;
const SIDES = [
  { key: "both", label: "Input and output" },
  { key: "input", label: "Input" },
  { key: "output", label: "Output" },
];

/** A labelled native input. */
function field(label, type, edit) {
  const input = h("input", { type, class: "mw-input", on: { input: edit } });
  const node = h("label", { class: "mw-field" }, h("span", { text: label }), input);
  return { node, input };
}

/** One list of checkboxes, searchable when long. */
function makeDimension(pick) {
  const label = h("span");
  const count = h("span", { class: "mw-legend-note" });
  const legend = h("legend", { class: "mw-legend" }, label, count);
  const search = h("input", { type: "search", class: "mw-input mw-search" });
  const list = h("ul", { class: "mw-choices" });
  const rest = h("p", { class: "mw-choices-rest" });
  const node = h("fieldset", { class: "mw-dimension" }, legend, search, list);
  node.append(rest);
  const toggle = (event) => pick(node.dataset.key, event.target);
  listen(list, { change: toggle });
  const still = (event) => event.key === "Enter" && event.preventDefault();
  listen(search, { input: () => node.parts.redraw(), keydown: still });
  node.parts = { label, count, search, list, rest, redraw() {} };
  return node;
}

function makeValue() {
  const box = h("input", { type: "checkbox", class: "mw-check" });
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-choice-name", dir: "auto" });
  const share = h("span", { class: "mw-choice-share" });
  const node = h("li", {}, h("label", { class: "mw-choice" }, box, dot, name, share));
  node.parts = { box, dot, name, share };
  return node;
}

/** The values to draw: the first that match, and whatever is chosen. */
function matching(values, words, chosen) {
  const hits = values.filter((v) => v.name.toLowerCase().includes(words));
  const first = hits.slice(0, ROWS);
  const kept = hits.slice(ROWS).filter((value) => chosen.has(value.id));
  const shown = [...first, ...kept.slice(0, ROWS)];
  return { shown, more: hits.length - shown.length };
}

/** @param {HTMLElement} node @param {Dim} dim @param {Set<string>} chosen */
function patchDimension(node, dim, chosen) {
  const p = node.parts;
  const plural = dim.plural || "values";
  const long = dim.values.length >= SEARCH_FROM;
  p.redraw = () => patchDimension(node, dim, chosen);
  put(p.label, dim.label);
  put(p.count, dim.values.length && !dim.note ? `${dim.values.length} values` : "");
  show(p.count, long);
  show(p.search, long && !dim.note);
  attr(p.search, "placeholder", `Search ${plural}`);
  attr(p.search, "aria-label", `Search ${plural}`);
  const words = p.search.value.trim().toLowerCase();
  const { shown, more } = matching(dim.note ? [] : dim.values, words, chosen);
  keyed(p.list, shown, makeValue, (row, value) => {
    row.parts.box.checked = chosen.has(value.id);
    row.parts.box.dataset.id = value.id;
    show(paint(row.parts.dot, value.color), Boolean(value.color));
    put(row.parts.name, value.name, value.name);
    put(row.parts.share, value.share ?? "");
  });
  const none = words && !shown.length ? `No match among the ${plural}` : "";
  const narrow = more > 0 ? `${more} more: search to narrow` : "";
  put(p.rest, dim.note || none || narrow);
  show(p.rest, Boolean(p.rest.textContent));
}

/** Zones for the select: the current one, the browser's, UTC, then all. */
function fillZones(select, zone) {
  if (![...select.options].some((option) => option.value === zone)) {
    const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const all = Intl.supportedValuesOf?.("timeZone") ?? [];
    const names = [...new Set([zone, local, "UTC", ...all])].filter(Boolean);
    const option = (name) =>
      h("option", { value: name, text: name.replaceAll("_", " ") });
    select.replaceChildren(...names.map(option));
  }
  select.value = zone;
}

/** What is wrong with a range, in words; nothing if it can be asked for. */
function wrongRange({ from, to, start_time: start, end_time: end }) {
  if (!from || !to) return "Enter the first and the last day.";
  if (from > to) return "The last day is before the first.";
  if (!start || !end) return "Enter both times; 00:00 is midnight.";
  const day = from === to && !/^00:00/.test(end);
  return day && start >= end ? "The end is not after the start." : "";
}

/** Build the form's controls. */
function makeForm(edit, pick) {
  const from = field("From", "date", edit("from"));
  const to = field("To", "date", edit("to"));
  const start = field("Start, on the first day", "time", edit("start_time"));
  const end = field("End, on the last day", "time", edit("end_time"));
  const zone = h("select", { class: "mw-input", on: { change: edit("zone") } });
  attr(zone, "aria-label", "Time zone");
  const group = (name, ...kids) =>
    h(
      "fieldset",
      { class: "mw-group" },
      h("legend", { class: "mw-legend", text: name }),
      ...kids,
    );
  const hint = h("p", {
    class: "mw-hint",
    text: "Midnight as the end is the end of the last day.",
  });
  const wrong = h("p", { class: "mw-wrong", role: "alert" });
  const pair = (...kids) => h("div", { class: "mw-pair" }, ...kids);
  const when = h(
    "div",
    { class: "mw-when" },
    group("Date range", pair(from.node, to.node), wrong),
    group("Start and end time", pair(start.node, end.node), hint),
  );
  const dims = h("div", { class: "mw-dims" });
  const side = radios("Cost type", pick("cost_type"));
  const money = radios("Currency", pick("currency"));
  const moneyGroup = group("Currency", money.node);
  const sideGroup = group("Cost type", side.node);
  const last = h(
    "div",
    { class: "mw-when" },
    sideGroup,
    group("Time zone", zone),
    moneyGroup,
  );
  const inputs = { from, to, start_time: start, end_time: end };
  return { inputs, zone, hint, wrong, when, dims, side, money, moneyGroup, last };
}
