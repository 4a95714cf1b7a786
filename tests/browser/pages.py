"""What the tests of pages share: the report of another process, and patience."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any

from meterwidgets.metrics.text import formats, percentages

NANO = 10**9
MONTH = ("--start", "2026-01-24", "--end", "2026-02-23")
"""The window that a page of the demo ledger starts with."""


# Reads the demo ledger once, and reports on each line of options that comes in.
REPORTER = """
import contextlib, io, json, sys
from meterwidgets.cli.main import main
for line in sys.stdin:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        options = [*json.loads(line), "--format", "json"]
        main(["report", *options], standalone_mode=False)
    print(json.dumps(json.loads(said.getvalue())), flush=True)
"""


@cache
def reporter() -> subprocess.Popen[str]:
    """Another process that reports; it ends with the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", REPORTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@cache
def report(*options: str) -> dict[str, Any]:
    """What the command line says of a selection, by another process."""
    other = reporter()
    assert other.stdin and other.stdout
    print(json.dumps(options), file=other.stdin, flush=True)
    return json.loads(other.stdout.readline())  # type: ignore[no-any-return]


def end_reporter() -> None:
    """End the other process, if there is one."""
    if reporter.cache_info().currsize:
        with reporter() as other:
            assert other.stdin
            other.stdin.close()


def at(url: str, path: str) -> str:
    """Another address of the server that has this one."""
    return f"{url.rpartition('/')[0]}{path}"


def text(page: Any, selector: str = "main") -> str:
    return " ".join(page.inner_text(selector).split())


def until_shown(page: Any, *words: str) -> None:
    for each in words:
        page.get_by_text(each, exact=True).first.wait_for()


def until_read(page: Any, *words: str) -> None:
    """Wait until the page's text holds all of the words: views are drawn one by one."""
    for each in words:
        page.wait_for_function(
            "words => document.querySelector('main').innerText"
            ".split(/\\s+/).join(' ').includes(words)",
            arg=each,
        )


def until_equal(page: Any, script: str, expected: Any, arg: Any = None) -> None:
    """Wait until a script's value is the expected one, else show how they differ."""
    held = f"([arg, wanted]) => JSON.stringify(({script})(arg)) === wanted"
    wanted = json.dumps(expected, ensure_ascii=False, separators=(",", ":"))
    with suppress(Exception):  # a timeout: the comparison below says more
        page.wait_for_function(held, arg=[arg, wanted])
    found = page.evaluate(script, arg)
    assert found == expected, f"{found!r}, expected {expected!r}"


def until_at(page: Any, address: str) -> None:
    """Wait until the browser's address is this one, without its host."""
    until_equal(page, "() => location.pathname + location.search", address)


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def nano(money: str) -> int:
    return int(Decimal(money) * NANO)


def money(amount: str) -> str:
    """A report's amount as a card shows it."""
    return formats.money(nano(amount))


def choose(page: Any, *names: str) -> None:
    """Choose values in the filter dialog and apply."""
    page.get_by_role("button", name="Filters").click()
    for name in names:
        page.get_by_role("checkbox", name=name).first.check()
    page.get_by_role("button", name="Apply").click()


def tab(page: Any, name: str) -> Any:
    return page.get_by_role("navigation", name="Dashboards").get_by_role(
        "link", name=name, exact=True
    )


def is_pressed(page: Any, name: str) -> bool:
    """Whether this is the chosen one of its options."""
    radio = page.get_by_role("radio", name=name, exact=True)
    return bool(radio.get_attribute("aria-checked") == "true")


def overflows(page: Any) -> bool:
    """Whether a page needs a sideways scroll."""
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def token_cards(found: dict[str, Any]) -> list[str]:
    """What the cards of Token Usage say of a report."""
    totals = found["totals"]
    texts = [f"Total Tokens {formats.count(totals['tokens'])} {money(totals['cost'])}"]
    for side in ("input", "output"):
        tokens, cost = totals[f"{side}_tokens"], money(totals[f"{side}_cost"])
        texts.append(f"{side.title()} Tokens {formats.count(tokens)} {cost}")
    return texts


def list_rows(found: dict[str, Any], by: str = "model") -> list[str]:
    """What a list says of a report: rank, name, cost and share of each."""
    rows = found["by"][by]
    costs = [nano(row["cost"]) for row in rows]
    texts = zip(
        rows, formats.money_column(costs), percentages.shares(costs), strict=True
    )
    return [
        f"{place} {row['name']} {cost} {share} of total"
        for place, (row, cost, share) in enumerate(texts, start=1)
    ]


class Chart:
    """A trend of a page, by its heading."""

    def __init__(self, page: Any, title: str) -> None:
        self.page = page
        self.title = title
        self.card = page.locator(
            ".mw-trend", has=page.get_by_role("heading", name=title)
        )
        self.plot = self.card.locator(".mw-trend-plot")
        self.plot.wait_for()

    def has_legend(self, *names: str) -> None:
        """Wait until these are the series."""
        self._equal(
            "card => [...card.querySelectorAll('.mw-trend-name')]"
            ".map(node => node.textContent)",
            list(names),
        )

    def reads(self, label: str, rows: list[tuple[str, str]], total: str) -> None:
        """Wait until the tooltip reads so; rows are largest first, drawn top first."""
        shown = [label, [list(row) for row in reversed(rows)], total]
        self._equal(
            """card => {
              const tip = card.querySelector('.mw-tip:popover-open');
              const texts = [...(tip?.querySelectorAll('.mw-tip-row') ?? [])].map(row =>
                ['name', 'value'].map(part =>
                  row.querySelector(`.mw-tip-${part}`).textContent));
              const all = tip?.querySelector('.mw-tip-total');
              return [tip?.querySelector('.mw-tip-head').textContent, texts,
                all?.hidden ? '' : all?.querySelector('.mw-tip-value').textContent];
            }""",
            shown,
        )

    def ticks(self) -> list[str]:
        return self.card.locator(".mw-trend-y span").all_inner_texts()

    def point(self, place: int, count: int) -> tuple[float, float]:
        """Where a bucket of so many is in the window."""
        self.plot.scroll_into_view_if_needed()
        box = self.plot.bounding_box()
        part = place / (count - 1)
        return box["x"] + box["width"] * part, box["y"] + box["height"] / 2

    def _equal(self, script: str, expected: Any) -> None:
        find = """title => [...document.querySelectorAll('.mw-trend')].find(
          card => card.querySelector('.mw-title')?.textContent === title)"""
        held = f"title => {{ const card = ({find})(title); return ({script})(card) }}"
        until_equal(self.page, held, expected, self.title)


def bucket(
    found: dict[str, Any], place: int, measure: str
) -> tuple[list[tuple[str, str]], str]:
    """The rows and the total of a bucket, as a tooltip shows a report's trend.

    Args:
        found: A report.
        place: The bucket's place.
        measure: "cost" or "tokens".
    """
    series = found["trend"]["series"]
    if measure == "cost":
        values = [nano(one["cost"][place]) for one in series]
        *texts, total = formats.money_column([*values, sum(values)])
    else:
        sides = [(x["input_tokens"][place], x["output_tokens"][place]) for x in series]
        values = [sum(both) for both in sides]
        *texts, total = [formats.count(value) for value in [*values, sum(values)]]
    names = [one["name"] for one in series]
    return list(zip(names, texts, strict=True)), total
