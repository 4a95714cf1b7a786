"""Figures computed once per selection, however many widgets of a page show them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from meterwidgets.frame.selection import Selection

_P = ParamSpec("_P")
_T = TypeVar("_T")


def memoize(
    function: Callable[Concatenate[Selection, _P], _T],
) -> Callable[Concatenate[Selection, _P], _T]:
    """Keep a function's results on the selection that they are about.

    They live as long as the selection does, so no cache has to be bounded or cleared.
    """

    @wraps(function)
    def memoized(selection: Selection, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (function, args, *sorted(kwargs.items()))
        if key not in selection.results:
            selection.results[key] = function(selection, *args, **kwargs)
        result: _T = selection.results[key]
        return result

    return memoized
