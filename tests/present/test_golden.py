"""The worked example: from 144 raw requests to every shown text of the Overview."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import golden
import pytest

import meterwidgets as mw


@pytest.fixture
def page(tmp_path: Path) -> Iterator[mw.Page]:
    shown = mw.overview(golden.usage(tmp_path))
    yield shown
    shown.close()


def card(page: mw.Page, label: str) -> dict[str, object]:
    cards = page.children[1].cards
    return next(each for each in cards if each["label"] == label)


def test_total_spend_shows_cents_the_run_rate_and_the_window(page: mw.Page) -> None:
    spend = card(page, "Total Spend")
    assert spend["value"] == "$0.16"
    assert spend["title"] == "$0.16"
    assert spend["caption"] == "$0.16/day · 1 day"
    assert spend["note"] == ""


def test_tokens_show_their_rate_per_day(page: mw.Page) -> None:
    tokens = card(page, "Tokens")
    assert (tokens["value"], tokens["title"]) == ("54K", "54,000")
    assert tokens["caption"] == "54K/day"


def test_models_name_the_top_spender_with_its_colour(page: mw.Page) -> None:
    models = card(page, "Models")
    assert models["value"] == "1"
    assert models["caption"] == "Top Spender: qwen-cpu-deployment"
    assert models["color"] == "c1"


def test_the_rate_is_blended_and_the_efficiency_is_no_mean(page: mw.Page) -> None:
    assert card(page, "Rate/1K")["value"] == "$0.0030"
    assert card(page, "Rate/1K")["caption"] == "blended average"
    efficiency = card(page, "Efficiency")
    assert (efficiency["value"], efficiency["title"]) == ("338K", "337,500")
    assert efficiency["caption"] == "tokens per dollar"


def test_there_is_no_delta_without_a_period_before(page: mw.Page) -> None:
    assert [each["delta"] for each in page.children[1].cards] == [""] * 5


def test_the_token_distribution_shows_both_sides(page: mw.Page) -> None:
    bar = page.cards[0]
    assert (bar.title, bar.total) == ("Token Distribution", "54K tokens")
    shown = [(p["label"], p["value"], p["share"], p["caption"]) for p in bar.parts]
    assert shown == [
        ("Input", "28K", "52%", "500K tokens per dollar"),
        ("Output", "26K", "48%", "250K tokens per dollar"),
    ]


def test_the_cost_distribution_shows_both_sides(page: mw.Page) -> None:
    bar = page.cards[1]
    assert (bar.title, bar.total) == ("Cost Distribution", "$0.16")
    shown = [(p["label"], p["value"], p["share"], p["caption"]) for p in bar.parts]
    assert shown == [
        ("Input cost", "$0.06", "35%", "$0.0020 per 1K tokens"),
        ("Output cost", "$0.10", "65%", "$0.0040 per 1K tokens"),
    ]
    assert bar.note == ""


@pytest.mark.parametrize(
    ("place", "title", "name"),
    [
        (2, "Top Organizations", "Acme"),
        (3, "Model Distribution", "qwen-cpu-deployment"),
    ],
)
def test_the_donuts_show_sixteen_cents_and_never_zero(
    page: mw.Page, place: int, title: str, name: str
) -> None:
    ring = page.cards[place]
    assert (ring.title, ring.total, ring.total_label) == (title, "$0.16", "total")
    shown = [(row["name"], row["value"], row["share"]) for row in ring.rows]
    assert shown == [(name, "$0.16", "100.0%")]


def test_the_range_its_zone_and_the_end_of_the_data_stand_above(page: mw.Page) -> None:
    panel = page.children[0]
    assert (panel.range_text, panel.zone) == ("Feb 22, 2026", "UTC")
    assert panel.data_until == "Data until Feb 22, 2026"
    assert panel.demo == ""
