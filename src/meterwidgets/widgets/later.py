"""Lets bqplot load without pandas, which it asks for dates, text and radar charts only.

pandas takes as long to load as all else before the first figures, and half the memory
of a session; our charts send numbers. Whoever uses more of bqplot gets the real pandas
at that moment.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def _pandas() -> Any:
    return importlib.import_module("pandas")


class _DataFrame:
    """The class of a trait, and its default: a real frame as soon as one is needed."""

    def __new__(cls, *content: Any, **options: Any) -> Any:
        """Return a real frame; the default, which is made with the class, waits."""
        if not content and not options:
            return super().__new__(cls)
        if content and isinstance(content[0], cls):
            return _pandas().DataFrame()
        return _pandas().DataFrame(*content, **options)

    def equals(self, _other: object) -> bool:
        """Return that any frame is another one than the default."""
        return False


class _StandIn(ModuleType):
    """Stands for pandas: loads it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is not self:
            return getattr(_pandas(), name)
        if name == "DataFrame":
            return _DataFrame
        raise AttributeError(f"bqplot asks pandas for {name} while it loads")


@contextmanager
def without_pandas() -> Iterator[None]:
    """Let bqplot be imported inside without loading pandas, unless it is there."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = _StandIn("pandas")
    try:
        yield
    finally:
        del sys.modules["pandas"]
