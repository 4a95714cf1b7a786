// RecordsList: the most expensive requests behind a figure, collapsed until opened.
// Its rows are laid out as a grid, so every part names its role in the table.

/**
 * @typedef {{time?: string, model?: string, deployment?: string, org?: string,
 *   user?: string, input?: string, output?: string, value?: string, times?: string,
 *   share?: string, source?: string, flagged?: boolean, time_title?: string,
 *   input_title?: string, output_title?: string, value_title?: string,
 *   times_title?: string}} Row
 * @typedef {{name?: string, value?: string, value_title?: string, share?: string}} Rest
 * @typedef {{title: string, subtitle: string, total: string, total_title: string,
 *   value_label: string, rows: Row[], rest: Rest, empty: Empty, is_open: boolean,
 *   called: number, refresh: number}} State
 * @typedef {ReturnType<typeof makeRow>} RowParts
 */

const COLUMNS = {
  time: "Time",
  model: "Model",
  who: "Organization and user",
  input: "Input tokens",
  output: "Output tokens",
  value: "Cost",
  times: "Times list price",
  share: "Share",
};

/** @param {string} column @param {...(Node | string)} children */
function makeCell(column, ...children) {
  return h("td", { role: "cell", class: `mw-records-${column}` }, ...children);
}

/** A word after a figure, where a card is too narrow for column heads. @param {string} text */
function makeUnit(text) {
  return h("span", { class: "mw-records-unit", "aria-hidden": "true", text });
}

function makeRow() {
  const makeText = () => h("span", { dir: "auto" });
  const makeName = () => h("span", { class: "mw-records-name", dir: "auto" });
  const makeCaption = () => h("span", { class: "mw-records-caption", dir: "auto" });
  const names = { model: makeName(), org: makeName() };
  const captions = { deployment: makeCaption(), user: makeCaption() };
  const amounts = { input: makeText(), output: makeText(), value: makeText() };
  const others = { time: makeText(), times: makeText(), share: makeText() };
  const head = { scope: "row", role: "rowheader", class: "mw-records-model" };
  const cells = [
    makeCell("time", others.time),
    h("th", head, names.model, captions.deployment),
    makeCell("who", names.org, " ", captions.user),
    makeCell("input", amounts.input, makeUnit(" in")),
    makeCell("output", amounts.output, makeUnit(" out")),
    makeCell("value", amounts.value),
    makeCell("times", others.times, makeUnit(" its list price")),
    makeCell("share", others.share),
  ];
  const node = h("tr", { class: "mw-records-row", role: "row" }, ...cells);
  return { node, ...names, ...captions, ...amounts, ...others };
}

/** @param {RowParts} parts @param {Row} row */
function patchRow(parts, row) {
  setAttribute(parts.node, "title", row.source || null);
  setText(parts.time, row.time ?? "", row.time_title);
  setText(parts.model, row.model ?? "", row.model);
  setText(parts.deployment, row.deployment ?? "", row.deployment);
  setVisible(parts.deployment, Boolean(row.deployment));
  setText(parts.org, row.org ?? "", row.org);
  setText(parts.user, row.user ?? "", row.user);
  setText(parts.input, row.input ?? "", row.input_title);
  setText(parts.output, row.output ?? "", row.output_title);
  setText(parts.value, row.value ?? "", row.value_title);
  setText(parts.times, row.times ?? "", row.times_title);
  setText(parts.share, row.share ?? "");
  parts.node.classList.toggle("mw-overpriced", Boolean(row.flagged));
}

function makeHeader() {
  const header = cardHeader();
  setAttribute(header.title, "tabindex", "-1");
  setAttribute(header.title, "data-lm-suppress-shortcuts", "true");
  const button = h("button", { type: "button", class: "mw-button mw-records-fold" });
  const total = h("span", { class: "mw-records-total" });
  header.total.append(total, button);
  return {
    node: header.node,
    title: header.title,
    subtitle: header.subtitle,
    total,
    button,
  };
}

function makeTable() {
  const caption = h("caption", { class: "mw-sr" });
  const heads = Object.entries(COLUMNS).map(([column, text]) =>
    h("th", {
      scope: "col",
      role: "columnheader",
      class: `mw-records-${column}`,
      text,
    }),
  );
  const valueHead = heads[Object.keys(COLUMNS).indexOf("value")];
  const thead = h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads));
  const body = h("tbody", { role: "rowgroup" });
  const name = h("th", { scope: "row", role: "rowheader", class: "mw-records-others" });
  const rest = { name, value: h("span"), share: h("span") };
  const cells = [name, makeCell("value", rest.value), makeCell("share", rest.share)];
  const lastRow = h("tr", { class: "mw-records-rest", role: "row" }, ...cells);
  const foot = h("tfoot", { role: "rowgroup" }, lastRow);
  const kind = { class: "mw-records-table", role: "table" };
  const node = h("table", kind, caption, thead, body, foot);
  return { node, caption, valueHead, body, foot, rest };
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const header = makeHeader();
  const table = makeTable();
  const empty = emptyState(() => send(model, { refresh: model.get("refresh") + 1 }));
  const live = liveRegion(signal);
  let called = model.get("called");
  listen(header.button, {
    click: () => send(model, { is_open: !model.get("is_open") }),
  });
  el.classList.add("mw-card", "mw-records-list");
  el.append(header.node, table.node, empty.node, live.node);

  /** @param {boolean} open */
  function drawHeader(open) {
    const [title, subtitle] = [model.get("title"), model.get("subtitle")];
    setText(header.title, title);
    setText(header.subtitle, subtitle);
    setText(header.total, open ? model.get("total") : "", model.get("total_title"));
    setText(header.button, open ? "Hide requests" : "Show requests");
    setAttribute(header.button, "aria-expanded", open);
    setText(table.caption, `${title}: ${subtitle}`);
  }
  /** @param {Row[]} rows */
  function drawTable(rows) {
    const rest = model.get("rest");
    setText(table.valueHead, model.get("value_label"));
    renderItems(table.body, rows, makeRow, patchRow);
    setVisible(table.node, rows.length > 0);
    setText(table.rest.name, rest.name ?? "");
    setText(table.rest.value, rest.value ?? "", rest.value_title);
    setText(table.rest.share, rest.share ?? "");
    setVisible(table.foot, Boolean(rest.name));
  }
  return () => {
    const open = model.get("is_open");
    const rows = open ? model.get("rows") : [];
    const isEmpty = empty.update(open ? model.get("empty") : {});
    const loading = open && !isEmpty && rows.length === 0;
    drawHeader(open);
    drawTable(rows);
    setAttribute(el, "aria-busy", loading ? "true" : null);
    el.dataset.state = isEmpty ? "empty" : open ? "open" : "folded";
    if (rows.length > 0)
      live.announce(`${table.caption.textContent} ${header.total.textContent}`);
    if (called !== model.get("called")) header.title.focus();
    called = model.get("called");
  };
}

export default view(build);
