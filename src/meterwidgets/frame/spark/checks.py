"""What the check of a cluster's rows gave, and the notes on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from meterwidgets.frame.spark.engine import Cluster
from meterwidgets.frame.spark.worker import RATES
from meterwidgets.ledger.duplicates.dedupe import SAME_ROW_AND_ID
from meterwidgets.ledger.duplicates.removed import sentence as removed_sentence
from meterwidgets.ledger.left_out.no_usage import without_usage
from meterwidgets.ledger.left_out.sentences import COST, TOKENS, amounts
from meterwidgets.ledger.loading.rejects import KEPT
from meterwidgets.ledger.pricing import price_notes
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.records import doubts, format_notes, notes
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.ledger.records.quality import Quality, describe, no_usage_error
from meterwidgets.ledger.records.spans import LedgerSpan
from meterwidgets.text import counted

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

TABLE_NAME = "the table"
"""What messages call a dataframe of PySpark."""


class Checks(NamedTuple):
    """What checking the rows gave.

    Attributes:
        accepted: The number of rows that are records.
        rejected: The number of rows that are not.
        assumed_tz: Whether some timestamp carries no zone.
        unused: The number of rows without usage, which are neither.
        rejects: The first rejected rows, and kept ones with a doubtful field.
    """

    accepted: int
    rejected: int
    assumed_tz: bool
    unused: int
    rejects: tuple[Mapping[str, Any], ...]

    def quality(
        self, count: int, texts: Iterable[str], spans: Sequence[LedgerSpan]
    ) -> Quality:
        """What to say of the ledger, with the count of its distinct records."""
        return Quality(
            records=count,
            rejected=self.rejected,
            duplicates=self.accepted - count,
            assumed_tz=self.assumed_tz,
            notes=tuple(dict.fromkeys(texts)),
            rejects=self.rejects,
            spans=tuple(spans),
        )


def count_checked(
    rows: Cluster, keep: Callable[[Iterable[Mapping[str, Any]]], None]
) -> Checks:
    """Count the checked rows, and keep the first rejects.

    Args:
        rows: Records and rejected rows.
        keep: Called once with the first rejects, if there are any.

    Raises:
        LedgerError: When no row is a record.
    """
    accepted, rejected, assumed_tz, unused = rows.execute(
        "SELECT count(start_us), count(CASE WHEN NOT kept THEN reason END), "
        "coalesce(bool_or(naive), false), coalesce(sum(unused), 0) FROM rows"
    ).fetchall()[0]
    rejects = _first_rejects(rows)
    if rejects:
        keep(rejects)
    if not accepted:
        raise no_usage_error([TABLE_NAME], rejected, rejected_rows(rejects))
    return Checks(accepted, rejected, assumed_tz, int(unused), rejects)


def _first_rejects(rows: Cluster) -> tuple[Mapping[str, Any], ...]:
    """The first rejected rows and doubts: their partition, row in it, and why."""
    return tuple(
        {"file": f"{TABLE_NAME}, partition {part}", "line": line, "unit": "row",
         "field": field, "value": value, "reason": reason, "kept": kept}
        for part, line, field, value, reason, kept in rows.execute(
            "SELECT part, line, field, value, reason, kept FROM rows "
            f"WHERE reason IS NOT NULL ORDER BY part, line LIMIT {KEPT}"
        ).fetchall()
    )  # fmt: skip


def rejected_rows(rejects: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rejected rows among some rejects, without the doubts of kept ones."""
    return [reject for reject in rejects if not reject["kept"]]


