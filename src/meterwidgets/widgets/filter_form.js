// The controls of the filter dialog: fields, and lists of checkboxes.
// They draw what they are given and report edits; the draft lives in the dialog.

/**
 * @typedef {{id: string, name: string, share?: string, color?: string,
 *   selected?: boolean}} FilterValue
 * @typedef {{key: string, label: string, plural?: string, values?: FilterValue[],
 *   note?: string}} FilterList
 * @typedef {{from: string, to: string, start_time: string, end_time: string,
 *   zone: string, cost_type: string, currency: string}} FormFields
 * @typedef {ReturnType<typeof makeFilterList>} FilterListParts
 * @typedef {ReturnType<typeof makeForm>} FilterForm
 */

const MAX_VALUES = 60; // drawn of a list, besides the ticked ones
const SEARCHABLE_FROM = 6;
const COST_TYPES = [
  { key: "both", label: "Input and output" },
  { key: "input", label: "Input" },
  { key: "output", label: "Output" },
];

/**
 * Make a labelled native input.
 * @param {string} label @param {string} type @param {(value: string) => void} edit
 */
function makeField(label, type, edit) {
  const input = h("input", { type, class: "mw-input" });
  listen(input, { input: () => edit(input.value) });
  const node = h("label", { class: "mw-field" }, h("span", { text: label }), input);
  return { node, input };
}

/**
 * Make one list of checkboxes, searchable when long.
 * @param {(key: string, id: string, ticked: boolean) => void} pick
 */
function makeFilterList(pick) {
  const label = h("span");
  const count = h("span", { class: "mw-legend-note" });
  const legend = h("legend", { class: "mw-legend" }, label, count);
  const search = h("input", { type: "search", class: "mw-input mw-search" });
  const list = h("ul", { class: "mw-choices" });
  const rest = h("p", { class: "mw-choices-rest" });
  const node = h("fieldset", { class: "mw-filter-list" }, legend, search, list, rest);
  const parts = { node, label, count, search, list, rest, redraw: () => {} };
  listen(list, {
    change: ({ target }) => {
      const box = /** @type {HTMLInputElement} */ (target);
      pick(node.dataset.key ?? "", box.dataset.id ?? "", box.checked);
    },
  });
  listen(search, {
    input: () => parts.redraw(),
    keydown: (event) => {
      if (event.key === "Enter") event.preventDefault(); // it would submit the form
    },
  });
  return parts;
}

function makeCheckbox() {
  const box = h("input", { type: "checkbox", class: "mw-check" });
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-choice-name", dir: "auto" });
  const share = h("span", { class: "mw-choice-share" });
  const label = h("label", { class: "mw-choice" }, box, dot, name, share);
  return { node: h("li", {}, label), box, dot, name, share };
}

/**
 * The values to draw: the first matches, and the ticked ones.
 * @param {FilterValue[]} values @param {string} query @param {Set<string>} ticked
 */
function findValues(values, query, ticked) {
  const matches = values.filter((value) => value.name.toLowerCase().includes(query));
  const others = matches.slice(MAX_VALUES).filter((value) => ticked.has(value.id));
  const drawn = [...matches.slice(0, MAX_VALUES), ...others.slice(0, MAX_VALUES)];
  return { drawn, omitted: matches.length - drawn.length };
}

/**
 * @param {FilterListParts} parts @param {FilterList} filter
 * @param {Set<string>} ticked
 */
