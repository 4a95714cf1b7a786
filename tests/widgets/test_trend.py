"""Trend: series over time as text, as areas, and on the wire."""

from __future__ import annotations

import csv
import io
import math
import random
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from meterwidgets.errors import MeterError
from meterwidgets.widgets.bqplot_figures import AreaFigure, Layer
from meterwidgets.widgets.trend import Trend
from meterwidgets.widgets.trend_layout import lay_out
from meterwidgets.widgets.trend_series import Series, parse_series
from meterwidgets.widgets.trend_ticks import value_ticks

NANO = 10**9
DAYS = [datetime(2026, 2, 1) + timedelta(days=i) for i in range(4)]
LABELS = [f"{day:%a, %b} {day.day}, {day.year}" for day in DAYS]
TICKS = [{"place": i, "text": f"Feb {i + 1}"} for i in range(4)]


def line(name: str, color: str, *values: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "color": color, "values": list(values)}


SERIES = [
    line("qwen", "c1", 3 * NANO, 2 * NANO, 4 * NANO, NANO),
    line("llama", "c2", NANO, 2 * NANO, 2 * NANO, NANO),
]
TRAITS: dict[str, Any] = {
    "title": "Usage Trend",
    "subtitle": "cost per day",
    "times": DAYS,
    "labels": LABELS,
    "ticks": TICKS,
    "series": SERIES,
    "unit": "USD",
    "choices": [
        {"key": "deployment", "label": "Deployment"},
        {"key": "model", "label": "Model"},
    ],
    "by": "deployment",
    "shapes": ["stacked", "lines", "share"],
    "brushable": True,
}


@pytest.fixture
def trend(wire: Any) -> Any:
    widget = Trend(**TRAITS)
    yield widget
    widget.close()


def frame(trend: Trend) -> Any:
    return trend.children[0]


def layers(trend: Trend) -> Any:
    return trend.children[1].marks


def axis(trend: Trend) -> list[str]:
    return [tick["text"] for tick in frame(trend).axis]


def alone(*values: Any, unit: str = "USD", **more: Any) -> dict[str, Any]:
    start = datetime(2026, 2, 22)
    times = [start + timedelta(hours=i) for i in range(len(values))]
    labels = [f"hour {i}" for i in range(len(values))]
    series = [line("q", "c1", *values)]
    return {"times": times, "labels": labels, "series": series, "unit": unit, **more}


def test_a_trend_reads_as_its_series_and_their_sums(trend: Any) -> None:
    assert repr(trend) == "Trend('Usage Trend', 4 points: qwen $10.00 | llama $6.00)"
    trend.update(hidden=["qwen"])
    assert repr(trend) == "Trend('Usage Trend', 4 points: llama $6.00)"
    trend.update(series=[])
    assert repr(trend) == "Trend('Usage Trend', 4 points: no series)"
    trend.empty = {"title": "No usage in this selection"}
    assert repr(trend) == "Trend('Usage Trend', 'No usage in this selection')"
    trend.error = {"title": "The ledger could not be read"}
    assert repr(trend) == "Trend('Usage Trend', 'The ledger could not be read')"


def test_a_trend_comes_drawn_each_of_its_parts_in_one_message(wire: Any) -> None:
    widget = Trend(**TRAITS)
    kinds = [message["msg_type"] for message in wire]
    assert kinds == ["comm_open"] * len({message["comm_id"] for message in wire})
    frame_, *_ = widget.children
    states = [m["data"]["state"] for m in wire if m["comm_id"] == frame_.model_id]
    assert [state["summary"] for state in states] == [frame_.summary]
    assert frame_.summary
    widget.close()


def test_the_summary_says_the_range_and_the_highest_bucket(trend: Any) -> None:
    assert frame(trend).summary == (
        "Usage Trend: cost per day, Sun, Feb 1, 2026 to Wed, Feb 4, 2026, "
        "highest $6.00 on Tue, Feb 3, 2026"
    )


