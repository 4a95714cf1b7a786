// SplitBar: one bar for the whole, one card per part; a card is a toggle.
// The bar is decoration for the eye, the cards carry every figure as text.

/**
 * @typedef {{key: string, label: string, value: string, unit?: string,
 *   title?: string, share: string, fraction: number, caption?: string,
 *   caption_title?: string, color: string, muted?: boolean,
 *   selectable?: boolean}} Part
 * @typedef {{title: string, subtitle: string, total: string, total_title: string,
 *   parts: Part[], note: string, selected: string, loading: boolean,
 *   empty: object, reset: number}} Model
 */

/** @param {Part} part */
const selectable = (part) => Boolean(part.key) && part.selectable !== false;

/** @param {(key: string) => void} toggle */
function makePart(part, toggle) {
  const dot = h("span", { class: "mw-dot" });
  const label = h("span", { class: "mw-split-label" });
  const share = h("span", { class: "mw-split-share" });
  const value = h("span", { class: "mw-split-value" });
  const unit = h("span", { class: "mw-split-unit" });
  const caption = h("span", { class: "mw-split-caption" });
  const figure = h("span", { class: "mw-split-figure" }, value, " ", unit);
  const kids = [dot, label, share, figure, caption];
  const node = selectable(part)
    ? h("button", { class: "mw-split-part", type: "button" }, ...kids)
    : h("div", { class: "mw-split-part" }, ...kids);
  if (selectable(part)) listen(node, { click: () => toggle(node.dataset.part) });
  node.parts = { dot, label, share, value, unit, figure, caption };
  return node;
}

/** @param {HTMLElement} node @param {Part} part */
function patchPart(node, part, selected) {
  const p = node.parts;
  node.dataset.part = part.key ?? "";
  paint(p.dot, part.color);
  put(p.label, part.label);
  put(p.share, part.share ?? "");
  put(p.value, part.value);
  put(p.unit, part.unit ?? "");
  attr(p.figure, "title", part.title || null);
  put(p.caption, part.caption ?? "", part.caption_title || part.caption);
  node.classList.toggle("mw-muted", Boolean(part.muted));
  if (selectable(part)) attr(node, "aria-pressed", part.key === selected);
}

function patchSegment(node, part) {
  const fraction = Math.max(0, Math.min(1, Number(part.fraction) || 0));
  paint(node, part.color);
  node.style.flexGrow = String(fraction);
  show(node, fraction > 0);
  node.classList.toggle("mw-muted", Boolean(part.muted));
}

function build({ model, el, signal }) {
  const head = cardHead();
  const track = h("div", { class: "mw-split-track", "aria-hidden": "true" });
  const parts = h("div", { class: "mw-split-parts", role: "group" });
  const note = h("p", { class: "mw-note" });
  const figures = h("div", {}, track, parts, note);
  const bones = skeleton("mw-split-bones", 3);
  const empty = emptyBox(model);
  const voice = speaker(signal);
  el.classList.add("mw-card", "mw-split-bar");
  el.append(head.node, figures, bones, empty.node, voice.node);

  const toggle = (key) => {
    model.set("selected", model.get("selected") === key ? "" : key);
    model.save_changes();
  };
  return () => {
    const loading = model.get("loading");
    const list = model.get("parts");
    const none = empty.update(loading ? {} : model.get("empty"));
    put(head.title, model.get("title"));
    put(head.subtitle, model.get("subtitle"));
    const total = loading || none ? "" : model.get("total");
    put(head.total, total, model.get("total_title"));
    show(figures, !loading && !none);
    show(bones, loading);
    attr(el, "aria-busy", loading ? "true" : null);
    attr(parts, "aria-label", model.get("title") || "Parts");
    attr(parts, "data-count", list.length);
    keyed(track, list, () => h("i", { class: "mw-split-segment" }), patchSegment);
    track.classList.toggle("mw-none", !list.some((part) => part.fraction > 0));
    const patch = (node, part) => patchPart(node, part, model.get("selected"));
    keyed(parts, list, (part) => makePart(part, toggle), patch);
    put(note, model.get("note"));
    show(note, Boolean(model.get("note")));
    const said = none ? model.get("empty").title : total;
    if (!loading) voice.say(`${model.get("title")} ${said}`);
  };
}

export default view(build);
