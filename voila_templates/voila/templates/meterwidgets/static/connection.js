// The page's connection to its session: says when nobody answers, lets nothing be
// clicked until somebody does, and brings the page back with its filters. Comes after
// page.js, before Voilà's scripts open the socket.
"use strict";

(() => {
  const page = /** @type {MeterPage} */ (window.mwPage);
  const messages = /** @type {KernelMessages} */ (window.mwMessages);
  const server = /** @type {MeterServer} */ (window.mwServer);
  const TICK = 250; // ms between two looks at the clock
  const QUIET = 800; // ms without a message, then a page in use asks its session
  const PATIENCE = 1_600; // ms that an answer may take
  const WORKING = 8_000; // ms that it may take while the session says that it works
  const IN_USE = 60_000; // ms after the last move or key
  const RETRY = 2_000; // ms between two looks at a server
  const CONFIRM = 60_000; // ms until the server hears again who reads this page
  const STUCK = 3; // looks at a server that is well, then the socket is opened again
  const GOING = 5_000; // ms that going to another page may take: Voilà ends the session first
  const SESSION_ENDED = 4001; // the close code of websocket.py

  /** @type {WebSocket | null} */
  let socket = null;
  let leaving = false;
  let going = -GOING; // when the page was last about to be left
  let over = false; // the session will not be back
  let silent = false; // nobody answers
  let heard = performance.now(); // when the session last said something
  let used = performance.now(); // when the page was last used
  let working = false; // whether the session says that it is
  /** Messages without an answer -> when they were sent. @type {Map<string, number>} */
  const pending = new Map();
  /** Those of them that a lost socket may have swallowed. @type {Set<string>} */
  const unsure = new Set();
  let probe = ""; // the last question that only asks whether somebody is there

  const isGoing = () => performance.now() - going < GOING;
  /** @param {number} ms */
  const sleep = (ms) => new Promise((done) => window.setTimeout(done, ms));
  const shown = () =>
    new Promise((done) => {
      if (!document.hidden) done(true);
      else document.addEventListener("visibilitychange", done, { once: true });
    });

  // ---- what goes over the socket ---------------------------------------------
  function sendProbe() {
    if (socket?.readyState !== WebSocket.OPEN) return;
    probe = `mw-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    socket.send(messages.kernelInfoRequest(probe));
  }

  /** @param {MessageEvent} event */
  function receive(event) {
    const message = messages.read(event.data);
    if (!message) return;
    heard = performance.now();
    const parent = JSON.parse(message.part(2)).msg_id ?? "";
    if (message.header.msg_type === "status") {
      const { execution_state } = JSON.parse(message.part(4));
      working = execution_state === "busy";
      if (execution_state === "idle") answered(parent);
    }
    if (silent) recover();
    // Figures that another thread sends may bear the id of a probe, too.
    const isReply = ["status", "kernel_info_reply"].includes(message.header.msg_type);
    if (isReply && parent.startsWith("mw-")) event.stopImmediatePropagation();
  }

  /** A session answers in turn: what was sent earlier is answered, too. @param {string} id */
  function answered(id) {
    unsure.delete(id);
    if (!pending.has(id)) return;
    for (const earlier of pending.keys()) {
      pending.delete(earlier);
      if (earlier === id) break;
    }
    // A widget whose message was lost would wait for ever.
    if (id === probe && unsure.size)
      loadAgain("Some of it was lost.", "The page loads again.");
  }

  class WatchedSocket extends window.WebSocket {
    /** @param {string | URL} url @param {string | string[]} [protocols] */
    constructor(url, protocols) {
      super(url, protocols);
      socket = this;
      this.addEventListener("open", () => {
        heard = performance.now();
        for (const id of pending.keys()) if (!id.startsWith("mw-")) unsure.add(id);
        pending.clear();
        sendProbe();
      });
      this.addEventListener("message", receive);
      // JupyterLab is told of it when the server is there: see reconnect().
      this.addEventListener("error", (event) => {
        if (this === socket) event.stopImmediatePropagation();
      });
      this.addEventListener("close", (event) => {
        if (this !== socket) return;
        event.stopImmediatePropagation();
        const ended = event.code === SESSION_ENDED;
        window.setTimeout(ended ? comeBack : fallSilent, isGoing() ? GOING : 0);
      });
    }

    /** @param {string | ArrayBufferLike | Blob | ArrayBufferView} data */
    send(data) {
      const message = messages.read(data);
      if (message?.channel === "shell")
        pending.set(message.header.msg_id, performance.now());
      super.send(/** @type {ArrayBuffer} */ (data));
    }
  }
  window.WebSocket = WatchedSocket;

  /** Have JupyterLab open a new socket: at once, for it counts one attempt. */
  function reconnect() {
    const lost = socket;
    lost?.onclose?.(new CloseEvent("close"));
  }

  // ---- nobody answers ----------------------------------------------------------
  /** @returns {boolean} whether somebody should have answered by now */
  function isOverdue() {
    const [oldest] = pending.values();
    if (oldest === undefined) return false;
    const waited = performance.now() - Math.max(oldest, heard);
    return waited > (working ? WORKING : PATIENCE);
  }

  function fallSilent() {
    if (silent || over || leaving) return;
    silent = true;
    if (page.state() === "ready") page.freeze(true);
    say("Nobody answers.", unchanged());
    watchServer();
  }

  const unchanged = () =>
    page.state() === "ready"
      ? "The figures stay as they were, and nothing can be chosen until somebody does."
      : "Still trying.";

  function recover() {
    silent = false;
    if (over) return;
    page.freeze(false);
    page.hideNotice();
  }

  /** @param {string} title @param {string} text @param {string} [action] */
  function say(title, text, action) {
    page.showNotice("warn", title, text, action);
  }

  const REASONS = {
    nobody: "The server can't be reached.",
    "not ready": "The server is not ready yet.",
    full: "Too many sessions are open.",
  };

  /** Say what keeps the page from coming back, unless nothing does. @param {string} found */
  function sayWhy(found) {
    if (found === "signed out") {
      over = true;
      page.freeze(true);
      say("You are signed out.", "The figures stay as they were.", "Sign in");
    } else if (found in REASONS) {
      const reason = REASONS[/** @type {keyof typeof REASONS} */ (found)];
      say(reason, "Trying again; the figures stay as they were.");
    }
  }

  async function watchServer() {
    for (let well = 0; silent && !over && !leaving; await sleep(RETRY)) {
      const found = await server.ask(page.kernelUrl() || page.href("healthz"));
      if (!silent || over || leaving) return;
      if (found === "gone") comeBack();
      else if (found !== "ok") sayWhy(found);
      else if (!socket) recover();
      else {
        well += 1;
        if (socket.readyState > WebSocket.OPEN || well === STUCK) reconnect();
        else
          say(
            "This session does not answer.",
            "The figures stay as they were.",
            "Start a new one",
          );
      }
    }
  }

  // ---- coming back ---------------------------------------------------------------
  const comeBack = () =>
    loadAgain("This session has ended.", "A new one starts by itself.");

  /**
   * Load the page again, once the server would answer.
   * @param {string} title @param {string} text
   */
  async function loadAgain(title, text) {
    if (over || leaving) return;
    over = true;
    if (page.state() === "ready") page.freeze(true);
    else page.stopLoading();
    const wait = server.nextReload();
    if (wait === undefined) {
      page.showNotice("bad", title, "Reload to start a new one.", "Reload");
      return;
    }
    page.showNotice("info", title, text, "Reload");
    await sleep(wait * (1 + Math.random()));
    for (; ; await sleep(RETRY * (1 + Math.random()))) {
      await shown();
      const address = window.location.pathname + window.location.search;
      const found = await server.ask(address, "HEAD");
      if (found === "ok" || found === "gone") window.location.reload();
      sayWhy(found);
      if (found === "signed out" || found === "ok" || found === "gone") return;
    }
  }

  // An answer that ends too early, or a script that does not load.
  const cutOff = () => {
    if (["loading", "drawing"].includes(page.state()))
      loadAgain("This page was cut off.", "It loads again by itself.");
  };
  document.addEventListener("DOMContentLoaded", () => {
    if (page.state() === "loading") cutOff();
  });
  window.addEventListener(
    "error",
    (event) => {
      if (event.target instanceof HTMLScriptElement) cutOff();
    },
    true,
  );

  // ---- the clock -------------------------------------------------------------------
  let ticked = performance.now();
  let asking = false; // whether the server was asked for a sign of life

  /** While there is no session yet, the server is asked. */
  async function watchLoading() {
    if (asking || silent || performance.now() - page.stepped() < QUIET) return;
    asking = true;
    const slow = window.setTimeout(fallSilent, PATIENCE);
    const found = await server.ask(page.href("healthz"));
    window.clearTimeout(slow);
    asking = false;
    if (found === "nobody") fallSilent();
    else if (silent && !socket) recover();
  }

  function tick() {
    const now = performance.now();
    const slept = now - ticked > 10 * TICK;
    ticked = now;
    if (leaving || over || page.state() === "failed") return;
    if (document.hidden || slept || isGoing()) {
      heard = now; // no time has passed for this page
      return;
    }
    if (now - page.stepped() > IN_USE && page.state() === "ready")
      server.forgetReloads();
    if (!socket) watchLoading();
    else if (silent) return;
    else if (isOverdue()) fallSilent();
    else if (!pending.size && now - used < IN_USE && now - heard > QUIET) sendProbe();
  }
  window.setInterval(tick, TICK);

  // A session lasts as long as the newest proof of who its owner is.
  async function confirmReader() {
    if (page.state() !== "ready" || silent || over || leaving) return;
    const found = await server.ask(page.kernelUrl());
    if (silent || over || leaving) return;
    if (found === "gone") comeBack();
    else if (found === "signed out") sayWhy(found);
  }
  window.setInterval(confirmReader, CONFIRM);

  const use = () => {
    const now = performance.now();
    const idle = now - used > IN_USE;
    used = now;
    if (idle) tick();
  };
  for (const kind of ["pointermove", "pointerdown", "keydown", "focus"])
    window.addEventListener(kind, use, { capture: true, passive: true });
  window.addEventListener("beforeunload", () => {
    going = performance.now();
  });
  window.addEventListener("pagehide", () => {
    leaving = true;
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) window.location.reload();
  });
})();
