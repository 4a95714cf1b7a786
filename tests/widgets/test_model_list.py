"""ModelList: ranked rows in, choices out."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from meterwidgets.widgets.model_list import ModelList


def row(badge: str, name: str, fraction: float, **more: Any) -> dict[str, Any]:
    share = f"{100 * fraction:.1f}%"
    known = {"id": name, "badge": badge, "name": name, "value": f"${fraction:.2f}"}
    return {**known, "share": share, "fraction": fraction, "color": "c1", **more}


ROWS = [row("1", "qwen", 0.6), row("…", "Other (2)", 0.4, selectable=False)]


@pytest.fixture
def models(wire: Any) -> Any:
    made = ModelList(subtitle="3 models", total="$1.00", rows=ROWS, more=3)
    yield made
    made.close()


def test_a_list_reads_as_its_heading_total_and_rows(models: Any) -> None:
    assert repr(models) == (
        "ModelList('Model List', '3 models', '$1.00': "
        "1 qwen $0.60 60.0% | … Other (2) $0.40 40.0%)"
    )


def test_a_list_of_nothing_reads_as_no_rows(models: Any) -> None:
    models.update(rows=[], subtitle="", total="")
    assert repr(models) == "ModelList('Model List': no rows)"


def test_an_empty_list_reads_as_its_reason(models: Any) -> None:
    models.empty = {"title": "No usage in this selection"}
    assert repr(models) == "ModelList('Model List', 'No usage in this selection')"


def test_a_list_has_the_words_of_the_screen_without_being_told(models: Any) -> None:
    assert (models.name_label, models.value_label) == ("Model", "Cost & Share")
    assert (models.bar_label, models.share_suffix) == ("Distribution", "of total")
    assert models.total_label == "Total Cost"


def test_an_update_is_one_message(models: Any, wire: Any) -> None:
    wire.clear()
    models.update(rows=ROWS[:1], all_rows=ROWS, selected=["qwen"], note="x")
    assert len(wire) == len(wire.updates(models)) == 1


def test_nothing_new_is_no_message(models: Any, wire: Any) -> None:
    wire.clear()
    models.update(rows=[dict(one) for one in ROWS], total="$1.00")
    assert not wire


def test_a_click_arrives_as_the_selection(models: Any, wire: Any) -> None:
    seen: list[Any] = []
    models.observe(lambda change: seen.append(change["new"]), names="selected")
    wire.clear()
    wire.post(models, {"selected": ["qwen", "qwen"]})
    assert seen == [["qwen"]]
    assert not wire.updates(models), "what the browser said is not said back"


def test_unfolding_and_resetting_arrive(models: Any, wire: Any) -> None:
    wire.post(models, {"expanded": True, "reset": 2})
    assert (models.expanded, models.reset) == (True, 2)


@pytest.mark.parametrize(
    "state",
    [
        {
            "rows": [],
            "total": "$0",
            "title": "owned",
            "loading": True,
            "empty": {"a": 1},
        },
        {"selected": "qwen", "expanded": 1, "reset": -1},
        {"selected": [1], "expanded": None, "reset": 2**40},
        {"selected": ["x" * 1001], "expanded": "yes", "reset": True},
        {"selected": [str(i) for i in range(1001)]},
        "owned",
    ],
)
def test_the_browser_can_neither_rewrite_nor_break_a_list(
    models: Any, wire: Any, state: object
) -> None:
    before = repr(models)
    wire.post(models, state)
    assert repr(models) == before
    assert (models.selected, models.expanded, models.reset) == ([], False, 0)
    assert (models.loading, models.empty) == (False, {})


def test_close_leaves_nothing_behind() -> None:
    before = set(_instances)
    made = ModelList(rows=ROWS)
    made.close()
    made.close()
    assert set(_instances) == before


def test_a_wrong_keyword_is_an_error_with_the_choices_and_makes_nothing() -> None:
    before = set(_instances)
    with pytest.raises(TypeError, match=r"did you mean 'rows'.*share_suffix"):
        ModelList(row=[])
    assert set(_instances) == before
