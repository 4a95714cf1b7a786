"""RecordsList: folded until asked for, then what it shows is what it says."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from meterwidgets.widgets.records_list import RecordsList

ROW = {"time": "3:29 PM", "model": "qwen", "value": "$62.00", "times": "9.1x"}
REST = {"name": "3 more requests, together", "value": "$0.34", "share": "0.5%"}


@pytest.mark.parametrize(
    ("traits", "shown"),
    [
        ({"rows": [ROW]}, "folded"),
        ({"is_open": True, "empty": {"title": "The store has gone on"}},
         "'The store has gone on'"),
        ({"is_open": True, "total": "$62.34", "rows": [ROW], "rest": REST},
         "'$62.34': 3:29 PM qwen $62.00 9.1x | 3 more requests, together $0.34 0.5%"),
        ({"is_open": True}, "'': no requests"),
    ],
)  # fmt: skip
def test_a_list_reads_as_what_it_shows(traits: Any, shown: str) -> None:
    records = RecordsList(**traits)
    assert repr(records) == f"RecordsList('What made this', {shown})"
    records.close()


@pytest.mark.parametrize(
    "state",
    [
        {"is_open": "yes"}, {"is_open": 1}, {"refresh": -1}, {"refresh": "1"},
        {"rows": []}, {"total": "$0"}, {"called": 9}, {"title": "owned"},
    ],
    ids=repr,
)  # fmt: skip
def test_the_browser_sets_nothing_but_what_a_button_does(
    wire: Any, state: dict[str, Any]
) -> None:
    records = RecordsList(total="$62.34", rows=[ROW])
    before = records.get_state()
    wire.post(records, state)
    assert records.get_state() == before
    wire.post(records, {"is_open": True, "refresh": 1})
    assert (records.is_open, records.refresh) == (True, 1)
    records.close()


def test_a_wrong_keyword_is_an_error_with_advice() -> None:
    before = set(_instances)
    with pytest.raises(TypeError, match="did you mean 'rows'"):
        RecordsList(row=[])
    assert set(_instances) == before
