"""The shared base: one stylesheet, guarded state, light imports, clean assets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from meterwidgets.widgets import trend_body
from meterwidgets.widgets.about_data import AboutData
from meterwidgets.widgets.assets import script, styles
from meterwidgets.widgets.base import Stylesheet
from meterwidgets.widgets.donut import Donut
from meterwidgets.widgets.filter_panel import FilterPanel
from meterwidgets.widgets.insights_banner import InsightsBanner
from meterwidgets.widgets.kpi_card import KpiCard, KpiCards
from meterwidgets.widgets.model_list import ModelList
from meterwidgets.widgets.records_list import RecordsList
from meterwidgets.widgets.split_bar import SplitBar
from meterwidgets.widgets.tabs import Tabs
from meterwidgets.widgets.trend import Trend

MAKERS = [
    KpiCard, KpiCards, SplitBar, Donut, Trend, ModelList, InsightsBanner, FilterPanel,
    Tabs, RecordsList, AboutData,
]  # fmt: skip
SCRIPTS = [
    ("kpi_card",),
    ("split_bar",),
    ("selectable_rows", "donut"),
    ("selectable_rows", "model_list"),
    (*trend_body.SCRIPT_FILES, "trend"),
    ("insights_banner",),
    ("about_data",),
    ("tabs",),
    ("records_list",),
    ("filter_form", "filter_dialog", "filter_panel"),
]


def sheets() -> list[Any]:
    return [one for one in _instances.values() if isinstance(one, Stylesheet)]


def test_many_widgets_share_one_stylesheet() -> None:
    many = [make() for make in MAKERS]
    assert len(sheets()) == 1
    for widget in many:
        widget.close()


def test_styles_cross_the_wire_once(wire: Any) -> None:
    many = [KpiCard(), SplitBar(), FilterPanel()]
    sent = [message["data"].get("state", {}) for message in wire]
    assert sum("_css" in state for state in sent) == 1
    for widget in many:
        widget.close()


def test_the_stylesheet_closes_with_its_last_user_and_comes_back() -> None:
    first, second = KpiCard(), KpiCard()
    first.close()
    assert len(sheets()) == 1
    second.close()
    assert not sheets()
    third = KpiCard()
    assert len(sheets()) == 1
    third.close()


def test_a_closed_stylesheet_is_replaced_for_the_next_widget() -> None:
    first = KpiCard()
    sheets()[0].close()
    second = KpiCard()
    assert second._stylesheet.comm is not None
    first.close()
    second.close()


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_is_alive_after_close(make: Callable[[], Any]) -> None:
    before = set(_instances)
    widget = make()
    widget.close()
    widget.close()
    assert set(_instances) == before


@pytest.mark.parametrize("make", MAKERS)
def test_an_unknown_keyword_is_an_error_with_advice(make: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="keyword 'loadin' not found; "):
        make(loadin=True)
    with pytest.raises(TypeError, match="keyword '_esm' not found"):
        make(_esm="")


@pytest.mark.parametrize("make", MAKERS)
def test_the_shown_text_of_a_widget_is_its_whole_repr(make: Callable[..., Any]) -> None:
    widget = make()
    shown = widget._repr_mimebundle_()
    data = shown[0] if isinstance(shown, tuple) else shown
    assert data["text/plain"] == repr(widget)
    widget.close()


def test_a_long_repr_is_not_cut() -> None:
    row = KpiCards([{"label": f"Figure {i}", "value": "$1,234.56"} for i in range(9)])
    data, _ = row._repr_mimebundle_()
    assert data["text/plain"].endswith("Figure 8 $1,234.56)")
    row.close()


def state_of(widget: Any) -> dict[str, str]:
    """The state of a widget, as text."""
    return {name: repr(getattr(widget, name)) for name in widget.keys}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "state",
    [
        {"title": "<b>owned</b>", "_esm": "alert(1)", "value": "$0", "rows": [1]},
        {"children": [], "layout": "IPY_MODEL_x", "parts": [], "nonsense": 1},
        {"width": 7, "min": "x", "max": [], "sizes": "x", "marks": 3, "_css": "x"},
        ["not", "a", "dict"],
        None,
        "text",
        {"selected": {"a": 1}, "reset": "1", "expanded": "yes", "request": []},
        {"selected": "x" * 10_000, "reset": 2**40, "is_open": 1},
        {"selected": ["x" * 10_000], "request": {"n": True}},
        {"selected": ["a"] * 100_000, "reset": -1, "expanded": None},
    ],
)
def test_hostile_state_is_dropped_without_a_word(
    make: Callable[..., Any], state: Any, wire: Any, caplog: pytest.LogCaptureFixture
) -> None:
    known = set(_instances)
    widget = make()
    targets = [_instances[key] for key in set(_instances) - known]
    before = [(target, state_of(target)) for target in targets]
    wire.clear()
    for target in targets:
        wire.post(target, state)
        wire.post(target, state, buffer_paths=[["nowhere", 3]])
    for target, state_before in before:
        assert state_of(target) == state_before
    assert not wire
    assert not caplog.records
    widget.close()


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("data", [None, [], {}, {"method": "custom", "content": 3}])
def test_malformed_messages_are_ignored(
    make: Callable[..., Any], data: Any, wire: Any, caplog: pytest.LogCaptureFixture
) -> None:
    known = set(_instances)
    widget = make()
    for target in [_instances[key] for key in set(_instances) - known]:
        target.comm.handle_msg({"content": {"data": data}, "buffers": []})
        target.comm.handle_msg({})
    assert not caplog.records
    widget.close()


@pytest.mark.parametrize("names", SCRIPTS)
def test_scripts_hold_no_address_and_no_markup(names: tuple[str, ...]) -> None:
    text = script(*names)
    assert not re.search(r"https?://", text)
    assert "innerHTML" not in text
    assert "insertAdjacentHTML" not in text
    assert "eval(" not in text
    assert text.count("export default") == 1


def test_styles_hold_no_address_and_touch_only_our_own_elements() -> None:
    text = re.sub(r"/\*.*?\*/", "", styles(), flags=re.DOTALL)
    assert "http" not in text
    assert "@import" not in text
    assert "url(" not in text
    for block in re.findall(r"([^{}]+)\{", text):
        head = block.strip()
        if not head or head.startswith(("@", "from", "to")):
            continue
        for selector in re.split(r",(?![^(]*\))", head):
            clean = selector.strip().removeprefix('[data-jp-theme-light="false"] ')
            assert clean.startswith(".mw-"), clean


@pytest.mark.parametrize("name", ["kpi_card", "split_bar", "filter_panel", "donut"])
def test_importing_a_widget_brings_neither_bqplot_nor_pandas(name: str) -> None:
    code = f"import sys, meterwidgets.widgets.{name}; print(*sys.modules)"
    command = [sys.executable, "-W", "error", "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)
    heavy = {"bqplot", "bqscales", "pandas", "numpy", "pyarrow", "duckdb"}
    assert not heavy & set(loaded.stdout.split())


def test_making_a_donut_warns_of_nothing() -> None:
    code = "from meterwidgets.widgets.donut import Donut; Donut().close()"
    command = [sys.executable, "-W", "error", "-c", code]
    subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.parametrize("names", SCRIPTS)
def test_the_files_of_a_script_declare_no_name_twice(names: tuple[str, ...]) -> None:
    pattern = r"^(?:async )?(?:function|const|let|class) (\w+)"
    declared = re.findall(pattern, script(*names), flags=re.MULTILINE)
    assert len(declared) > 20
    assert len(declared) == len(set(declared))
