// ModelList: a table of models by rank; sorted here, selected by click or keyboard.
// Its rows are laid out as a grid, so every part names its role in the table.

/**
 * @typedef {{id: string, badge?: string, name: string, value: string,
 *   title?: string, share?: string, fraction: number, color: string,
 *   caption?: string, selected?: boolean, dimmed?: boolean,
 *   selectable?: boolean}} Row
 * @typedef {{title: string, subtitle: string, total: string, total_title: string,
 *   total_label: string, name_label: string, value_label: string, bar_label: string,
 *   share_suffix: string, rows: Row[], more: number, all_rows: Row[],
 *   expanded: boolean, selected: string[], reset: number, loading: boolean,
 *   empty: Empty, note: string}} State
 * @typedef {"rank" | "name" | "value"} SortKey
 * @typedef {"ascending" | "descending"} Direction
 * @typedef {{by: SortKey, direction: Direction}} Order
 * @typedef {{toggle: (id: string) => void, expand: (event: Event) => void}} Actions
 * @typedef {ReturnType<typeof makeFrame>} Frame
 * @typedef {ReturnType<typeof makeRow>} RowParts
 */

const OTHERS = "…"; // the badge of the row that sums up the others
const MANY_ROWS = 8; // of more rows, wide cards set two or three side by side
const FEW_ROWS = 3; // with no more, the card ends below its last row
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
/** @param {Row} row */
const fractionOf = (row) => Math.max(0, Math.min(1, Number(row.fraction) || 0));
/**
 * How each column is sorted first; rows come by rank.
 * @type {Record<SortKey, {first: Direction, compare?: (a: Row, b: Row) => number}>}
 */
const SORTS = {
  rank: { first: "ascending" },
  name: { first: "ascending", compare: (a, b) => collator.compare(a.name, b.name) },
  value: { first: "descending", compare: (a, b) => fractionOf(a) - fractionOf(b) },
};
const SORT_KEYS = /** @type {SortKey[]} */ (Object.keys(SORTS));

/**
 * Return rows in the user's order; ties keep their rank, the others stay last.
 * @param {Row[]} rows @param {Order} order
 */
function sortRows(rows, { by, direction }) {
  const sorted = rows.filter((row) => row.badge !== OTHERS);
  const { compare } = SORTS[by];
  const sign = direction === "ascending" ? 1 : -1;
  if (compare) sorted.sort((a, b) => sign * compare(a, b));
  else if (sign < 0) sorted.reverse();
  return [...sorted, ...rows.filter((row) => row.badge === OTHERS)];
}

/** Make the head of a column; `sort` makes it a button. @param {string} key @param {() => void} [sort] */
function makeHead(key, sort) {
  const text = h("span", { class: "mw-list-head-text" });
  const kind = { scope: "col", role: "columnheader", class: `mw-list-${key}` };
  if (!sort) return { node: h("th", kind, text), text };
  const arrow = svg("path", { d: "M4.5 9.5 8 6l3.5 3.5" });
  const box = { viewBox: "0 0 16 16", class: "mw-icon", "aria-hidden": "true" };
  const on = { click: sort };
  const props = { class: "mw-list-sort", type: "button", on };
  return {
    node: h("th", kind, h("button", props, text, svg("svg", box, arrow))),
    text,
  };
}

/** Make heads for the second and third column of rows: for the eye alone. */
function makeRepeatedHeads() {
  return [2, 3].flatMap((column) =>
    ["rank", "name", "value", "bar"].map((key) => {
      const text = h("span", { class: "mw-list-head-text" });
      const kind = `mw-list-${key} mw-list-repeated mw-list-repeated-${column}`;
      const node = h("th", { class: kind, "aria-hidden": "true" }, text);
      return { key, node, text };
    }),
  );
}