@pytest.mark.parametrize(
    ("values", "unit", "texts"),
    [
        ([13_600_000, 13_900_000], "USD", ["$0", "$0.005", "$0.010", "$0.015"]),
        ([79 * NANO, 1], "USD", ["$0", "$20", "$40", "$60", "$80"]),
        ([28_000_000, 1], "", ["0", "10M", "20M", "30M"]),
        ([3 * 10**6 * NANO, 0], "USD", ["$0", "$1M", "$2M", "$3M"]),
        ([3, 1], "USD", ["$0", "$0.000000001", "$0.000000002", "$0.000000003"]),
        ([1, 0], "", ["0", "1"]),
        ([0, 0], "USD", ["$0"]),
        ([None, None], "", ["0"]),
        ([-NANO, 3 * NANO], "USD", ["-$1", "$0", "$1", "$2", "$3"]),
        ([10**9 * NANO, 0], "CHF", ["CHF\xa00", "CHF\xa0250M", "CHF\xa0500M", "CHF\xa0750M", "CHF\xa01B"]),
    ],
)  # fmt: skip
def test_the_axis_has_round_ticks(
    values: list[Any], unit: str, texts: list[str]
) -> None:
    widget = Trend(**alone(*values, unit=unit))
    assert axis(widget) == texts
    widget.close()


def test_ticks_reach_around_every_range() -> None:
    rng = random.Random(7)
    for _ in range(500):
        high = Fraction(rng.randrange(1, 10**6)) * Fraction(10) ** rng.randrange(-6, 15)
        low = -high * rng.randrange(0, 3)
        marks = value_ticks(low, high)
        assert 2 <= len(marks) <= 5
        assert marks[0] <= low and high <= marks[-1]
        assert marks[0] + (marks[1] - marks[0]) > low
        assert marks[-1] - (marks[1] - marks[0]) < high


def test_a_stack_is_the_exact_cumulative_sum_with_the_ground_last(trend: Any) -> None:
    solid, pale = layers(trend)
    assert axis(trend)[-1] == "$6"
    assert solid.fill == "between"
    assert solid.y.tolist() == [
        [4 / 6, 4 / 6, 1.0, 2 / 6],
        [3 / 6, 2 / 6, 4 / 6, 1 / 6],
        [0, 0, 0, 0],
    ]
    assert solid.colors == ["var(--mw-c2)", "var(--mw-c1)", "transparent"]
    assert solid.fill_opacities == [0.42, 0.42, 0.0]
    assert solid.y.dtype == solid.x.dtype == "float64"
    assert pale.y.size == 0
    assert frame(trend).heights == [[0.5, 0.3333, 0.6667, 0.1667], [0.6667, 0.6667, 1.0, 0.3333]]  # fmt: skip


def test_sums_stay_exact_where_floats_would_not() -> None:
    big = 9_007_199_254_740_993
    layout = lay_out(
        parse_series([line("a", "c1", big), line("b", "c2", big)], 1),
        labels=["now"],
        unit="USD",
    )
    assert layout.points[0]["total"] == "$18,014,398.51"


def test_the_unfinished_bucket_is_pale_and_dashed(trend: Any) -> None:
    trend.unfinished = "Feb 4 until 6:00 PM"
    solid, pale = layers(trend)
    assert solid.x.tolist() == [0, 1 / 3, 2 / 3]
    assert pale.x.tolist() == [2 / 3, 1]
    assert pale.y.tolist()[0] == [1.0, 2 / 6]
    assert pale.line_style == "dashed"
    assert max(pale.fill_opacities) < 0.42


def test_a_single_bucket_is_a_bar_and_never_squeezed() -> None:
    widget = Trend(**alone(NANO))
    solid, _ = layers(widget)
    assert solid.x.tolist() == [0.44, 0.56]
    assert solid.y.tolist() == [[1, 1], [0, 0]]
    widget.unfinished = "until 6:00 PM"
    solid, pale = layers(widget)
    assert solid.x.size == 0
    assert pale.y.tolist() == [[1, 1], [0, 0]]
    widget.close()


