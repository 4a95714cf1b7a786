"""The one importer of bqplot: what goes in is checked and converted here.

Imported when a chart is made, never at the top of another module.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets.base import Guarded, quiet_layout
from meterwidgets.widgets.later import without_pandas

with warnings.catch_warnings(), without_pandas():
    # bqscales passes metadata to a constructor, which traitlets deprecates.
    warnings.filterwarnings("ignore", "metadata .* was set from the constructor")
    import bqplot

RING_SIZE = 168
_RADIUS = 80.0
_HOLE = 58.0
_NOTHING = ([1.0], ["transparent"], [0.0])


class _Pie(Guarded, bqplot.Pie):  # type: ignore[misc]
    """A pie that takes nothing from the browser; clicks go through the table."""


class _Scale(Guarded, bqplot.LinearScale):  # type: ignore[misc]
    """A scale that takes nothing from the browser."""


class _Figure(Guarded, bqplot.Figure):  # type: ignore[misc]
    """A figure that takes nothing from the browser."""

    def __init__(self, marks: Sequence[Any], unit: Any, **traits: Any) -> None:
        super().__init__(
            marks=list(marks),
            fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
            padding_x=0.0,
            padding_y=0.0,
            animation_duration=0,
            display_toolbar=False,
            background_style={"fill": "none"},
            pixel_ratio=1.0,
            scale_x=unit,
            scale_y=unit,
            **traits,
        )

    def __repr__(self) -> str:
        return f"Figure({len(self.marks)} marks)"


class _Lines(Guarded, bqplot.Lines):  # type: ignore[misc]
    """Lines and areas that take nothing from the browser."""


def _unit_scale() -> Any:
    return _Scale(min=0.0, max=1.0, allow_padding=False)


_SLOTS = (*(f"c{i}" for i in range(1, 9)), "other", "total")


def _css(slot: str) -> str:
    if slot not in _SLOTS:
        raise MeterError(unknown("colour slot", slot, _SLOTS))
    return f"var(--mw-{slot})"


def _state(
    sizes: Sequence[float], slots: Sequence[str], opacities: Sequence[float]
) -> dict[str, Any]:
    """Return the pie's traits; an empty ring is one slice that can't be seen."""
    colors = [_css(slot) for slot in slots]
    if not sizes or sum(sizes) <= 0:
        sizes, colors, opacities = _NOTHING
    gap = "var(--mw-surface)" if sum(size > 0 for size in sizes) > 1 else "transparent"
    return {
        "sizes": np.asarray(sizes, dtype=np.float64),
        "colors": list(colors),
        "opacities": [float(opacity) for opacity in opacities],
        "stroke": gap,
    }


def ring(
    sizes: Sequence[float], slots: Sequence[str], opacities: Sequence[float]
) -> Any:
    """Make a ring of 168 px that follows the theme and sends nothing.

    Args:
        sizes: One number per slice, in the order of the table's rows.
        slots: One colour slot per slice: c1 to c8, or other.
        opacities: One number per slice between 0 and 1.

    Returns:
        A bqplot figure with one pie; close it with `close_figure`.
    """
    pie = _Pie(
        **_state(sizes, slots, opacities),
        radius=_RADIUS,
        inner_radius=_HOLE,
        display_labels="none",
        sort=False,
        enable_hover=False,
        interactions={},
        apply_clip=False,
    )
    side = f"{RING_SIZE}px"
    box = {"width": side, "height": side, "min_width": side, "min_height": side}
    classes = ("mw-ring",)
    return _Figure([pie], _unit_scale(), layout=quiet_layout(box), _dom_classes=classes)


def update_ring(
    figure: Any,
    sizes: Sequence[float],
    slots: Sequence[str],
    opacities: Sequence[float],
) -> None:
    """Draw other slices, in one message, or in none if nothing differs."""
    pie = figure.marks[0]
    state = _state(sizes, slots, opacities)
    if np.array_equal(pie.sizes, state["sizes"]):
        del state["sizes"]
    with pie.hold_sync():
        for name, value in state.items():
            setattr(pie, name, value)


def close_figure(figure: Any) -> None:
    """Close the figure, its marks, all their scales and its layout."""
    scales = {scale for mark in figure.marks for scale in mark.scales.values()}
    scales |= {figure.scale_x, figure.scale_y}
    parts = [*figure.marks, *scales, figure.layout]
    figure.close()
    for part in parts:
        part.close()


@dataclass(frozen=True)
class Layer:
    """Lines of one look over the same places, as parts of the figure's size.

    Examples:
        >>> Layer(x=[0.0, 1.0], rows=[[0.5, 0.7]], slots=["c1"]).filled
        True
    """

    x: Sequence[float] = ()
    """Where the points are, from 0 at the left to 1 at the right."""
    rows: Sequence[Sequence[float]] = ()
    """One line each, from 0 at the bottom to 1 at the top; NaN is a gap. A filled
    layer is filled from each row to the next, and ends with the ground."""
    slots: Sequence[str] = ()
    """One colour slot per line; the ground has none."""
    filled: bool = True
    """Whether the area below each line is filled."""


_STROKE = 1.75
_DENSE = (150, 1.25)  # from so many points a thinner stroke keeps areas apart
_FILL = 0.42
_PALE = 0.17


def areas(solid: Layer, pale: Layer) -> Any:
    """Make a figure of two layers, the second dashed and pale.

    Returns:
        A bqplot figure that fills its box, follows the theme and sends nothing; draw
        with `update_areas`, close with `close_figure`.
    """
    looks = _layer_state(solid, _FILL), _layer_state(pale, _PALE)
    unit = _unit_scale()  # one for all of it: each scale is a message of its own
    common = {
        "scales": {"x": unit, "y": unit},
        "enable_hover": False,
        "interactions": {},
        "apply_clip": False,
    }
    marks = [
        _Lines(**common, **look, line_style=style)
        for look, style in zip(looks, ("solid", "dashed"), strict=True)
    ]
    return _Figure(
        marks,
        unit,
        min_aspect_ratio=0.01,
        max_aspect_ratio=100.0,
        layout=quiet_layout(),
        _dom_classes=("mw-areas",),
    )


def update_areas(figure: Any, solid: Layer, pale: Layer) -> None:
    """Draw other lines: one message per layer that differs."""
    for mark, layer, opacity in zip(
        figure.marks, (solid, pale), (_FILL, _PALE), strict=True
    ):
        state = _layer_state(layer, opacity)
        for name in ("x", "y"):
            if np.array_equal(getattr(mark, name), state[name], equal_nan=True):
                del state[name]
        with mark.hold_sync():
            for name, value in state.items():
                setattr(mark, name, value)


def _layer_state(layer: Layer, opacity: float) -> dict[str, Any]:
    """Return the traits of lines; of one row, bqplot wants the row alone."""
    colors = [_css(slot) for slot in layer.slots]
    ground = ["transparent"] if layer.filled and colors else []
    return {
        "x": np.asarray(layer.x, dtype=np.float64),
        "y": np.squeeze(np.asarray(layer.rows, dtype=np.float64)),
        "colors": colors + ground,
        "stroke_width": _DENSE[1] if len(layer.x) >= _DENSE[0] else _STROKE,
        "fill": "between" if layer.filled else "none",
        "fill_colors": colors + ground,
        "fill_opacities": [opacity] * len(colors) + [0.0] * len(ground),
    }
