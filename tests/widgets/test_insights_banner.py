"""InsightsBanner: the worst first, the rest on request, silence without any."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from meterwidgets.errors import MeterError
from meterwidgets.widgets.insights_banner import InsightsBanner


def insight(title: str, severity: str = "info", text: str = "") -> dict[str, str]:
    return {"rule": "x", "severity": severity, "title": title, "text": text}


ONE = insight("Single Model Usage")
TWO = insight("Spend spike on Feb 21", "warning")


@pytest.mark.parametrize(
    ("insights", "error", "shown"),
    [
        ([], "", "nothing"),
        ([ONE], "", "'Single Model Usage'"),
        ([TWO, ONE], "", "'Spend spike on Feb 21', 1 more"),
        ([], "no file", "error='no file'"),
        (
            [TWO, ONE, ONE],
            "no file",
            "error='no file', 'Spend spike on Feb 21', 2 more",
        ),
    ],
)
def test_a_banner_reads_as_what_it_shows(
    insights: list[Any], error: str, shown: str
) -> None:
    banner = InsightsBanner(insights, error=error)
    assert repr(banner) == f"InsightsBanner({shown})"
    banner.close()


def test_an_insight_reaches_the_browser_with_every_key(wire: Any) -> None:
    banner = InsightsBanner()
    wire.clear()
    banner.insights = [{"title": "Unpriced"}]
    (sent,) = wire.updates(banner)
    assert sent["insights"] == [
        {"rule": "", "severity": "info", "title": "Unpriced", "text": "", "action": ""}
    ]
    banner.close()


def test_insights_and_error_arrive_in_one_message(wire: Any) -> None:
    banner = InsightsBanner([ONE])
    wire.clear()
    banner.update(insights=[TWO], error="no file")
    assert len(wire) == 1
    banner.close()


def test_an_unknown_severity_is_an_error_with_the_choices() -> None:
    before = set(_instances)
    with pytest.raises(
        MeterError, match="severity 'fatal' not found; severities: info, warning, bad"
    ):
        InsightsBanner([insight("x", "fatal")])
    assert set(_instances) == before


def test_an_unknown_key_of_an_insight_is_an_error_with_advice() -> None:
    with pytest.raises(TypeError, match="did you mean 'title'"):
        InsightsBanner([{"titel": "x"}])


def test_a_wrong_keyword_is_an_error_with_advice() -> None:
    with pytest.raises(TypeError, match="did you mean 'error'"):
        InsightsBanner(eror="x")


def test_the_browser_can_set_nothing_on_a_banner_but_a_press(wire: Any) -> None:
    banner = InsightsBanner([ONE])
    wire.post(banner, {"insights": [], "error": "owned"})
    assert repr(banner) == "InsightsBanner('Single Model Usage')"
    wire.post(banner, {"pressed": {"n": 1, "rule": "x"}})
    assert banner.pressed == {"n": 1, "rule": "x"}
    banner.close()


@pytest.mark.parametrize(
    "hostile",
    [
        None, "x", [], {}, {"n": 1}, {"rule": "x"}, {"n": -1, "rule": "x"},
        {"n": True, "rule": "x"}, {"n": 1, "rule": 7}, {"n": 1, "rule": "x" * 41},
        {"n": 1, "rule": "x", "start": "2026-01-01"}, {"n": 2**31, "rule": "x"},
    ],
    ids=repr,
)  # fmt: skip
def test_a_press_of_another_shape_is_dropped(wire: Any, hostile: Any) -> None:
    banner = InsightsBanner([ONE])
    wire.post(banner, {"pressed": hostile})
    assert banner.pressed == {}
    banner.close()


def test_close_leaves_nothing_behind() -> None:
    before = set(_instances)
    banner = InsightsBanner([ONE, TWO])
    banner.close()
    banner.close()
    assert set(_instances) == before
