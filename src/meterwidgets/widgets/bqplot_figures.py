"""The figures that bqplot draws: a donut's ring and a trend's areas.

The only importer of bqplot; what goes in is checked and converted here. Loaded when a
chart is made, never at the top of another module.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.lazy_pandas import lazy_pandas

with warnings.catch_warnings(), lazy_pandas():
    # bqscales passes metadata to a constructor, which traitlets deprecates.
    warnings.filterwarnings("ignore", "metadata .* was set from the constructor")
    import bqplot

_COLOR_SLOTS = (*(f"c{i}" for i in range(1, 9)), "other", "total")


class _Pie(Guarded, bqplot.Pie):  # type: ignore[misc]
    """A pie that takes nothing from the browser; clicks go through the table."""


class _Lines(Guarded, bqplot.Lines):  # type: ignore[misc]
    """Lines and areas that take nothing from the browser."""


class _Scale(Guarded, bqplot.LinearScale):  # type: ignore[misc]
    """A scale that takes nothing from the browser."""


class _Figure(Guarded, bqplot.Figure):  # type: ignore[misc]
    """A figure without axes that takes nothing from the browser."""

    def __init__(self, marks: Sequence[Any], scale: Any, **traits: Any) -> None:
        super().__init__(
            marks=list(marks),
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_x=0.0,
            padding_y=0.0,
            animation_duration=0,
            display_toolbar=False,
            background_style={"fill": "none"},
            pixel_ratio=1.0,
            scale_x=scale,
            scale_y=scale,
            **traits,
        )

    def close(self) -> None:
        """Close the figure, its marks, all their scales and its layout."""
        if self.comm is None:
            return
        scales = {scale for mark in self.marks for scale in mark.scales.values()}
        scales |= {self.scale_x, self.scale_y}
        parts = [*self.marks, *scales, self.layout]
        super().close()
        for part in parts:
            part.close()

    def __repr__(self) -> str:
        return f"Figure({len(self.marks)} marks)"


def _unit_scale() -> Any:
    return _Scale(min=0.0, max=1.0, allow_padding=False)


def _css_color(slot: str) -> str:
    if slot not in _COLOR_SLOTS:
        raise MeterError(unknown("colour slot", slot, _COLOR_SLOTS))
    return f"var(--mw-{slot})"


def _update(mark: Any, state: dict[str, Any], arrays: Sequence[str]) -> None:
    """Set traits of a mark in one message, or in none if nothing differs.

    bqplot sends an array whenever it is set, so that equal `arrays` are left out.
    """
    with mark.hold_sync():
        for name, value in state.items():
            if name not in arrays or not np.array_equal(
                getattr(mark, name), value, equal_nan=True
            ):
                setattr(mark, name, value)


_RING_PX = 168
_OUTER_RADIUS = 80.0
_INNER_RADIUS = 58.0
_INVISIBLE_SLICE = ([1.0], ["transparent"], [0.0])
_EMPTY_RING = ([1.0], ["var(--mw-bone)"], [1.0])


class RingFigure(_Figure):
    """A ring of 168 px that follows the theme and sends nothing.

    Args:
        sizes: One number a slice, in the order of the table's rows.
        slots: One colour slot a slice: c1 to c8, or other.
        opacities: One number a slice, between 0 and 1.
    """

    def __init__(
        self, sizes: Sequence[float], slots: Sequence[str], opacities: Sequence[float]
    ) -> None:
        pie = _Pie(
            **_pie_state(sizes, slots, opacities),
            radius=_OUTER_RADIUS,
            inner_radius=_INNER_RADIUS,
            display_labels="none",
            sort=False,
            enable_hover=False,
            interactions={},
            apply_clip=False,
        )
        sides = ("width", "height", "min_width", "min_height")
        super().__init__(
            [pie],
            _unit_scale(),
            layout=guarded_layout(dict.fromkeys(sides, f"{_RING_PX}px")),
            _dom_classes=("mw-ring",),
        )

    def draw(
        self, sizes: Sequence[float], slots: Sequence[str], opacities: Sequence[float]
    ) -> None:
        """Draw other slices."""
        state = _pie_state(sizes, slots, opacities)
        _update(self.marks[0], state, arrays=("sizes",))


def _pie_state(
    sizes: Sequence[float], slots: Sequence[str], opacities: Sequence[float]
) -> dict[str, Any]:
    """Return the pie's traits; a ring of rows without a size is one pale slice."""
    colors = [_css_color(slot) for slot in slots]
    if not sizes or sum(sizes) <= 0:
        sizes, colors, opacities = _EMPTY_RING if sizes else _INVISIBLE_SLICE
    several = sum(size > 0 for size in sizes) > 1
    return {
        "sizes": np.asarray(sizes, dtype=np.float64),
        "colors": list(colors),
        "opacities": [float(opacity) for opacity in opacities],
        "stroke": "var(--mw-surface)" if several else "transparent",
    }


