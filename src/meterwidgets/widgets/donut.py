"""Shares of a whole: a ring for the mouse and a table for everyone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import traitlets as t
from ipywidgets import Box

from meterwidgets.errors import unknown
from meterwidgets.widgets.base import (
    Guarded,
    MeterWidget,
    card_classes,
    counter,
    flag,
    quiet_layout,
    script,
    texts,
)

_DIM = 0.3


class _Rows(t.HasTraits):
    """The traits that `Donut` and its table have in common."""

    title = t.Unicode().tag(sync=True)
    """The heading."""
    subtitle = t.Unicode().tag(sync=True)
    """A few words beside the heading."""
    name_label = t.Unicode("Organization").tag(sync=True)
    """Head of the column of names."""
    value_label = t.Unicode("Cost").tag(sync=True)
    """Head of the column of figures."""
    share_label = t.Unicode("Share").tag(sync=True)
    """Head of the column of shares."""
    total = t.Unicode().tag(sync=True)
    """The figure in the middle of the ring."""
    total_title = t.Unicode().tag(sync=True)
    """The exact total; shown on hover."""
    total_label = t.Unicode("total").tag(sync=True)
    """The word below the total."""
    rows = t.List(t.Dict()).tag(sync=True)
    """The slices: id, name, value, title, share, fraction, color, and the flags
    selected, dimmed and selectable."""
    more = t.Int(0).tag(sync=True)
    """The n of "Show all n"; 0 for no button."""
    all_rows = t.List(t.Dict()).tag(sync=True)
    """Every row, once the reader asked for all."""
    expanded = t.Bool(False).tag(sync=True, echo_update=False)
    """Whether the reader asked for all rows; set by a click."""
    selected = t.List(t.Unicode()).tag(sync=True, echo_update=False)
    """The ids of the chosen rows; set by a click."""
    reset = t.Int(0).tag(sync=True, echo_update=False)
    """How often the button of the empty state was pressed."""
    loading = t.Bool(False).tag(sync=True)
    """Whether a skeleton stands in place of the figures."""
    empty = t.Dict().tag(sync=True)
    """Why there is nothing (title, text) and the button's text (action)."""
    note = t.Unicode().tag(sync=True)
    """One line below the table."""


_SHARED = tuple(_Rows.class_own_traits())
_FROM_TABLE = ("expanded", "selected", "reset")
_RING = frozenset({"rows", "selected"})


class DonutTable(MeterWidget, _Rows):
    """The heading, the total and the table of a `Donut`.

    Examples:
        >>> table = DonutTable(title="Top Organizations", rows=[
        ...     {"id": "a", "name": "Acme", "value": "$0.16", "share": "100.0%"}])
        >>> table
        DonutTable('Top Organizations': Acme $0.16 100.0%)
        >>> table.close()
    """

    _esm = script("rows", "donut")
    inbound: ClassVar = {
        "expanded": flag,
        "selected": texts(1000, 1000),
        "reset": counter,
    }

    def __repr__(self) -> str:
        return f"DonutTable({self.title!r}: {_shown(self)})"


class Donut(Guarded, Box):  # type: ignore[misc]
    """Show how a whole is shared out, and let a click choose rows.

    Setting a trait draws it; set several under `hold_sync`, or with `update`, and
    the table and the ring get one message each. `selected` follows clicks on a
    slice or a row: ``donut.observe(on_change, names="selected")``.

    Args:
        **traits: Traits by name.

    Raises:
        TypeError: If a keyword is no trait.

    Examples:
        >>> donut = Donut(title="Top Organizations", total="$0.16", rows=[
        ...     {"id": "a", "name": "Acme", "value": "$0.16", "share": "100.0%",
        ...      "fraction": 1.0, "color": "c1"}])
        >>> donut
        Donut('Top Organizations', '$0.16': Acme $0.16 100.0%)
        >>> donut.close()
    """

    title = t.Unicode()
    subtitle = t.Unicode()
    name_label = t.Unicode("Organization")
    value_label = t.Unicode("Cost")
    share_label = t.Unicode("Share")
    total = t.Unicode()
    total_title = t.Unicode()
    total_label = t.Unicode("total")
    rows = t.List(t.Dict())
    more = t.Int(0)
    all_rows = t.List(t.Dict())
    expanded = t.Bool(False)
    selected = t.List(t.Unicode())
    reset = t.Int(0)
    loading = t.Bool(False)
    empty = t.Dict()
    note = t.Unicode()

    def __init__(self, **traits: Any) -> None:
        from meterwidgets.widgets import bq  # loads bqplot: only when one is made

        _check(traits)
        table = DonutTable(**traits)
        figure = bq.ring(*_slices(table))
        self._bq, self._table, self._figure = bq, table, figure
        self._held = 0
        self._stale = False
        super().__init__(
            children=(table, figure),
            layout=quiet_layout(),
            _dom_classes=card_classes("mw-donut"),
        )
        for name in traits:
            setattr(self, name, getattr(table, name))
        self.observe(self._forward, names=list(_SHARED))
        table.observe(self._take, names=list(_FROM_TABLE))

    def update(self, **traits: Any) -> None:
        """Set several traits; the table and the ring get one message each.

        Args:
            **traits: New values by trait name.

        Raises:
            TypeError: If a name is not a trait of this widget.
        """
        _check(traits)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Hold back messages of the table and the ring until the end."""
        self._held += 1
        try:
            with super().hold_sync(), self._table.hold_sync():
                yield
        finally:
            self._held -= 1
            self._draw()

    def close(self) -> None:
        """Close the box and all that it made: table, figure, marks, scales."""
        if self.comm is None:
            return
        layout = self.layout
        super().close()
        layout.close()
        self._table.close()
        self._bq.close_figure(self._figure)

    def __repr__(self) -> str:
        if self.empty:
            return f"Donut({self.title!r}, {self.empty.get('title', '')!r})"
        return f"Donut({self.title!r}, {self.total!r}: {_shown(self)})"

    def _forward(self, change: dict[str, Any]) -> None:
        setattr(self._table, change["name"], change["new"])
        if change["name"] in _RING:
            self._stale = True
            self._draw()

    def _take(self, change: dict[str, Any]) -> None:
        setattr(self, change["name"], change["new"])

    def _draw(self) -> None:
        if self._held or not self._stale:
            return
        self._stale = False
        self._bq.update_ring(self._figure, *_slices(self._table))


def _check(traits: dict[str, Any]) -> None:
    for name in traits:
        if name not in _SHARED:
            raise TypeError(f"Donut: {unknown('keyword', name, sorted(_SHARED))}")


def _slices(rows: Any) -> tuple[list[float], list[str], list[float]]:
    """Return sizes, colour slots and opacities of the ring's slices."""
    chosen = set(rows.selected)
    sizes, slots, opacities = [], [], []
    for row in rows.rows:
        dim = row.get("dimmed", bool(chosen) and row.get("id") not in chosen)
        sizes.append(max(0.0, float(row.get("fraction") or 0.0)))
        slots.append(str(row.get("color") or "other"))
        opacities.append(_DIM if dim else 1.0)
    return sizes, slots, opacities


def _shown(rows: Any) -> str:
    keys = ("name", "value", "share")
    lines = (
        " ".join(str(row[key]) for key in keys if row.get(key)) for row in rows.rows
    )
    return " | ".join(lines) or "no rows"