/** Build the heading, the table and its footer. @param {(key: SortKey) => void} sort */
function makeFrame(sort) {
  const header = cardHeader();
  const total = h("span", { class: "mw-list-total" });
  const totalLabel = h("span");
  header.total.append(total, " ", totalLabel);
  const heads = {
    rank: makeHead("rank", () => sort("rank")),
    name: makeHead("name", () => sort("name")),
    value: makeHead("value", () => sort("value")),
    bar: makeHead("bar"),
  };
  heads.rank.text.append(
    h("span", { "aria-hidden": "true", text: "#" }),
    h("span", { class: "mw-sr", text: "Rank" }),
  );
  const repeatedHeads = makeRepeatedHeads();
  const cells = [...Object.values(heads), ...repeatedHeads].map(({ node }) => node);
  const caption = h("caption", { class: "mw-sr" });
  const thead = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...cells));
  const body = h("tbody", { role: "rowgroup" });
  const kind = { class: "mw-list-table", role: "table" };
  const scroll = h("div", { class: "mw-list-scroll" });
  scroll.append(h("table", kind, caption, thead, body));
  const fewer = h("button", { class: "mw-link mw-list-fewer", type: "button" });
  fewer.textContent = "Show fewer";
  const note = h("p", { class: "mw-note" });
  const main = h("div", { class: "mw-list-main" }, scroll, fewer, note);
  const table = { caption, heads, repeatedHeads, body, scroll };
  return { header, total, totalLabel, ...table, fewer, note, main };
}

/** @param {Row} row @param {Actions} actions */
function makeRow(row, actions) {
  const badge = h("span", { class: "mw-list-badge" });
  const name = h("span", { class: "mw-list-text", dir: "auto" });
  const selectable = row.selectable !== false;
  const label = selectable
    ? h("button", { class: "mw-list-pick", type: "button" }, name)
    : h("span", { class: "mw-list-pick" }, name);
  const more = h("button", { class: "mw-link", type: "button" });
  listen(more, { click: actions.expand });
  const line = h("div", { class: "mw-list-line" }, label, more);
  const caption = h("span", { class: "mw-list-caption", dir: "auto" });
  const head = { scope: "row", role: "rowheader", class: "mw-list-name" };
  const value = h("span", { class: "mw-list-figure" });
  const share = h("span", { class: "mw-list-share" });
  const bar = h("i", { class: "mw-list-fill" });
  const track = h("span", { class: "mw-list-track", "aria-hidden": "true" }, bar);
  const cells = [
    h("td", { role: "cell", class: "mw-list-rank" }, badge),
    h("th", head, line, caption),
    h("td", { role: "cell", class: "mw-list-value" }, value, " ", share),
    h("td", { role: "cell", class: "mw-list-bar" }, track),
  ];
  const node = h("tr", { class: "mw-list-row", role: "row" }, ...cells);
  // The whole row is the target for a pointer; the button is for the keyboard.
  if (selectable) listen(node, { click: () => actions.toggle(node.dataset.key ?? "") });
  node.classList.toggle("mw-selectable", selectable);
  return { node, badge, name, label, more, caption, value, share, bar, selectable };
}

/**
 * @param {RowParts} parts @param {Row} row
 * @param {{selected: boolean, dimmed: boolean, more: number, suffix: string}} state
 */
function patchRow(parts, row, { selected, dimmed, more, suffix }) {
  setColor(parts.node, row.color);
  setText(parts.badge, row.badge ?? "");
  setText(parts.name, row.name, row.name);
  setText(parts.caption, row.caption ?? "", row.caption);
  setVisible(parts.caption, Boolean(row.caption));
  setText(parts.value, row.value, row.title);
  const isKnown = /\d/.test(row.share ?? "");
  setText(parts.share, isKnown ? `${row.share} ${suffix}`.trim() : (row.share ?? ""));
  parts.bar.style.width = `${100 * fractionOf(row)}%`;
  setVisible(parts.bar, fractionOf(row) > 0);
  if (parts.selectable) setAttribute(parts.label, "aria-pressed", selected);
  setText(parts.more, more ? `Show all ${more}` : "");
  setVisible(parts.more, Boolean(more));
  parts.node.classList.toggle("mw-dim", dimmed);
  parts.node.classList.toggle("mw-selected", selected);
}

/** Make bars where each row's badge, name, figures and distribution will be. */
function makeBones() {
  const node = h("div", { class: "mw-list-bones", "aria-hidden": "true" });
  /** @param {number} rows */
  const setCount = (rows) => {
    while (node.childElementCount > rows) node.lastChild?.remove();
    while (node.childElementCount < rows) node.append(skeleton("mw-list-bone-row", 5));
  };
  return { node, setCount };
}

/**
 * Fill the heads, and mark the one that the rows are sorted by.
 * @param {Frame} frame @param {AnyModel<State>} model @param {Order} order
 */
