"""A Trend of its own as a reader meets it: mouse, keyboard, legend, controls, states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serve.running import Running

from .conftest import OpenPage, violations

pytestmark = pytest.mark.slow  # the pages' own tests see it in every run

CELL = """
from datetime import datetime, timedelta
from ipywidgets import HTML, VBox
from meterwidgets import Trend

NANO = 10**9
days = [datetime(2026, 1, 24) + timedelta(days=i) for i in range(30)]

def series(*names):
    colors = ("c1", "c2", "other")
    return [
        {"id": name, "name": name, "color": color,
         "values": [(3 - k) * (10 + i % 7) * NANO for i in range(30)]}
        for k, (name, color) in enumerate(zip(names, colors))
    ]

BY = {"deployment": series("qwen", "llama", "Other (2)"), "model": series("m1", "m2")}
trend = Trend(
    title="Token Usage Cost Trend", subtitle="Cost per day, UTC", times=days,
    labels=[f"{day:%a, %b} {day.day}, {day.year}" for day in days],
    ticks=[{"place": i, "text": f"{day:%b} {day.day}"} for i, day in enumerate(days)],
    series=BY["deployment"], unit="USD", unfinished="Feb 22 until 6:00 PM",
    shapes=["stacked", "lines", "share"], brushable=True, by="deployment",
    choices=[{"key": "deployment", "label": "Deployment"},
             {"key": "model", "label": "Model"}],
)
said = HTML("nothing chosen")

def choose(change):
    first, last = change["new"]["first"], change["new"]["last"]
    said.value = f"chosen {trend.labels[first]} to {trend.labels[last]}"

trend.observe(choose, names="brushed")
trend.observe(lambda change: trend.update(series=BY[change["new"]]), names="by")
single = Trend(title="One bucket", times=days[:1], labels=["Sat, Jan 24, 2026"],
    series=[{**line, "values": line["values"][:1]} for line in BY["model"]], unit="USD")
failed = Trend(title="Failed", error={"title": "The ledger could not be read",
    "text": "Column tokens is missing in a.csv", "action": "Retry"})
failed.observe(lambda change: failed.update(error={}, loading=True), names="retry")
heading = HTML("<h1>Trends</h1>")
VBox([heading, trend, single, failed, said], _dom_classes=("mw-page",))
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Running.notebook(tmp_path_factory.mktemp("trend"), CELL) as running:
        yield running.url