@dataclass(frozen=True)
class Layer:
    """Lines of one style over the same x, in fractions of the figure's size.

    Examples:
        >>> Layer(x=[0.0, 1.0], rows=[[0.5, 0.7]], slots=["c1"]).filled
        True
    """

    x: Sequence[float] = ()
    """The x of each point, from 0 at the left to 1 at the right."""
    rows: Sequence[Sequence[float]] = ()
    """The y of each line, from 0 at the bottom to 1 at the top; NaN is a gap. A filled
    layer is filled from each row to the next; after its stack it has the baseline, and
    then the rows of a stack below that."""
    slots: Sequence[str] = ()
    """One colour slot a line; the baseline has none."""
    filled: bool = True
    """Whether the area between the lines is filled."""
    below: Sequence[str] = ()
    """One colour slot a row below the baseline, each filled from the row before it. It
    has no line: where its series is not below zero, it would trace another one's."""


_STROKE_WIDTH = 1.75
_DENSE_STROKE_WIDTH = 1.25
_DENSE_POINTS = 150  # from here on a thinner stroke keeps areas apart
_SOLID_OPACITY = 0.42
_PALE_OPACITY = 0.17


class AreaFigure(_Figure):
    """Areas or lines in two layers that fill their box, follow the theme, send nothing.

    Args:
        solid: The finished buckets.
        pale: The unfinished ones, dashed and pale.
    """

    def __init__(self, solid: Layer, pale: Layer) -> None:
        states = _lines_state(solid, _SOLID_OPACITY), _lines_state(pale, _PALE_OPACITY)
        scale = _unit_scale()  # one for both axes: each scale is a message of its own
        common = {
            "scales": {"x": scale, "y": scale},
            "enable_hover": False,
            "interactions": {},
            "apply_clip": False,
        }
        marks = [
            _Lines(**common, **state, line_style=style)
            for state, style in zip(states, ("solid", "dashed"), strict=True)
        ]
        super().__init__(
            marks,
            scale,
            min_aspect_ratio=0.01,
            max_aspect_ratio=100.0,
            layout=guarded_layout(),
            _dom_classes=("mw-areas",),
        )

    def draw(self, solid: Layer, pale: Layer) -> None:
        """Draw other lines: one message a layer that differs, two if its fill does."""
        layers = (solid, _SOLID_OPACITY), (pale, _PALE_OPACITY)
        for mark, (layer, opacity) in zip(self.marks, layers, strict=True):
            state = _lines_state(layer, opacity)
            fill = {"fill": state.pop("fill")}
            # Lines have gaps, on which bqplot fails while it fills.
            for part in (state, fill) if layer.filled else (fill, state):
                _update(mark, part, arrays=("x", "y"))


def _known_lines(layer: Layer) -> Layer:
    """Return a layer without lines of which no point is known: bqplot fails on them."""
    lines = [
        (row, slot)
        for row, slot in zip(layer.rows, layer.slots, strict=True)
        if not np.isnan(row).all()
    ]
    x = layer.x if lines else ()
    rows, slots = zip(*lines, strict=True) if lines else ((), ())
    return Layer(x, rows, slots, filled=False)


def _ending_known(x: Any, rows: Any) -> tuple[Any, Any]:
    """Return x and y of each line, which stays at its last known point to the end.

    bqplot puts a label, which nobody sees, at the last point of a line.
    """
    count = len(x)
    last = count - 1 - np.argmax(~np.isnan(rows[:, ::-1]), axis=1)
    places = np.minimum(np.arange(count), last[:, np.newaxis])
    return x[places], np.take_along_axis(rows, places, axis=1)


def _lines_state(layer: Layer, opacity: float) -> dict[str, Any]:
    """Return the traits of lines; a single row goes to bqplot as a flat array."""
    if not layer.filled:
        layer = _known_lines(layer)
    x, y = (np.asarray(each, dtype=np.float64) for each in (layer.x, layer.rows))
    if not layer.filled and y.size and np.isnan(y[:, -1]).any():
        x, y = _ending_known(x, y)
    colors = [_css_color(slot) for slot in layer.slots]
    below = [_css_color(slot) for slot in layer.below]
    unseen = ["transparent"] if layer.filled and colors else []
    dense = len(layer.x) >= _DENSE_POINTS
    return {
        "x": np.squeeze(x),
        "y": np.squeeze(y),
        "colors": colors + unseen * (1 + len(below)),
        "stroke_width": _DENSE_STROKE_WIDTH if dense else _STROKE_WIDTH,
        "fill": "between" if layer.filled else "none",
        "fill_colors": colors + below + unseen,
        "fill_opacities": [opacity] * len(colors + below) + [0.0] * len(unseen),
    }
