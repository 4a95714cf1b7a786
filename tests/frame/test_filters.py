"""Time ranges and chosen values: presets, calendars, snapping, what is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.frame.coverage import Coverage
from meterwidgets.frame.window import Window, resolve, snap
from meterwidgets.zones import midnight

from . import brute


def ledger(*starts: str, tz: str = "UTC") -> mw.UsageFrame:
    table = pa.table({"start": list(starts), "input_tokens": [1] * len(starts)})
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(table, prices=book, rejects=None, tz=tz)


def window(filters: mw.Filters, *starts: str) -> tuple[str, str]:
    found = ledger(*starts).select(filters).window
    return tuple(f"{each:%Y-%m-%d %H:%M}" for each in (found.start, found.end))  # type: ignore[return-value]


LONG = ("2025-01-05T10:00:00Z", "2026-02-22T11:59:00Z")


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [("1h", "2026-02-22 11:00", "2026-02-22 12:00"),
     ("24h", "2026-02-21 12:00", "2026-02-22 12:00"),
     ("today", "2026-02-22 00:00", "2026-02-23 00:00"),
     ("7d", "2026-02-16 00:00", "2026-02-23 00:00"),
     ("30d", "2026-01-24 00:00", "2026-02-23 00:00"),
     ("90d", "2025-11-25 00:00", "2026-02-23 00:00"),
     ("mtd", "2026-02-01 00:00", "2026-02-23 00:00"),
     ("all", "2025-01-05 00:00", "2026-02-23 00:00")],
)  # fmt: skip
def test_presets_end_with_the_last_day_of_the_ledger(
    preset: str, start: str, end: str
) -> None:
    assert window(mw.Filters(preset=preset), *LONG) == (start, end)


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [("today", "2026-02-21 18:30", "2026-02-22 18:30"),
     ("7d", "2026-02-15 18:30", "2026-02-22 18:30"),
     ("mtd", "2026-01-31 18:30", "2026-02-22 18:30"),
     ("1h", "2026-02-22 11:00", "2026-02-22 12:00")],
)  # fmt: skip
def test_presets_are_days_of_the_chosen_zone(preset: str, start: str, end: str) -> None:
    filters = mw.Filters(preset=preset, tz="Asia/Kolkata")
    assert window(filters, *LONG) == (start, end)


def test_today_is_the_day_of_the_last_moment_in_the_readers_zone() -> None:
    """A "today" that means today: late in UTC it is tomorrow in Tokyo."""
    late = "2026-02-22T20:00:00Z"
    assert window(mw.Filters(preset="today"), late)[0] == "2026-02-22 00:00"
    tokyo = mw.Filters(preset="today", tz="Asia/Tokyo")
    assert window(tokyo, late) == ("2026-02-22 15:00", "2026-02-23 15:00")


def test_a_day_with_a_change_of_clocks_is_23_or_25_hours_long() -> None:
    for day, hours in (("2025-03-30", 23), ("2025-10-26", 25)):
        usage = ledger(f"{day}T12:00:00Z")
        found = usage.select(mw.Filters(preset="today", tz="Europe/Berlin")).window
        assert (found.end - found.start) == timedelta(hours=hours)
        assert found.days == (date.fromisoformat(day),) * 2


@pytest.mark.parametrize(
    ("tz", "day"),
    [("America/Santiago", date(2025, 9, 7)), ("Africa/Cairo", date(2025, 4, 25)),
     ("Asia/Beirut", date(2025, 3, 30)), ("America/Havana", date(2025, 11, 2)),
     ("Pacific/Apia", date(2011, 12, 31))],
)  # fmt: skip
def test_a_day_that_does_not_begin_at_midnight_is_a_whole_day(
    tz: str, day: date
) -> None:
    """Where the clocks change at midnight, the day begins at one, or twice."""
    next_day = day + timedelta(days=1)
    whole = Window(midnight(day, tz), midnight(next_day, tz), tz)
    assert whole.days == (day, day)
    assert whole.start + timedelta(hours=26) > whole.end > whole.start


@given(
    tz=st.sampled_from(brute.ZONES), day=st.dates(date(2001, 1, 1), date(2099, 1, 1))
)
def test_days_follow_each_other_without_gap_in_every_zone(tz: str, day: date) -> None:
    first, end = midnight(day, tz), midnight(day + timedelta(days=1), tz)
    assert timedelta(hours=22) < end - first < timedelta(hours=26) or (
        (tz, day) in {("Pacific/Apia", date(2011, 12, 30))}
    )
    assert Window(first, end, tz).days == (day, day)


def test_a_range_that_is_not_of_whole_days_has_no_days() -> None:
    start = datetime(2026, 2, 22, 1, tzinfo=UTC)
    assert Window(start, start + timedelta(days=1), "UTC").days is None
    assert Window(start, start, "UTC").days is None


def test_a_range_snaps_outwards_to_the_grain() -> None:
    filters = mw.Filters(start="2026-02-22T10:07", end="2026-02-22T10:16")
    assert window(filters, *LONG) == ("2026-02-22 10:00", "2026-02-22 10:30")
    assert window(filters, LONG[1]) == ("2026-02-22 10:07", "2026-02-22 10:16")


def test_a_range_that_ends_within_a_second_holds_that_second() -> None:
    start = datetime(2026, 2, 22, 10, tzinfo=UTC)
    asked = Window(start, start + timedelta(microseconds=1), "UTC")
    assert snap(asked, 900).end == start + timedelta(minutes=15)


def test_a_range_on_the_grain_stays_as_it_is() -> None:
    start = datetime(2026, 2, 22, 10, 15, tzinfo=UTC)
    asked = Window(start, start + timedelta(minutes=15), "UTC")
    assert snap(asked, 900) == asked


@pytest.mark.parametrize(
    "start",
    ["2026-02-22T18:00", "2026-02-22 18:00:00", datetime(2026, 2, 22, 18),
     "2026-02-22T18:00+09:00", "2026-02-22T09:00Z",
     datetime(2026, 2, 22, 9, tzinfo=UTC),
     datetime(2026, 2, 22, 4, tzinfo=timezone(timedelta(hours=-5)))],
)  # fmt: skip
def test_a_start_may_be_text_or_a_time_with_or_without_a_zone(start: Any) -> None:
    filters = mw.Filters(start=start, tz="Asia/Tokyo")
    assert filters.start == datetime(2026, 2, 22, 9, tzinfo=UTC)
    assert filters.preset == "custom"


@pytest.mark.parametrize("day", ["2026-02-22", date(2026, 2, 22)])
def test_a_date_is_its_midnight_in_the_zone(day: Any) -> None:
    filters = mw.Filters(end=day, tz="Europe/Berlin")
    assert filters.end == datetime(2026, 2, 21, 23, tzinfo=UTC)


def test_an_open_side_is_that_of_the_ledger() -> None:
    assert window(mw.Filters(start="2026-02-01"), *LONG) == (
        "2026-02-01 00:00", "2026-02-23 00:00",
    )  # fmt: skip
    assert window(mw.Filters(end="2026-02-01"), *LONG) == (
        "2025-01-05 00:00", "2026-02-01 00:00",
    )  # fmt: skip


@pytest.mark.parametrize("side", [{"start": "2030-01-01"}, {"end": "2001-01-01"}])
def test_a_range_beside_the_ledger_is_empty_and_not_turned_round(
    side: dict[str, str],
) -> None:
    selection = ledger(*LONG).select(mw.Filters(**side))
    assert selection.window.start <= selection.window.end
    assert set(selection.sums().values()) == {0}
    assert selection.span is None


def test_a_wide_range_holds_everything() -> None:
    filters = mw.Filters(start="2001-01-01", end="2100-01-01")
    assert ledger(*LONG).select(filters).sums()["records"] == 2


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"preset": "60d"}, "preset '60d' not found; did you mean"),
    ({"preset": None}, "preset 'None' not found"),
    ({"cost_type": "inputs"}, "cost type 'inputs' not found; did you mean 'input'?"),
    ({"tz": "Mars/Olympus"}, "no time zone 'Mars/Olympus'; expected an IANA name"),
    ({"tz": ""}, "no time zone ''; expected an IANA name"),
    ({"tz": "../etc/passwd"}, "no time zone"),
    ({"tz": 5}, "tz is 5; expected an IANA name"),
    ({"tz": ["UTC"]}, "tz is ['UTC']; expected an IANA name"),
    ({"orgs": "Acme"}, "orgs is 'Acme'; expected a list of names"),
    ({"orgs": 5}, "orgs is 5; expected a list of names"),
    ({"orgs": [5]}, "orgs holds 5; expected names, or None"),
    ({"start": "soon"}, "start is 'soon'; expected an ISO date or date-time such as"),
    ({"start": 5}, "start is 5; expected a date or a date-time"),
    ({"end": "9999-12-31"}, "end is in the year 9999; expected 1971 to 2199"),
    ({"start": date(1, 1, 1), "tz": "Asia/Tokyo"}, "start is in the year 1; expected"),
    ({"start": "2026-02-22", "end": "2026-02-22"}, "choose a later end"),
    ({"start": "2026-02-22", "end": "2026-02-21"}, "which is not after its start"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "said"), REFUSED, ids=[s for _, s in REFUSED])
def test_a_filter_that_can_not_be_used_says_what_was_expected(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(mw.MeterError) as caught:
        mw.Filters(**given)
    assert said in str(caught.value)


def test_an_unknown_filter_is_named_with_the_likeliest_one() -> None:
    with pytest.raises(
        mw.MeterError, match="filter 'org' not found; did you mean 'orgs'"
    ):
        mw.Filters().replace(org=["Acme"])
    with pytest.raises(mw.MeterError, match="filter 'org' not found"):
        mw.Filters().without("org")


def test_filters_never_change() -> None:
    filters = mw.Filters(orgs=["b", "a", "b"])
    assert filters.orgs == ("b", "a")
    assert filters.replace(orgs=[]) == mw.Filters()
    assert filters.orgs == ("b", "a")
    assert len({filters, mw.Filters(orgs=("b", "a"))}) == 1
    with pytest.raises(FrozenInstanceError):
        filters.orgs = ()  # type: ignore[misc]


def test_a_new_preset_drops_start_and_end() -> None:
    filters = mw.Filters(start="2026-02-01", end="2026-02-02", orgs=["a"])
    assert filters.replace(preset="7d") == mw.Filters(preset="7d", orgs=("a",))
    assert filters.replace(orgs=[]).start == filters.start


def test_the_first_window_is_everything_up_to_thirty_days() -> None:
    last = "2026-02-22T12:00:00Z"
    assert ledger("2026-01-24T00:00:00Z", last).first_filters().preset == "all"
    assert ledger("2026-01-23T23:59:00Z", last).first_filters().preset == "30d"
    berlin = ledger("2026-01-24T00:00:00Z", last).first_filters("Europe/Berlin")
    assert (berlin.preset, berlin.tz) == ("all", "Europe/Berlin")
    march = ledger("2025-03-05T00:00:00Z", "2025-04-03T12:00:00Z")  # a change of clocks
    assert march.first_filters("Europe/Berlin").preset == "all"


def test_a_ledger_ends_with_the_day_that_its_last_bucket_covers() -> None:
    table = pa.table({
        "window_start": ["2026-02-21T00:00:00Z"],
        "window_end": ["2026-02-22T00:00:00Z"],
        "input_tokens": [1],
    })  # fmt: skip
    usage = mw.read_usage(table, prices=mw.PriceBook(catalogue=False), rejects=None)
    assert usage.coverage.end == datetime(2026, 2, 22, tzinfo=UTC)


def test_the_zone_of_the_machine_changes_no_window(machine_zone: str) -> None:
    assert window(mw.Filters(preset="7d"), *LONG) == (
        "2026-02-16 00:00",
        "2026-02-23 00:00",
    )
    assert mw.Filters(start=datetime(2026, 2, 22)).start == datetime(
        2026, 2, 22, tzinfo=UTC
    )


@given(
    preset=st.sampled_from(["1h", "24h", "today", "7d", "30d", "90d", "mtd", "all"]),
    tz=st.sampled_from(brute.ZONES),
    span=st.tuples(st.datetimes(datetime(2001, 1, 1), datetime(2098, 1, 1)),
                   st.timedeltas(timedelta(0), timedelta(days=500))),
)  # fmt: skip
def test_every_preset_ends_where_the_ledger_does(
    preset: str, tz: str, span: tuple[datetime, timedelta]
) -> None:
    start = span[0].replace(tzinfo=UTC)
    last = start + span[1] + timedelta(hours=1)
    covered = Coverage(written=last, first=start, last=last, end=last)
    filters = mw.Filters(preset=preset, tz=tz)
    found = resolve(filters, covered, start=start, last=last, grain_s=60)
    assert found.start < found.end
    if preset in {"1h", "24h"}:
        assert found.end >= last > found.end - timedelta(minutes=1)
    else:
        assert found.days is not None
        assert found.end >= last > found.end - timedelta(hours=49)


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kathmandu", "America/New_York"])
@pytest.mark.parametrize(
    "day", ["1971-01-01", "1971-01-02", "2199-12-31", "2026-02-22"]
)
def test_filters_that_are_taken_once_are_taken_again(day: str, tz: str) -> None:
    try:
        found = mw.Filters(start=day, tz=tz)
    except mw.MeterError as error:
        assert "expected 1971 to 2199" in str(error)  # noqa: PT017 - either may hold
    else:
        assert found.replace() == found.replace(orgs=[]) == found


def test_a_range_that_is_open_on_both_sides_is_all() -> None:
    assert mw.Filters(preset="custom") == mw.Filters()


@pytest.mark.parametrize("tz", ["localtime", "posixrules", "Factory", "right/UTC"])
def test_a_file_of_the_system_is_no_zone(tz: str) -> None:
    with pytest.raises(mw.MeterError, match="no time zone"):
        mw.Filters(tz=tz)
