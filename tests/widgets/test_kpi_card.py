"""KpiCard and KpiCards."""

from __future__ import annotations

from typing import Any

import pytest
from traitlets import TraitError

from meterwidgets.widgets.kpi_card import KpiCard, KpiCards


def test_a_card_reads_as_its_label_and_value() -> None:
    card = KpiCard("Total Spend", "$0.16", caption="$0.16/day · 1 day")
    assert repr(card) == "KpiCard('Total Spend', '$0.16')"
    card.close()


def test_a_missing_value_is_an_en_dash() -> None:
    card = KpiCard("Rate/1K", "", title="undefined without tokens")
    row = KpiCards([{"label": "Rate/1K", "value": "", "title": "no tokens"}])
    assert (card.value, row.cards[0]["value"]) == ("–", "–")
    card.close()
    row.close()


def test_a_row_reads_as_all_its_figures() -> None:
    row = KpiCards(
        [
            {"label": "Total Spend", "value": "$0.16"},
            {"label": "Tokens", "value": "54K"},
        ]
    )
    assert repr(row) == "KpiCards(Total Spend $0.16 | Tokens 54K)"
    row.close()


def test_a_row_is_redrawn_in_one_message(wire: Any) -> None:
    row = KpiCards([{"label": "Tokens", "value": "54K"}], loading=True)
    wire.clear()
    row.update(cards=[{"label": "Tokens", "value": "55K"}], loading=False)
    assert len(wire) == 1
    assert wire.updates(row)[0]["cards"][0]["value"] == "55K"
    row.close()


def test_a_spark_of_too_many_points_or_wrong_heights_is_refused() -> None:
    with pytest.raises(TraitError, match="61 points, at most 60"):
        KpiCards([{"label": "x", "value": "1", "spark": [0.5] * 61}])
    with pytest.raises(TraitError, match="between 0 and 1"):
        KpiCards([{"label": "x", "value": "1", "spark": [0.5, 3.0]}])
    with pytest.raises(TraitError, match="between 0 and 1"):
        KpiCards([{"label": "x", "value": "1", "spark": [0.5, float("nan")]}])


def test_an_unknown_key_of_a_card_is_an_error_with_advice() -> None:
    with pytest.raises(TypeError, match="did you mean 'label'"):
        KpiCards([{"labl": "x"}])


def test_the_browser_can_set_nothing_on_a_card(wire: Any) -> None:
    card = KpiCard("Total Spend", "$0.16")
    wire.post(card, {"value": "$0.00", "label": "x", "loading": True})
    assert repr(card) == "KpiCard('Total Spend', '$0.16')"
    card.close()


def test_a_titled_row_reads_with_its_heading() -> None:
    cards = [{"label": "Total", "value": "$0.16", "tag": "green"}]
    row = KpiCards(cards, title="Model Insights", subtitle="Key metrics")
    assert repr(row) == "KpiCards('Model Insights': Total $0.16)"
    row.close()


def test_a_label_may_be_a_pill_or_have_a_dot(wire: Any) -> None:
    card = KpiCard("Total", "$0.16", tag="green", label_color="c1")
    row = KpiCards([{"label": "Top", "tag": "coral"}, {"label_color": "c2"}])
    assert (card.tag, card.label_color) == ("green", "c1")
    assert [one["tag"] for one in row.cards] == ["coral", ""]
    assert [one["label_color"] for one in row.cards] == ["", "c2"]
    card.close()
    row.close()


@pytest.mark.parametrize(
    "make", [lambda: KpiCard("x", tag="red"), lambda: KpiCards([{"tag": "red"}])]
)
def test_an_unknown_tag_is_an_error_with_the_choices(make: Any) -> None:
    with pytest.raises(TraitError, match="'red' not found; tags: green, teal, coral"):
        make()
