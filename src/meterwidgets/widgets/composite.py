"""A card of two widgets, its body and its bqplot figure, that Python sees as one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import traitlets as t

from meterwidgets.widgets.base import MeterWidget
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.ipywidgets_types import Box
from meterwidgets.widgets.traits import Traits, check_keywords


class Composite(Guarded, Box, Traits):
    """A box with a body, which draws all but the marks, and a figure.

    Its public traits are mirrored to those of its body that have the same name, and
    the body's back to it. Only the body sends them: the box has no wire for them.
    """

    css_class: ClassVar[str]
    """The CSS class of the card."""
    figure_traits: ClassVar[frozenset[str]]
    """The traits that change what the figure shows."""

    def __init__(self, **traits: Any) -> None:
        check_keywords(type(self), traits)
        self._body: Any
        self._figure: Any
        self._body = self._figure = None
        self._holds = 0
        self._stale = False
        layout = guarded_layout()
        classes = ("mw-root", "mw-card", self.css_class)
        try:
            super().__init__(layout=layout, _dom_classes=classes, **traits)
        except BaseException:
            super().close()
            self._close_parts(layout)
            raise
        self.observe(self._to_body, names=self.public_names())
        self._body.observe(self._from_body, names=list(self._body.inbound_traits()))

    def open(self) -> None:
        """Open the box with its parts, each drawn before its first message."""
        if self._body is None:
            self._body, self._figure = self._make_parts()
            self.children = (self._body, self._figure)
        super().open()

    def update(self, **traits: Any) -> None:
        """Set several traits; the body and each mark get at most one message.

        Args:
            **traits: New values by trait name.

        Raises:
            TypeError: If a name is not a trait of this widget.
        """
        check_keywords(type(self), traits)
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Hold back messages of the body and the figure until the end."""
        self._holds += 1
        try:
            with super().hold_sync(), self._body.hold_sync():
                yield
                if self._holds == 1 and self._stale:
                    self._draw()
                    self._stale = False
        finally:
            self._holds -= 1

    def close(self) -> None:
        """Close the box and all that it made: its body, figure, marks and scales."""
        if self.comm is None:
            return
        layout = self.layout
        super().close()
        self._close_parts(layout)

    @abstractmethod
    def _make_parts(self) -> tuple[MeterWidget, Any]:
        """Return the body and the figure, drawn."""

    @abstractmethod
    def _draw(self) -> None:
        """Draw the figure again, and what of the body depends on it."""

    @t.default("keys")
    def _default_keys(self) -> list[str]:
        public = self.public_names()
        return [name for name in self.traits(sync=True) if name not in public]

    def _shared_values(self, body: type[MeterWidget]) -> dict[str, Any]:
        """Return the values of the traits that a body of this class mirrors."""
        names = set(self.public_names()) & set(body.public_names())
        return {name: getattr(self, name) for name in names}

    def _close_parts(self, layout: Any) -> None:
        for part in (layout, self._body, self._figure):
            if part is not None:
                part.close()

    def _to_body(self, change: t.Bunch) -> None:
        with self.hold_sync():
            if self._body.has_trait(change.name):
                setattr(self._body, change.name, change.new)
            self._stale = self._stale or change.name in self.figure_traits

    def _from_body(self, change: t.Bunch) -> None:
        setattr(self, change.name, change.new)
