// InsightsBanner: the worst insight in a tinted box, the others below on request.
// Its box is there from the start, so that what comes into it is read out.

/**
 * @typedef {{rule: string, severity: string, title: string, text: string,
 *   action?: string}} Insight
 * @typedef {{insights: Insight[], error: string,
 *   pressed: {n?: number, rule?: string}}} Model
 */

const TRIANGLE = "M8 2.2 14.6 13.6H1.4Z";
const CIRCLE = "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z";
const OCTAGON = "M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3L1.5 10.7V5.3Z";
const KINDS = {
  info: { word: "Note", paths: [CIRCLE, "M8 7.2v4M8 4.7v.1"] },
  warning: { word: "Warning", paths: [TRIANGLE, "M8 6.4v3.2M8 11.5v.1"] },
  bad: { word: "Problem", paths: [OCTAGON, "M8 4.7v4M8 11.2v.1"] },
};
const FAILED = "The last refresh failed, the last good figures stay";

/** @param {string} tag @param {(rule: string) => void} [press] */
function makeInsight(tag, press) {
  const sign = h("span", { class: "mw-banner-sign", "aria-hidden": "true" });
  const word = h("span", { class: "mw-sr" });
  const title = h("span", { class: "mw-banner-words" });
  const text = h("p", { class: "mw-banner-words mw-banner-text" });
  const head = h("p", { class: "mw-banner-title" }, word, title);
  const kind = { class: "mw-button mw-banner-action", type: "button" };
  const button = h("button", { ...kind, "aria-live": "off" });
  const node = h(tag, { class: "mw-banner-insight" }, sign, head, text, button);
  listen(button, { click: () => press?.(node.dataset.rule) });
  node.parts = { sign, word, title, text, button };
  return node;
}

/** @param {HTMLElement} node @param {Insight} insight */
function patchInsight(node, insight) {
  const p = node.parts;
  const kind = KINDS[insight.severity];
  if (node.dataset.severity !== insight.severity) {
    node.dataset.severity = insight.severity;
    p.sign.replaceChildren(icon(...kind.paths));
  }
  put(p.word, `${kind.word}: `);
  put(p.title, insight.title);
  put(p.text, insight.text);
  show(p.text, Boolean(insight.text));
  attr(node, "data-rule", insight.rule || null);
  put(p.button, insight.action ?? "");
  show(p.button, Boolean(insight.action));
}

/** @param {{model: {get: (name: string) => any}, el: HTMLElement}} ctx */
function build({ model, el }) {
  const failure = makeInsight("div");
  failure.classList.add("mw-banner-box");
  let left = "";
  const press = (rule) => {
    left = rule;
    const n = (model.get("pressed").n ?? 0) + 1;
    model.set("pressed", { n, rule });
    model.save_changes();
  };
  const first = makeInsight("div", press);
  const button = h("button", { class: "mw-link mw-banner-more", type: "button" });
  const rest = h("ul", { class: "mw-banner-rest" });
  const box = h("div", { class: "mw-banner-box" }, first, button, rest);
  let open = false;
  listen(button, {
    click: () => {
      open = !open;
      update();
    },
  });
  attr(el, "role", "status");
  attr(el, "aria-live", "polite");
  for (const quiet of [button, rest]) attr(quiet, "aria-live", "off");
  el.classList.add("mw-insights-banner");
  el.append(failure, box);

  function update() {
    const error = model.get("error");
    const [worst, ...others] = model.get("insights");
    const failed = { severity: "warning", title: FAILED, text: error };
    if (error) patchInsight(failure, failed);
    show(failure, Boolean(error));
    if (worst) patchInsight(first, worst);
    show(box, Boolean(worst));
    attr(box, "data-severity", worst?.severity);
    open = open && others.length > 0;
    el.classList.toggle("mw-none", !error && !worst);
    put(button, open ? "Show fewer" : `${others.length} more`);
    attr(button, "aria-expanded", open);
    show(button, others.length > 0);
    const list = open ? others.map((one, key) => ({ ...one, key })) : [];
    keyed(rest, list, () => makeInsight("li", press), patchInsight);
    show(rest, open);
    followFocus();
  }
  // The button goes with its insight; the chip that it made is among the filters.
  function followFocus() {
    if (!left || model.get("insights").some(({ rule }) => rule === left)) return;
    left = "";
    const here = document.activeElement;
    if (here && here !== document.body && !el.contains(here)) return;
    document.querySelector(".mw-filter-button")?.focus();
  }
  return update;
}

export default view(build);