def test_a_gap_is_a_gap_in_lines_and_nothing_in_a_stack(trend: Any) -> None:
    trend.series = [
        line("q", "c1", 1, None, 3, 4),
        line("l", "c2", 1, 1, 1, float("nan")),
    ]
    solid, _ = layers(trend)
    assert solid.y.tolist()[0] == [0.5, 0.25, 1, 1]
    assert frame(trend).heights == [[0.25, None, 0.75, 1], [0.5, 0.25, 1, None]]
    assert frame(trend).points[1]["values"][0] == "–"
    trend.shape = "lines"
    solid, _ = layers(trend)
    assert solid.fill == "none"
    assert solid.colors == ["var(--mw-c1)", "var(--mw-c2)"]
    assert str(solid.y[0].tolist()) == "[0.25, nan, 0.75, 1.0]"


def test_shares_fill_the_plot_and_say_percent(trend: Any) -> None:
    trend.shape = "share"
    assert axis(trend) == ["0%", "25%", "50%", "75%", "100%"]
    assert layers(trend)[0].y.tolist()[:2] == [[1, 1, 1, 1], [0.75, 0.5, 4 / 6, 0.5]]
    assert frame(trend).points[0] == {
        "label": "Sun, Feb 1, 2026",
        "values": ["75.0%", "25.0%"],
        "total": "$4.00",
    }


def test_the_figures_of_a_bucket_share_their_decimals() -> None:
    widget = Trend(**alone(161_000_000))
    widget.series = [line("q", "c1", 161_000_000), line("l", "c2", 1_800_000)]
    assert frame(widget).points == [
        {"label": "hour 0", "values": ["$0.1610", "$0.0018"], "total": "$0.1628"}
    ]
    widget.close()


def test_what_is_not_zero_never_prints_as_zero() -> None:
    widget = Trend(**alone(1, 10**12 * NANO))
    assert frame(widget).points[0]["values"] == ["$0.000000001"]
    assert repr(widget).endswith("q $1T)")
    widget.close()


def test_an_update_is_one_message_to_the_frame_and_one_to_each_layer_that_differs(
    trend: Any, wire: Any
) -> None:
    wire.clear()
    trend.update(series=[line("q", "c3", 1, 2, 3, 4)], title="Other", note="A note")
    assert len(wire.updates(frame(trend))) == 1
    assert len(wire.updates(layers(trend)[0])) == 1
    assert len(wire) == 2
    wire.clear()
    trend.note = "Another"
    assert wire.updates(frame(trend)) == [{"note": "Another"}]
    assert len(wire) == 1
    wire.clear()
    trend.update(unfinished="until now")
    assert len(wire) == 3


def test_nothing_new_is_no_message(trend: Any, wire: Any) -> None:
    wire.clear()
    trend.update(**TRAITS)
    assert not wire


def test_a_click_in_the_legend_arrives_and_redraws(trend: Any, wire: Any) -> None:
    seen: list[Any] = []
    trend.observe(lambda change: seen.append(change["new"]), names="hidden")
    wire.clear()
    wire.post(frame(trend), {"hidden": ["qwen"]})
    assert seen == [["qwen"]]
    assert layers(trend)[0].colors == ["var(--mw-c2)", "transparent"]
    assert frame(trend).points[0]["values"] == ["$1.00"]
    assert [line["id"] for line in frame(trend).legend] == ["qwen", "llama"]


def test_a_choice_of_buckets_and_of_controls_arrives(trend: Any, wire: Any) -> None:
    wire.post(frame(trend), {"brushed": {"n": 1, "first": 1, "last": 3}})
    wire.post(frame(trend), {"by": "model", "shape": "lines", "reset": 2, "retry": 1})
    assert trend.brushed == {"n": 1, "first": 1, "last": 3}
    assert (trend.by, trend.shape, trend.reset, trend.retry) == ("model", "lines", 2, 1)


