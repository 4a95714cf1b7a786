"""The registries of pages and cards: all that is made from them agrees."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.metrics.text.formats import DASH
from meterwidgets.present.cards.card import Card
from meterwidgets.present.cards.context import CardContext
from meterwidgets.present.pages import (
    PAGES,
    REPORT_CARDS,
    PageName,
    page_of_key,
    tabs_of,
)
from meterwidgets.widgets.kpi_card import KpiCard

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def test_every_page_has_its_name_in_the_type_and_its_notebook() -> None:
    assert tuple(PAGES) == get_args(PageName)
    for page in PAGES.values():
        assert (NOTEBOOKS / page.notebook).is_file()
        assert page_of_key(page.key) is page


def test_operators_and_end_users_have_their_tabs() -> None:
    assert list(tabs_of(PAGES["overview"])) == [
        "overview", "token-usage", "model-analytics",
    ]  # fmt: skip
    assert list(tabs_of(PAGES["my_usage"])) == ["my-usage", "token-usage"]


def test_an_unknown_page_names_those_that_there_are() -> None:
    with pytest.raises(MeterError, match="did you mean 'overview'"):
        page_of_key("overviev")


def test_the_texts_of_a_card_are_the_traits_of_its_widget() -> None:
    traits = set(KpiCard.class_traits()) - set(mw.KpiCards.class_traits())
    assert set(Card(value="1").traits) - {"title"} <= traits


def test_every_dash_has_its_reason() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "input_tokens": [0]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    context = CardContext.of(usage.select(), {})
    specs = {*REPORT_CARDS, *(card for page in PAGES.values() for card in page.cards)}
    cards = {spec.name: spec.present(context) for spec in specs}
    dashes = {name for name, card in cards.items() if card.value == DASH}
    assert {"spend", "rate", "efficiency", "models", "top"} <= dashes
    for name in dashes:
        assert cards[name].title not in ("", DASH)
