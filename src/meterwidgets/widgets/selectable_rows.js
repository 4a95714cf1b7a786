// Rows of a table that a user selects from, and expands: Donut and ModelList.

/**
 * @typedef {{id: string, selected?: boolean, dimmed?: boolean}} SelectableRow
 * @typedef {{rows: SelectableRow[], all_rows: SelectableRow[], selected: string[],
 *   expanded: boolean}} RowsState
 */

/**
 * The selected rows: those of the list, else the rows' own flags; a click shows at once.
 * @param {AnyModel<RowsState>} model @param {() => void} changed
 */
function makeRowSelection(model, changed) {
  /** @type {Set<string> | null} */
  let pending = null; // until the kernel answers a click
  model.on("change:rows", () => {
    pending = null;
  });
  const flagged = () =>
    [...model.get("rows"), ...model.get("all_rows")]
      .filter((row) => row.selected)
      .map((row) => row.id);
  const selected = () => {
    const ids = model.get("selected");
    return pending ?? new Set(ids.length ? ids : flagged());
  };
  /** @param {string} id */
  const toggle = (id) => {
    const ids = new Set(selected());
    if (!ids.delete(id)) ids.add(id);
    pending = ids;
    send(model, { selected: [...ids] });
    changed();
  };
  /** @param {SelectableRow} row @param {Set<string>} ids */
  const isDimmed = (row, ids) =>
    pending || row.dimmed === undefined ? ids.size > 0 && !ids.has(row.id) : row.dimmed;
  return { selected, toggle, isDimmed };
}

/**
 * "Show all n" and "Show fewer": the pressed button goes away, and its focus moves on.
 * @param {AnyModel<RowsState>} model
 * @param {{scroll: HTMLElement, body: HTMLElement}} parts
 */
function makeExpander(model, parts) {
  let pressed = false;
  /** @param {boolean} expanded */
  const expand = (expanded) => {
    pressed = true;
    send(model, { expanded });
  };
  /** @param {boolean} open whether all rows are drawn */
  const refocus = (open) => {
    if (!pressed || open !== model.get("expanded")) return;
    pressed = false;
    const next = open
      ? parts.scroll
      : parts.body.querySelector(".mw-link:not([hidden])");
    /** @type {HTMLElement | null} */ (next)?.focus({ preventScroll: true });
  };
  return { expand, refocus };
}

/**
 * Let a long table scroll below its head, reachable by the keyboard.
 * @param {HTMLElement} scroll @param {boolean} open @param {string} name
 */
function setScrollable(scroll, open, name) {
  scroll.classList.toggle("mw-open", open);
  setAttribute(scroll, "tabindex", open ? "0" : null);
  setAttribute(scroll, "role", open ? "region" : null);
  setAttribute(scroll, "aria-label", open ? name : null);
  setAttribute(scroll, "data-lm-suppress-shortcuts", open ? "true" : null);
}
