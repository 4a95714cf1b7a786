"""Donut: the table and the ring as one widget."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from meterwidgets.errors import MeterError
from meterwidgets.widgets.donut import Donut


def row(name: str, fraction: float, color: str, **more: Any) -> dict[str, Any]:
    share = f"{100 * fraction:.1f}%"
    known = {"id": name.lower(), "name": name, "value": f"${fraction:.2f}"}
    return {**known, "share": share, "fraction": fraction, "color": color, **more}


ROWS = [row("Acme", 0.6, "c1"), row("Globex", 0.4, "c2")]


@pytest.fixture
def donut(wire: Any) -> Any:
    widget = Donut(title="Top Organizations", total="$1.00", rows=ROWS)
    yield widget
    widget.close()


def pie(donut: Donut) -> Any:
    return donut.children[1].marks[0]


def test_a_donut_reads_as_its_total_and_rows(donut: Any) -> None:
    assert repr(donut) == (
        "Donut('Top Organizations', '$1.00': Acme $0.60 60.0% | Globex $0.40 40.0%)"
    )


def test_the_ring_has_the_colours_and_sizes_of_the_rows(donut: Any) -> None:
    assert list(pie(donut).sizes) == [0.6, 0.4]
    assert pie(donut).colors == ["var(--mw-c1)", "var(--mw-c2)"]
    assert pie(donut).stroke == "var(--mw-surface)"


def test_a_single_slice_has_no_gap(donut: Any) -> None:
    donut.rows = [row("Acme", 1.0, "c1"), row("Gone", 0.0, "c2")]
    assert pie(donut).stroke == "transparent"


def test_a_ring_of_nothing_cannot_be_seen(donut: Any) -> None:
    donut.rows = []
    assert pie(donut).opacities == [0.0]


def test_an_update_is_one_message_to_the_table_and_one_to_the_ring(
    donut: Any, wire: Any
) -> None:
    wire.clear()
    rows = [row("Acme", 0.5, "c1", dimmed=True), row("Initech", 0.5, "c3")]
    donut.update(rows=rows, total="$2.00", selected=["initech"], more=7, note="x")
    table, figure = donut.children
    assert len(wire) == 2
    assert len(wire.updates(table)) == len(wire.updates(figure.marks[0])) == 1
    assert pie(donut).opacities == [0.3, 1.0]


def test_setting_one_trait_reaches_the_table(donut: Any, wire: Any) -> None:
    wire.clear()
    donut.total = "$3.00"
    assert wire.updates(donut.children[0]) == [{"total": "$3.00"}]
    assert len(wire) == 1


def test_nothing_new_is_no_message(donut: Any, wire: Any) -> None:
    wire.clear()
    donut.update(rows=[dict(one) for one in ROWS], total="$1.00")
    assert not wire


def test_a_click_arrives_as_the_selection_and_dims_the_others(
    donut: Any, wire: Any
) -> None:
    seen: list[Any] = []
    donut.observe(lambda change: seen.append(change["new"]), names="selected")
    wire.clear()
    wire.post(donut.children[0], {"selected": ["acme", "acme"]})
    assert seen == [["acme"]]
    assert pie(donut).opacities == [1.0, 0.3]


def test_unfolding_and_resetting_arrive(donut: Any, wire: Any) -> None:
    wire.post(donut.children[0], {"expanded": True, "reset": 2})
    assert (donut.expanded, donut.reset) == (True, 2)


def test_the_browser_can_neither_redraw_nor_repaint(donut: Any, wire: Any) -> None:
    table, figure = donut.children
    wire.post(donut, {"children": [], "selected": ["x"]})
    wire.post(table, {"rows": [], "total": "$0"})
    wire.post(figure, {"marks": [], "title": "owned"})
    wire.post(pie(donut), {"sizes": [1], "colors": ["red"], "selected": [0]})
    click = {"method": "custom", "content": {"event": "hover", "point": {}}}
    pie(donut).comm.handle_msg({"content": {"data": click}, "buffers": []})
    assert len(donut.children) == 2
    assert (figure.title, donut.total, donut.selected) == ("", "$1.00", [])
    assert list(pie(donut).sizes) == [0.6, 0.4]


def test_close_leaves_no_scale_mark_or_layout_behind() -> None:
    before = set(_instances)
    widget = Donut(rows=ROWS)
    widget.update(rows=ROWS[:1])
    widget.close()
    assert set(_instances) == before


def test_a_colour_that_is_no_slot_is_an_error_with_the_choices(donut: Any) -> None:
    with pytest.raises(MeterError, match=r"colour slot 'red' not found; .*c8, other"):
        donut.rows = [row("Acme", 1.0, "red")]


def test_a_wrong_keyword_makes_nothing() -> None:
    before = set(_instances)
    with pytest.raises(TypeError, match="did you mean 'rows'"):
        Donut(row=[])
    assert set(_instances) == before
