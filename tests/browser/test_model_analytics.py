"""Model Analytics as an operator meets it: insights, trend, list, and a choice."""

from __future__ import annotations

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from serve.running import Running

from meterwidgets.metrics.text import formats, percentages

from .conftest import OpenPage, violations_in_both_themes
from .pages import (
    MONTH,
    Chart,
    at,
    bucket,
    list_rows,
    money,
    nano,
    report,
    tab,
    text,
    until_at,
    until_read,
    until_shown,
)


@pytest.mark.slow
def test_every_figure_equals_the_report_of_another_process(
    page: OpenPage, server: Running
) -> None:
    found = report(*MONTH)
    totals, (top, *_) = found["totals"], found["by"]["model"]
    insight = found["insights"][0]
    assert insight["title"] == "Spend spike on Sunday, Feb 22"
    share = Fraction(nano(top["cost"]), nano(totals["cost"]))
    average = Fraction(nano(totals["cost"]), totals["models"])
    shown = page(url=at(server.url, "/model-analytics"))
    until_read(
        shown,
        "Model Insights Key metrics & recommendations",
        f"Total {money(totals['cost'])} 7 models, 30 days",
        f"Concentration {percentages.share(share)} of cost in the top model",
        f"Top {totals['top_model']} {money(top['cost'])}, the highest cost",
        f"Avg {formats.money(average)} cost per model",
        f"{insight['title']} {insight['text']}",
        "Usage Trend Cost over time",
        f"Model List 7 models {money(totals['cost'])} Total Cost",
        *list_rows(found),
    )
    chart = Chart(shown, "Usage Trend")
    models = [row["name"] for row in found["by"]["model"]]
    chart.has_legend(*models)
    chart.plot.press("End")
    rows, total = bucket(found, 29, "cost")  # a model has one deployment here
    renamed = [(name, value) for name, (_, value) in zip(models, rows, strict=True)]
    chart.reads("Sun, Feb 22, 2026", renamed, total)
    shown.keyboard.press("Escape")
    assert violations_in_both_themes(shown) == []


def test_a_model_chosen_in_the_list_filters_everything(
    page: OpenPage, server: Running
) -> None:
    name = "llama-3.3-70b"
    found = report(*MONTH, "--model", name)
    cost = money(found["totals"]["cost"])
    shown = page(url=at(server.url, "/model-analytics"))
    row = shown.get_by_role("button", name=name, exact=True).and_(
        shown.locator(".mw-list-pick")
    )
    row.click()
    until_at(shown, f"/model-analytics?model={name}")
    until_read(
        shown,
        f"Model {name}",
        f"Total {cost} 1 model, 30 days",
        "Concentration 100.0%",
        f"Top {name} {cost}",
        f"Avg {cost}",
        f"Model List 7 models {cost} Selected Cost",
    )
    # The reader chose the one model: that is no finding.
    assert "Single Model Usage" not in text(shown)
    chart = Chart(shown, "Usage Trend")
    chart.has_legend(name)
    chart.plot.press("Home")
    (((_, value),), _) = bucket(found, 0, "cost")
    chart.reads("Sat, Jan 24, 2026", [(name, value)], "")
    row.press("Enter")
    until_at(shown, "/model-analytics")
    until_read(shown, f"{money(report(*MONTH)['totals']['cost'])} Total Cost")


def test_the_worked_example_shows_every_text_of_both_pages(
    page: OpenPage, worked: Running
) -> None:
    shown = page(url=at(worked.url, "/model-analytics"))
    until_read(
        shown,
        "Total $0.16 1 model, 1 day",
        "Concentration 100.0% of cost in the top model",
        "Top qwen-cpu-deployment $0.16, the highest cost",
        "Avg $0.16 cost per model",
        "Single Model Usage All cost is concentrated in a single model. Consider "
        "exploring additional models for better flexibility and risk distribution.",
        "Model List 1 model $0.16 Total Cost",
        "1 qwen-cpu-deployment $0.16 100.0% of total",
    )
    chart = Chart(shown, "Usage Trend")
    assert sorted(chart.ticks()) == ["$0", "$0.005", "$0.010", "$0.015"]
    with shown.expect_download() as saved:
        chart.card.get_by_role("button", name="Download CSV").click()
    table = Path(saved.value.path()).read_text("utf-8-sig")
    _, *points = csv.reader(table.splitlines())
    assert len(points) == 12
    assert sum(Decimal(total) for *_, total in points) == Decimal("0.16")
    assert violations_in_both_themes(shown) == []
    tab(shown, "Token Usage").click()
    until_shown(shown, "Token Count Trend")
    until_read(
        shown,
        "Total Tokens 54K $0.16",
        "Input Tokens 28K $0.06 · 51.9% of tokens",
        "Output Tokens 26K $0.10 · 48.1% of tokens",
        "Token Usage Cost Trend Cost per hour, UTC",
    )
    Chart(shown, "Token Count Trend").has_legend("qwen-cpu-deployment")
    assert violations_in_both_themes(shown) == []
