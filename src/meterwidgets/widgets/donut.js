// Donut: the heading, the total in the ring, and the table that says it all.
// The ring is bqplot's; its clicks are caught here, its hover posts are stopped.

/**
 * @typedef {{id: string, name: string, value: string, title?: string,
 *   share: string, fraction: number, color: string, selected?: boolean,
 *   dimmed?: boolean, selectable?: boolean}} Row
 * @typedef {{rows: Row[], all_rows: Row[], selected: string[], expanded: boolean,
 *   more: number, reset: number}} Model
 */

/** Build heading, centre, table and footer. */
function makeFrame() {
  const head = cardHead();
  const total = h("span", { class: "mw-donut-total" });
  const word = h("span", { class: "mw-donut-word" });
  const centre = h("div", { class: "mw-donut-centre" }, total, word);
  const caption = h("caption", { class: "mw-sr" });
  const heads = ["mw-cell-name", "mw-cell-value", "mw-cell-share"].map((name) =>
    h("th", { scope: "col", class: name }),
  );
  const thead = h("thead", {}, h("tr", {}, ...heads));
  const body = h("tbody");
  const table = h("table", { class: "mw-donut-table" }, caption, thead, body);
  const scroll = h("div", { class: "mw-donut-scroll" }, table);
  const less = h("button", { class: "mw-link mw-donut-less", type: "button" });
  less.textContent = "Show fewer";
  const note = h("p", { class: "mw-note" });
  const side = h("div", { class: "mw-donut-side" }, scroll, less, note);
  const parts = { head, total, word, centre, caption, heads, body, table };
  return { ...parts, scroll, less, note, side };
}

/** @param {{toggle: (id: string) => void, expand: () => void}} act */
function makeRow(row, act) {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-donut-name", dir: "auto" });
  const can = row.selectable !== false;
  const label = can
    ? h("button", { class: "mw-donut-pick", type: "button" }, dot, name)
    : h("span", { class: "mw-donut-pick" }, dot, name);
  const more = h("button", { class: "mw-link", type: "button" });
  const head = h("th", { scope: "row", class: "mw-cell-name" });
  head.append(h("div", { class: "mw-donut-cell" }, label, more));
  const value = h("td", { class: "mw-cell-value" });
  const share = h("td", { class: "mw-cell-share" });
  const node = h("tr", { class: "mw-donut-row" }, head, value, share);
  node.parts = { dot, name, label, more, value, share, can };
  listen(more, { click: act.expand });
  // The whole row is the target for a pointer; the button is for the keyboard.
  if (can) listen(node, { click: () => act.toggle(node.dataset.id) });
  node.classList.toggle("mw-can", can);
  return node;
}

/** @param {HTMLElement} node @param {Row} row */
function patchRow(node, row, { pressed, dimmed, all }) {
  const p = node.parts;
  node.dataset.id = row.id;
  paint(p.dot, row.color);
  put(p.name, row.name, row.name);
  put(p.value, row.value, row.title);
  put(p.share, row.share);
  if (p.can) attr(p.label, "aria-pressed", pressed);
  put(p.more, all ? `Show all ${all}` : "");
  show(p.more, Boolean(all));
  node.classList.toggle("mw-dim", dimmed);
  node.classList.toggle("mw-pressed", pressed);
}

/** Let the ring's slices act for their rows, and keep their posts from the kernel. */
function wireRing(ring, signal, { at, toggle, hover }) {
  const index = (event) => {
    const slice = event.target.closest(".slice");
    return slice ? [...slice.parentNode.children].indexOf(slice) : -1;
  };
  const on = (type, act) => {
    const handler = (event) => {
      event.stopPropagation();
      act(at(index(event)));
    };
    ring.addEventListener(type, handler, { capture: true, signal });
  };
  on("click", (row) => row && row.selectable !== false && toggle(row.id));
  on("mouseover", (row) => hover(row));
  on("mouseout", () => hover(null));
  on("mousemove", () => {});
}

function build({ model, el, signal }) {
  const f = makeFrame();
  const bones = skeleton("mw-donut-bones", 12);
  const empty = emptyBox(model);
  const voice = speaker(signal);
  const choice = makeChoice(model, () => update());
  let hot = null;
  el.classList.add("mw-donut-body");
  el.append(f.head.node, f.centre, f.side, bones, empty.node, voice.node);

  const { expand, refocus } = makeFold(model, f);
  const act = {
    toggle: choice.toggle,
    expand: (event) => {
      event.stopPropagation();
      expand(true);
    },
  };
  listen(f.less, { click: () => expand(false) });

  const centre = () => {
    put(f.total, hot?.value ?? model.get("total"), hot ? "" : model.get("total_title"));
    put(f.word, hot?.name ?? model.get("total_label"));
    const size = f.total.textContent.length;
    f.total.classList.toggle("mw-long", size > 10 && size <= 12);
    f.total.classList.toggle("mw-longer", size > 12);
  };
  const hover = (row) => {
    hot = row ?? null;
    centre();
    for (const node of f.body.children)
      node.classList.toggle("mw-hot", node.dataset.id === row?.id);
  };
  const at = (i) => model.get("rows")[i];
  let ring = null;
  const nameRing = () => {
    const parts = model.get("rows").map((row) => `${row.name} ${row.share}`);
    attr(ring, "role", "img");
    attr(ring, "aria-label", `${model.get("title")}: ${parts.join(", ")}`);
  };
  const beside = () => el.parentElement?.querySelector(".mw-ring");
  whenThere(beside, signal, (found) => {
    ring = found;
    wireRing(ring, signal, { at, toggle: choice.toggle, hover });
    nameRing();
  });

  function update() {
    const loading = model.get("loading");
    const all = model.get("all_rows");
    const open = model.get("expanded") && all.length > 0;
    const none = empty.update(loading ? {} : model.get("empty"));
    const state = none ? "empty" : loading ? "loading" : "ready";
    el.dataset.state = state;
    attr(el, "aria-busy", loading ? "true" : null);
    put(f.head.title, model.get("title"));
    put(f.head.subtitle, model.get("subtitle"));
    show(f.head.total, false);
    put(f.caption, `${model.get("title")} ${model.get("subtitle")}`.trim());
    ["name_label", "value_label", "share_label"].forEach((name, i) =>
      put(f.heads[i], model.get(name)),
    );
    show(f.centre, state === "ready");
    show(f.side, state === "ready");
    show(bones, loading);
    hot = null;
    centre();
    drawRows(open ? all : model.get("rows"), open);
    if (ring) nameRing();
    if (state !== "loading") voice.say(`${model.get("title")} ${model.get("total")}`);
  }
  function drawRows(rows, open) {
    const set = choice.chosen();
    const last = rows.at(-1);
    keyed(
      f.body,
      rows,
      (row) => makeRow(row, act),
      (node, row) => {
        const more = !open && row === last ? model.get("more") : 0;
        const dimmed = choice.dimmed(row, set);
        patchRow(node, row, { pressed: set.has(row.id), dimmed, all: more });
      },
    );
    f.scroll.classList.toggle("mw-open", open);
    attr(f.scroll, "tabindex", open ? "0" : null);
    attr(f.scroll, "role", open ? "region" : null);
    attr(f.scroll, "aria-label", open ? model.get("title") || "All rows" : null);
    attr(f.scroll, "data-lm-suppress-shortcuts", open ? "true" : null);
    show(f.less, open);
    put(f.note, model.get("note"));
    show(f.note, Boolean(model.get("note")));
    refocus(open);
  }
  return update;
}

export default view(build);
