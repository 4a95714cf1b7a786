// What a page asks its server when its session says nothing, and how often it may load
// itself in a row. connection.js uses it.
"use strict";

window.mwServer = (() => {
  const REQUEST = 3_000; // ms that a request may take
  const RELOADS = [2_000, 5_000, 15_000, 60_000, 300_000]; // ms before each, in a row
  const RELOADS_KEY = "mw-reloads";

  /**
   * Ask the server for an address.
   * @param {string} url @param {string} [method]
   * @returns {Promise<"ok" | "gone" | "signed out" | "full" | "not ready" | "nobody">}
   */
  async function ask(url, method = "GET") {
    try {
      const signal = AbortSignal.timeout(REQUEST);
      const redirect = "manual"; // to a sign-in, of another site even
      const answer = await fetch(url, { method, redirect, signal, cache: "no-store" });
      const { status, type } = answer;
      if (type === "opaqueredirect" || status === 401 || status === 403)
        return "signed out";
      if (status === 404) return "gone";
      if (status === 429) return "full";
      return status >= 500 ? "not ready" : "ok";
    } catch {
      return "nobody";
    }
  }

  /** The ms to wait before this page loads itself, and no number after too many times. */
  function nextReload() {
    let count = 0;
    try {
      count = Number(window.sessionStorage.getItem(RELOADS_KEY)) || 0;
      window.sessionStorage.setItem(RELOADS_KEY, String(count + 1));
    } catch {
      return undefined; // nowhere to count them: never twice in a row
    }
    return RELOADS[count];
  }

  function forgetReloads() {
    try {
      window.sessionStorage.removeItem(RELOADS_KEY);
    } catch {
      return; // nothing is stored
    }
  }

  return { ask, nextReload, forgetReloads };
})();
