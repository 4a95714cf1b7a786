// Tabs: the pages of an app as tabs, and its address in the browser.
// `mwPage` is the page around the widgets under `meterwidgets serve`; without it,
// as in JupyterLab, there is no address and the tabs are buttons.

/**
 * @typedef {{key: string, label: string, address: string, made?: boolean}} Tab
 * @typedef {{tabs: Tab[], page: string, near: string, address: string,
 *   visited: {n?: number, address?: string}, answered: number}} State
 */

/** @param {Context<State>} context */
function build({ model, el, signal }) {
  const page = window.mwPage;
  const nav = h("nav", { class: "mw-tabs", "aria-label": "Dashboards" });
  el.classList.add("mw-tabs-home");
  el.append(nav);
  // In an app the tabs stand at the top of the page, in the order of the Tab key.
  const findSlot = () => el.closest(".mw-app")?.querySelector(".mw-filter-slot");
  if (el.closest(".mw-app") || !el.isConnected)
    whenFound(findSlot, signal, (slot) => slot.append(nav));
  signal.addEventListener("abort", () => nav.remove());

  /** @param {Event} event */
  const keyOf = (event) =>
    /** @type {HTMLElement} */ (event.currentTarget).dataset.key ?? "";
  /** @param {MouseEvent} event */
  const open = (event) => {
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button;
    if (page && elsewhere) return; // a link like any other
    event.preventDefault();
    if (keyOf(event) === model.get("page")) return;
    send(model, { page: keyOf(event) });
    update();
  };
  // Moving to a click takes longer than making a page: begin before it.
  /** @param {Event} event */
  const makeAhead = (event) => send(model, { near: keyOf(event) });
  const make = () => {
    const on = { click: open, pointerenter: makeAhead, focus: makeAhead };
    const node = page
      ? h("a", { class: "mw-tab", on })
      : h("button", { class: "mw-tab", type: "button", on });
    return { node };
  };
  /** @param {CustomEvent<string>} event */
  const visit = (event) => {
    const n = (model.get("visited").n ?? 0) + 1;
    send(model, { visited: { n, address: event.detail } });
  };
  if (page) document.addEventListener("mw-visit", visit, { signal });
  makeOthersAhead({ model, el, signal });

  function update() {
    const current = model.get("page");
    renderItems(nav, model.get("tabs"), make, ({ node }, tab) => {
      setText(node, tab.label);
      setAttribute(node, "aria-current", tab.key === current ? "page" : null);
      if (page) setAttribute(node, "href", page.href(tab.address));
    });
    setVisible(nav, model.get("tabs").length > 1);
  }
  // Only the kernel decides the address. After Back or Forward its address is stale
  // until it has answered: to follow it would push a new entry, and cut off the way
  // forward.
  function followAddress() {
    if ((model.get("visited").n ?? 0) > model.get("answered")) return;
    const current = model.get("tabs").find((tab) => tab.key === model.get("page"));
    if (model.get("address")) page?.go(model.get("address"), current?.label);
  }
  if (page) {
    model.on("change:address change:answered", followAddress);
    followAddress();
  }
  return update;
}

/**
 * Ask for the pages that are not made yet, one by one, as touch gives no hint before a
 * tap: once the first figures are drawn and the browser is idle.
 * @param {Context<State>} context
 */
function makeOthersAhead({ model, el, signal }) {
  /** @param {() => void} act */
  const later = (act) => setTimeout(act, 200);
  const whenIdle = window.requestIdleCallback ?? later;
  const missing = () => model.get("tabs").find((tab) => tab.made === false)?.key;
  const figures = () =>
    (!window.mwPage || document.querySelector(".mw-ready")) &&
    el.closest(".mw-app")?.querySelector(".mw-page .mw-kpi-value");
  let requested = "";
  function makeNext() {
    const next = missing();
    if (!next || next === requested) return;
    requested = next;
    whenIdle(() => {
      if (!signal.aborted) send(model, { near: next });
    });
  }
  if (missing())
    whenFound(figures, signal, () => {
      model.on("change:tabs", makeNext);
      makeNext();
    });
}

export default view(build);
