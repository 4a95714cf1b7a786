// Donut: the heading, the total in the ring, and the table that holds every figure.
// The ring is bqplot's; its clicks are handled here, its hover messages are stopped.

/**
 * @typedef {{id: string, name: string, value: string, title?: string,
 *   share: string, fraction: number, color: string, selected?: boolean,
 *   dimmed?: boolean, selectable?: boolean}} Row
 * @typedef {{title: string, subtitle: string, name_label: string,
 *   value_label: string, share_label: string, total: string, total_title: string,
 *   total_label: string, rows: Row[], more: number, all_rows: Row[],
 *   expanded: boolean, selected: string[], reset: number, loading: boolean,
 *   empty: Empty, note: string}} State
 * @typedef {{toggle: (id: string) => void, expand: (event: Event) => void}} Actions
 * @typedef {ReturnType<typeof makeRow>} RowParts
 */

/** Build the heading, the centre of the ring, the table and its footer. */
function makeFrame() {
  const header = cardHeader();
  const total = h("span", { class: "mw-donut-total" });
  const totalLabel = h("span", { class: "mw-donut-total-label" });
  const centre = h("div", { class: "mw-donut-centre" }, total, totalLabel);
  const caption = h("caption", { class: "mw-sr" });
  const columns = ["name", "value", "share"].map((name) =>
    h("th", { scope: "col", class: `mw-cell-${name}` }),
  );
  const thead = h("thead", {}, h("tr", {}, ...columns));
  const body = h("tbody");
  const table = h("table", { class: "mw-donut-table" }, caption, thead, body);
  const scroll = h("div", { class: "mw-donut-scroll" }, table);
  const fewer = h("button", { class: "mw-link mw-donut-fewer", type: "button" });
  fewer.textContent = "Show fewer";
  const note = h("p", { class: "mw-note" });
  const side = h("div", { class: "mw-donut-side" }, scroll, fewer, note);
  const ring = { total, totalLabel, centre };
  return { header, ...ring, caption, columns, body, scroll, fewer, note, side };
}

/** @param {Row} row @param {Actions} actions */
function makeRow(row, actions) {
  const dot = h("span", { class: "mw-dot" });
  const name = h("span", { class: "mw-donut-name", dir: "auto" });
  const selectable = row.selectable !== false;
  const label = selectable
    ? h("button", { class: "mw-donut-pick", type: "button" }, dot, name)
    : h("span", { class: "mw-donut-pick" }, dot, name);
  const more = h("button", { class: "mw-link", type: "button" });
  const cell = h("div", { class: "mw-donut-cell" }, label, more);
  const head = h("th", { scope: "row", class: "mw-cell-name" }, cell);
  const value = h("td", { class: "mw-cell-value" });
  const share = h("td", { class: "mw-cell-share" });
  const node = h("tr", { class: "mw-donut-row" }, head, value, share);
  listen(more, { click: actions.expand });
  // The whole row is the target for a pointer; the button is for the keyboard.
  if (selectable) listen(node, { click: () => actions.toggle(node.dataset.key ?? "") });
  node.classList.toggle("mw-selectable", selectable);
  return { node, dot, name, label, more, value, share, selectable };
}

/**
 * @param {RowParts} parts @param {Row} row
 * @param {{selected: boolean, dimmed: boolean, more: number}} state
 */
function patchRow(parts, row, { selected, dimmed, more }) {
  parts.node.dataset.id = row.id;
  setColor(parts.dot, row.color);
  setText(parts.name, row.name, row.name);
  setText(parts.value, row.value, row.title);
  setText(parts.share, row.share);
  if (parts.selectable) setAttribute(parts.label, "aria-pressed", selected);
  setText(parts.more, more ? `Show all ${more}` : "");
  setVisible(parts.more, Boolean(more));
  parts.node.classList.toggle("mw-dim", dimmed);
  parts.node.classList.toggle("mw-selected", selected);
}

/**
 * Let the ring's slices act for their rows, and stop their messages to the kernel.
 * @param {Element} ring @param {AbortSignal} signal
 * @param {{rowAt: (index: number) => Row | undefined, toggle: (id: string) => void,
 *   hover: (row?: Row) => void}} actions
 */
