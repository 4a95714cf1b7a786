"""AboutData: notes behind a button that counts them."""

from __future__ import annotations

from typing import Any

import pytest

from meterwidgets.widgets.about_data import AboutData


def test_it_reads_as_the_number_of_its_notes() -> None:
    about = AboutData([{"title": "Ledger", "notes": ["a", "b"]}, {"notes": ["c"]}])
    assert repr(about) == "AboutData(3 notes)"
    about.groups = about.groups[1:]
    assert repr(about) == "AboutData(1 note)"
    about.close()


def test_the_same_notes_again_are_no_message(wire: Any) -> None:
    groups = [{"title": "Ledger", "notes": ["a"]}]
    about = AboutData(groups)
    wire.clear()
    about.update(groups=[dict(group) for group in groups])
    assert not wire
    about.update(groups=[])
    assert len(wire) == 1
    about.close()


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([{"titel": "x"}], "key 'titel' not found; did you mean 'title'"),
        ([{"notes": "one"}], "notes are 'one'; give a list of sentences"),
    ],
)
def test_a_wrong_group_says_what_came(groups: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        AboutData(groups)
