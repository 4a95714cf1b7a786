"""A page as its reader meets it: from nothing to figures, and from an input to figures.

    python benchmarks/page.py [SOURCE|STORE ...|FRAME] [--loads N] [--changes N]

Serves a ledger, the demo, or what `table.py` keeps as N.frame, in Chromium. "text" is
until the figures of the first words are painted, "widgets" until they can be clicked.
An input is the mouse's: a press on a time range or on an organization of the Overview,
and a drag over a trend of Token Usage; it is timed from its own timestamp until the
browser has presented the frame with the changed cards, and that with the changed rings
or areas, by the browser's own record of its frames. The kernel's processor time is all
that it took with every tab made; memory is what a session has for itself then.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import psutil
from served import WATCH, Measured, chromium, kernels, on_screen, serving, sessions

TARGETS = {
    "cold page: text, ms": "<= 1000",
    "cold page: widgets, ms": "<= 2500",
    "filter change: figures, ms": "p50 <= 50, p95 <= 100",
    "filter change: charts, ms": "<= 150",
    "filter change: messages": "<= 15",
    "time drag: figures, ms": "p50 <= 50, p95 <= 100",
    "time drag: charts, ms": "<= 150",
    "time drag: messages": "<= 15",
    "session: memory of its own, MB": "<= 85",
}
CHANGED = """
const words = new MutationObserver(() => {
  if (!document.querySelector("#mw-loading .mw-first")) return;
  words.disconnect();
  requestAnimationFrame(() => { window.words = performance.now() });
});
words.observe(document, { childList: true, subtree: true });
window.input = (kind, number) => {
  const open = ".mw-app > .mw-page:not(.mw-away) ";
  const read = (found, of) => () =>
    [...document.querySelectorAll(open + found)].map(of).join("\\n");
  const all = {
    figures: read(".mw-kpi-value", (one) => one.textContent),
    charts: read(".bqplot path", (one) => one.getAttribute("d")),
  };
  const left = new Map(Object.entries(all).map(([name, now]) => [name, now()]));
  window.result = new Promise((done) => addEventListener(kind, (event) => {
    window.before = window.heard;
    performance.mark(`input ${number}`, { startTime: event.timeStamp });
    new MutationObserver((_, watch) => {
      for (const [name, before] of left) {
        if (all[name]() === before) continue;
        performance.mark(`${name} ${number}`);
        left.delete(name);
      }
      if (left.size) return;
      watch.disconnect();
      done();
    }).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributeFilter: ["d"],
    });
  }, { once: true, capture: true }));
};
"""


def point(page: Any, what: Any) -> None:
    """Move the mouse to the middle of something, and wait until nothing moves."""
    box = what.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(400)


def press(page: Any) -> None:
    """Press what the mouse points at."""
    page.mouse.down()
    page.mouse.up()


def drag(page: Any, start: float) -> None:
    """Drag over the first trend, from a part of its width to near its end."""
    box = page.locator(".mw-trend-plot:visible").first.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, height, steps=5)
    page.mouse.up()


def load(
    browser: Any, server: psutil.Process, url: str, into: Measured, changes: int
) -> None:
    """Open the page in a session of its own and use it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH + CHANGED)
    page.goto(url, wait_until="commit")
    page.wait_for_selector("html.mw-ready", state="attached")
    page.wait_for_function("document.querySelectorAll('.mw-app > .mw-page').length > 2")
    cold = {"text, ms": "window.words", "widgets, ms": "window.first"}
    into.add("cold page", {name: page.evaluate(when) for name, when in cold.items()})
    spent = max(sum(each.cpu_times()[:2]) for each in kernels(server))
    into.add("cold page", {"CPU of the kernel, ms": 1000 * spent})
    kinds: list[str] = []
    shown: dict[str, float] = {}

    def timed(kind: str, event: str, act: Callable[[Any], None]) -> None:
        page.evaluate("([event, n]) => window.input(event, n)", [event, len(kinds)])
        kinds.append(kind)
        act(page)
        page.evaluate("window.result")
        page.wait_for_timeout(400)
        messages = page.evaluate("window.heard - window.before")
        into.add(kind, {"messages": messages})

    rows = page.locator(".mw-donut:visible").first.locator("tbody button:visible")
    with on_screen(browser, page, shown):
        for turn in range(changes):
            preset = page.get_by_role("radio", name=("7d", "30d")[turn % 2], exact=True)
            for what in (rows.nth(turn // 2 % 2), preset):  # chosen, and let go
                point(page, what)
                timed("filter change", "click", press)
        page.get_by_role("link", name="Token Usage", exact=True).click()
        for turn in range(changes):
            page.wait_for_timeout(800)
            act = partial(drag, start=0.1 + 0.4 * turn / changes)
            timed("time drag", "pointerup", act)
            page.get_by_role("radio", name="30d", exact=True).click()
    for name, ms in shown.items():
        what, _, number = name.partition(" ")
        into.add(kinds[int(number)], {f"{what}, ms": ms})
    into.add("session", {"memory of its own, MB": max(sessions(server))})
    page.close()
    context.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("ledgers", nargs="*", metavar="SOURCE")
    options.add_argument("--loads", type=int, default=4)
    options.add_argument("--changes", type=int, default=6)
    given = options.parse_args()
    into = Measured(TARGETS)
    with serving(*given.ledgers) as (url, server), chromium() as browser:
        load(browser, server, url, Measured(), 1)
        for _ in range(given.loads):
            load(browser, server, url, into, given.changes)
    into.table()


if __name__ == "__main__":
    main()
