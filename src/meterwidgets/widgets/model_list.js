// ModelList: a table of models by rank; sorted here, chosen by click or keyboard.
// Its rows are laid out as a grid, so every part names its role in the table.

/**
 * @typedef {{id: string, badge: string, name: string, value: string,
 *   title?: string, share: string, fraction: number, color: string,
 *   caption?: string, selected?: boolean, dimmed?: boolean,
 *   selectable?: boolean}} Row
 * @typedef {{rows: Row[], all_rows: Row[], selected: string[], expanded: boolean,
 *   more: number, reset: number, loading: boolean, empty: object}} Model
 */

const OTHERS = "…"; // the badge of the row that sums up the rest
const MANY = 8; // of more rows than these, wide cards set two or three side by side
const FEW = 3; // with no more than these, the card ends below its last row
const ORDER = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const share = (row) => Math.max(0, Math.min(1, Number(row.fraction) || 0));
const COLUMNS = {
  rank: { first: "ascending", compare: null },
  name: { first: "ascending", compare: (a, b) => ORDER.compare(a.name, b.name) },
  value: { first: "descending", compare: (a, b) => share(a) - share(b) },
};

/** Return rows in the reader's order; ties keep their rank, the rest stays last. */
function sorted(rows, { by, way }) {
  const list = rows.filter((row) => row.badge !== OTHERS);
  const { compare } = COLUMNS[by];
  const sign = way === "ascending" ? 1 : -1;
  if (compare) list.sort((a, b) => sign * compare(a, b));
  else if (sign < 0) list.reverse();
  return [...list, ...rows.filter((row) => row.badge === OTHERS)];
}

/** A column's head; `sort` makes it a button. */
function makeHead(key, sort) {
  const text = h("span", { class: "mw-list-word" });
  const node = h("th", {
    scope: "col",
    role: "columnheader",
    class: `mw-list-${key}`,
  });
  if (!sort) {
    node.append(text);
    return { node, text };
  }
  const arrow = s("path", { d: "M4.5 9.5 8 6l3.5 3.5" });
  const mark = s("svg", { viewBox: "0 0 16 16", class: "mw-icon" }, arrow);
  mark.setAttribute("aria-hidden", "true");
  const button = h("button", { class: "mw-list-sort", type: "button" }, text, mark);
  listen(button, { click: () => sort(key) });
  node.append(button);
  return { node, text };
}

/** Heads again for the second and third column of rows: for the eye alone. */
function makeEchoes() {
  const keys = ["rank", "name", "value", "bar"];
  return [2, 3].flatMap((place) =>
    keys.map((key) => {
      const text = h("span", { class: "mw-list-word" });
      const kind = `mw-list-${key} mw-list-echo mw-list-echo-${place}`;
      const node = h("th", { class: kind, "aria-hidden": "true" }, text);
      return { key, node, text };
    }),
  );
}

/** Build heading, table and footer. @param {(key: string) => void} sort */
function makeFrame(sort) {
  const head = cardHead();
  const total = h("span", { class: "mw-list-total" });
  const word = h("span");
  head.total.append(total, " ", word);
  const caption = h("caption", { class: "mw-sr" });
  const heads = Object.fromEntries(
    Object.keys(COLUMNS).map((key) => [key, makeHead(key, sort)]),
  );
  heads.bar = makeHead("bar");
  heads.rank.text.append(
    h("span", { "aria-hidden": "true", text: "#" }),
    h("span", { class: "mw-sr", text: "Rank" }),
  );
  const echoes = makeEchoes();
  const cells = [...Object.values(heads), ...echoes].map(({ node }) => node);
  const top = h("tr", { role: "row" }, ...cells);
  const thead = h("thead", { role: "rowgroup" }, top);
  const body = h("tbody", { role: "rowgroup" });
  const kind = { class: "mw-list-table", role: "table" };
  const table = h("table", kind, caption, thead, body);
  const scroll = h("div", { class: "mw-list-scroll" }, table);
  const less = h("button", { class: "mw-link mw-list-less", type: "button" });
  less.textContent = "Show fewer";
  const note = h("p", { class: "mw-note" });
  const main = h("div", { class: "mw-list-main" }, scroll, less, note);
  return { head, total, word, caption, heads, echoes, body, scroll, less, note, main };
}

/** @param {{toggle: (id: string) => void, expand: (event: Event) => void}} act */
function makeRow(row, act) {
  const badge = h("span", { class: "mw-list-badge" });
  const rank = h("td", { role: "cell", class: "mw-list-rank" }, badge);
  const name = h("span", { class: "mw-list-text", dir: "auto" });
  const can = row.selectable !== false;
  const label = can
    ? h("button", { class: "mw-list-pick", type: "button" }, name)
    : h("span", { class: "mw-list-pick" }, name);
  const more = h("button", { class: "mw-link", type: "button" });
  listen(more, { click: act.expand });
  const line = h("div", { class: "mw-list-line" }, label, more);
  const caption = h("span", { class: "mw-list-caption", dir: "auto" });
  const kind = { scope: "row", role: "rowheader", class: "mw-list-name" };
  const head = h("th", kind, line, caption);
  const value = h("span", { class: "mw-list-figure" });
  const part = h("span", { class: "mw-list-share" });
  const figures = h("td", { role: "cell", class: "mw-list-value" }, value, " ", part);
  const fill = h("i", { class: "mw-list-fill" });
  const track = h("span", { class: "mw-list-track", "aria-hidden": "true" }, fill);
  const bar = h("td", { role: "cell", class: "mw-list-bar" }, track);
  const cells = [rank, head, figures, bar];
  const node = h("tr", { class: "mw-list-row", role: "row" }, ...cells);
  node.parts = { badge, name, label, more, caption, value, part, fill, can };
  // The whole row is the target for a pointer; the button is for the keyboard.
  if (can) listen(node, { click: () => act.toggle(node.dataset.key) });
  node.classList.toggle("mw-can", can);
  return node;
}

