// InsightsBanner: the worst insight in a tinted box, the others below on request.
// Its box exists from the start, so that screen readers announce what comes into it.

/**
 * @typedef {"info" | "warning" | "bad"} Severity
 * @typedef {{rule?: string, severity: Severity, title: string, text: string,
 *   action?: string}} Insight
 * @typedef {{insights: (Insight & {rule: string})[], error: string,
 *   pressed: {n?: number, rule?: string}}} State
 * @typedef {ReturnType<typeof makeInsight>} InsightParts
 */

const TRIANGLE = "M8 2.2 14.6 13.6H1.4Z";
const CIRCLE = "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Z";
const OCTAGON = "M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3L1.5 10.7V5.3Z";
const SEVERITIES = {
  info: { word: "Note", paths: [CIRCLE, "M8 7.2v4M8 4.7v.1"] },
  warning: { word: "Warning", paths: [TRIANGLE, "M8 6.4v3.2M8 11.5v.1"] },
  bad: { word: "Problem", paths: [OCTAGON, "M8 4.7v4M8 11.2v.1"] },
};
const REFRESH_FAILED = "The last refresh failed, the last good figures stay";

/** @param {"div" | "li"} tag @param {(rule: string) => void} [press] */
function makeInsight(tag, press) {
  const symbol = h("span", { class: "mw-banner-icon", "aria-hidden": "true" });
  const severity = h("span", { class: "mw-sr" });
  const title = h("span", { class: "mw-banner-wrap" });
  const text = h("p", { class: "mw-banner-wrap mw-banner-text" });
  const head = h("p", { class: "mw-banner-title" }, severity, title);
  const kind = { class: "mw-button mw-banner-action", type: "button" };
  const button = h("button", { ...kind, "aria-live": "off" });
  const node = h(tag, { class: "mw-banner-insight" }, symbol, head, text, button);
  listen(button, { click: () => press?.(node.dataset.rule ?? "") });
  return { node, symbol, severity, title, text, button };
}

/** @param {InsightParts} parts @param {Insight} insight */
function patchInsight(parts, insight) {
  const { node } = parts;
  const { word, paths } = SEVERITIES[insight.severity];
  if (node.dataset.severity !== insight.severity) {
    node.dataset.severity = insight.severity;
    parts.symbol.replaceChildren(icon(...paths));
  }
  setText(parts.severity, `${word}: `);
  setText(parts.title, insight.title);
  setText(parts.text, insight.text);
  setVisible(parts.text, Boolean(insight.text));
  setAttribute(node, "data-rule", insight.rule || null);
  setText(parts.button, insight.action ?? "");
  setVisible(parts.button, Boolean(insight.action));
}

/** @param {Context<State>} context */
function build({ model, el }) {
  const failure = makeInsight("div");
  failure.node.classList.add("mw-banner-box");
  let pressedRule = "";
  /** @param {string} rule */
  const press = (rule) => {
    pressedRule = rule;
    send(model, { pressed: { n: (model.get("pressed").n ?? 0) + 1, rule } });
  };
  const worst = makeInsight("div", press);
  const fold = h("button", { class: "mw-link mw-banner-more", type: "button" });
  const rest = h("ul", { class: "mw-banner-rest" });
  const box = h("div", { class: "mw-banner-box" }, worst.node, fold, rest);
  let open = false;
  listen(fold, {
    click: () => {
      open = !open;
      update();
    },
  });
  setAttribute(el, "role", "status");
  setAttribute(el, "aria-live", "polite");
  for (const silent of [fold, rest]) setAttribute(silent, "aria-live", "off");
  el.classList.add("mw-insights-banner");
  el.append(failure.node, box);

  function update() {
    const error = model.get("error");
    const [first, ...others] = model.get("insights");
    if (error)
      patchInsight(failure, {
        severity: "warning",
        title: REFRESH_FAILED,
        text: error,
      });
    setVisible(failure.node, Boolean(error));
    if (first) patchInsight(worst, first);
    setVisible(box, Boolean(first));
    setAttribute(box, "data-severity", first?.severity);
    open = open && others.length > 0;
    el.classList.toggle("mw-none", !error && !first);
    setText(fold, open ? "Show fewer" : `${others.length} more`);
    setAttribute(fold, "aria-expanded", open);
    setVisible(fold, others.length > 0);
    const items = open ? others.map((insight, key) => ({ ...insight, key })) : [];
    renderItems(rest, items, () => makeInsight("li", press), patchInsight);
    setVisible(rest, open);
    followFocus();
  }
  // The button goes with its insight; the chip that it made is among the filters.
  function followFocus() {
    const stays = model.get("insights").some(({ rule }) => rule === pressedRule);
    if (!pressedRule || stays) return;
    pressedRule = "";
    const focused = document.activeElement;
    if (!focused || focused === document.body || el.contains(focused)) focusFilters();
  }
  return update;
}

export default view(build);