function wireRing(ring, signal, { rowAt, toggle, hover }) {
  /** @param {Event} event */
  const rowOf = (event) => {
    const slice = /** @type {Element} */ (event.target).closest(".slice");
    const slices = [...(slice?.parentNode?.children ?? [])];
    return slice ? rowAt(slices.indexOf(slice)) : undefined;
  };
  /** @param {string} type @param {(row?: Row) => void} act */
  const on = (type, act) => {
    /** @param {Event} event */
    const handler = (event) => {
      event.stopPropagation();
      act(rowOf(event));
    };
    ring.addEventListener(type, handler, { capture: true, signal });
  };
  on("click", (row) => {
    if (row && row.selectable !== false) toggle(row.id);
  });
  on("mouseover", hover);
  on("mouseout", () => hover());
  on("mousemove", () => {});
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const frame = makeFrame();
  const bones = skeleton("mw-donut-bones", 12);
  const empty = resettableState(model);
  const live = liveRegion(signal);
  const selection = makeRowSelection(model, () => update());
  const { expand, refocus } = makeExpander(model, frame);
  /** @type {Row | undefined} */
  let hovered;
  /** @type {Element | null} */
  let ring = null;
  el.classList.add("mw-donut-body");
  el.append(frame.header.node, frame.centre, frame.side, bones, empty.node, live.node);

  /** @type {Actions} */
  const actions = {
    toggle: selection.toggle,
    expand: (event) => {
      event.stopPropagation();
      expand(true);
    },
  };
  listen(frame.fewer, { click: () => expand(false) });

  const drawCentre = () => {
    const { total, totalLabel } = frame;
    const title = hovered ? "" : model.get("total_title");
    setText(total, hovered?.value ?? model.get("total"), title);
    setText(totalLabel, hovered?.name ?? model.get("total_label"));
    const size = total.textContent.length;
    total.classList.toggle("mw-long", size > 10 && size <= 12);
    total.classList.toggle("mw-longer", size > 12);
  };
  /** @param {Row} [row] */
  const hover = (row) => {
    hovered = row;
    drawCentre();
    for (const node of frame.body.querySelectorAll("tr"))
      node.classList.toggle("mw-hovered", node.dataset.id === row?.id);
  };
  const nameRing = () => {
    if (!ring) return;
    const shares = model.get("rows").map((row) => `${row.name} ${row.share}`);
    setAttribute(ring, "role", "img");
    setAttribute(ring, "aria-label", `${model.get("title")}: ${shares.join(", ")}`);
  };
  const findRing = () => el.parentElement?.querySelector(".mw-ring");
  whenFound(findRing, signal, (found) => {
    ring = found;
    /** @param {number} index */
    const rowAt = (index) => model.get("rows")[index];
    wireRing(found, signal, { rowAt, toggle: selection.toggle, hover });
    nameRing();
  });

  function update() {
    const loading = model.get("loading");
    const allRows = model.get("all_rows");
    const open = model.get("expanded") && allRows.length > 0;
    const isEmpty = empty.update(loading ? {} : model.get("empty"));
    const state = isEmpty ? "empty" : loading ? "loading" : "ready";
    el.dataset.state = state;
    setAttribute(el, "aria-busy", loading ? "true" : null);
    drawHeadings();
    setVisible(frame.centre, state === "ready");
    setVisible(frame.side, state === "ready");
    setVisible(bones, loading);
    hovered = undefined;
    drawCentre();
    drawRows(open ? allRows : model.get("rows"), open);
    nameRing();
    if (state !== "loading")
      live.announce(`${model.get("title")} ${model.get("total")}`);
  }
  function drawHeadings() {
    const { header, caption, columns } = frame;
    setText(header.title, model.get("title"));
    setText(header.subtitle, model.get("subtitle"));
    setVisible(header.total, false);
    setText(caption, `${model.get("title")} ${model.get("subtitle")}`.trim());
    setText(columns[0], model.get("name_label"));
    setText(columns[1], model.get("value_label"));
    setText(columns[2], model.get("share_label"));
  }
  /** @param {Row[]} rows @param {boolean} open */
  function drawRows(rows, open) {
    const ids = selection.selected();
    const last = rows.at(-1);
    const make = (/** @type {Row} */ row) => makeRow(row, actions);
    renderItems(frame.body, rows, make, (parts, row) => {
      const more = !open && row === last ? model.get("more") : 0;
      const dimmed = selection.isDimmed(row, ids);
      patchRow(parts, row, { selected: ids.has(row.id), dimmed, more });
    });
    setScrollable(frame.scroll, open, model.get("title") || "All rows");
    setVisible(frame.fewer, open);
    setText(frame.note, model.get("note"));
    setVisible(frame.note, Boolean(model.get("note")));
    refocus(open);
  }
  return update;
}

export default view(build);