@pytest.mark.parametrize(
    "hostile",
    [
        {"brushed": {"n": 1, "first": 2, "last": 1}},
        {"brushed": {"n": 1, "first": 0, "last": 4}},
        {"brushed": {"n": 1, "first": -1, "last": 1}},
        {"brushed": {"n": 1, "first": 0.5, "last": 1}},
        {"brushed": {"n": True, "first": 0, "last": 1}},
        {"brushed": {"n": 1, "first": 0, "last": 1, "more": "x"}},
        {"brushed": [0, 1]},
        {"hidden": ["qwen", "llama"]},
        {"hidden": "qwen"},
        {"hidden": ["x" * 2000]},
        {"hidden": [str(i) for i in range(200)]},
        {"hidden": [["qwen"]]},
        {"by": "org"},
        {"by": ["model"]},
        {"shape": "pie"},
        {"shape": {}},
        {"reset": -1},
        {"series": [], "points": [], "title": "owned", "table": {"n": 1}},
        {"export": "1"},
        "state",
    ],
)
def test_what_can_not_be_is_dropped(trend: Any, wire: Any, hostile: Any) -> None:
    before = repr(trend), trend.trait_values(), frame(trend).trait_values()
    wire.clear()
    wire.post(frame(trend), hostile)
    wire.post(trend, hostile)
    assert (repr(trend), trend.trait_values(), frame(trend).trait_values()) == before


def test_no_drag_counts_where_none_is_offered(trend: Any, wire: Any) -> None:
    trend.brushable = False
    wire.post(frame(trend), {"brushed": {"n": 1, "first": 1, "last": 3}})
    assert trend.brushed == {}


def test_the_browser_can_not_redraw_the_figure(trend: Any, wire: Any) -> None:
    figure = trend.children[1]
    wire.post(figure, {"marks": [], "title": "owned"})
    wire.post(layers(trend)[0], {"x": [], "y": [], "colors": ["red"], "selected": [0]})
    hover = {"method": "custom", "content": {"event": "hover", "point": {}}}
    layers(trend)[0].comm.handle_msg({"content": {"data": hover}, "buffers": []})
    assert (figure.title, len(figure.marks)) == ("", 2)
    assert layers(trend)[0].y.shape == (3, 4)


def test_hiding_ids_that_are_not_there_hides_nothing(trend: Any) -> None:
    trend.hidden = ["qwen", "gone"]
    trend.series = [line("gone", "c1", 1, 1, 1, 1)]
    assert len(frame(trend).heights) == 1


def test_the_table_is_exact_harmless_and_sent_only_when_asked_for(
    trend: Any, wire: Any
) -> None:
    trend.series = [line("=cmd()", "c1", 1, None, 3, NANO), line("b", "c2", 1, 1, 1, 1)]
    assert frame(trend).table == {}
    wire.post(frame(trend), {"export": 1})
    table = frame(trend).table
    assert (table["n"], table["name"]) == (1, "Usage Trend.csv")
    assert list(csv.reader(io.StringIO(table["text"]))) == [
        ["Time", "'=cmd() (USD)", "b (USD)", "Total (USD)"],
        ["Sun, Feb 1, 2026", "0.000000001", "0.000000001", "0.000000002"],
        ["Mon, Feb 2, 2026", "", "0.000000001", "0.000000001"],
        ["Tue, Feb 3, 2026", "0.000000003", "0.000000001", "0.000000004"],
        ["Wed, Feb 4, 2026", "1.000000000", "0.000000001", "1.000000001"],
    ]
    wire.clear()
    wire.post(frame(trend), {"export": 2})
    assert [state["table"]["n"] for state in wire.updates(frame(trend))] == [2]


def test_the_exact_counts_are_exported_ungrouped() -> None:
    widget = Trend(**alone(1_974_001, unit=""))
    frame(widget).export = 1
    assert frame(widget).table["text"].split("\r\n")[1] == "hour 0,1974001,1974001"
    widget.close()


