"""How long a tab takes from the click to its painted figures, in a real browser.

    python benchmarks/tabs.py [--loads N]

Serves the demo ledger, opens its page N times in Chromium and clicks in the page, as on
touch: nothing is pointed at or focused before. Each load is a new session, so each tab
is opened for the first time once: mostly in the instant in which the first page is
painted, else 300 ms or two seconds later. "figures" is until the cards of the tab are
painted, "charts" until its areas or rings are, too: the target is 150 ms. A time is
what the page itself measures.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

PAINTED = """
new MutationObserver((_, watch) => {
  if (!document.documentElement.classList.contains("mw-ready")) return;
  watch.disconnect();
  requestAnimationFrame(() => { window.first = performance.now() });
}).observe(document, { attributeFilter: ["class"], subtree: true });
const Wire = window.WebSocket;
window.heard = 0;
window.WebSocket = class extends Wire {
  constructor(...of) {
    super(...of);
    this.addEventListener("message", () => { window.heard += 1; });
  }
};
window.painted = async (act, there) => {
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  const heard = window.heard;
  act();
  const found = {};
  const left = new Set(Object.keys(there));
  while (left.size) {
    await frame();
    const now = [...left].filter((key) => there[key]());
    if (now.length) await frame();
    for (const key of now) {
      found[`${key}, ms`] = performance.now() - begun;
      left.delete(key);
    }
    if (performance.now() - begun > 20000) throw new Error("nothing was painted");
  }
  return { ...found, messages: window.heard - heard };
};
window.shown = (name) => {
  const [link] = [...document.querySelectorAll(".mw-tab")]
    .filter((node) => node.textContent === name);
  const pages = () => document.querySelectorAll(".mw-app > .mw-page:not(.mw-away)");
  const [before] = pages();
  const open = () => pages().length === 1 && pages()[0] !== before && pages()[0];
  const every = (nodes, held) => nodes.length > 0 && [...nodes].every(held);
  const figures = () =>
    open() && every(open().querySelectorAll(".mw-kpi-value"), (one) =>
      one.textContent && one.getBoundingClientRect().height > 0);
  const charts = () =>
    figures() && every(open().querySelectorAll(".mw-trend, .mw-donut"), (one) =>
      [...one.querySelectorAll(".bqplot path")].some((path) =>
        path.getAttribute("d") && path.getBoundingClientRect().width > 20));
  return { link, figures, charts };
};
"""
OPEN = """
async ([name, wait]) => {
  const ready = () => document.documentElement.classList.contains("mw-ready");
  const frame = () => new Promise(requestAnimationFrame);
  while (!ready()) await frame();
  await frame();
  await new Promise((done) => setTimeout(done, wait));
  const { link, figures, charts } = window.shown(name);
  return window.painted(() => link.click(), { figures, charts });
}
"""
CHANGE = """
(name) => {
  const [radio] = [...document.querySelectorAll(".mw-radio")]
    .filter((node) => node.textContent === name);
  const values = () => [...document.querySelectorAll(
    ".mw-page:not(.mw-away) .mw-kpi-value")].map((one) => one.textContent).join();
  const before = values();
  return window.painted(() => radio.click(), { figures: () => values() !== before });
}
"""
TABS = ("Overview", "Token Usage", "Model Analytics")
WAITS = (0, 0, 300, 0, 2000)  # ms from the first paint to the first click


class Measured:
    """Figures by what they are of."""

    def __init__(self) -> None:
        self.of: dict[str, list[float]] = defaultdict(list)

    def add(self, what: str, found: dict[str, float]) -> None:
        """Keep what a page measured."""
        for key, value in found.items():
            self.of[f"{what}: {key}"].append(value)

    def table(self) -> None:
        """Print the median, the worst and how often."""
        print(f"{'':54}{'p50':>8}{'worst':>8}{'n':>5}")
        for name, values in self.of.items():
            middle, worst = statistics.median(values), max(values)
            print(f"{name:54}{middle:8.0f}{worst:8.0f}{len(values):5}")


def load(
    browser: Any, server: psutil.Process, url: str, into: Measured, turn: int
) -> None:
    """Open the page in a session of its own and click through it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(PAINTED)
    page.goto(url, wait_until="commit")
    wait, order = WAITS[turn // 2 % len(WAITS)], TABS[1:][:: 1 if turn % 2 else -1]
    when = f"after {wait} ms" if wait else "at once"
    found = page.evaluate(OPEN, [order[0], wait])
    cold = page.evaluate("window.first")
    into.add("page, from its start", {"first painted": cold})
    into.add(f"first bare click, {when}, {order[0]}", found)
    into.add(f"then the third tab, {order[1]}", page.evaluate(OPEN, [order[1], 500]))
    for name in (*TABS, *TABS):
        into.add("opened tab", page.evaluate(OPEN, [name, 300]))
    for name in ("7d", "24h", "30d"):
        page.wait_for_timeout(300)
        into.add("filter change", page.evaluate(CHANGE, name))
    kernels = server.children(recursive=True)
    memory = [kernel.memory_full_info().uss / 1e6 for kernel in kernels]
    into.add("session", {"USS, MB": max(memory)})
    page.close()
    context.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--loads", type=int, default=10)
    given = options.parse_args()
    command = [sys.executable, "-m", "meterwidgets", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    into = Measured()
    try:
        assert process.stdout
        url = re.search(r"http://\S+", process.stdout.readline()).group()  # type: ignore[union-attr]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            server = psutil.Process(process.pid)
            load(browser, server, url, Measured(), 0)
            for turn in range(given.loads):
                load(browser, server, url, into, turn)
            browser.close()
    finally:
        process.terminate()
        process.wait()
    into.table()


if __name__ == "__main__":
    main()
