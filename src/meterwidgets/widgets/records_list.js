// RecordsList: the dearest requests behind a figure, folded until they are asked for.
// Its rows are laid out as a grid, so every part names its role in the table.

/**
 * @typedef {{time: string, model: string, deployment?: string, org?: string,
 *   user?: string, input: string, output: string, value: string, times: string,
 *   share: string, source?: string, flagged?: boolean}} Row
 * @typedef {{title: string, subtitle: string, total: string, rows: Row[],
 *   rest: {name?: string, value?: string, share?: string}, empty: object,
 *   is_open: boolean, called: number, refresh: number}} Model
 */

const HEADS = {
  time: "Time",
  model: "Model",
  who: "Organization and user",
  input: "Input tokens",
  output: "Output tokens",
  value: "Cost",
  times: "Times list price",
  share: "Share",
};

function makeHeads() {
  const heads = {};
  for (const [key, text] of Object.entries(HEADS)) {
    const kind = { scope: "col", role: "columnheader", class: `mw-records-${key}` };
    heads[key] = h("th", { ...kind, text });
  }
  return heads;
}

/** A cell of a column. */
function makeCell(key, ...kids) {
  return h("td", { role: "cell", class: `mw-records-${key}` }, ...kids);
}

/** A word after a figure, where a card is too narrow for the column's head. */
function unit(text) {
  return h("span", { class: "mw-records-unit", "aria-hidden": "true", text });
}

function makeRow() {
  const text = () => h("span", { dir: "auto" });
  const name = h("span", { class: "mw-records-name", dir: "auto" });
  const served = h("span", { class: "mw-records-caption", dir: "auto" });
  const org = h("span", { class: "mw-records-name", dir: "auto" });
  const user = h("span", { class: "mw-records-caption", dir: "auto" });
  const p = { name, served, org, user, time: text(), value: text(), share: text() };
  p.times = text();
  p.input = text();
  p.output = text();
  const head = { scope: "row", role: "rowheader" };
  const cells = [
    makeCell("time", p.time),
    h("th", { ...head, class: "mw-records-model" }, name, served),
    makeCell("who", org, " ", user),
    makeCell("input", p.input, unit(" in")),
    makeCell("output", p.output, unit(" out")),
    makeCell("value", p.value),
    makeCell("times", p.times, unit(" its list price")),
    makeCell("share", p.share),
  ];
  const node = h("tr", { class: "mw-records-row", role: "row" }, ...cells);
  node.parts = p;
  return node;
}

/** @param {HTMLElement} node @param {Row} row */
function patchRow(node, row) {
  const p = node.parts;
  attr(node, "title", row.source || null);
  put(p.time, row.time ?? "", row.time_title);
  put(p.name, row.model ?? "", row.model);
  put(p.served, row.deployment ?? "", row.deployment);
  show(p.served, Boolean(row.deployment));
  put(p.org, row.org ?? "", row.org);
  put(p.user, row.user ?? "", row.user);
  put(p.input, row.input ?? "", row.input_title);
  put(p.output, row.output ?? "", row.output_title);
  put(p.value, row.value ?? "", row.value_title);
  put(p.times, row.times ?? "", row.times_title);
  put(p.share, row.share ?? "");
  node.classList.toggle("mw-far", Boolean(row.flagged));
}

function makeFrame() {
  const head = cardHead();
  attr(head.title, "tabindex", "-1");
  attr(head.title, "data-lm-suppress-shortcuts", "true");
  const button = h("button", { type: "button", class: "mw-button mw-records-fold" });
  const figure = h("span", { class: "mw-records-total" });
  head.total.append(figure, button);
  const caption = h("caption", { class: "mw-sr" });
  const heads = makeHeads();
  const top = h("tr", { role: "row" }, ...Object.values(heads));
  const body = h("tbody", { role: "rowgroup" });
  const name = h("th", { scope: "row", role: "rowheader", class: "mw-records-others" });
  const value = makeCell("value", h("span"));
  const share = makeCell("share", h("span"));
  const last = h("tr", { class: "mw-records-rest", role: "row" }, name, value, share);
  const foot = h("tfoot", { role: "rowgroup" }, last);
  const thead = h("thead", { role: "rowgroup" }, top);
  const kind = { class: "mw-records-table", role: "table" };
  const table = h("table", kind, caption, thead, body, foot);
  const rest = { name, value: value.firstChild, share: share.firstChild };
  return { head, figure, button, caption, heads, table, body, foot, rest };
}

/** @param {{model: AnyModel, el: HTMLElement, signal: AbortSignal}} ctx */
function build({ model, el, signal }) {
  const f = makeFrame();
  const empty = emptyBox(model, "refresh");
  const voice = speaker(signal);
  let called = model.get("called");
  listen(f.button, {
    click: () => {
      model.set("is_open", !model.get("is_open"));
      model.save_changes();
    },
  });
  el.classList.add("mw-card", "mw-records-list");
  el.append(f.head.node, f.table, empty.node, voice.node);

  function update() {
    const open = model.get("is_open");
    const rows = model.get("rows");
    const none = empty.update(open ? model.get("empty") : {});
    const waits = open && !none && rows.length === 0;
    const rest = model.get("rest");
    put(f.head.title, model.get("title"));
    put(f.head.subtitle, model.get("subtitle"));
    put(f.figure, open ? model.get("total") : "", model.get("total_title"));
    put(f.button, open ? "Hide requests" : "Show requests");
    attr(f.button, "aria-expanded", open);
    attr(el, "aria-busy", waits ? "true" : null);
    el.dataset.state = none ? "empty" : open ? "open" : "folded";
    put(f.caption, `${model.get("title")}: ${model.get("subtitle")}`);
    put(f.heads.value, model.get("value_label"));
    keyed(f.body, open ? rows : [], makeRow, patchRow);
    show(f.table, open && rows.length > 0);
    put(f.rest.name, rest.name ?? "");
    put(f.rest.value, rest.value ?? "", rest.value_title);
    put(f.rest.share, rest.share ?? "");
    show(f.foot, Boolean(rest.name));
    if (open && rows.length > 0) voice.say(`${f.caption.textContent} ${f.figure.textContent}`);
    if (called !== model.get("called")) f.head.title.focus();
    called = model.get("called");
  }
  return update;
}

export default view(build);
