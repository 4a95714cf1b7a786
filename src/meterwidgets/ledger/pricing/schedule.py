"""When which rates hold for some terms: the price of a span of time, in periods.

A price changes on days (its ``from``), at hours of every day, and with the length of a
request. A book is asked once for each stretch between two changes, never for a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.rates import Rates, Terms
from meterwidgets.zones import EPOCH, midnight

DAY_US = 86_400_000_000
FIRST, LAST = -(2**63), 2**63 - 1
"""The edges of what has none."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Rates, and when they hold.

    Attributes:
        from_us: The first instant, in microseconds since 1970.
        until_us: The instant after the last one.
        day_from_us: The first instant of each day, in microseconds since midnight.
        day_until_us: The one after the last one.
        above: They hold for requests with more input tokens; `FIRST` for any.
        below: And with at most these.
        is_by_length: Whether the price depends on the length of a request.
        rates: The rates.
    """

    from_us: int
    until_us: int
    day_from_us: int
    day_until_us: int
    above: int
    below: int
    is_by_length: bool
    rates: Rates


_Lengths = tuple[tuple[int, Rates | None], ...]
"""Length -> the rates of longer requests, ascending."""


def schedule(
    book: PriceBook, terms: Terms, first_us: int, last_us: int
) -> Iterator[Period]:
    """The periods of a price between two instants; what has no price is left out.

    Args:
        book: The prices.
        terms: What the ledger states.
        first_us: The first instant of interest, in microseconds since 1970.
        last_us: The last one.
    """
    listed = book.changes(terms)
    own = [entry for entry in book.rates if entry.matches(terms)]
    lengths = sorted({0, *listed.lengths, *(entry.above for entry in own)})
    starts = [first_us, *_date_changes(book, terms, first_us, last_us)]
    stretches: list[tuple[int, dict[int, _Lengths]]] = []
    for start, end in pairwise([*starts, last_us + 1]):
        times = _times_of_day(book, terms, start)
        slots = {}
        for begin, finish in pairwise([*times, DAY_US]):
            moment = _first_in_slot(start, begin, finish)
            if moment < end:
                when = EPOCH + timedelta(microseconds=moment)
                slots[begin] = tuple((n, book.price(terms, when, n)) for n in lengths)
        slots = _without_repeats(slots)
        if not stretches or stretches[-1][1] != slots:
            stretches.append((start, slots))
    starts = [FIRST, *(start for start, _ in stretches[1:]), LAST]
    for (start, end), (_, slots) in zip(pairwise(starts), stretches, strict=True):
        yield from _periods(start, end, slots)


def _date_changes(
    book: PriceBook, terms: Terms, first_us: int, last_us: int
) -> list[int]:
    """The instants between two others from which another price may hold."""
    own = [entry for entry in book.rates if entry.matches(terms)]
    instants = {midnight(entry.start, book.tz) for entry in own if entry.start}
    instants |= {
        datetime.combine(day, time(0), UTC) for day in book.changes(terms).dates
    }
    found = {(each - EPOCH) // timedelta(microseconds=1) for each in instants}
    if book.tz != "UTC" and any(entry.hours for entry in own):
        found |= _clock_changes(book, first_us, last_us)
    return sorted(each for each in found if first_us < each <= last_us)


def _clock_changes(book: PriceBook, first_us: int, last_us: int) -> set[int]:
    """The hours in which the clock of the book's zone is changed."""
    hour = timedelta(hours=1)
    moment = EPOCH + timedelta(microseconds=first_us // (DAY_US // 24) * (DAY_US // 24))
    end = EPOCH + timedelta(microseconds=last_us)
    found = set()
    while moment <= end:
        day = moment + 24 * hour
        if _offset(book, moment) != _offset(book, day):
            while _offset(book, moment) == _offset(book, moment + hour):
                moment += hour
            found.add((moment + hour - EPOCH) // timedelta(microseconds=1))
        moment = day
    return found


def _offset(book: PriceBook, moment: datetime) -> timedelta:
    return moment.astimezone(book.zone).utcoffset() or timedelta()


def _times_of_day(book: PriceBook, terms: Terms, start_us: int) -> list[int]:
    """The times of day, in microseconds of UTC, from which another price may hold."""
    offset = _offset(book, EPOCH + timedelta(microseconds=start_us))
    times = {_microseconds(each) for each in book.changes(terms).times}
    for entry in book.rates:
        for edge in (edge for hours in entry.hours for edge in hours):
            shifted = timedelta(microseconds=_microseconds(edge)) - offset
            times.add(shifted // timedelta(microseconds=1) % DAY_US)
    return sorted({0, *times})


def _microseconds(edge: time) -> int:
    elapsed = timedelta(
        hours=edge.hour,
        minutes=edge.minute,
        seconds=edge.second,
        microseconds=edge.microsecond,
    )
    return elapsed // timedelta(microseconds=1)


def _first_in_slot(start_us: int, begin: int, finish: int) -> int:
    """The first instant from a start on whose time of day is in a slot."""
    time_us = start_us % DAY_US
    if begin <= time_us < finish:
        return start_us
    return start_us + (begin - time_us) % DAY_US


def _without_repeats(slots: dict[int, _Lengths]) -> dict[int, _Lengths]:
    """Slots of the day, those that cost the same as the one before them left out."""
    kept: dict[int, _Lengths] = {}
    last: _Lengths | None = None
    for begin, lengths in slots.items():
        if lengths != last:
            kept[begin] = last = lengths
    return kept


def _periods(start: int, end: int, slots: dict[int, _Lengths]) -> Iterator[Period]:
    """The periods of a stretch of days that are all alike."""
    begins = [FIRST, *list(slots)[1:], LAST]
    for (begin, finish), lengths in zip(pairwise(begins), slots.values(), strict=True):
        kept = [lengths[0]]
        kept += [after for before, after in pairwise(lengths) if after[1] != before[1]]
        edges = [FIRST, *(length for length, _ in kept[1:]), LAST]
        for (above, below), (_, rates) in zip(pairwise(edges), kept, strict=True):
            if rates is not None:
                yield Period(
                    from_us=start,
                    until_us=end,
                    day_from_us=begin,
                    day_until_us=finish,
                    above=above,
                    below=below,
                    is_by_length=len(kept) > 1,
                    rates=rates,
                )
