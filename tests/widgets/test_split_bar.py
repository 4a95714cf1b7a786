"""SplitBar."""

from __future__ import annotations

from typing import Any

from meterwidgets.widgets.split_bar import SplitBar

PARTS = [
    {
        "key": "input",
        "label": "Input",
        "value": "28K",
        "unit": "tokens",
        "share": "52%",
    },
    {
        "key": "output",
        "label": "Output",
        "value": "26K",
        "unit": "tokens",
        "share": "48%",
    },
]


def test_a_bar_reads_as_its_total_and_parts() -> None:
    bar = SplitBar(title="Token Distribution", total="54K tokens", parts=PARTS)
    assert repr(bar) == (
        "SplitBar('Token Distribution', '54K tokens': "
        "Input 28K tokens 52% | Output 26K tokens 48%)"
    )
    bar.close()


def test_an_empty_bar_reads_as_its_reason() -> None:
    bar = SplitBar(title="Cost", empty={"title": "No usage in this selection"})
    assert repr(bar) == "SplitBar('Cost', 'No usage in this selection')"
    bar.close()


def test_a_click_chooses_a_part_and_is_not_sent_back(wire: Any) -> None:
    bar = SplitBar(title="Cost", parts=PARTS)
    seen: list[str] = []
    bar.observe(lambda change: seen.append(change["new"]), names=["selected"])
    wire.clear()
    wire.post(bar, {"selected": "input"})
    wire.post(bar, {"selected": ""})
    assert seen == ["input", ""]
    assert not wire
    bar.close()


def test_the_button_of_the_empty_state_counts(wire: Any) -> None:
    bar = SplitBar(empty={"title": "None", "action": "Reset filters"})
    wire.post(bar, {"reset": 1})
    assert bar.reset == 1
    bar.close()


def test_a_bar_is_redrawn_in_one_message(wire: Any) -> None:
    bar = SplitBar(title="Cost", parts=PARTS)
    wire.clear()
    bar.update(total="$0.16", parts=PARTS[:1], note="estimated", selected="input")
    assert len(wire) == 1
    bar.close()