def _doubt_notes(rows: Cluster, rejects: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Notes on doubtful fields and on the money in rejected rows."""
    if not rejects:
        return
    sums = rows.execute(
        "SELECT field, kept, money, count(*), sum(nano) FROM rows "
        "WHERE reason IS NOT NULL GROUP BY field, kept, money "
        "ORDER BY field, kept, money"
    ).fetchall()
    yield from doubts.rejected_money(
        (money, nano) for _, kept, money, _, nano in sums if not kept
    )
    firsts = {each["field"]: each for each in rejects[::-1] if each["kept"]}
    for _, first in sorted(firsts.items()):
        yield doubts.unknown_field(
            [
                (money, count, nano or 0)
                for field, kept, money, count, nano in sums
                if kept and field == first["field"]
            ],
            first,
        )


def row_notes(
    rows: Cluster, records: Cluster, ledger_plan: Plan, checks: Checks
) -> Iterator[str]:
    """Notes on the rows and the records among them, one sentence each."""
    if bad_rows := rejected_rows(checks.rejects):
        count = counted(checks.rejected, "row", "rows")
        first = f"the first {KEPT:,} are kept, " if checks.rejected > KEPT else ""
        yield f"{count} rejected, {first}the first: {describe(bad_rows[0])}"
    yield from _doubt_notes(rows, checks.rejects)
    yield from doubts.of_corrections(records, "records")
    yield from doubts.added_tokens(
        rows.execute(
            "SELECT money, sum(added_records), sum(added_tokens), sum(nano) FROM rows "
            "WHERE added_records > 0 GROUP BY money ORDER BY money"
        ).fetchall()
    )
    if checks.unused:
        yield without_usage(ledger_plan.source.name, checks.unused)
    yield from format_notes.of_plans([ledger_plan])
    if checks.assumed_tz:
        yield (
            f"{TABLE_NAME}: there are timestamps without a zone; they were read as "
            f"{ledger_plan.zone} (another: tz=)"
        )


def duplicate_notes(every: Cluster, records: Cluster, source: str) -> Iterator[str]:
    """The note on records that were left out because they are there once already.

    Args:
        every: The records with their duplicates.
        records: The records without.
        source: The name of the format.
    """
    query = (
        f"SELECT reported_currency, count(*), sum({TOKENS}), sum({COST}) FROM records "
        "GROUP BY reported_currency ORDER BY reported_currency"
    )
    once = {money: sums for money, *sums in records.execute(query).fetchall()}
    removed = [
        (money, [int(all_of) - int(kept) for all_of, kept in
                 zip(sums, once[money], strict=True)])
        for money, *sums in every.execute(query).fetchall()
    ]  # fmt: skip
    if count := sum(rows for _, (rows, _, _) in removed):
        tokens = sum(tokens for _, (_, tokens, _) in removed)
        money = [(money, nano) for money, (_, _, nano) in removed]
        yield removed_sentence(source, count, amounts(tokens, money), SAME_ROW_AND_ID)


def limit_notes(
    df: DataFrame, records: Cluster, columns: Mapping[str, str]
) -> Iterator[str]:
    """What one machine would read in another way, for it looks at values first.

    Args:
        df: The table.
        records: Its records, without duplicates.
        columns: Our field -> column.
    """
    start = columns["start"]
    kinds = [kind for name, kind in df.dtypes if name == start]
    if "date" in kinds and "end" not in columns:
        yield (
            f"{TABLE_NAME}: {start} has days, and a cluster takes a row for a request "
            "at midnight; if a row is a day, map a column to end"
        )
    if "record_id" not in columns:
        return
    shared = (
        "SELECT record_id FROM records WHERE record_id IS NOT NULL "
        "GROUP BY record_id HAVING count(*) > 1"
    )
    count = int(records.execute(f"SELECT count(*) FROM ({shared})").fetchall()[0][0])
    if count:
        ids = counted(count, "id is", "ids are")
        yield (
            f"{TABLE_NAME}: {ids} shared by rows that differ, and each counts; if an "
            "id is one request, keep only its last row"
        )


def price_texts(
    records: Cluster, columns: Collection[str], book: PriceBook, pricing: Pricing
) -> Iterator[str]:
    """Notes on the prices of the records, one sentence each."""
    yield from price_notes.of_mode(records, pricing)
    if not set(RATES).isdisjoint(columns):
        yield from price_notes.of_rates(records, pricing)
    only = price_notes.PRICEABLE if pricing.is_repriced else "true"
    yield from notes.of_tallies(notes.tallied(records, only=only), book)
