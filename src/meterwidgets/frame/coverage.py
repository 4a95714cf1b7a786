"""Coverage: the time that a ledger can speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from meterwidgets.ledger.records.spans import LedgerSpan
from meterwidgets.text import counted
from meterwidgets.zones import (
    EPOCH,
    day_before,
    day_of,
    iso_minute,
    midnight,
)

_US = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The time that a ledger can speak of, as instants in UTC.

    It is fixed once, by the days of the ledger's own zone.

    Attributes:
        written: When the ledger was written; for a store, last read.
        first: The start of the first record's day.
        last: The end of the last record, not after ``written``.
        end: The end of the last record's day, where that was over when the ledger was
            written; else ``last``, or ``written`` while the ledger is live.
        is_live: Whether a store was read on the very day of its last record.
        is_partial: Whether the last day is not covered to its end.
        notes: What users should know about it, one sentence each.
        file_notes: The same of single files: what is dated later, gaps between them.

    Source: METRICS, "Coverage".
    """

    written: datetime
    first: datetime
    last: datetime
    end: datetime
    is_live: bool = False
    is_partial: bool = False
    notes: tuple[str, ...] = ()
    file_notes: tuple[str, ...] = ()

    @property
    def now(self) -> datetime:
        """Where presets and comparisons end: the last record, or the last read."""
        return self.end if self.is_live else self.last

    def overlap(self, start: datetime, end: datetime) -> timedelta:
        """How much of a range of time is covered."""
        return max(min(end, self.end) - max(start, self.first), timedelta(0))

    def contains(self, start: datetime, end: datetime) -> bool:
        """Whether a range of time is wholly covered."""
        return self.first <= start and end <= self.end


def coverage_of(
    spans: Sequence[LedgerSpan],
    tz: str,
    *,
    is_store: bool = False,
    last_read: datetime | None = None,
) -> Coverage:
    """The coverage of a ledger that consists of files, databases and tables.

    Args:
        spans: The span of each of them; there is at least one.
        tz: The ledger's own zone.
        is_store: Whether they are kept in a store, which may be live.
        last_read: When somebody who follows them last read them all.
    """
    judged = [span.read_again(last_read) for span in spans]
    dated = [span for span in judged if span.last_us is not None]
    if not dated:  # all dates are later: the clock that wrote them tells nothing
        dated = [span.trusted() for span in spans]
    latest = max(dated, key=lambda span: span.last_us or 0)
    last_us = latest.last_us or 0
    last = min(_instant(last_us), latest.written)
    first_us = min(span.first_us for span in dated)
    first = midnight(day_of(_instant(min(first_us, last_us - 1)), tz), tz)
    day = day_before(last, tz)
    day_end = midnight(day + _DAY, tz)
    is_over = day_end <= latest.written
    is_live = is_store and not is_over
    end = day_end if is_over else latest.written if is_live else last
    return Coverage(
        written=latest.written,
        first=first,
        last=last,
        end=end,
        is_live=is_live,
        is_partial=end < day_end,
        notes=tuple(_finished_notes(latest, last, day_end, tz, is_over=is_over)),
        file_notes=(*_future_notes(judged, tz), *_gap_notes(dated, tz)),
    )


def _finished_notes(
    span: LedgerSpan, last: datetime, day_end: datetime, tz: str, *, is_over: bool
) -> Iterable[str]:
    """Why a day whose last record is not at its end is taken as finished."""
    if is_over and last < day_end and span.written_by:
        day = day_before(last, tz).isoformat()
        yield (
            f"{day} is taken as finished: {span.written_by} "
            f"{iso_minute(span.written, tz)} ({tz}), its last record is of "
            f"{iso_minute(last, tz)} (another time: --written, written in a "
            "[[source]], written= in Python)"
        )


def _future_notes(spans: Iterable[LedgerSpan], tz: str) -> Iterable[str]:
    """Records dated after their ledger was written."""
    spans = list(spans)
    is_trusted = all(span.last_us is None for span in spans)
    effect = (
        "all records are, so their dates are taken as right"
        if is_trusted
        else "such usage counts under All and in its own months, and moves no other "
        "range"
    )
    by_source: dict[str, list[LedgerSpan]] = {}
    for span in spans:
        if span.future_count:
            by_source.setdefault(span.source, []).append(span)
    for first, *others in by_source.values():
        count = sum(span.future_count for span in (first, *others))
        records = counted(count, "record is", "records are")
        latest = max(span.future_us[-1] for span in (first, *others))
        more = (
            f" and {counted(len(others), 'more file', 'more files')}" if others else ""
        )
        yield (
            f"{first.name}{more}: {records} dated after it was written "
            f"({iso_minute(first.written, tz)} {tz}), up to "
            f"{iso_minute(_instant(latest), tz)}; {effect}"
        )


def _gap_notes(spans: Iterable[LedgerSpan], tz: str) -> Iterable[str]:
    """Whole days between two files of a source of which neither has usage."""
    by_source: dict[str, list[LedgerSpan]] = {}
    for span in spans:
        by_source.setdefault(span.source, []).append(span)
    for source, of_source in by_source.items():
        gaps = []
        ordered = sorted(of_source, key=lambda span: (span.first_us, span.last_us or 0))
        reached = ordered[0]
        for span in ordered[1:]:
            start = day_before(_instant(reached.last_us or 0), tz) + _DAY
            end = day_of(_instant(span.first_us), tz)
            if start < end:
                gaps.append((start, end - _DAY, reached.name, span.name))
            reached = max(reached, span, key=lambda each: each.last_us or 0)
        if gaps and source:
            start, end, before, after = gaps[0]
            days = f"on {start}" if start == end else f"from {start} to {end}"
            more = f", and in {len(gaps) - 1:,} more gaps" if len(gaps) > 2 else ""
            more = ", and in one more gap" if len(gaps) == 2 else more
            yield (
                f"{source}: no usage {days}, between {before} and {after}{more}; these "
                "days count as covered: if a file is missing, add it"
            )


def _instant(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)