/** @param {HTMLElement} node @param {Row} row */
function patchRow(node, row, { pressed, dimmed, all, suffix }) {
  const p = node.parts;
  paint(node, row.color);
  put(p.badge, row.badge ?? "");
  put(p.name, row.name, row.name);
  put(p.caption, row.caption ?? "", row.caption);
  show(p.caption, Boolean(row.caption));
  put(p.value, row.value, row.title);
  put(p.part, row.share ? `${row.share} ${suffix}`.trim() : "");
  p.fill.style.width = `${100 * share(row)}%`;
  show(p.fill, share(row) > 0);
  if (p.can) attr(p.label, "aria-pressed", pressed);
  put(p.more, all ? `Show all ${all}` : "");
  show(p.more, Boolean(all));
  node.classList.toggle("mw-dim", dimmed);
  node.classList.toggle("mw-pressed", pressed);
}

/** Bars where each row's badge, name, figures and distribution will be. */
function makeBones() {
  const node = h("div", { class: "mw-list-bones", "aria-hidden": "true" });
  const count = (rows) => {
    while (node.childElementCount > rows) node.lastChild.remove();
    while (node.childElementCount < rows)
      node.append(skeleton("mw-list-bone-row", 5));
  };
  return { node, count };
}

/** Say in each head whether the rows are sorted by it. */
function patchHeads(f, model, sort) {
  const words = {
    name: model.get("name_label"),
    value: model.get("value_label"),
    bar: model.get("bar_label"),
  };
  for (const [key, word] of Object.entries(words)) put(f.heads[key].text, word);
  for (const { key, text } of f.echoes) put(text, words[key] ?? "#");
  for (const key of Object.keys(COLUMNS))
    attr(f.heads[key].node, "aria-sort", key === sort.by ? sort.way : "none");
}

/** Let a long list scroll below its head, reachable by the keyboard. */
function patchScroll(f, open, many, name) {
  f.scroll.classList.toggle("mw-open", open);
  f.scroll.classList.toggle("mw-many", open && many);
  attr(f.scroll, "tabindex", open ? "0" : null);
  attr(f.scroll, "role", open ? "region" : null);
  attr(f.scroll, "aria-label", open ? name : null);
  attr(f.scroll, "data-lm-suppress-shortcuts", open ? "true" : null);
  show(f.less, open);
}

function build({ model, el, signal }) {
  let order = { by: "rank", way: "ascending" };
  const sort = (by) => {
    const other = order.way === "ascending" ? "descending" : "ascending";
    order = { by, way: by === order.by ? other : COLUMNS[by].first };
    f.scroll.scrollTop = 0;
    update();
  };
  const f = makeFrame(sort);
  const bones = makeBones();
  const empty = emptyBox(model);
  const voice = speaker(signal);
  const choice = makeChoice(model, () => update());
  el.classList.add("mw-card", "mw-model-list");
  el.append(f.head.node, f.main, bones.node, empty.node, voice.node);

  const { expand, refocus } = makeFold(model, f);
  const act = {
    toggle: choice.toggle,
    expand: (event) => {
      event.stopPropagation();
      expand(true);
    },
  };
  listen(f.less, { click: () => expand(false) });

  function drawRows(rows, open) {
    const set = choice.chosen();
    const last = rows.at(-1);
    const suffix = model.get("share_suffix");
    const patch = (node, row) => {
      const all = !open && row === last ? model.get("more") : 0;
      const dimmed = choice.dimmed(row, set);
      patchRow(node, row, { pressed: set.has(row.id), dimmed, all, suffix });
    };
    keyed(f.body, sorted(rows, order), (row) => makeRow(row, act), patch);
    patchScroll(f, open, rows.length > MANY, model.get("title") || "All rows");
    refocus(open);
  }
  function update() {
    const loading = model.get("loading");
    const all = model.get("all_rows");
    const open = model.get("expanded") && all.length > 0;
    const rows = open ? all : model.get("rows");
    const none = empty.update(loading ? {} : model.get("empty"));
    const title = model.get("title");
    const total = loading || none ? "" : model.get("total");
    el.dataset.state = none ? "empty" : loading ? "loading" : "ready";
    attr(el, "aria-busy", loading ? "true" : null);
    put(f.head.title, title);
    put(f.head.subtitle, model.get("subtitle"));
    put(f.total, total, model.get("total_title"));
    put(f.word, total ? model.get("total_label") : "");
    put(f.caption, `${title} ${model.get("subtitle")}`.trim());
    patchHeads(f, model, order);
    el.classList.toggle("mw-few", !loading && !none && rows.length <= FEW);
    show(f.main, !loading && !none);
    bones.count(loading ? model.get("rows").length || 6 : 0);
    show(bones.node, loading);
    drawRows(rows, open);
    put(f.note, model.get("note"));
    show(f.note, Boolean(model.get("note")));
    if (!loading) voice.say(spoken(none, title, total));
  }
  function spoken(none, title, total) {
    if (none) return `${title} ${model.get("empty").title ?? ""}`;
    const by = order.by === "rank" ? "rank" : model.get(`${order.by}_label`);
    return `${title} ${total}, sorted by ${by}, ${order.way}`;
  }
  return update;
}

export default view(build);
