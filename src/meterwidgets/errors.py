"""The errors of this package, and the text for a name that does not exist."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches


class MeterError(Exception):
    """An error that the user can fix; its text says what is wrong and what to do.

    Examples:
        >>> raise MeterError("no usage in 'a.csv'; name a file that has rows")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.MeterError: no usage in 'a.csv'; name a file that has rows
    """


class LedgerError(MeterError):
    """A ledger that can't be read."""


class StoreError(LedgerError):
    """A store that can't be written; what it held before is still there."""


class ConfigError(MeterError):
    """A key in ``meterwidgets.toml``, or an argument, that can't be used."""


class NobodyError(MeterError):
    """My Usage has no user to show; the one error whose text a served page shows."""


_MAX_CHOICES = 20
_MAX_SHOWN = 200
"""Characters of a wrong name that are repeated."""
_MAX_COMPARED = 500
"""Names that a wrong one is compared with: each comparison takes up to 0.1 ms."""


def unknown(kind: str, name: str, choices: Iterable[str]) -> str:
    """The text for a name that does not exist: the closest choice, then all of them.

    Args:
        kind: What it names, in the singular.
        name: The name that was given.
        choices: The names that exist; of many, the first twenty are listed.

    Examples:
        >>> unknown("column", "tokens_in", ["input_tokens", "model"])
        "column 'tokens_in' not found; columns: input_tokens, model"
        >>> unknown("column", "imput_tokens", ["input_tokens", "model"])
        "column 'imput_tokens' not found; did you mean 'input_tokens'? columns: \
input_tokens, model"
    """
    names = [str(choice) for choice in choices]
    close = get_close_matches(name, _comparable(name, names), n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    listed = ", ".join(names[:_MAX_CHOICES])
    if len(names) > _MAX_CHOICES:
        listed += f" and {len(names) - _MAX_CHOICES} more"
    kinds = f"{kind[:-1]}ies" if kind.endswith("cy") else f"{kind}s"
    shown = name if len(name) <= _MAX_SHOWN else f"{name[:_MAX_SHOWN]}..."
    return f"{kind} {shown!r} not found; {hint}{kinds}: {listed}"


def _comparable(name: str, names: list[str]) -> list[str]:
    """The names that a wrong one may be meant for: of many, those that begin alike.

    Examples:
        >>> users = [f"user-{n}" for n in range(30_000)]
        >>> unknown("user", "user-1234x", users)[:51]
        "user 'user-1234x' not found; did you mean 'user-123"
        >>> _comparable("7" * 5000, users)
        []
    """
    if len(names) <= _MAX_COMPARED:
        return names
    ordered = sorted(each for each in names if abs(len(each) - len(name)) <= 1)
    place = bisect_left(ordered, name)
    return ordered[max(0, place - _MAX_COMPARED // 2) : place + _MAX_COMPARED // 2]
