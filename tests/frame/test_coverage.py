"""Coverage: the time that a ledger can speak of, by what it holds and when written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import meterwidgets as mw
from meterwidgets.frame.coverage import Coverage
from meterwidgets.frame.filters import Preset

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
Moment = tuple[int, ...]


def utc(*at: int) -> datetime:
    return datetime(2026, *at, tzinfo=UTC)


def csv(path: Path, times: Iterable[datetime], written: datetime) -> Path:
    """A log with a request of a dollar at each of these times, changed at one."""
    rows = [f"{at.isoformat()},m,100,10,1.00" for at in times]
    header = "time,model,input_tokens,output_tokens,cost"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    os.utime(path, (written.timestamp(), written.timestamp()))
    return path


def every(step: timedelta, start: datetime, end: datetime) -> list[datetime]:
    return [start + n * step for n in range((end - start) // step)]


def read(path: Path | list[Path], **words: Any) -> mw.UsageFrame:
    return mw.read_usage(path, rejects=None, **words)


def test_a_file_whose_last_day_was_over_covers_that_whole_day(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 1, 9), utc(2, 3, 17, 5, 6)], utc(2, 4, 0, 0))
    covered = read(log).coverage
    assert (covered.first, covered.end) == (utc(2, 1), utc(2, 4))
    assert (covered.last, covered.written) == (utc(2, 3, 17, 5, 7), utc(2, 4))
    assert (covered.is_partial, covered.is_live) == (False, False)
    (note,) = covered.notes
    assert "2026-02-03 is taken as finished: the file was changed on 2026-02-04" in note


def test_a_file_of_half_a_day_covers_that_half(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 1, 9), utc(2, 3, 10)], utc(2, 3, 10, 4))
    covered = read(log).coverage
    assert (covered.last, covered.end) == (utc(2, 3, 10, 0, 1), utc(2, 3, 10, 0, 1))
    assert (covered.is_partial, covered.notes) == (True, ())


def test_the_day_that_ends_is_that_of_the_ledgers_own_zone(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 1, 9), utc(2, 3, 14)], utc(2, 3, 16))
    assert read(log).coverage.is_partial
    tokyo = read(log, tz="Asia/Tokyo").coverage  # there it was past midnight
    assert (tokyo.first, tokyo.end) == (utc(1, 31, 15), utc(2, 3, 15))
    assert not tokyo.is_partial


def test_a_readers_zone_moves_nothing(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 1, 9), utc(2, 3, 14)], utc(2, 3, 16))
    usage = read(log)
    before = usage.coverage
    usage.select(mw.Filters(preset="7d", tz="Asia/Tokyo")).sums()
    assert usage.coverage == before


@pytest.mark.parametrize(
    "written", ["2026-02-05", date(2026, 2, 5), datetime(2026, 2, 5), utc(2, 5)]
)
def test_a_reader_may_say_when_the_ledger_was_written(
    tmp_path: Path, written: Any
) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 3, 14)], utc(2, 3, 14, 1))
    covered = read(log, written=written).coverage
    assert (covered.written, covered.end) == (utc(2, 5), utc(2, 4))
    assert covered.notes == ()


def test_what_is_no_time_is_refused_as_the_time_of_writing(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 3, 14)], utc(2, 3, 15))
    with pytest.raises(mw.MeterError, match="written is 'yesterday'; expected an ISO"):
        read(log, written="yesterday")


def test_a_dataframe_was_written_when_it_is_read() -> None:
    start = datetime.now(UTC) - 30 * MINUTE
    times = [start - DAY, start]
    usage = mw.read_usage({"time": times, "model": ["m"] * 2, "input_tokens": [1, 1]})
    covered = usage.coverage
    assert timedelta(0) <= datetime.now(UTC) - covered.written < MINUTE
    assert covered.end <= max(covered.written, start.replace(hour=0) + DAY)


def test_a_row_dated_2099_moves_no_range_and_is_named(tmp_path: Path) -> None:
    times = [*every(HOUR, utc(2, 1), utc(2, 11)), datetime(2099, 1, 1, tzinfo=UTC)]
    usage = read(csv(tmp_path / "a.csv", times, utc(2, 11)))
    assert (usage.coverage.last, usage.coverage.end) == (
        utc(2, 10, 23, 0, 1),
        utc(2, 11),
    )
    for preset, hours in (("1h", 1), ("today", 24), ("7d", 7 * 24), ("30d", 240)):
        selection = usage.select(mw.Filters(preset=preset))
        assert selection.sums()["records"] == hours, preset
    assert usage.first_filters().preset == "30d"
    assert usage.select().sums()["records"] == 241
    then = usage.select(mw.Filters(start="2099-01-01", end="2099-02-01"))
    assert then.sums()["records"] == 1
    (note,) = usage.coverage.file_notes
    assert "1 record is dated after it was written" in note


def test_clocks_may_differ_by_an_hour(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 3, 9), utc(2, 3, 10, 50)], utc(2, 3, 10))
    covered = read(log).coverage
    assert (covered.last, covered.end, covered.notes) == (
        utc(2, 3, 10),
        utc(2, 3, 10),
        (),
    )


def test_dates_that_are_all_in_the_future_are_believed(tmp_path: Path) -> None:
    log = csv(tmp_path / "a.csv", [utc(2, 3, 9), utc(2, 4, 9)], utc(1, 1))
    covered = read(log).coverage
    assert (covered.first, covered.last) == (utc(2, 3), utc(2, 4, 9, 0, 1))


def test_several_files_cover_their_union_and_a_gap_is_named_once(
    tmp_path: Path,
) -> None:
    january = csv(tmp_path / "1.csv", every(HOUR, utc(1, 1), utc(1, 11)), utc(1, 11))
    march = csv(
        tmp_path / "3.csv", every(HOUR, utc(3, 1), utc(3, 2, 10)), utc(3, 2, 10)
    )
    covered = read([january, march]).coverage
    assert (covered.first, covered.end) == (utc(1, 1), utc(3, 2, 9, 0, 1))
    assert covered.written == utc(3, 2, 10)
    (note,) = covered.file_notes
    assert "no usage from 2026-01-11 to 2026-02-28, between" in note


def test_buckets_end_where_they_end(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text(
        "window_start,window_end,model,input_tokens,output_tokens\n"
        "2026-02-01,2026-02-02,m,10,1\n2026-02-02,2026-02-03,m,10,1\n"
    )
    covered = read(path).coverage
    assert (covered.last, covered.end, covered.notes) == (utc(2, 3), utc(2, 3), ())
    os.utime(path, (utc(2, 2, 15).timestamp(),) * 2)  # the last day is not over yet
    covered = read(path).coverage
    assert (covered.last, covered.end) == (utc(2, 2, 15), utc(2, 2, 15))


@pytest.mark.parametrize(
    ("preset", "start", "end"),
    [
        ("1h", utc(2, 20, 9), utc(2, 20, 10)),
        ("24h", utc(2, 19, 10), utc(2, 20, 10)),
        ("today", utc(2, 20), utc(2, 21)),
        ("7d", utc(2, 14), utc(2, 21)),
        ("mtd", utc(2, 1), utc(2, 21)),
        ("all", utc(2, 1), utc(2, 21)),
    ],
)
def test_rolling_presets_end_at_the_last_record_and_calendar_ones_with_its_day(
    tmp_path: Path, preset: Preset, start: datetime, end: datetime
) -> None:
    times = every(MINUTE, utc(2, 1), utc(2, 20, 10))
    usage = read(csv(tmp_path / "a.csv", times, utc(2, 20, 10)))
    window = usage.select(mw.Filters(preset=preset)).window
    assert (window.start, window.end) == (start, end)


def test_a_user_has_the_coverage_of_the_ledger(tmp_path: Path) -> None:
    rows = "2026-02-01T01:00Z,m,1,ann\n2026-02-09T01:00Z,m,1,bob\n"
    path = tmp_path / "a.csv"
    path.write_text(f"time,model,input_tokens,user\n{rows}")
    usage = read(path)
    assert usage.of_user("ann").coverage == usage.coverage


def ingested(folder: Path, *logs: Path) -> mw.UsageFrame:
    from meterwidgets.frame.store.ingest import ingest
    from meterwidgets.ledger.records.plan import LedgerSpec

    ingest([LedgerSpec(list(logs))], folder / "s.meter")
    return mw.open_store(folder / "s.meter")


def test_a_store_of_an_unfinished_day_is_live_until_its_last_read(
    tmp_path: Path,
) -> None:
    times = every(MINUTE, utc(2, 1), utc(2, 20, 10))
    usage = ingested(tmp_path, csv(tmp_path / "a.csv", times, utc(2, 20, 10, 20)))
    covered = usage.coverage
    assert (covered.is_live, covered.is_partial) == (True, True)
    assert (covered.end, covered.now) == (utc(2, 20, 10, 20), utc(2, 20, 10, 20))
    window = usage.select(mw.Filters(preset="1h")).window  # rounded down
    assert (window.start, window.end) == (utc(2, 20, 9, 15), utc(2, 20, 10, 15))


def test_a_store_of_a_finished_day_covers_it(tmp_path: Path) -> None:
    times = every(MINUTE, utc(2, 1), utc(2, 20, 10))
    usage = ingested(tmp_path, csv(tmp_path / "a.csv", times, utc(2, 21, 1)))
    assert (usage.coverage.is_live, usage.coverage.end) == (False, utc(2, 21))


def test_a_successful_look_moves_the_last_read_and_judges_the_future_anew(
    tmp_path: Path,
) -> None:
    from meterwidgets.frame.store.store import open_newer, touch_heartbeat

    times = [*every(MINUTE, utc(2, 20), utc(2, 20, 10)), utc(2, 20, 14)]
    before = ingested(tmp_path, csv(tmp_path / "a.csv", times, utc(2, 20, 10)))
    assert before.coverage.end == utc(2, 20, 10)
    assert any("1 record is dated after" in note for note in before.coverage.file_notes)
    touch_heartbeat(tmp_path / "s.meter", utc(2, 20, 15))
    after = open_newer(before)
    assert after is not None
    assert (after.coverage.end, after.coverage.last) == (
        utc(2, 20, 15),
        utc(2, 20, 14, 0, 1),
    )
    assert after.coverage.file_notes == ()
    assert open_newer(after) is None


def test_coverage_survives_a_saved_frame(tmp_path: Path) -> None:
    from meterwidgets.frame.saved import open_frame, save

    usage = read(csv(tmp_path / "a.csv", [utc(2, 1, 9)], utc(2, 1, 10)))
    reopened = open_frame(save(usage, tmp_path / "frame")).coverage
    assert isinstance(reopened, Coverage)
    assert reopened == usage.coverage


def test_the_demo_was_written_when_its_last_day_ended() -> None:
    covered = mw.demo_usage().coverage
    assert (covered.written, covered.end) == (utc(2, 23), utc(2, 23))
    assert (covered.is_partial, covered.notes) == (False, ())
