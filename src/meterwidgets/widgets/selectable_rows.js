// Rows of a table that a reader chooses from, and unfolds: Donut and ModelList.

/**
 * Which rows are chosen: the list, else the rows' own flags; a click shows at once.
 * @param {AnyModel} model @param {() => void} changed
 */
function makeChoice(model, changed) {
  let pending = null;
  model.on("change:rows", () => (pending = null));
  const flagged = () =>
    [...model.get("rows"), ...model.get("all_rows")]
      .filter((row) => row.selected)
      .map((row) => row.id);
  const chosen = () => {
    const list = model.get("selected");
    return pending ?? new Set(list.length ? list : flagged());
  };
  const toggle = (id) => {
    const next = new Set(chosen());
    if (!next.delete(id)) next.add(id);
    pending = next;
    model.set("selected", [...next]);
    model.save_changes();
    changed();
  };
  const dimmed = (row, set) =>
    pending || row.dimmed === undefined ? set.size > 0 && !set.has(row.id) : row.dimmed;
  return { chosen, toggle, dimmed };
}

/**
 * "Show all n" and "Show fewer": the pressed button goes away, its focus follows.
 * @param {AnyModel} model @param {{scroll: HTMLElement, body: HTMLElement}} parts
 */
function makeFold(model, parts) {
  let moved = false;
  const expand = (on) => {
    moved = true;
    model.set("expanded", on);
    model.save_changes();
  };
  const refocus = (open) => {
    if (!moved || open !== model.get("expanded")) return;
    moved = false;
    const next = open ? parts.scroll : parts.body.querySelector(".mw-link:not([hidden])");
    next?.focus({ preventScroll: true });
  };
  return { expand, refocus };
}
