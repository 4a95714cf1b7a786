"""Lets bqplot load without pandas, which only its dates, texts and radar charts use.

pandas takes as long to load as everything else before the first figures, and half the
memory of a session, while our charts send numbers. Code that uses more of bqplot gets
the real pandas at that moment.
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


class _LazyDataFrame:
    """Stands in for DataFrame as the class of a trait, and as its default value."""

    def __new__(cls, *content: Any, **options: Any) -> Any:
        """Return a real dataframe, or a stand-in for the trait's default."""
        if not content and not options:
            return super().__new__(cls)
        if content and isinstance(content[0], cls):
            return _pandas().DataFrame()
        return _pandas().DataFrame(*content, **options)

    def equals(self, _other: object) -> bool:
        """Return False: no dataframe equals the default."""
        return False


class _LazyPandas(ModuleType):
    """Stands in for pandas, and loads it when something else of it is used."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is not self:
            return getattr(_pandas(), name)
        if name == "DataFrame":
            return _LazyDataFrame
        raise AttributeError(f"bqplot uses pandas.{name} while it loads")


@contextmanager
def lazy_pandas() -> Iterator[None]:
    """Let bqplot be imported inside without loading pandas, unless it is loaded."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = _LazyPandas("pandas")
    try:
        yield
    finally:
        del sys.modules["pandas"]
