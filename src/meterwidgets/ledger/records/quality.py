"""The quality of a ledger: what was read, what was rejected, what was assumed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.records.spans import LedgerSpan


@dataclass(frozen=True, kw_only=True)
class Credit:
    """The credits, taxes and purchases of a bill on one day, summed.

    Attributes:
        source: The bill's format.
        org: As reported; None where it is not.
        day: The UTC day, in days since 1970.
        currency: Of the amount.
        nano: The amount in nano-units, credits below zero.
        rows: How many rows it is the sum of.
    """

    source: str
    org: str | None
    day: int
    currency: str
    nano: int
    rows: int


@dataclass(frozen=True)
class Quality:
    """The quality of a ledger: what was read, what was rejected, what was assumed.

    Attributes:
        records: Records that were read.
        rejected: Rows that broke a rule; ``rejects`` has the first of them.
        duplicates: Rows that repeat another one.
        assumed_tz: Whether timestamps without a zone were read in an assumed one.
        notes: What else users should know, one sentence each.
        credits: Credits, taxes and purchases of bills, which are in no record.
        rejects: File, line, field, value and reason of the first 10,000 rejected rows
            and doubtful fields; ``kept`` where the row is a record without the field.
        spans: The times of each file, database or table that has usage.
        unusable: Those of the notes that are about files of which nothing is read.
    """

    records: int = 0
    rejected: int = 0
    duplicates: int = 0
    assumed_tz: bool = False
    notes: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()
    rejects: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    spans: tuple[LedgerSpan, ...] = field(default=(), repr=False, compare=False)
    unusable: tuple[str, ...] = ()


def describe(reject: Mapping[str, Any]) -> str:
    """A reject as one sentence.

    Examples:
        >>> describe({"file": "a.csv", "line": 7, "field": "input_tokens",
        ...           "value": "-17", "reason": "a count cannot be negative"})
        'a.csv, line 7: input_tokens is -17, a count cannot be negative'
    """
    unit = reject.get("unit") or "line"
    where = f"{reject['file']}, {unit} {reject['line']:,}"
    reason, value = reject["reason"], reject["value"]
    if not reject["field"]:
        return f"{where}: {reason}"
    if value is None:
        return f"{where}: {reject['field']} {reason}"
    link = f"is {value}, " if reason.startswith("a ") else f"{value!r} "
    return f"{where}: {reject['field']} {link}{reason}"


def no_usage_error(
    names: Sequence[str],
    rejected: int,
    first_rejects: Sequence[Mapping[str, Any]],
    notes: Iterable[str] = (),
) -> LedgerError:
    """The error for ledgers in which nothing is usage.

    Args:
        names: The ledgers.
        rejected: The number of rows that broke a rule.
        first_rejects: The first of them.
        notes: What was found besides; what they say was left out is named.
    """
    named = ", ".join(dict.fromkeys(names))
    left_out = [note for note in notes if "left out" in note]
    if left_out and not first_rejects:
        what = "; ".join(f"taken for {note}" for note in left_out)
        return LedgerError(
            f"{named}: holds no usage ({what}); name a ledger that has rows, or with "
            "source='table' and columns= what counts in this one"
        )
    if not first_rejects:
        return LedgerError(f"{named}: holds no usage; name a ledger that has rows")
    return LedgerError(
        f"{named}: no row could be read as usage, {rejected:,} rejected; "
        f"the first: {describe(first_rejects[0])}; fix it, or name the right columns"
    )


def as_line(reject: Mapping[str, Any]) -> str:
    """A reject as a line of ``rejects.jsonl``.

    Returns:
        JSON of the file, line, field, value and reason; and ``kept``, whether the row
        became a record without that field.
    """
    names = ("file", "line", "field", "value", "reason")
    values = {key: reject[key] for key in names}
    values["kept"] = bool(reject.get("kept"))
    return json.dumps(values, ensure_ascii=False) + "\n"


def write_rejects(rejects: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write rejected rows and doubtful fields as JSON lines, see ``as_line``.

    Args:
        rejects: The rows, as in ``Quality.rejects``.
        path: The file; an existing one is replaced.

    Raises:
        LedgerError: When the file can't be written.
    """
    try:
        with path.open("w", encoding="utf-8") as stream:
            for reject in rejects:
                stream.write(as_line(reject))
    except OSError as error:
        raise LedgerError(
            f"{path}: the rejected rows can't be written there ({error.strerror}); "
            "name another place with --rejects, rejects= in Python"
        ) from None
