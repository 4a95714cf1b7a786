"""The one family of errors, and the texts that several rooms share."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MeterError(Exception):
    """Something that the reader can mend; the text says what came and what to do.

    Examples:
        >>> raise MeterError("no usage in 'a.csv'; name a file that has rows")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.MeterError: no usage in 'a.csv'; name a file that has rows
    """


class LedgerError(MeterError):
    """A ledger that can't be read as it is."""


class StoreError(LedgerError):
    """A store that can't be written; what was in it before is still there."""


class ConfigError(MeterError):
    """A key in ``meterwidgets.toml``, or an argument, that can't be used."""


class NobodyError(MeterError):
    """Nobody's own usage can be shown; the one error that a page shows its reader."""


_LISTED = 20


def unknown(kind: str, came: str, choices: Iterable[str]) -> str:
    """Say that a name is not known, which one may be meant, and what there is.

    Args:
        kind: What the name stands for, in the singular.
        came: The name that was given.
        choices: The names that exist.

    Returns:
        One sentence that ends with the choices, the first twenty of many.

    Examples:
        >>> unknown("column", "tokens_in", ["input_tokens", "model"])
        "column 'tokens_in' not found; columns: input_tokens, model"
        >>> unknown("column", "imput_tokens", ["input_tokens", "model"])
        "column 'imput_tokens' not found; did you mean 'input_tokens'? columns: \
input_tokens, model"
    """
    names = [str(choice) for choice in choices]
    close = get_close_matches(came, names, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    listed = ", ".join(names[:_LISTED])
    if len(names) > _LISTED:
        listed += f" and {len(names) - _LISTED} more"
    kinds = f"{kind[:-1]}ies" if kind.endswith("cy") else f"{kind}s"
    return f"{kind} {came!r} not found; {hint}{kinds}: {listed}"
