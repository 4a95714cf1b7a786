"""A dashboard: linked widgets in the page grid, closed together."""

from __future__ import annotations

from collections.abc import Sequence

from ipywidgets import Box, VBox, Widget

from meterwidgets.dashboards.view import UsageView
from meterwidgets.widgets.base import Guarded, quiet_layout


class _Grid(Guarded, Box):  # type: ignore[misc]
    """The cards of a page."""


class Page(Guarded, VBox):  # type: ignore[misc]
    """A dashboard of linked widgets.

    Attributes:
        view: The selection that its widgets follow.
        cards: The widgets in its grid; those above it are ``children[:-1]``.
    """

    def __init__(
        self, name: str, view: UsageView, top: Sequence[Widget], cards: Sequence[Widget]
    ) -> None:
        self.name, self.view, self.cards = name, view, tuple(cards)
        self._grid = _Grid(
            children=self.cards, _dom_classes=("mw-grid",), layout=quiet_layout()
        )
        super().__init__(
            children=(*top, self._grid),
            _dom_classes=("mw-root", "mw-page"),
            layout=quiet_layout(),
        )

    def close(self) -> None:
        """Close the page with everything on it."""
        if self.comm is None:
            return
        self.view.close()
        for layout in (self._grid.layout, self.layout):
            layout.close()
        self._grid.close()
        super().close()

    def __repr__(self) -> str:
        shown = (*self.children[:-1], *self.cards)
        lines = "".join(f"\n  {widget!r}," for widget in shown)
        return f"{self.name}({lines}\n)"
