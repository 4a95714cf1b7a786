"""What every widget shares: texts of assets, the stylesheet, and a guarded wire.

A widget is one ``.py``, one ``.js`` and one ``.css`` of the same name. Its module
text is sent with each instance; all styles travel once, in one `Stylesheet`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import anywidget
import traitlets as t
from ipywidgets import Layout, Widget, widget_serialization

from meterwidgets.errors import unknown

_HERE = Path(__file__).parent

Check: TypeAlias = Callable[[object], object]
"""Returns the value that a trait may take, or raises ValueError to refuse it."""


@lru_cache
def script(*names: str) -> str:
    """Return the module text of one widget kind: the helpers, then its files."""
    files = [_HERE / f"{name}.js" for name in ("base", *names)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@lru_cache
def styles() -> str:
    """Return the one stylesheet: the base, then every widget kind by name."""
    rest = sorted(path for path in _HERE.glob("*.css") if path.name != "base.css")
    sheets = [_HERE / "base.css", *rest]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def card_classes(*more: str) -> tuple[str, ...]:
    """Return the CSS classes that make an ipywidgets box a card.

    Examples:
        >>> card_classes("mw-donut")
        ('mw-root', 'mw-card', 'mw-donut')
    """
    return ("mw-root", "mw-card", *more)


def flag(value: object) -> bool:
    """Accept true and false only."""
    if value is True or value is False:
        return bool(value)
    raise ValueError("expected true or false")


def counter(value: object) -> int:
    """Accept a count of clicks."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and 0 <= value < 2**31:  # type: ignore[operator]
        return value  # type: ignore[return-value]
    raise ValueError("expected a count of clicks")


def text(limit: int) -> Check:
    """Accept text of at most `limit` characters."""

    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise ValueError(f"expected text of at most {limit} characters")
        return value

    return check


def texts(count: int, limit: int) -> Check:
    """Accept a list of at most `count` texts, each once."""
    one = text(limit)

    def check(value: object) -> list[object]:
        if not isinstance(value, list) or len(value) > count:
            raise ValueError(f"expected a list of at most {count} texts")
        return list(dict.fromkeys(one(item) for item in value))

    return check


class Guarded:
    """Mixed in before a widget class: what the browser sends is hostile.

    Only the traits named in `inbound` are taken, each through its check. All else,
    and every value that its check refuses, is dropped without a word: an answer
    would tell an attacker more than it tells a reader.
    """

    inbound: ClassVar[Mapping[str, Check]] = {}
    """Traits that the browser may set, each with the check of its value."""

    def set_state(self, sync_data: object) -> None:
        """Take the allowed part of what the browser sent."""
        state: dict[str, object] = {}
        for name, check in self.inbound.items():
            if isinstance(sync_data, dict) and name in sync_data:
                try:
                    state[name] = check(sync_data[name])
                except ValueError:
                    continue
        if state:
            super().set_state(state)  # type: ignore[misc]

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        """Let updates without buffers and requests for state through, no more."""
        data = msg.get("content", {}).get("data")
        if not isinstance(data, dict):
            return
        if data.get("method") == "update" and "state" in data:
            plain = {"method": "update", "state": data["state"]}
            clean = {**msg, "content": {"data": plain}, "buffers": []}
            super()._handle_msg(clean)  # type: ignore[misc]
        elif data.get("method") == "request_state":
            super()._handle_msg(msg)  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Show the whole repr: ipywidgets cuts it at 110 characters."""
        shown = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        data = shown[0] if isinstance(shown, tuple) else shown
        if data:
            data["text/plain"] = repr(self)
        return shown


class QuietLayout(Guarded, Layout):  # type: ignore[misc]
    """A layout that only Python sets; pass it to a box that readers reach."""


def quiet_layout(layout: Any = None) -> Any:
    """Return `layout` as one that the browser cannot change."""
    if isinstance(layout, Widget):
        return layout
    return QuietLayout(**(layout or {}))


class Stylesheet(Guarded, anywidget.AnyWidget):
    """All styles, sent once; anywidget puts them into the page when it opens."""

    _esm = "// The stylesheet of meterwidgets.\nexport default {};\n"
    _css = styles()

    def __init__(self) -> None:
        super().__init__(layout=quiet_layout())

    def close(self) -> None:
        """Close the styles and their layout."""
        if self.comm is not None:
            layout = self.layout
            super().close()
            layout.close()

    def __repr__(self) -> str:
        return "Stylesheet()"


class _Shared:
    """The one live `Stylesheet`, held as long as a widget uses it."""

    def __init__(self) -> None:
        self._sheet: Stylesheet | None = None
        self._users: set[int] = set()

    def join(self, user: object) -> Stylesheet:
        if self._sheet is None or self._sheet.comm is None:
            self._sheet = Stylesheet()
        self._users.add(id(user))
        return self._sheet

    def leave(self, user: object) -> None:
        self._users.discard(id(user))
        if not self._users and self._sheet is not None:
            self._sheet.close()
            self._sheet = None


_shared = _Shared()


def check_keywords(cls: type[t.HasTraits], came: Mapping[str, object]) -> None:
    """Refuse a keyword that is no trait of `cls`, and name those that are.

    Raises:
        TypeError: If one is unknown; ipywidgets would only warn.
    """
    known = [
        name
        for name, trait in cls.class_traits().items()
        if not name.startswith("_") and trait.metadata.get("sync") is not None
    ]
    known = [name for name in known if name not in {"tabbable", "tooltip"}]
    for name in came:
        if name not in known:
            what = unknown("keyword", name, sorted(known))
            raise TypeError(f"{cls.__name__}: {what}")


class MeterWidget(Guarded, anywidget.AnyWidget):
    """The base of all widgets: texts in, texts drawn, clicks out."""

    _stylesheet = t.Instance(Widget, allow_none=True).tag(
        sync=True, **widget_serialization
    )

    def __init__(self, **traits: Any) -> None:
        check_keywords(type(self), traits)
        layout = quiet_layout(traits.pop("layout", None))
        sheet = _shared.join(self)
        try:
            super().__init__(_stylesheet=sheet, layout=layout, **traits)
        except BaseException:
            layout.close()
            _shared.leave(self)
            raise

    def update(self, **traits: object) -> None:
        """Set several traits in one message.

        Args:
            **traits: New values by trait name.

        Raises:
            TypeError: If a name is not a trait of this widget.
        """
        check_keywords(type(self), traits)
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
        _shared.leave(self)
