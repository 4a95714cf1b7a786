"""The column mapping: which column of any table fills which field of the record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from meterwidgets.errors import LedgerError, unknown
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS

_BUCKET_ENDS = {"windowend", "bucketend", "endingat"}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].lower())


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Guess from the usual names which column fills which field.

    Args:
        columns: The names that the table has; nested ones with dots.

    Returns:
        Our field -> its column; each column is used once.

    Examples:
        >>> guess(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])
        {'start': 'TIMESTAMP', 'input_tokens': 'ContextTokens', \
'output_tokens': 'GeneratedTokens'}
    """
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(_plain(column), column)
    found: dict[str, str] = {}
    for field, names in COLUMN_SYNONYMS.items():
        columns_named = (by_name.get(_plain(name)) for name in names)
        free = (each for each in columns_named if each and each not in found.values())
        if chosen := next(free, None):
            found[field] = chosen
    return found


# long: mostly its docstring
def check(
    given: Mapping[str, str] | None, columns: Sequence[str], *, where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Complete a given mapping with guesses, and check it.

    Args:
        given: Our field -> column, as the user named them, or nothing.
        columns: The names that the table has.
        where: The ledger, for the error.

    Returns:
        The whole mapping, and the part of it that was guessed.

    Raises:
        LedgerError: When a field or column is not known, or when there is no time
            or neither tokens nor a cost.

    Examples:
        >>> check({"start": "when"}, ["when", "prompt_tokens"], where="a.csv")
        ({'start': 'when', 'input_tokens': 'prompt_tokens'}, \
{'input_tokens': 'prompt_tokens'})
        >>> check({}, ["model", "n"], where="a.csv")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.LedgerError: a.csv: no column for 'start' (when the \
request began); name it with columns={'start': '...'}, in meterwidgets.toml as \
columns = { start = "..." } of a [[source]]; columns: model, n
    """
    named = dict(given or {})
    for field, column in named.items():
        if field not in COLUMN_SYNONYMS:
            raise LedgerError(f"{where}: {unknown('field', field, COLUMN_SYNONYMS)}")
        if column not in columns:
            raise LedgerError(f"{where}: {unknown('column', column, columns)}")
    free = [column for column in columns if column not in named.values()]
    guessed = {
        field: column for field, column in guess(free).items() if field not in named
    }
    if "cost" in guessed and {"input_cost", "output_cost"} & named.keys():
        del guessed["cost"]  # the user chose the split; a total would count twice
    mapping = named | guessed
    way = f"; columns: {', '.join(columns)}"
    if "start" not in mapping:
        raise LedgerError(
            f"{where}: no column for 'start' (when the request began); "
            f"{_name_it('start')}{way}"
        )
    amounts = {"input_tokens", "output_tokens", "cost", "input_cost", "output_cost"}
    if not amounts & mapping.keys():
        raise LedgerError(
            f"{where}: no column for tokens or a cost; {_name_it('input_tokens')}{way}"
        )
    return mapping, guessed


def _name_it(field: str) -> str:
    """The way out, in Python and on the command line."""
    return (
        f"name it with columns={{'{field}': '...'}}, in meterwidgets.toml as "
        f'columns = {{ {field} = "..." }} of a [[source]]'
    )


def is_bucketed(mapping: Mapping[str, str]) -> bool:
    """Whether a row of the mapped table is a bucket of requests rather than one.

    Examples:
        >>> is_bucketed({"start": "window_start", "requests": "n"})
        True
        >>> is_bucketed({"start": "start_time", "end": "end_time"})
        False
    """
    return "requests" in mapping or _plain(mapping.get("end", "")) in _BUCKET_ENDS
