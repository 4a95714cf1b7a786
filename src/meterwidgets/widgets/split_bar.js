// SplitBar: one bar for the total, one card per part; a card is a toggle.
// The bar is decoration for the eye, the cards carry every figure as text.

/**
 * @typedef {{key: string, label: string, value: string, unit?: string,
 *   title?: string, share?: string, fraction: number, caption?: string,
 *   caption_title?: string, color: string, muted?: boolean,
 *   selectable?: boolean}} Part
 * @typedef {{title: string, subtitle: string, total: string, total_title: string,
 *   parts: Part[], note: string, selected: string, loading: boolean,
 *   empty: Empty, reset: number}} State
 * @typedef {ReturnType<typeof makePart>} PartParts
 */

/** @param {Part} part */
const isSelectable = (part) => Boolean(part.key) && part.selectable !== false;

/** @param {Part} part @param {(key: string) => void} toggle */
function makePart(part, toggle) {
  const dot = h("span", { class: "mw-dot" });
  const label = h("span", { class: "mw-split-label" });
  const share = h("span", { class: "mw-split-share" });
  const value = h("span", { class: "mw-split-value" });
  const unit = h("span", { class: "mw-split-unit" });
  const caption = h("span", { class: "mw-split-caption" });
  const figure = h("span", { class: "mw-split-figure" }, value, " ", unit);
  const children = [dot, label, share, figure, caption];
  const node = isSelectable(part)
    ? h("button", { class: "mw-split-part", type: "button" }, ...children)
    : h("div", { class: "mw-split-part" }, ...children);
  if (isSelectable(part))
    listen(node, { click: () => toggle(node.dataset.part ?? "") });
  return { node, dot, label, share, value, unit, figure, caption };
}

/** @param {PartParts} parts @param {Part} part @param {string} selected */
function patchPart(parts, part, selected) {
  parts.node.dataset.part = part.key ?? "";
  setColor(parts.dot, part.color);
  setText(parts.label, part.label);
  setText(parts.share, part.share ?? "");
  setText(parts.value, part.value);
  setText(parts.unit, part.unit ?? "");
  setAttribute(parts.figure, "title", part.title || null);
  setText(parts.caption, part.caption ?? "", part.caption_title || part.caption);
  parts.node.classList.toggle("mw-muted", Boolean(part.muted));
  if (isSelectable(part))
    setAttribute(parts.node, "aria-pressed", part.key === selected);
}

const makeSegment = () => ({ node: h("i", { class: "mw-split-segment" }) });

/** @param {{node: HTMLElement}} segment @param {Part} part */
function patchSegment({ node }, part) {
  const fraction = Math.max(0, Math.min(1, Number(part.fraction) || 0));
  setColor(node, part.color);
  node.style.flexGrow = String(fraction);
  setVisible(node, fraction > 0);
  node.classList.toggle("mw-muted", Boolean(part.muted));
}

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const header = cardHeader();
  const track = h("div", { class: "mw-split-track", "aria-hidden": "true" });
  const cards = h("div", { class: "mw-split-parts", role: "group" });
  const note = h("p", { class: "mw-note" });
  const figures = h("div", {}, track, cards, note);
  const bones = skeleton("mw-split-bones", 3);
  const empty = resettableState(model);
  const live = liveRegion(signal);
  el.classList.add("mw-card", "mw-split-bar");
  el.append(header.node, figures, bones, empty.node, live.node);

  /** @param {string} key */
  const toggle = (key) =>
    send(model, { selected: model.get("selected") === key ? "" : key });
  return () => {
    const loading = model.get("loading");
    const parts = model.get("parts");
    const isEmpty = empty.update(loading ? {} : model.get("empty"));
    const title = model.get("title");
    const total = loading || isEmpty ? "" : model.get("total");
    setText(header.title, title);
    setText(header.subtitle, model.get("subtitle"));
    setText(header.total, total, model.get("total_title"));
    setVisible(figures, !loading && !isEmpty);
    setVisible(bones, loading);
    setAttribute(el, "aria-busy", loading ? "true" : null);
    setAttribute(cards, "aria-label", title || "Parts");
    setAttribute(cards, "data-count", parts.length);
    renderItems(track, parts, makeSegment, patchSegment);
    track.classList.toggle("mw-none", !parts.some((part) => part.fraction > 0));
    const make = (/** @type {Part} */ part) => makePart(part, toggle);
    const selected = model.get("selected");
    renderItems(cards, parts, make, (card, part) => patchPart(card, part, selected));
    setText(note, model.get("note"));
    setVisible(note, Boolean(model.get("note")));
    if (!loading)
      live.announce(`${title} ${isEmpty ? model.get("empty").title : total}`);
  };
}

export default view(build);
