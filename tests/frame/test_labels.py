"""Names for ids: grouping stays by identity, and no two look the same."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.frame.labels import display_text, distinct_labels
from meterwidgets.frame.saved import open_frame, save
from meterwidgets.report import csv as as_csv
from meterwidgets.report import json as as_json

LABELS = {
    "org": {"a1b2c3d4": "Acme", "e5f6a7b8": "Acme", "x9": "Globex"},
    "user": {"u-1": "Ann", "u-2": "Ann"},
}


def usage(labels: dict[str, dict[str, str]] = LABELS) -> mw.UsageFrame:
    table = pa.table({
        "start": ["2026-02-22T10:00:00Z"] * 4,
        "org": ["a1b2c3d4", "e5f6a7b8", "x9", None],
        "user": ["u-1", "u-2", "u-3", "u-3"],
        "model": ["m"] * 4,
        "input_tokens": [4, 3, 2, 1],
        "cost": ["0.4", "0.3", "0.2", "0.1"],
    })  # fmt: skip
    return mw.read_usage(table, labels=labels, rejects=None)


def names(frame: mw.UsageFrame) -> list[str]:
    return [row["name"] for row in as_json.report(frame.select())["by"]["org"]]


def test_two_ids_with_one_label_stay_two_rows_and_are_told_apart() -> None:
    frame = usage()
    shown = ["Acme (a1b2)", "Acme (e5f6)", "Globex", "(none)"]
    assert names(frame) == shown
    rows = csv.DictReader(io.StringIO(as_csv.dumps(frame.select())))
    assert [(row["id"], row["name"]) for row in rows if row["by"] == "org"] == [
        ("a1b2c3d4", shown[0]), ("e5f6a7b8", shown[1]), ("x9", shown[2]), ("", shown[3]),
    ]  # fmt: skip


def test_a_label_of_two_ids_is_no_choice_and_both_are_named() -> None:
    with pytest.raises(MeterError) as caught:
        usage().ids("org", ["Acme"])
    assert str(caught.value) == (
        "org 'Acme' may be Acme (a1b2) or Acme (e5f6); name one of them"
    )
    assert usage().ids("org", ["Acme (a1b2)", "x9", "(none)"]) == (
        "a1b2c3d4",
        "x9",
        None,
    )


def test_a_label_that_is_the_bare_id_of_another_is_told_apart() -> None:
    frame = usage({"org": {"a1b2c3d4": "x9", "e5f6a7b8": "(none)"}})
    assert names(frame) == ["x9 (a1b2)", "(none) (e5f6)", "x9", "(none)"]
    assert frame.ids("org", ["x9", "x9 (a1b2)"]) == ("x9", "a1b2c3d4")


def test_of_one_user_no_label_tells_of_another() -> None:
    mine = usage().of_user("u-1")
    assert mine.labels == {"org": {"a1b2c3d4": "Acme"}, "user": {"u-1": "Ann"}}
    assert (mine.label("org", "a1b2c3d4"), mine.label("user", "u-1")) == ("Acme", "Ann")
    assert usage().label("user", "u-1") == "Ann (u-1)"


def test_a_saved_frame_has_the_same_names(tmp_path: Path) -> None:
    frame = open_frame(save(usage(), tmp_path / "frame"))
    assert names(frame) == names(usage())
    assert json.loads(as_json.dumps(frame.select())) == json.loads(
        as_json.dumps(usage().select())
    )


WORDS = st.text(
    st.sampled_from("ab\u202e\u2066\u200b\u00a0 \n\x00\x1b(é\u0301)נ…"), max_size=7
)


@given(st.dictionaries(WORDS.filter(bool), WORDS, min_size=1))
def test_no_two_values_are_shown_alike(labels: dict[str, str]) -> None:
    ids = [*labels, "plain", "a", "a (a)"]
    shown = distinct_labels(ids, labels)
    assert list(shown) == list(dict.fromkeys(ids))
    assert len(set(shown.values())) == len(shown)
    for value, text in shown.items():
        if text != value:
            assert display_text(text) == text
            assert not any(unicodedata.category(each) == "Cc" for each in text)
            assert not {"\u202e", "\u2066"} & set(text)


@given(st.text())
def test_a_label_is_clean_once_and_for_all(text: str) -> None:
    assert display_text(display_text(text)) == display_text(text)
    assert len(display_text(text)) <= 200
