"""A page as its reader meets it: from nothing to figures, and from an input to figures.

    python benchmarks/page.py [SOURCE|STORE ...] [--loads N] [--changes N]

Serves a ledger, or the demo, and opens its pages in Chromium. "text" is until the
figures of the first words are painted, "widgets" until they can be clicked. An input is
the mouse's: a press on a time range or on an organization of the Overview, and a drag
over a trend of Token Usage; it is timed from its own timestamp until the changed cards,
and the changed rings or areas, are painted. The kernel's processor time is all that it
took with every tab made; memory is what a session has for itself then.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

import psutil
from served import WATCH, Measured, chromium, kernels, serving, sessions

TARGETS = {
    "cold page: text, ms": "<= 1000",
    "cold page: widgets, ms": "<= 2500",
    "filter change: figures, ms": "p50 <= 50, p95 <= 100",
    "filter change: charts, ms": "<= 150",
    "filter change: messages": "<= 15",
    "time drag: figures, ms": "p50 <= 50, p95 <= 100",
    "time drag: charts, ms": "<= 150",
    "time drag: messages": "<= 15",
    "session: USS, MB": "<= 85",
}
CHANGED = """
const words = new MutationObserver(() => {
  if (!document.querySelector("#mw-loading .mw-first")) return;
  words.disconnect();
  requestAnimationFrame(() => { window.words = performance.now() });
});
words.observe(document, { childList: true, subtree: true });
window.input = (kind) => {
  const open = ".mw-app > .mw-page:not(.mw-away) ";
  const read = (found, of) => () =>
    [...document.querySelectorAll(open + found)].map(of).join("\\n");
  const figures = read(".mw-kpi-value", (one) => one.textContent);
  const charts = read(".bqplot path", (one) => one.getAttribute("d"));
  const before = [figures(), charts()];
  window.result = new Promise((done) => addEventListener(kind, (event) => {
    window.before = window.heard;
    const late = performance.now() - event.timeStamp;
    const there = {
      figures: () => figures() !== before[0],
      charts: () => charts() !== before[1],
    };
    done(window.painted(() => {}, there).then(({ messages, ...found }) =>
      Object.fromEntries(Object.entries(found).map(([key, ms]) => [key, ms + late]))));
  }, { once: true, capture: true }));
};
"""


def change(page: Any, kind: str, act: Any) -> dict[str, float]:
    """What a page measures of an input, and the messages that it got in all."""
    page.wait_for_timeout(400)
    page.evaluate("kind => window.input(kind)", kind)
    act()
    found: dict[str, float] = page.evaluate("window.result")
    page.wait_for_timeout(400)
    return found | {"messages": page.evaluate("window.heard - window.before")}


def drag(page: Any, start: float, end: float) -> None:
    """Drag over the first trend, between two parts of its width."""
    box = page.locator(".mw-trend-plot:visible").first.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, height, steps=5)
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
    rows = page.locator(".mw-donut:visible").first.locator("tbody button:visible")
    for turn in range(changes):
        row = rows.nth(turn // 2 % 2)  # chosen, and let go
        into.add("filter change", change(page, "click", row.click))
        preset = page.get_by_role("radio", name=("7d", "30d")[turn % 2], exact=True)
        into.add("filter change", change(page, "click", preset.click))
    page.get_by_role("link", name="Token Usage", exact=True).click()
    reset = page.get_by_role("radio", name="30d", exact=True)
    for turn in range(changes):
        act = partial(drag, page, 0.1 + 0.4 * turn / changes, 0.9)
        into.add("time drag", change(page, "pointerup", act))
        change(page, "click", reset.click)
    into.add("session", {"USS, MB": max(sessions(server))})
    page.close()
    context.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("ledgers", nargs="*", metavar="SOURCE|STORE")
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