class Chart:
    """The first trend of a page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.plot = page.locator(".mw-trend-plot").first
        self.drawn(3)

    def drawn(self, areas: int) -> None:
        """Wait until so many series are drawn, each with its area and its dashes."""
        self.page.wait_for_function(
            "n => document.querySelectorAll('.mw-areas')[0]"
            "?.querySelectorAll('.curve').length === 2 * n",
            arg=areas + 1,
        )

    def at(self, place: int, down: float = 0.5) -> tuple[float, float]:
        box = self.plot.bounding_box()
        return box["x"] + box["width"] * place / 29, box["y"] + box["height"] * down

    def reads(self, *words: str) -> None:
        """Wait until the tooltip says all of the words."""
        self.says(".mw-tip:popover-open", *words)

    def says(self, selector: str, *words: str) -> None:
        for each in words:
            self.page.wait_for_function(
                "([selector, words]) => (document.querySelector(selector)?.textContent"
                " ?? '').split(/\\s+/).join(' ').includes(words)",
                arg=[selector, each],
            )

    def silent(self) -> None:
        self.page.wait_for_function("!document.querySelector('.mw-tip:popover-open')")

    def key(self, name: str) -> Any:
        return self.page.locator(".mw-trend").first.get_by_role("button", name=name)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_mouse_reads_every_bucket_beside_its_line(
    page: OpenPage, url: str, theme: str
) -> None:
    shown = page(theme, url=url)
    chart = Chart(shown)
    assert violations(shown) == []
    shown.mouse.move(*chart.at(18))
    chart.reads("Wed, Feb 11, 2026", "llama$28.00", "qwen$42.00", "Total$84.00")
    cross = shown.locator(".mw-trend-cross").first.bounding_box()
    assert abs(cross["x"] + 0.5 - chart.at(18)[0]) < 1
    tops = shown.evaluate(
        "[...document.querySelectorAll('.mw-trend-dot')].map(n => n.style.bottom)"
    )
    assert tops == ["42%", "70%", "84%"]
    drawn = shown.locator(".mw-areas .curve .area").first.bounding_box()
    assert abs(drawn["x"] - chart.at(0)[0]) < 1
    assert abs(drawn["x"] + drawn["width"] - chart.at(28)[0]) < 1
    shown.mouse.move(*chart.at(29))
    chart.reads("Sun, Feb 22, 2026", "Feb 22 until 6:00 PM")
    shown.keyboard.press("Escape")
    chart.silent()


def test_the_keyboard_reads_speaks_and_chooses(page: OpenPage, url: str) -> None:
    shown = page(url=url)
    chart = Chart(shown)
    chart.key("Other (2)").focus()
    shown.keyboard.press("Tab")
    chart.reads("Sun, Feb 22, 2026")
    for keys, words in [
        ("Shift+ArrowLeft", "Thu, Feb 12, 2026"),
        ("ArrowRight", "Fri, Feb 13, 2026"),
        ("Home", "Sat, Jan 24, 2026"),
        ("ArrowLeft", "Sat, Jan 24, 2026"),
    ]:
        shown.keyboard.press(keys)
        chart.reads(words)
    chart.says(
        ".mw-trend .mw-sr",
        "Sat, Jan 24, 2026: Total $60.00, qwen $30.00, llama $20.00, Other (2) $10.00",
    )
    shown.keyboard.press("Enter")
    shown.keyboard.press("Shift+ArrowRight")
    chart.reads("Sat, Jan 24, 2026 – Tue, Feb 3, 2026")
    shown.keyboard.press("Enter")
    shown.get_by_text("chosen Sat, Jan 24, 2026 to Tue, Feb 3, 2026").wait_for()
    shown.keyboard.press("Escape")
    chart.silent()


def test_a_drag_chooses_once_and_escape_takes_it_back(page: OpenPage, url: str) -> None:
    shown = page(url=url)
    chart = Chart(shown)
    shown.mouse.move(*chart.at(18))
    shown.mouse.down()
    shown.mouse.move(*chart.at(5), steps=3)
    shown.locator(".mw-trend-band").first.wait_for()
    shown.keyboard.press("Escape")
    shown.mouse.up()
    shown.locator(".mw-trend-band").first.wait_for(state="hidden")
    shown.mouse.click(*chart.at(3))
    shown.mouse.move(*chart.at(10))
    shown.mouse.down()
    shown.mouse.move(*chart.at(8), steps=3)
    chart.reads("Sun, Feb 1, 2026 – Tue, Feb 3, 2026")
    shown.mouse.up()
    shown.get_by_text("chosen Sun, Feb 1, 2026 to Tue, Feb 3, 2026").wait_for()


def test_the_legend_toggles_solos_and_keeps_the_last(page: OpenPage, url: str) -> None:
    shown = page(url=url)
    chart = Chart(shown)
    chart.key("qwen").click()
    chart.drawn(2)
    assert chart.key("qwen").get_attribute("aria-pressed") == "false"
    shown.mouse.move(*chart.at(0))
    chart.reads("Total$30.00")
    chart.key("llama").click(modifiers=["Alt"])
    chart.drawn(1)
    chart.key("llama").click()
    chart.key("llama").click()
    assert chart.key("llama").get_attribute("aria-pressed") == "true"
    chart.key("llama").click(modifiers=["Alt"])
    chart.drawn(3)


def test_the_controls_change_what_is_drawn_and_how(page: OpenPage, url: str) -> None:
    shown = page(url=url)
    chart = Chart(shown)
    shown.get_by_role("radio", name="Share").click()
    shown.get_by_text("75%", exact=True).wait_for()
    shown.mouse.move(*chart.at(0))
    chart.reads("qwen50.0%", "Total$60.00")
    shown.keyboard.press("Escape")
    shown.get_by_role("radio", name="Model").click()
    chart.key("m2").wait_for()
    chart.drawn(2)
    with shown.expect_download() as saved:
        shown.get_by_role("button", name="Download CSV").first.click()
    assert saved.value.suggested_filename == "Token Usage Cost Trend.csv"
    lines = Path(saved.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0] == "Time,m1 (USD),m2 (USD),Total (USD)"
    assert lines[1] == '"Sat, Jan 24, 2026",30.000000000,20.000000000,50.000000000'


def test_a_phone_and_a_narrower_window_keep_all_in_line(
    page: OpenPage, url: str
) -> None:
    shown = page("dark", 420, url=url)
    chart = Chart(shown)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 420
    shown.set_viewport_size({"width": 700, "height": 900})
    shown.wait_for_function(
        """() => {
          const areas = document.querySelectorAll('.mw-areas .area');
          const plot = document.querySelector('.mw-trend-plot');
          const [a, b] = [areas[0], plot].map(n => n.getBoundingClientRect());
          return b.width > 500 && Math.abs(a.width - b.width * 28 / 29) < 1;
        }"""
    )
    shown.mouse.move(*chart.at(29))
    chart.reads("Sun, Feb 22, 2026")
    tip = shown.locator(".mw-tip:popover-open").bounding_box()
    assert tip["x"] >= 0
    assert tip["x"] + tip["width"] <= 700


def test_what_a_finger_reads_stays_until_it_taps_elsewhere(
    page: OpenPage, url: str
) -> None:
    shown = page(width=420, url=url)
    chart = Chart(shown)
    x, y = chart.at(7)
    devtools = shown.context.new_cdp_session(shown)

    def tap(x: float, y: float) -> None:
        points = [{"x": x, "y": y}]
        for kind, touches in (("touchStart", points), ("touchEnd", [])):
            devtools.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches}
            )

    tap(x, y)
    chart.reads("Sat, Jan 31, 2026")
    tap(*chart.at(14))
    chart.reads("Sat, Feb 7, 2026")
    tap(5, 5)
    chart.silent()


def test_other_states_say_what_there_is(page: OpenPage, url: str) -> None:
    shown = page(url=url)
    Chart(shown)
    shown.locator(".mw-trend-figure", has_text="$50.00").wait_for()
    shown.get_by_text("The ledger could not be read").wait_for()
    shown.get_by_role("button", name="Retry").click()
    shown.locator(".mw-trend-body[aria-busy=true]").wait_for(state="attached")
    stroke = """getComputedStyle(document.querySelector('.mw-areas .line')).stroke"""
    before = shown.evaluate(stroke)
    shown.get_by_role("button", name="Dark theme").click()
    shown.wait_for_function(f"{stroke} !== {before!r}")
