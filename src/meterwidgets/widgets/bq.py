"""The one importer of bqplot: what goes in is checked and converted here.

Imported when a chart is made, never at the top of another module: bqplot brings
pandas with it.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from meterwidgets.errors import MeterError, unknown
from meterwidgets.widgets.base import Guarded, quiet_layout

with warnings.catch_warnings():
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

    def __repr__(self) -> str:
        return f"Ring({len(self.marks[0].sizes)} slices)"


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
        A bqplot figure with one pie; close it with `close_ring`.
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
    return _Figure(
        marks=[pie],
        fig_margin={"top": 0, "bottom": 0, "left": 0, "right": 0},
        padding_y=0.0,
        animation_duration=0,
        display_toolbar=False,
        background_style={"fill": "none"},
        pixel_ratio=1.0,
        layout=quiet_layout(box),
        scale_x=_Scale(min=0, max=1, allow_padding=False),
        scale_y=_Scale(min=0, max=1, allow_padding=False),
        _dom_classes=("mw-ring",),
    )


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


def close_ring(figure: Any) -> None:
    """Close the figure, its mark, its scales and its layout."""
    parts = [*figure.marks, figure.scale_x, figure.scale_y, figure.layout]
    figure.close()
    for part in parts:
        part.close()
