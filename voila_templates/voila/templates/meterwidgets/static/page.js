// The page around the widgets: its theme, its progress while it loads, its notices and
// its address. Runs in <head>, so that the theme is set before the first pixel. Needs no
// kernel; connection.js watches that one.
"use strict";

window.mwPage = (() => {
  const root = document.documentElement;
  /** @param {string} id */
  const find = (id) => document.getElementById(id);
  /** An element of the template. @param {string} id */
  const get = (id) => /** @type {HTMLElement} */ (find(id));

  // ---- theme: the user's choice, else the system's --------------------------
  const THEME_KEY = "mw-theme";
  const systemDark = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  function storedTheme() {
    try {
      return window.localStorage.getItem(THEME_KEY);
    } catch {
      return null; // storage is off in this browser: follow the system
    }
  }

  function applyTheme() {
    const theme = storedTheme();
    const dark = !printing && (theme ? theme === "dark" : systemDark.matches);
    const styles = /** @type {HTMLLinkElement} */ (find("mw-theme-dark"));
    styles.media = dark ? "all" : "not all";
    root.style.colorScheme = dark ? "dark" : "light";
    for (const element of [root, document.body]) {
      if (!element) continue; // this runs before there is a body, too
      element.dataset.jpThemeLight = String(!dark);
      element.dataset.jpThemeName = dark ? "JupyterLab Dark" : "JupyterLab Light";
    }
    find("mw-theme")?.setAttribute("aria-pressed", String(dark));
  }

  function toggleTheme() {
    const next = root.dataset.jpThemeLight === "true" ? "dark" : "light";
    try {
      window.localStorage.setItem(THEME_KEY, next);
    } catch {
      return; // nowhere to remember it
    }
    applyTheme();
  }

  /** @param {boolean} value */
  function setPrinting(value) {
    printing = value;
    applyTheme();
  }

  applyTheme();
  systemDark.addEventListener("change", applyTheme);
  window.addEventListener("storage", applyTheme);
  window.addEventListener("beforeprint", () => setPrinting(true));
  window.addEventListener("afterprint", () => setPrinting(false));

  // ---- loading: shell, cells, drawing, done --------------------------------
  const DRAW_TIMEOUT = 60_000; // ms from the last cell to the first picture
  const SETTLED = 100; // ms without a change: the widgets are drawn
  const NEVER_SETTLED = 4_000; // ms after which a page that keeps changing is shown
  /** @type {"loading" | "drawing" | "ready" | "failed"} */
  let state = "loading";
  let stepped = performance.now(); // when loading last went on

  /** @param {number} percent @param {string} text */
  function progress(percent, text) {
    if (state === "ready" || state === "failed") return;
    stepped = performance.now();
    const bar = get("mw-progress");
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", text);
    bar.style.setProperty("--mw-progress", `${percent}%`);
    get("mw-step").textContent = text;
  }

  /** @param {number} before how many pages start before this one */
  function waiting(before) {
    const pages = before === 1 ? "1 page" : `${before} pages`;
    progress(5, before ? `Waiting for a place: ${pages} before yours` : "Next in line");
  }

  /** @param {number} index @param {number} count */
  function cell(index, count) {
    if (index > count) return;
    progress(20 + (60 * (index - 1)) / count, `Running cell ${index} of ${count}`);
  }

  /** Whether every output has its widget. @param {HTMLElement} cells */
  function isPlaced(cells) {
    const waiting = 'script[type="application/vnd.voila.cell-output+json"]';
    if (!window.themeLoaded || cells.querySelector(waiting)) return false;
    // Until its model arrives, a widget is a panel with a word in it.
    /** @type {NodeListOf<HTMLElement>} */
    const outputs = cells.querySelectorAll(".lm-Panel.jp-OutputArea-output");
    return [...outputs].every(
      (output) => output.querySelector(".lm-Widget") && output.offsetHeight > 0,
    );
  }

  /** Whether no child is a bare, empty element still. @param {HTMLElement} cells */
  function isFilled(cells) {
    const widgets = [...cells.querySelectorAll(".lm-Widget")];
    return widgets.every(
      (widget) => widget.childNodes.length || widget.classList.length > 1,
    );
  }

  function drawing() {
    get("mw-theme").addEventListener("click", toggleTheme);
    applyTheme();
    if (state !== "loading") return;
    progress(85, "Drawing");
    state = "drawing";
    const cells = get("rendered_cells");
    let settled = 0;
    let neverSettled = 0;
    const timeout = window.setTimeout(fail, DRAW_TIMEOUT);
    const finish = () => {
      if (state !== "drawing") return;
      observer.disconnect();
      for (const timer of [settled, neverSettled, timeout]) window.clearTimeout(timer);
      ready();
    };
    const check = () => {
      window.clearTimeout(settled);
      if (!isPlaced(cells)) return;
      neverSettled ||= window.setTimeout(finish, NEVER_SETTLED);
      if (isFilled(cells)) settled = window.setTimeout(finish, SETTLED);
    };
    const observer = new MutationObserver(check);
    observer.observe(document.body, {
      attributeFilter: ["class"],
      childList: true,
      subtree: true,
    });
    window.voila_finish = check;
    check();
  }

  function ready() {
    state = "ready";
    get("mw-loading").remove();
    // Voila puts the page behind the footer; the Tab key follows the document.
    const footer = document.querySelector(".mw-foot");
    if (footer) document.body.append(footer);
    root.classList.add("mw-ready");
  }

  // ---- notices and failures ---------------------------------------------------
  // Not `inert`: that would also hide names and figures from screen readers.
  const CONTROLS = ["a[href]", "button", "input", "select", "summary"]
    .map((control) => `${control}:not([aria-disabled])`)
    .join();
  /** @type {Element[]} */
  let disabled = [];

  /** @param {boolean} frozen whether nothing takes a click or a key */
  function freeze(frozen) {
    if (frozen === root.classList.contains("mw-frozen")) return;
    root.classList.toggle("mw-frozen", frozen);
    if (!frozen)
      for (const element of disabled) element.removeAttribute("aria-disabled");
    disabled = frozen ? [...document.body.querySelectorAll(CONTROLS)] : [];
    for (const element of disabled) element.setAttribute("aria-disabled", "true");
  }

  /** @param {Event} event */
  const holdBack = (event) => {
    const { target } = event;
    if (!root.classList.contains("mw-frozen")) return;
    if (target === document.body || !(target instanceof Element)) return; // scrolling
    if (target.closest("#mw-notice")) return;
    if (event instanceof KeyboardEvent && (event.key === "Tab" || event.ctrlKey))
      return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const kind of ["pointerdown", "click", "dblclick", "keydown", "beforeinput"])
    window.addEventListener(kind, holdBack, true);

  function hideNotice() {
    const box = get("mw-notice");
    if (!box.childNodes.length) return;
    box.replaceChildren();
    box.dataset.kind = "";
  }

  /**
   * Show a notice above the page; screen readers read it out.
   * @param {"bad" | "info" | "warn"} kind @param {string} title @param {string} text
   * @param {string} [action] of a button that loads the page again
   */
  function showNotice(kind, title, text, action) {
    const box = get("mw-notice");
    const words = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = title;
    words.append(strong, ` ${text}`);
    if (box.dataset.kind === kind && box.querySelector("p")?.isEqualNode(words)) return;
    box.dataset.kind = kind;
    box.replaceChildren(words);
    if (!action) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action;
    button.addEventListener("click", () => window.location.reload());
    box.append(button);
  }

  /** Stop showing progress. */
  function stopLoading() {
    state = "failed";
    root.classList.add("mw-failed");
    find("mw-progress")?.remove();
    find("mw-step")?.remove();
  }

  /** @param {unknown} [reason] from the server; without one its log has the reason */
  function fail(reason) {
    if (state === "ready" || state === "failed") return;
    stopLoading();
    showNotice(
      "bad",
      "This page could not be made.",
      typeof reason === "string" && reason
        ? `${reason[0].toUpperCase()}${reason.slice(1)}.`
        : "Reload to try again; the server's log says why.",
      "Reload",
    );
  }

  // JupyterLab's scripts begin when all is loaded; here there is no session for them.
  window.addEventListener("load", (event) => {
    if (state === "failed") event.stopImmediatePropagation();
  });

  // ---- the address: an app sets it, and learns of Back and Forward -----------
  const baseUrl = () => (document.body.dataset.baseUrl ?? "").replace(/voila\/$/, "");
  /** @param {string} address */
  const href = (address) => baseUrl() + address;
  let addressSet = false; // the first one only tidies the address that was opened

  /** @param {string} address @param {string} [label] */
  function go(address, label) {
    const current = window.location.pathname + window.location.search;
    const next = href(address);
    if (next !== current)
      window.history[addressSet ? "pushState" : "replaceState"](null, "", next);
    if (label) document.title = `${label} · meterwidgets`;
    addressSet = true;
  }

  window.addEventListener("popstate", () => {
    const address = window.location.pathname + window.location.search;
    const detail = address.slice(baseUrl().length);
    document.dispatchEvent(new CustomEvent("mw-visit", { detail }));
  });

  let kernelUrl = "";

  /** @param {string} id */
  function kernel(id) {
    kernelUrl = href(`api/kernels/${id}`);
  }

  // Voila's script calls this when its theme is in place.
  window.voila_finish = () => {};
  return {
    adopt: applyTheme,
    waiting,
    state: () => state,
    stepped: () => stepped,
    kernel,
    kernelUrl: () => kernelUrl,
    cell,
    drawing,
    fail,
    stopLoading,
    freeze,
    showNotice,
    hideNotice,
    go,
    href,
  };
})();
