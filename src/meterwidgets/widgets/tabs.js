// Tabs: the names of an app's pages, and its address in the browser.
// `mwPage` is the page around the widgets under `meterwidgets serve`; without it,
// as in JupyterLab, there is no address and the names are buttons.

/**
 * @typedef {{tabs: {key: string, label: string, address: string, made?: boolean}[],
 *   page: string, near: string, address: string,
 *   visited: {n?: number, address?: string}, answered: number}} Model
 */

function build({ model, el, signal }) {
  const served = window.mwPage?.go ? window.mwPage : null;
  const nav = h("nav", { class: "mw-tabs", "aria-label": "Dashboards" });
  el.classList.add("mw-tabs-home");
  el.append(nav);
  // The names stand in the head of the app; there the focus goes in their order.
  const home = () => el.closest(".mw-app")?.querySelector(".mw-filter-slot");
  if (el.closest(".mw-app") || !el.isConnected)
    whenThere(home, signal, (slot) => slot.append(nav));
  signal.addEventListener("abort", () => nav.remove());

  const open = (event) => {
    const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.button;
    if (served && aside) return; // a link like any other
    event.preventDefault();
    const key = event.currentTarget.dataset.key;
    if (key === model.get("page")) return;
    model.set("page", key);
    model.save_changes();
    update();
  };
  // The way to a click takes longer than the making of a page: begin before it.
  const near = (key) => {
    model.set("near", key);
    model.save_changes();
  };
  const pointed = (event) => near(event.currentTarget.dataset.key);
  const make = () => {
    const props = served ? {} : { type: "button" };
    const node = h(served ? "a" : "button", { class: "mw-tab", ...props });
    listen(node, { click: open, pointerenter: pointed, focus: pointed });
    return node;
  };
  const visit = (event) => {
    const n = (model.get("visited").n ?? 0) + 1;
    model.set("visited", { n, address: event.detail });
    model.save_changes();
  };
  if (served) document.addEventListener("mw-visit", visit, { signal });

  // A finger points at nothing first. So, once the first figures stand and there is
  // nothing else to do, the other pages are made, one by one: a click may come between.
  const idle = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));
  const missing = () => model.get("tabs").find((tab) => tab.made === false)?.key;
  const figures = () =>
    (!served || document.querySelector(".mw-ready")) &&
    el.closest(".mw-app")?.querySelector(".mw-page .mw-kpi-value");
  let asked = null;
  function ahead() {
    const next = missing();
    if (!next || next === asked) return;
    asked = next;
    idle(() => signal.aborted || near(next));
  }
  if (missing())
    whenThere(figures, signal, () => {
      model.on("change:tabs", ahead);
      ahead();
    });

  function update() {
    const page = model.get("page");
    keyed(nav, model.get("tabs"), make, (node, tab) => {
      put(node, tab.label);
      attr(node, "aria-current", tab.key === page ? "page" : null);
      if (served) attr(node, "href", served.href(tab.address));
    });
    show(nav, model.get("tabs").length > 1);
  }
  // Only the kernel says where the reader is. On the way back it is behind for a moment:
  // what it says then would push a new entry, and cut off the way forward.
  function follow() {
    if ((model.get("visited").n ?? 0) > model.get("answered")) return;
    const shown = model.get("tabs").find((tab) => tab.key === model.get("page"));
    if (model.get("address")) served.go(model.get("address"), shown?.label);
  }
  if (served) model.on("change:address change:answered", follow);
  if (served) follow();
  return update;
}

export default view(build);
