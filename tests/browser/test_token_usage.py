"""Token Usage as an operator meets it: its cards, its two trends, and a drag."""

from __future__ import annotations

import pytest
from serve.running import Running

from .conftest import OpenPage, violations, violations_in_both_themes
from .pages import (
    MONTH,
    Chart,
    at,
    bucket,
    report,
    token_cards,
    until_at,
    until_equal,
    until_read,
    until_shown,
)

TRENDS = {"Token Usage Cost Trend": "cost", "Token Count Trend": "tokens"}
STROKE = """() => getComputedStyle(
  document.querySelector('.mw-areas .line')).stroke"""


@pytest.mark.slow
def test_every_figure_equals_the_report_of_another_process(
    page: OpenPage, server: Running
) -> None:
    found = report(*MONTH)
    names = [one["name"] for one in found["trend"]["series"]]
    shown = page(url=at(server.url, "/token-usage"))
    until_read(
        shown,
        *token_cards(found),
        "Token Usage Cost Trend Cost per day, UTC",
        "Token Count Trend Tokens per day, UTC",
    )
    for title, measure in TRENDS.items():
        chart = Chart(shown, title)
        chart.has_legend(*names)
        for key, label, place in [
            ("Home", "Sat, Jan 24, 2026", 0),
            ("Shift+ArrowRight", "Tue, Feb 3, 2026", 10),
            ("End", "Sun, Feb 22, 2026", 29),
        ]:
            chart.plot.press(key)
            chart.reads(label, *bucket(found, place, measure))
        shown.keyboard.press("Escape")
    assert violations_in_both_themes(shown) == []


def test_a_drag_sets_the_range_and_model_segments_both_trends(
    page: OpenPage, server: Running
) -> None:
    found = report("--start", "2026-01-29", "--end", "2026-02-12")
    models = [row["name"] for row in found["by"]["model"]]
    shown = page(url=at(server.url, "/token-usage"))
    cost, tokens = (Chart(shown, title) for title in TRENDS)
    shown.mouse.move(*tokens.point(5, 30))
    shown.mouse.down()
    shown.mouse.move(*tokens.point(18, 30), steps=4)
    shown.mouse.up()
    until_shown(shown, "Jan 29 – Feb 11, 2026")
    until_read(shown, *token_cards(found))
    until_at(shown, "/token-usage?start=2026-01-29&end=2026-02-12")
    cost.card.get_by_role("radio", name="Model").click()
    until_at(shown, "/token-usage?start=2026-01-29&end=2026-02-12&by=model")
    for chart, measure in ((cost, "cost"), (tokens, "tokens")):
        chart.has_legend(*models)
        chart.plot.press("Home")
        rows, total = bucket(found, 0, measure)  # a model has one deployment here
        renamed = [(m, value) for m, (_, value) in zip(models, rows, strict=True)]
        chart.reads("Thu, Jan 29, 2026", renamed, total)
    before = shown.evaluate(STROKE)
    shown.get_by_role("button", name="Dark theme").click()
    until_equal(shown, f"before => ({STROKE})() !== before", True, before)
    assert violations(shown) == []
