"""Shares of a total: a ring for the mouse and a table for everyone."""

from __future__ import annotations

from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets import validators
from meterwidgets.widgets.assets import script
from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.composite import Composite
from meterwidgets.widgets.traits import Traits, inbound, synced

_DIMMED_OPACITY = 0.3
_REPR_KEYS = ("name", "value", "share")


class DonutTraits(Traits):
    """The traits of a `Donut`, which its table draws."""

    title: str = synced(t.Unicode())
    """The heading."""
    subtitle: str = synced(t.Unicode())
    """A few words beside the heading."""
    name_label: str = synced(t.Unicode("Organization"))
    """Head of the column of names."""
    value_label: str = synced(t.Unicode("Cost"))
    """Head of the column of figures."""
    share_label: str = synced(t.Unicode("Share"))
    """Head of the column of shares."""
    total: str = synced(t.Unicode())
    """The figure in the middle of the ring."""
    total_title: str = synced(t.Unicode())
    """The exact total; shown on hover."""
    total_label: str = synced(t.Unicode("total"))
    """The word below the total."""
    rows: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """The slices: id, name, value, title, share, fraction, color, and the flags
    selected, dimmed and selectable."""
    more: int = synced(t.Int(0))
    """The n of "Show all n"; 0 for no button."""
    all_rows: list[dict[str, Any]] = synced(t.List(t.Dict()))
    """Every row, once the user asked for all."""
    expanded: bool = inbound(t.Bool(False), accept=validators.boolean)
    """Whether the user asked for all rows; set by a click."""
    selected: list[str] = inbound(
        t.List(t.Unicode()), accept=validators.texts(1000, 1000)
    )
    """The ids of the selected rows; set by a click."""
    reset: int = inbound(t.Int(0), accept=validators.count)
    """How often the button of the empty state was pressed."""
    loading: bool = synced(t.Bool(False))
    """Whether a skeleton stands in for the figures."""
    empty: dict[str, Any] = synced(t.Dict())
    """Why there is nothing to show (title, text) and the button's text (action)."""
    note: str = synced(t.Unicode())
    """One line below the table."""


class DonutTable(MeterWidget, DonutTraits):
    """The heading, the total and the table of a `Donut`.

    Examples:
        >>> table = DonutTable(title="Top Organizations", rows=[
        ...     {"id": "a", "name": "Acme", "value": "$0.16", "share": "100.0%"}])
        >>> table
        DonutTable('Top Organizations': Acme $0.16 100.0%)
        >>> table.close()
    """

    _esm = script("selectable_rows", "donut")

    def __repr__(self) -> str:
        return f"DonutTable({self.title!r}: {_rows_text(self)})"


class Donut(Composite, DonutTraits):
    """Show how a total is shared out, and let a click select rows.

    Setting a trait redraws it; set several under `hold_sync`, or with `update`, and
    the table and the ring get one message each. `selected` follows clicks on a
    slice or a row: ``donut.observe(on_change, names="selected")``.

    Raises:
        TypeError: If a keyword is not a trait.

    Examples:
        >>> donut = Donut(title="Top Organizations", total="$0.16", rows=[
        ...     {"id": "a", "name": "Acme", "value": "$0.16", "share": "100.0%",
        ...      "fraction": 1.0, "color": "c1"}])
        >>> donut
        Donut('Top Organizations', '$0.16': Acme $0.16 100.0%)
        >>> donut.close()
    """

    css_class: ClassVar = "mw-donut"
    figure_traits: ClassVar = frozenset({"rows", "selected"})

    def __repr__(self) -> str:
        if self.empty:
            return f"Donut({self.title!r}, {self.empty.get('title', '')!r})"
        return f"Donut({self.title!r}, {self.total!r}: {_rows_text(self)})"

    def _make_parts(self) -> tuple[MeterWidget, Any]:
        from meterwidgets.widgets.bqplot_figures import RingFigure  # slow to load

        ring = RingFigure(*self._slices())
        return DonutTable(**self._shared_values(DonutTable)), ring

    def _draw(self) -> None:
        self._figure.draw(*self._slices())

    def _slices(self) -> tuple[list[float], list[str], list[float]]:
        """Return the sizes, colour slots and opacities of the ring's slices."""
        selected = set(self.selected)
        sizes, slots, opacities = [], [], []
        for row in self.rows:
            others = bool(selected) and row.get("id") not in selected
            sizes.append(max(0.0, float(row.get("fraction") or 0.0)))
            slots.append(str(row.get("color") or "other"))
            opacities.append(_DIMMED_OPACITY if row.get("dimmed", others) else 1.0)
        return sizes, slots, opacities


def _rows_text(donut: DonutTraits) -> str:
    lines = (
        " ".join(str(row[key]) for key in _REPR_KEYS if row.get(key))
        for row in donut.rows
    )
    return " | ".join(lines) or "no rows"
