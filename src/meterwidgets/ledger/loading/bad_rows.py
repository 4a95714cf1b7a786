"""Set aside what loaded ledgers hold besides usage, and say what it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.left_out import nesting, no_usage, remarks, retrievals
from meterwidgets.ledger.loading import rejects, reported
from meterwidgets.ledger.loading.loader import IS_GOOD
from meterwidgets.ledger.records import bill_credits, format_notes, labels
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.text import counted


@dataclass(frozen=True)
class Checked:
    """What was found in loaded ledgers, of which only usage is left.

    Attributes:
        notes: What users should know about each, one sentence each.
        assumed_tz: Whether a time zone was assumed.
        unused: How many rows are no usage.
        repeated: How many records were left out since others report their usage.
        has_added_tokens: Whether ``reported`` has a column ``added_tokens``.
        has_corrections: Whether some records take money back.
    """

    notes: list[str]
    assumed_tz: bool
    unused: int
    repeated: int
    has_added_tokens: bool
    has_corrections: bool


def remove_bad_rows(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> Checked:
    """Leave only usage in ``reported``, with the files numbered as they were given.

    Args:
        ws: A workspace that a ``Loader`` filled.
        plans: The ledgers as they were given.
        order: The numbers of the ledgers in the order in which they were loaded.
    """
    sums = (
        "skipped", "rejected", "doubtful", "credits", "with_added_tokens",
        "corrections",
    )  # fmt: skip
    ((skipped, rejected, doubtful, credit_rows, added, corrections),) = ws.execute(
        f"SELECT {', '.join(f'coalesce(sum({name}), 0)' for name in sums)} "
        f"FROM {ws.file_stats}"
    ).fetchall()
    rejects.collect(ws, plans, order, count=rejected + doubtful)
    left_out = no_usage.sentences(ws) if skipped else []
    repeated, sentences = _remove_repeated(ws)
    left_out += [*sentences, *remarks.sentences(ws, [plan.source for plan in plans])]
    left_out += reported.extra_notes(ws)
    zone_notes = _zone_notes(ws, plans, order)
    if credit_rows:
        bill_credits.collect(ws, order)
    all_good = not (skipped or rejected or credit_rows)
    unneeded = [] if added else ["added_tokens"]
    _drop_bad_rows(ws, order, unneeded, all_good=all_good, doubtful=bool(doubtful))
    ws.drop(ws.file_stats)
    left_out += format_notes.of_plans(plans)
    left_out += [note for plan in plans for note in plan.raw.notes]
    return Checked(
        notes=[*left_out, *zone_notes],
        assumed_tz=bool(zone_notes),
        unused=skipped,
        repeated=repeated,
        has_added_tokens=bool(added),
        has_corrections=bool(corrections),
    )


def _remove_repeated(ws: Workspace) -> tuple[int, list[str]]:
    """Remove the usage that other records report; return its number and notes."""
    above, notes_above = nesting.remove_repeated(ws)
    later, notes_later = retrievals.remove_retrievals(ws)
    return above + later, [*notes_above, *notes_later]


def _zone_notes(
    ws: Workspace, plans: Sequence[Plan], order: Sequence[int]
) -> list[str]:
    """Timestamps whose zone was assumed, one sentence for all files of a format."""
    alike: dict[tuple[str, str, str], list[tuple[int, int, int]]] = {}
    for file, first, naive, first_naive in ws.execute(
        "SELECT file, first, without_zone, first_without_zone "
        f"FROM {ws.file_stats} WHERE without_zone > 0"
    ).fetchall():
        plan = plans[order[file]]
        if plan.source.timezone is None:
            key = plan.source.name, plan.zone, plan.unit
            alike.setdefault(key, []).append(
                (order[file], naive, first_naive - first + 1)
            )
    sentences = []
    for (_, zone, unit), found in alike.items():
        number, _, row = min(found)
        name = plans[number].raw.name
        line = rejects.line_of(ws, plans[number].raw, row)
        count = sum(naive for _, naive, _ in found)
        timestamps = counted(count, "timestamp was", "timestamps were")
        more = len(found) - 1
        others = f", and {counted(more, 'more file', 'more files')}" if more else ""
        sentences.append(
            f"{name}, {unit} {line:,}{others}: no time zone; {timestamps} read as "
            f"{zone} (to change it: timezone in meterwidgets.toml, tz= in Python)"
        )
    return sentences


def _drop_bad_rows(
    ws: Workspace,
    order: Sequence[int],
    unneeded: Sequence[str],
    *,
    all_good: bool,
    doubtful: bool,
) -> None:
    """Drop the bad rows, and the columns that were needed to find them."""
    is_view = ws.is_view(ws.reported)
    if not all_good and is_view:
        ws.narrow(ws.reported, where=IS_GOOD)
    elif not all_good:
        ws.execute(f"DELETE FROM {ws.reported} WHERE NOT ({IS_GOOD})")
    labels.collect(ws)
    columns = (
        "used", "left_out", "zoned", "reject", "doubts", "credit", "remark",
        "extra_dropped", *labels.COLUMNS, *unneeded,
    )  # fmt: skip
    numbers = ", ".join(map(str, order))
    file = f"([{numbers}]::BIGINT[])[file + 1]"
    if is_view:
        excluded = ", ".join(columns)
        replaced = f"{file} AS file"
        if not doubtful:  # so that no pass looks for doubts again
            replaced += ", NULL::VARCHAR AS doubtful"
        ws.narrow(ws.reported, f"* EXCLUDE ({excluded}) REPLACE ({replaced})")
        return
    for column in columns:
        ws.execute(f"ALTER TABLE {ws.reported} DROP COLUMN {column}")
    if list(order) != sorted(order):
        ws.execute(f"UPDATE {ws.reported} SET file = {file}")