function patchHeads({ heads, repeatedHeads }, model, order) {
  /** @type {Record<string, string>} */
  const labels = {
    rank: "#",
    name: model.get("name_label"),
    value: model.get("value_label"),
    bar: model.get("bar_label"),
  };
  setText(heads.name.text, labels.name);
  setText(heads.value.text, labels.value);
  setText(heads.bar.text, labels.bar);
  for (const { key, text } of repeatedHeads) setText(text, labels[key]);
  for (const key of SORT_KEYS) {
    const sorted = key === order.by ? order.direction : "none";
    setAttribute(heads[key].node, "aria-sort", sorted);
  }
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  /** @type {Order} */
  let order = { by: "rank", direction: "ascending" };
  /** @param {SortKey} by */
  const sort = (by) => {
    const opposite = order.direction === "ascending" ? "descending" : "ascending";
    order = { by, direction: by === order.by ? opposite : SORTS[by].first };
    frame.scroll.scrollTop = 0;
    update();
  };
  const frame = makeFrame(sort);
  const bones = makeBones();
  const empty = resettableState(model);
  const live = liveRegion(signal);
  const selection = makeRowSelection(model, () => update());
  const { expand, refocus } = makeExpander(model, frame);
  el.classList.add("mw-card", "mw-model-list");
  el.append(frame.header.node, frame.main, bones.node, empty.node, live.node);

  /** @type {Actions} */
  const actions = {
    toggle: selection.toggle,
    expand: (event) => {
      event.stopPropagation();
      expand(true);
    },
  };
  listen(frame.fewer, { click: () => expand(false) });

  /** @param {Row[]} rows @param {boolean} open */
  function drawRows(rows, open) {
    const ids = selection.selected();
    const last = rows.at(-1);
    const suffix = model.get("share_suffix");
    const make = (/** @type {Row} */ row) => makeRow(row, actions);
    renderItems(frame.body, sortRows(rows, order), make, (parts, row) => {
      const more = !open && row === last ? model.get("more") : 0;
      const dimmed = selection.isDimmed(row, ids);
      patchRow(parts, row, { selected: ids.has(row.id), dimmed, more, suffix });
    });
    setScrollable(frame.scroll, open, model.get("title") || "All rows");
    frame.scroll.classList.toggle("mw-many", open && rows.length > MANY_ROWS);
    setVisible(frame.fewer, open);
    refocus(open);
  }
  /** @param {string} total */
  function drawHeader(total) {
    const { header, caption, totalLabel } = frame;
    const [title, subtitle] = [model.get("title"), model.get("subtitle")];
    setText(header.title, title);
    setText(header.subtitle, subtitle);
    setText(frame.total, total, model.get("total_title"));
    setText(totalLabel, total ? model.get("total_label") : "");
    setText(caption, `${title} ${subtitle}`.trim());
    patchHeads(frame, model, order);
  }
  function update() {
    const loading = model.get("loading");
    const allRows = model.get("all_rows");
    const open = model.get("expanded") && allRows.length > 0;
    const rows = open ? allRows : model.get("rows");
    const isEmpty = empty.update(loading ? {} : model.get("empty"));
    const ready = !loading && !isEmpty;
    const total = ready ? model.get("total") : "";
    el.dataset.state = isEmpty ? "empty" : loading ? "loading" : "ready";
    setAttribute(el, "aria-busy", loading ? "true" : null);
    drawHeader(total);
    el.classList.toggle("mw-few", ready && rows.length <= FEW_ROWS);
    setVisible(frame.main, ready);
    bones.setCount(loading ? model.get("rows").length || 6 : 0);
    setVisible(bones.node, loading);
    drawRows(rows, open);
    setText(frame.note, model.get("note"));
    setVisible(frame.note, Boolean(model.get("note")));
    if (!loading) live.announce(announcement(isEmpty, total));
  }
  /** @param {boolean} isEmpty @param {string} total */
  function announcement(isEmpty, total) {
    const title = model.get("title");
    if (isEmpty) return `${title} ${model.get("empty").title ?? ""}`;
    const { by, direction } = order;
    const column = by === "rank" ? "rank" : model.get(`${by}_label`);
    return `${title} ${total}, sorted by ${column}, ${direction}`;
  }
  return update;
}

export default view(build);
