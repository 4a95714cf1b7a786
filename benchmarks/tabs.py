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
from typing import Any

from served import WATCH, Measured, chromium, serving

SHOWN = """
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
TABS = ("Overview", "Token Usage", "Model Analytics")
WAITS = (0, 0, 300, 0, 2000)  # ms from the first paint to the first click


def load(browser: Any, url: str, into: Measured, turn: int) -> None:
    """Open the page in a session of its own and click through it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH + SHOWN)
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
    page.close()
    context.close()


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--loads", type=int, default=10)
    given = options.parse_args()
    into = Measured()
    with serving() as (url, _), chromium() as browser:
        load(browser, url, Measured(), 0)
        for turn in range(given.loads):
            load(browser, url, into, turn)
    into.table()


if __name__ == "__main__":
    main()
