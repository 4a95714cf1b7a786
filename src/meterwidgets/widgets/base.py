"""The base of all widgets, and the one stylesheet that they share.

A widget is one ``.py``, one ``.js`` and one ``.css`` of the same name. Its JavaScript
is sent with each instance; the styles are sent once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t
from ipywidgets import Widget, widget_serialization

from meterwidgets.widgets.assets import styles
from meterwidgets.widgets.guarded import Guarded, guarded_layout
from meterwidgets.widgets.ipywidgets_types import AnyWidget
from meterwidgets.widgets.traits import Traits, check_keywords


class Stylesheet(Guarded, AnyWidget):
    """All styles, sent once; anywidget puts them into the page when it opens."""

    _esm = "// The stylesheet of meterwidgets.\nexport default {};\n"
    _css = styles()

    def __init__(self) -> None:
        super().__init__(layout=guarded_layout())

    def close(self) -> None:
        """Close the styles and their layout."""
        if self.comm is not None:
            layout = self.layout
            super().close()
            layout.close()

    def __repr__(self) -> str:
        return "Stylesheet()"


class _SharedStylesheet:
    """The one live `Stylesheet`; it closes with its last user."""

    def __init__(self) -> None:
        self._sheet: Stylesheet | None = None
        self._users: set[int] = set()

    def acquire(self, user: object) -> Stylesheet:
        if self._sheet is None or self._sheet.comm is None:
            self._sheet = Stylesheet()
        self._users.add(id(user))
        return self._sheet

    def release(self, user: object) -> None:
        self._users.discard(id(user))
        if not self._users and self._sheet is not None:
            self._sheet.close()
            self._sheet = None


_stylesheet = _SharedStylesheet()


class MeterWidget(Guarded, AnyWidget, Traits):
    """The base of all widgets: texts that are ready to draw in, clicks out."""

    if TYPE_CHECKING:
        layout: Any = None

    _stylesheet = t.Instance(Widget, allow_none=True).tag(
        sync=True, **widget_serialization
    )

    def __init__(self, **traits: Any) -> None:
        check_keywords(type(self), traits, extra=("layout",))
        layout = guarded_layout(traits.pop("layout", None))
        sheet = _stylesheet.acquire(self)
        try:
            super().__init__(_stylesheet=sheet, layout=layout, **traits)
        except BaseException:
            layout.close()
            _stylesheet.release(self)
            raise

    def update(self, **traits: object) -> None:
        """Set several traits in one message.

        Args:
            **traits: New values by trait name.

        Raises:
            TypeError: If a name is not a trait of this widget.
        """
        check_keywords(type(self), traits, extra=("layout",))
        with self.hold_sync():
            for name, value in traits.items():
                setattr(self, name, value)

    def close(self) -> None:
        """Close the widget, its layout and, with the last widget, the styles."""
        if self.comm is None:
            return
        layout = self.layout
        super().close()
        layout.close()
        _stylesheet.release(self)
