// The page around the widgets: its theme, its progress while it loads, and the notice
// when it fails or its session ends. Runs in <head>, so that the theme is set before
// the first pixel. Needs no kernel.
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

  /** @param {number} percent @param {string} text */
  function progress(percent, text) {
    if (state === "ready" || state === "failed") return;
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

  // ---- failures -------------------------------------------------------------
  function hideNotice() {
    const box = get("mw-notice");
    box.replaceChildren();
    box.dataset.kind = "";
  }

  /** @param {"bad" | "info" | "warn"} kind @param {string} title @param {string} text */
  function showNotice(kind, title, text) {
    hideNotice();
    const box = get("mw-notice");
    box.dataset.kind = kind;
    const words = document.createElement("p");
    const strong = document.createElement("strong");
    strong.textContent = title;
    words.append(strong, ` ${text}`);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Reload";
    button.addEventListener("click", () => window.location.reload());
    box.append(words, button);
  }

  /** @param {unknown} [reason] from the server; without one its log has the reason */
  function fail(reason) {
    if (state === "ready" || state === "failed") return;
    state = "failed";
    root.classList.add("mw-failed");
    find("mw-progress")?.remove();
    find("mw-step")?.remove();
    showNotice(
      "bad",
      "This page could not be made.",
      typeof reason === "string" && reason
        ? `${reason[0].toUpperCase()}${reason.slice(1)}.`
        : "Reload to try again; the server's log says why.",
    );
  }

  // JupyterLab's scripts begin when all is loaded; here there is no session for them.
  window.addEventListener("load", (event) => {
    if (state === "failed") event.stopImmediatePropagation();
  });

  // A script that does not load, or an answer that ends too early.
  /** @param {Event} event */
  const failOnScript = (event) => {
    if (event.target instanceof HTMLScriptElement) fail();
  };
  window.addEventListener("error", failOnScript, true);
  document.addEventListener("DOMContentLoaded", () => {
    if (state === "loading") fail();
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
    if (ended) {
      window.location.reload();
      return;
    }
    const address = window.location.pathname + window.location.search;
    const detail = address.slice(baseUrl().length);
    document.dispatchEvent(new CustomEvent("mw-visit", { detail }));
  });

  // ---- the session ----------------------------------------------------------
  const SESSION_ENDED = 4001; // the close code of kernels.py
  const RETRY = 2_000; // ms between two looks at a lost server
  let kernelUrl = "";
  let leaving = false;
  let ended = false;

  /** @param {string} id */
  function kernel(id) {
    kernelUrl = `${baseUrl()}api/kernels/${id}`;
  }

  function endSession() {
    ended = true;
    if (state === "ready")
      showNotice("info", "This session has ended.", "Reload to start a new one.");
    else fail();
  }

  async function checkServer() {
    if (leaving || ended) return;
    try {
      const answer = await fetch(kernelUrl);
      if (answer.ok) return; // JupyterLab's own retry connects again
      endSession();
    } catch {
      if (leaving || ended) return;
      if (state !== "ready") {
        fail();
        return;
      }
      const text = "Trying again; the figures may be old.";
      showNotice("warn", "The connection is lost.", text);
      window.setTimeout(checkServer, RETRY);
    }
  }

  class WatchedSocket extends window.WebSocket {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      this.addEventListener("open", () => {
        if (!ended) hideNotice();
      });
      this.addEventListener("close", ({ code }) => {
        if (code === SESSION_ENDED) endSession();
        else checkServer();
      });
    }
  }
  window.WebSocket = WatchedSocket;
  window.addEventListener("pagehide", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) window.location.reload();
  });

  // Voila's script calls this when its theme is in place.
  window.voila_finish = () => {};
  return { adopt: applyTheme, waiting, kernel, cell, drawing, fail, go, href };
})();
