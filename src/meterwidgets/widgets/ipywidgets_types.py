"""The classes of ipywidgets that ours stand on, with the types that it lacks.

An untyped base class would make type checkers accept every keyword and attribute of
a widget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import traitlets as t

    class AnyWidget(t.HasTraits):
        """A widget whose JavaScript and CSS come as text."""

        @property
        def comm(self) -> Any: ...
        @property
        def keys(self) -> list[str]: ...
        @property
        def layout(self) -> Any: ...
        @property
        def model_id(self) -> str: ...
        def __init__(self, **traits: Any) -> None: ...
        def open(self) -> None: ...
        def close(self) -> None: ...
        def hold_sync(self) -> AbstractContextManager[None]: ...
        def get_state(self, key: Any = None) -> dict[str, Any]: ...
        def set_state(self, sync_data: Any) -> None: ...
        def add_class(self, className: str) -> Any: ...
        def remove_class(self, className: str) -> Any: ...

    class Box(AnyWidget):
        """A widget of widgets."""

        @property
        def children(self) -> Any: ...
        @children.setter
        def children(self, widgets: Any) -> None: ...

else:
    from anywidget import AnyWidget
    from ipywidgets import Box

__all__ = ["AnyWidget", "Box"]