function patchFilterList(parts, filter, ticked) {
  const { values = [], note } = filter;
  const plural = filter.plural || "values";
  const long = values.length >= SEARCHABLE_FROM;
  parts.redraw = () => patchFilterList(parts, filter, ticked);
  setText(parts.label, filter.label);
  setText(parts.count, values.length && !note ? `${values.length} values` : "");
  setVisible(parts.count, long);
  setVisible(parts.search, long && !note);
  setAttribute(parts.search, "placeholder", `Search ${plural}`);
  setAttribute(parts.search, "aria-label", `Search ${plural}`);
  const query = parts.search.value.trim().toLowerCase();
  const { drawn, omitted } = findValues(note ? [] : values, query, ticked);
  renderItems(parts.list, drawn, makeCheckbox, ({ box, dot, name, share }, value) => {
    box.checked = ticked.has(value.id);
    box.dataset.id = value.id;
    setColor(dot, value.color);
    setVisible(dot, Boolean(value.color));
    setText(name, value.name, value.name);
    setText(share, value.share ?? "");
  });
  const noMatch = query && !drawn.length ? `No match among the ${plural}` : "";
  const more = omitted > 0 ? `${omitted} more: search to narrow` : "";
  setText(parts.rest, note || noMatch || more);
  setVisible(parts.rest, Boolean(parts.rest.textContent));
}

/**
 * Fill a select with time zones: the current one, the browser's, UTC, then all.
 * @param {HTMLSelectElement} select @param {string} zone
 */
function fillZones(select, zone) {
  if (![...select.options].some((option) => option.value === zone)) {
    const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const all = Intl.supportedValuesOf?.("timeZone") ?? [];
    const names = new Set([zone, local, "UTC", ...all]);
    const options = [...names]
      .filter(Boolean)
      .map((name) => h("option", { value: name, text: name.replaceAll("_", " ") }));
    select.replaceChildren(...options);
  }
  select.value = zone;
}

/**
 * What is wrong with a range, in words; "" if nothing is.
 * @param {Pick<FormFields, "from" | "to" | "start_time" | "end_time">} range
 */
function rangeError({ from, to, start_time: start, end_time: end }) {
  if (!from || !to) return "Enter the first and the last day.";
  if (from > to) return "The last day is before the first.";
  if (!start || !end) return "Enter both times; 00:00 is midnight.";
  const oneDay = from === to && !/^00:00/.test(end);
  return oneDay && start >= end ? "The end is not after the start." : "";
}

/** @param {string} name @param {...Node} children */
function makeGroup(name, ...children) {
  const legend = h("legend", { class: "mw-legend", text: name });
  return h("fieldset", { class: "mw-group" }, legend, ...children);
}

/**
 * Build the form's controls.
 * @param {(name: keyof FormFields) => (value: string) => void} edit
 */
function makeForm(edit) {
  const fields = {
    from: makeField("From", "date", edit("from")),
    to: makeField("To", "date", edit("to")),
    start_time: makeField("Start, on the first day", "time", edit("start_time")),
    end_time: makeField("End, on the last day", "time", edit("end_time")),
  };
  const { from, to, start_time: start, end_time: end } = fields;
  const zone = h("select", { class: "mw-input", "aria-label": "Time zone" });
  listen(zone, { change: () => edit("zone")(zone.value) });
  const text = "Midnight as the end is the end of the last day.";
  const hint = h("p", { class: "mw-hint", text });
  const error = h("p", { class: "mw-range-error", role: "alert" });
  const dates = h("div", { class: "mw-pair" }, from.node, to.node);
  const times = h("div", { class: "mw-pair" }, start.node, end.node);
  const range = h("div", { class: "mw-when" });
  range.append(
    makeGroup("Date range", dates, error),
    makeGroup("Start and end time", times, hint),
  );
  const lists = h("div", { class: "mw-filter-lists" });
  const costType = radioGroup("Cost type", edit("cost_type"));
  const currency = radioGroup("Currency", edit("currency"));
  const currencyGroup = makeGroup("Currency", currency.node);
  const options = h("div", { class: "mw-when" });
  options.append(
    makeGroup("Cost type", costType.node),
    makeGroup("Time zone", zone),
    currencyGroup,
  );
  const choices = { zone, costType, currency, currencyGroup };
  return { fields, hint, error, range, lists, ...choices, options };
}