@pytest.mark.parametrize(
    ("step", "count", "expected"),
    [
        (timedelta(days=1), 30, [[1, 0], [2, 1], [4, 1], [7, 1], [14, 1], [28, 1], [56, 29]]),
        (timedelta(hours=3), 8, [[1, 0], [2, 0], [4, 0], [8, 0]]),
        (timedelta(days=31), 5, [[1, 0], [2, 0], [3, 1], [6, 4]]),
        (timedelta(days=1), 1, [[1, 0]]),
    ],
)  # fmt: skip
def test_labels_thin_out_to_round_times_and_the_last_day_stays(
    step: timedelta, count: int, expected: list[list[int]]
) -> None:
    start = datetime(2026, 1, 1)
    times = [start + i * step for i in range(count)]
    ticks = [{"place": i, "text": str(i)} for i in range(count)]
    values = [0] * count
    widget = Trend(times=times, labels=["x"] * count, ticks=ticks, series=[line("q", "c1", *values)])  # fmt: skip
    assert frame(widget).strides == expected
    widget.close()


def test_close_leaves_no_scale_mark_or_layout_behind() -> None:
    before = set(_instances)
    widget = Trend(**TRAITS)
    widget.update(series=SERIES[:1], unfinished="until now")
    widget.close()
    widget.close()
    assert set(_instances) == before


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"serie": []}, TypeError, "keyword 'serie' not found; did you mean 'series'"),
        ({"labels": LABELS[:3]}, MeterError, "3 labels for 4 times"),
        ({"series": [line("q", "c1", 1, 2)]}, MeterError, "'q' has 2 values for 4 times"),
        ({"series": [line("q", "red", 1, 2, 3, 4)]}, MeterError, "colour slot 'red'"),
        ({"series": [line("q", "c1", 1, 2, 3, "4")]}, MeterError, "'q' has the value '4'"),
        ({"series": [line("q", "c1", 1, 2, 3, True)]}, MeterError, "has the value True"),
        ({"series": [line("q", "c1", 1, 2, 3, float("inf"))]}, MeterError, "value inf"),
        ({"series": [{"id": "q", "values": []}]}, MeterError, "without name, color"),
        ({"ticks": [{"place": 9, "text": "x"}]}, MeterError, "place 9 for 4 times"),
        ({"shape": "pie"}, traitlets.TraitError, "stacked"),
    ],
)  # fmt: skip
def test_a_wrong_trend_says_what_came_and_makes_nothing(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    before = set(_instances)
    with pytest.raises(error, match=message):
        Trend(**(TRAITS | wrong))
    assert set(_instances) == before


def test_three_hundred_points_of_nine_series_are_drawn() -> None:
    rng = random.Random(3)
    times = [datetime(2026, 1, 1) + timedelta(hours=i) for i in range(300)]
    slots = [*(f"c{i}" for i in range(1, 9)), "other"]
    series = [line(s, s, *(rng.randrange(NANO) for _ in times)) for s in slots]
    widget = Trend(times=times, labels=["x"] * 300, series=series, unit="USD")
    assert layers(widget)[0].y.shape == (10, 300)
    widget.close()


def test_what_is_below_zero_has_a_stack_of_its_own_under_the_baseline() -> None:
    series = [
        Series("a", "A", "c1", (2 * NANO, 2 * NANO)),
        Series("b", "B", "c2", (NANO, -NANO)),
        Series("c", "C", "c3", (0, -NANO)),
    ]
    layout = lay_out(series, labels=["Mon", "Tue"], unit="USD")
    assert [tick["text"] for tick in layout.axis] == ["-$2", "$0", "$2", "$4"]
    third = 1 / 3
    assert layout.rows == [
        pytest.approx([2.5 * third, 2 * third]),  # c on b on a
        pytest.approx([2.5 * third, 2 * third]),
        pytest.approx([2 * third, 2 * third]),
        pytest.approx([third, third]),  # the baseline
        pytest.approx([third, third / 2]),  # b, and c below it
        pytest.approx([third, 0]),
    ]
    assert layout.below == [1, 2]
    assert layout.heights[1:] == [[0.8333, 0.1667], [0.8333, 0.0]]
    assert layout.points[1]["total"] == "$0.00"


def test_a_layer_paints_the_rows_below_the_baseline_in_their_own_colours() -> None:
    rows = [[1.0, 1.0], [0.5, 0.5], [0.0, 0.0]]
    layer = Layer([0, 1], rows, ["c1"], True, ["c2"])
    figure = AreaFigure(layer, Layer())
    lines = figure.marks[0]
    assert lines.colors == ["var(--mw-c1)", "transparent", "transparent"]
    assert lines.fill_colors == ["var(--mw-c1)", "var(--mw-c2)", "transparent"]
    assert lines.fill_opacities[1] == lines.fill_opacities[0] > 0
    figure.close()


def test_nothing_is_drawn_of_the_time_that_nobody_saw(trend: Any) -> None:
    values = (None, 2 * NANO, NANO, None)
    trend.update(series=[line("q", "c1", *values)], unfinished="Feb 3 until 6:00 PM")
    solid, pale = layers(trend)
    assert solid.x.size == 0
    assert pale.x.tolist() == pytest.approx([1 / 3, 2 / 3], abs=1e-3)
    assert frame(trend).heights == [[None, 1.0, 0.5, None]]
    trend.update(series=[line("q", "c1", None, None, None, None)])
    assert [layer.x.size for layer in layers(trend)] == [0, 0]


def test_both_ends_can_be_parts_and_say_so_where_they_are_read(trend: Any) -> None:
    trend.update(begun="Feb 1 from 9:00 AM", unfinished="Feb 4 until 6:00 PM")
    solid, pale = layers(trend)
    assert solid.x.tolist() == [1 / 3, 2 / 3]
    assert pale.x.tolist() == [0, 1 / 3, 1 / 3, 2 / 3, 1]
    assert all(math.isnan(row[2]) for row in pale.y)
    assert pale.y[0].tolist()[:2] == [4 / 6, 4 / 6]
    assert frame(trend).partial == [
        {"place": 0, "text": "Feb 1 from 9:00 AM"},
        {"place": 3, "text": "Feb 4 until 6:00 PM"},
    ]


def test_two_buckets_that_are_parts_are_one_pale_segment(trend: Any) -> None:
    two = alone(NANO, 2 * NANO, begun="from 9:00 AM", unfinished="until 6:00 PM")
    trend.update(**two, ticks=[])
    solid, pale = layers(trend)
    assert (solid.x.size, pale.x.tolist()) == (0, [0, 1])


def test_a_line_of_which_nothing_is_known_is_not_drawn(trend: Any) -> None:
    unknown = line("l", "c2", None, None, None, None)
    trend.update(series=[line("q", "c1", 1, None, 3, 4), unknown], shape="lines")
    solid, _ = layers(trend)
    assert solid.colors == ["var(--mw-c1)"]
    assert frame(trend).heights[1] == [None] * 4
    trend.series = [unknown]
    assert [layer.x.size for layer in layers(trend)] == [0, 0]


def test_a_line_stays_at_its_last_known_point(trend: Any) -> None:
    short = line("l", "c2", NANO, NANO / 2, None, None)
    trend.update(series=[line("q", "c1", NANO, 0, 0, 0), short], shape="lines")
    solid, _ = layers(trend)
    assert solid.x.tolist() == [[0, 1 / 3, 2 / 3, 1], [0, 1 / 3, 1 / 3, 1 / 3]]
    assert solid.y.tolist() == [[1, 0, 0, 0], [1, 0.5, 0.5, 0.5]]


def test_no_gap_of_lines_is_ever_filled(trend: Any, wire: Any) -> None:
    trend.update(series=[line("q", "c1", NANO, None, NANO, 0)], shape="lines")
    wire.clear()
    trend.shape = "stacked"
    solid, _ = layers(trend)
    first, second = wire.updates(solid)
    assert ("y" in first, "fill" in first) == (True, False)
    assert second["fill"] == "between"
