// The page around the widgets: its theme, its progress while it loads, and what it
// says when it can't be made or when its session has ended. Runs in <head>, so that
// the theme is set before the first pixel. Needs no kernel.
"use strict";

window.mwPage = (() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // ---- theme: the reader's choice, else the system's ------------------------
  const STORE = "mw-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  function chosen() {
    try {
      return window.localStorage.getItem(STORE);
    } catch {
      return null; // storage is off in this browser: follow the system
    }
  }

  function paint() {
    const choice = chosen();
    const dark = !printing && (choice ? choice === "dark" : system.matches);
    byId("mw-theme-dark").media = dark ? "all" : "not all";
    root.style.colorScheme = dark ? "dark" : "light";
    for (const element of [root, document.body]) {
      if (!element) continue;
      element.dataset.jpThemeLight = String(!dark);
      element.dataset.jpThemeName = dark ? "JupyterLab Dark" : "JupyterLab Light";
    }
    byId("mw-theme")?.setAttribute("aria-pressed", String(dark));
  }

  function toggle() {
    const next = root.dataset.jpThemeLight === "true" ? "dark" : "light";
    try {
      window.localStorage.setItem(STORE, next);
    } catch {
      return; // nothing to remember it in
    }
    paint();
  }

  function printed(now) {
    printing = now;
    paint();
  }

  paint();
  system.addEventListener("change", paint);
  window.addEventListener("storage", paint);
  window.addEventListener("beforeprint", () => printed(true));
  window.addEventListener("afterprint", () => printed(false));

  // ---- loading: shell, cells, drawing, done --------------------------------
  const DRAW_TIMEOUT = 60_000; // ms from the last cell to the first picture
  const QUIET = 100; // ms without a change: the widgets stand
  const RESTLESS = 4_000; // ms after which a page that never rests is shown
  let state = "loading"; // loading, drawing, ready, failed

  function progress(percent, text) {
    if (state === "ready" || state === "failed") return;
    const bar = byId("mw-progress");
    bar.setAttribute("aria-valuenow", String(percent));
    bar.setAttribute("aria-valuetext", text);
    bar.style.setProperty("--mw-progress", `${percent}%`);
    byId("mw-step").textContent = text;
  }

  function cell(index, count) {
    if (index > count) return;
    progress(20 + (60 * (index - 1)) / count, `Running cell ${index} of ${count}`);
  }

  function placed(cells) {
    const waiting = 'script[type="application/vnd.voila.cell-output+json"]';
    if (!window.themeLoaded || cells.querySelector(waiting)) return false;
    // While its model is on the way a widget is a panel with a word in it.
    const views = [...cells.querySelectorAll(".lm-Panel.jp-OutputArea-output")];
    return views.every((view) => view.querySelector(".lm-Widget") && view.offsetHeight > 0);
  }

  // A child that is still on its way is a bare, empty element.
  function filled(cells) {
    const widgets = [...cells.querySelectorAll(".lm-Widget")];
    return widgets.every((one) => one.childNodes.length || one.classList.length > 1);
  }

  function drawing() {
    byId("mw-theme").addEventListener("click", toggle);
    paint();
    if (state !== "loading") return;
    progress(85, "Drawing");
    state = "drawing";
    const cells = byId("rendered_cells");
    let quiet = 0;
    let latest = 0;
    const late = window.setTimeout(fail, DRAW_TIMEOUT);
    const show = () => {
      if (state !== "drawing") return;
      observer.disconnect();
      [quiet, latest, late].forEach(window.clearTimeout);
      ready();
    };
    const look = () => {
      window.clearTimeout(quiet);
      if (!placed(cells)) return;
      latest ||= window.setTimeout(show, RESTLESS);
      if (filled(cells)) quiet = window.setTimeout(show, QUIET);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, {
      attributeFilter: ["class"],
      childList: true,
      subtree: true,
    });
    window.voila_finish = look;
    look();
  }

  function ready() {
    state = "ready";
    byId("mw-loading").remove();
    // Voila puts the page behind the footer; the Tab key follows the document.
    document.body.append(document.querySelector(".mw-foot"));
    root.classList.add("mw-ready");
  }

  // ---- what went wrong ------------------------------------------------------
  function notice(kind, title, text) {
    const box = byId("mw-notice");
    box.replaceChildren();
    box.dataset.kind = kind;
    if (!kind) return;
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

  /** @param {string} [why] what the server tells the reader; else its log has it */
  function fail(why) {
    if (state === "ready" || state === "failed") return;
    state = "failed";
    root.classList.add("mw-failed");
    byId("mw-progress")?.remove();
    byId("mw-step")?.remove();
    notice(
      "bad",
      "This page could not be made.",
      typeof why === "string" && why
        ? `${why[0].toUpperCase()}${why.slice(1)}.`
        : "Reload to try again; the server's log says why.",
    );
  }

  // JupyterLab's scripts begin when all is loaded; here there is no session for them.
  window.addEventListener(
    "load",
    (event) => state === "failed" && event.stopImmediatePropagation(),
  );

  // A script that does not load, or an answer that ends too early.
  window.addEventListener(
    "error",
    (event) => event.target instanceof HTMLScriptElement && fail(),
    true,
  );
  document.addEventListener("DOMContentLoaded", () => state === "loading" && fail());

  // ---- the address: an app says where it is, Back and Forward say it to the app --
  const base = () => document.body.dataset.baseUrl.replace(/voila\/$/, "");
  const href = (address) => base() + address;
  let settled = false; // the first address is the one that was asked for, made tidy

  function go(address, label) {
    const now = window.location.pathname + window.location.search;
    const next = href(address);
    if (next !== now) window.history[settled ? "pushState" : "replaceState"](null, "", next);
    if (label) document.title = `${label} · meterwidgets`;
    settled = true;
  }

  window.addEventListener("popstate", () => {
    if (over) return window.location.reload();
    const address = window.location.pathname + window.location.search;
    const detail = address.slice(base().length);
    document.dispatchEvent(new CustomEvent("mw-visit", { detail }));
  });

  // ---- the session ----------------------------------------------------------
  const ENDED = 4001; // the close code of kernels.py
  const RETRY = 2_000; // ms between two looks at a lost server
  let kernelUrl = "";
  let leaving = false;
  let over = false;

  function kernel(id) {
    kernelUrl = `${base()}api/kernels/${id}`;
  }

  function ended() {
    over = true;
    if (state !== "ready") return fail();
    notice("info", "This session has ended.", "Reload to start a new one.");
  }

  async function lost() {
    if (leaving || over) return;
    try {
      const answer = await fetch(kernelUrl);
      if (answer.ok) return; // JupyterLab's own retry connects again
      ended();
    } catch {
      if (leaving || over) return;
      if (state !== "ready") return fail();
      notice("warn", "The connection is lost.", "Trying again; the figures may be old.");
      window.setTimeout(lost, RETRY);
    }
  }

  class Watched extends window.WebSocket {
    constructor(url, protocols) {
      super(url, protocols);
      this.addEventListener("open", () => over || notice("", "", ""));
      this.addEventListener("close", ({ code }) => (code === ENDED ? ended() : lost()));
    }
  }
  window.WebSocket = Watched;
  window.addEventListener("pagehide", () => (leaving = true));
  window.addEventListener("pageshow", ({ persisted }) => persisted && window.location.reload());

  // Voila's script calls this when its theme is in place.
  window.voila_finish = () => {};
  return { adopt: paint, kernel, cell, drawing, fail, go, href };
})();
