"""What sources of buckets share: pages of results, and ids for buckets without one."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field

BUCKETS = (
    Level("bucket", ("data",), optional=True),
    Level("result", ("results",)),
)
"""A page of buckets, or the buckets without the page; in each, its results."""

SAME_RESULTS = "n - {result.@number}"
"""SQL text that is the same for all results in one list, since they are consecutive."""

BUCKETS_CANNOT_TELL = (
    "a figure that was corrected downward: of several states of a bucket the one that "
    "counts the most is kept",
    "of which organization an answer is and what it was filtered by, unless it is "
    "grouped by that too: such buckets of two answers are taken for states of one",
)
"""What no bucket without an id of its own can tell."""


def is_bucketed(sample: Sample, *keys: str, costs: bool) -> bool:
    """Whether a sample has `BUCKETS` with certain keys, of costs or of usage.

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


def bucket_column(name: str, note: str = "") -> Field:
    """A field that is a column of a bucket."""
    return Field(f"{{bucket.{name}}}", f"data.{name}{note and f' ({note})'}")


def result_column(name: str, note: str = "") -> Field:
    """A field that is a column of a result."""
    return Field(f"{{result.{name}}}", f"results.{name}{note and f' ({note})'}")


def bucket_key(
    start: str,
    record: str,
    *,
    amounts: Sequence[str] = (),
    within: str = "file",
) -> dict[str, str]:
    """Derived columns for the id of a bucket that has none: its start and its groups.

    ``@key`` is the start and, as JSON, every text and boolean of the record: what it
    was grouped by, whatever the service may group by one day; numbers are amounts. The
    end is left out, since of two buckets with one start the longer contains the other.
    ``@bucket`` adds the position where one list has several records with that key.

    Args:
        start: SQL text of the start, and of whatever else tells buckets apart.
        record: SQL text of the record as JSON.
        amounts: Texts of the record that are amounts, too.
        within: SQL text that is the same for all records in one list.

    Examples:
        >>> sorted(bucket_key("{day}", "{result.@record}"))
        ['@bucket', '@key']
    """
    excluded = ", ".join(f"'{name}'" for name in ("", *amounts))
    members = f"list_zip(json_keys({record}), json_extract({record}, '$.*'))"
    # In JSON, a text begins with a quote, a boolean with t or f.
    groups = (
        f"list_filter({members}, lambda x: x[1] NOT IN ({excluded}) "
        "AND left(x[2]::VARCHAR, 1) IN ('\"', 't', 'f') AND x[2]::VARCHAR <> '\"\"')"
    )
    as_object = f"TRY(to_json(map_from_entries(list_sort({groups}))))"
    return {
        "@key": f"{start} || ' ' || {as_object}",
        "@bucket": "{@key} || coalesce(' ' || nullif(row_number() OVER ("
        f"PARTITION BY {within}, {{@key}} ORDER BY n), 1), '')",
    }
