"""What every source module states about its ledger."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample


@dataclass(frozen=True)
class Source:
    """One ledger format.

    Attributes:
        name: The word for ``source=`` and ``meterwidgets sources``.
        title: What it is, for people.
        recognises: Whether a sample is of this format.
        columns: Our field -> its columns, as shown to people.
        fields: Our field -> SQL text over the raw columns (``{a.b}`` names one),
            or empty when the mapping decides. ``{@file}`` is the name of the file.
            The field ``covers`` is the id of a record that this one stands for.
        cannot_tell: What this ledger has no record of.
        zone: The zone of timestamps without one, where the format fixes it.
        only: SQL condition of the rows that are usage at all; others are skipped.
        recorded_zero: SQL condition under which a recorded cost of 0 is a price,
            and not the absence of one.
        labels: Dimension -> SQL text of the name of its value, where the ledger has
            one; "org", "project", "user" and "api_key" may have names.
        grain: What a record is: a request, or a bucket of requests.
        unnest: The levels of a nested ledger, from the outside in.
        derived: Further columns -> SQL text over the rows, which may look at the rows
            before and after by their number ``n`` in a window over one ``file``.
        grows: Whether an id is written again while its record grows, so that of
            several the one that counts the most is the whole one: counters only rise,
            and when an export was made is not in it.
        paged: Whether a file is one of several pages of an answer.
        bills: The source whose usage the costs of this one pay, if they are costs.
        family: Sources of one family tell of the same usage.
    """

    name: str
    title: str
    recognises: Callable[[Sample], bool]
    columns: Mapping[str, str]
    fields: Mapping[str, str] = field(default_factory=dict)
    cannot_tell: tuple[str, ...] = ()
    zone: str | None = None
    only: str = "true"
    recorded_zero: str = "true"
    labels: Mapping[str, str] = field(default_factory=dict)
    grain: str = "request"
    unnest: tuple[Level, ...] = ()
    derived: Mapping[str, str] = field(default_factory=dict)
    grows: bool = False
    paged: bool = False
    bills: str = ""
    family: str = ""

    def needs(self) -> tuple[str, ...]:
        """The raw columns that its texts name, in their order."""
        texts = (*self.fields.values(), *self.labels.values(), *self.derived.values(),
                 self.only, self.recorded_zero)  # fmt: skip
        named = (each for text in texts for each in COLUMN.findall(text))
        return tuple(dict.fromkeys(each for each in named if each not in self.derived))


COLUMN = re.compile(r"\{(.+?)\}")
"""How a text of a source names a raw column."""


def first(*texts: str) -> str:
    """SQL text of the first of several texts that says something.

    Examples:
        >>> first("{user}", "{end_user}")
        'coalesce(nonempty({user}), nonempty({end_user}))'
    """
    return "coalesce(" + ", ".join(f"nonempty({text})" for text in texts) + ")"


def plus(*texts: str) -> str:
    """SQL text of the sum of counts, null where none is reported.

    Examples:
        >>> plus("{a}", "{b}")
        'sum_counts([{a}, {b}])'
    """
    return f"sum_counts([{', '.join(texts)}])"


def next_day(date: str) -> str:
    """SQL text of the end of a day of UTC, as text.

    Examples:
        >>> next_day("{date}")
        'CAST(TRY_CAST({date} AS DATE) + 1 AS VARCHAR)'
    """
    return f"CAST(TRY_CAST({date} AS DATE) + 1 AS VARCHAR)"


def bucket_key(
    start: str,
    record: str,
    *,
    but: Sequence[str] = (),
    among: str = "file",
) -> dict[str, str]:
    """Columns to derive for the id of a bucket that has none: when and of what it is.

    ``@key`` is the start and, as JSON, every text and truth of the record: what it was
    grouped by, whatever the format groups by one day. Numbers are what is counted. The
    end is left out, for of two buckets that begin at once the longer holds the other.
    ``@bucket`` is that, and where one list has several such records, which one it is.

    Args:
        start: SQL text of what tells the buckets of one group apart.
        record: SQL text of the record as JSON.
        but: Names of texts that are counted too.
        among: SQL text of the list that a record is in.

    Examples:
        >>> sorted(bucket_key("{day}", "{result.@record}"))
        ['@bucket', '@key']
    """
    left_out = ", ".join(f"'{name}'" for name in ("", *but))
    named = f"list_zip(json_keys({record}), json_extract({record}, '$.*'))"
    kept = (
        f"list_filter({named}, lambda x: x[1] NOT IN ({left_out}) "
        "AND left(x[2]::VARCHAR, 1) IN ('\"', 't', 'f') AND x[2]::VARCHAR <> '\"\"')"
    )
    return {
        "@key": f"{start} || ' ' || TRY(to_json(map_from_entries(list_sort({kept}))))",
        "@bucket": "{@key} || coalesce(' ' || nullif(row_number() OVER ("
        f"PARTITION BY {among}, {{@key}} ORDER BY n), 1), '')",
    }


def as_json(*names: str) -> str:
    """SQL text of some columns of a table as JSON.

    Examples:
        >>> as_json("date", "Team ID")
        "json_object('date', {date}, 'Team ID', {Team ID})"
    """
    pairs = ", ".join(f"'{name}', {{{name}}}" for name in names)
    return f"json_object({pairs})"


BUCKETS = (
    Level("bucket", ("data",), optional=True),
    Level("result", ("results",)),
)
"""A page of buckets, or the buckets without the page; in each, the results."""

CORRECTED = (
    "a figure that was corrected downward: of several states of a bucket the one that "
    "counts the most is kept",
    "of which organization an answer is and what it was filtered by, unless it is "
    "grouped by that too: such buckets of two answers are taken for states of one",
)
"""What no bucket without an id of its own can tell."""

OF_ONE_BUCKET = "n - {result.@number}"
"""SQL text that results share that stand in one list: they follow one another."""


def is_bucketed(sample: Sample, *keys: str, costs: bool) -> bool:
    """Whether a sample is of ``BUCKETS`` with certain keys, of costs or of usage.

    Examples:
        >>> page = {"data": [{"start_time": 1, "results": [{"amount": {}}]}]}
        >>> is_bucketed(Sample((), (page,)), "start_time", costs=True)
        True
    """
    buckets = [*sample.records, *sample.within("data")]
    results = [*sample.within("results"), *sample.within("data", "results")]
    return (
        any({*keys, "results"} <= bucket.keys() for bucket in buckets)
        and any("amount" in result for result in results) == costs
    )
