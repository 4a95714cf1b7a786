"""A frame as a folder: the same figures, mapped and not copied."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import meterwidgets as mw
from meterwidgets.frame.saved import open_frame, save

from . import brute

ROWS: list[dict[str, Any]] = [
    {"start": "2026-02-22T10:00:00Z", "org": "a", "user": "u", "cost": "1",
     "input_tokens": "5"},
    {"start": "2026-02-25T10:00:00Z", "org": None, "user": None, "cost": None,
     "input_tokens": "7"},
    {"start": "torn"},
]  # fmt: skip


def frame(**words: Any) -> mw.UsageFrame:
    import pyarrow as pa

    book = mw.PriceBook(catalogue=False)
    table = pa.Table.from_pylist(ROWS)
    return mw.read_usage(table, prices=book, rejects=None, **words)


@settings(max_examples=6)
@given(rows=brute.ledgers())
def test_a_frame_that_was_saved_gives_the_same_figures(
    tmp_path_factory: pytest.TempPathFactory, rows: list[brute.Row]
) -> None:
    usage = brute.usage(rows)
    again = open_frame(save(usage, tmp_path_factory.mktemp("store") / "usage.meter"))
    assert brute.cells(again) == brute.cells(usage)
    users = mw.Filters(users=[None, "a", "b"])
    assert again.select(users).sums() == usage.select(users).sums()
    for dimension in ("org", "user", "currency"):
        assert again.select().by(dimension) == usage.select().by(dimension)


def test_a_frame_that_was_saved_knows_what_it_is(tmp_path: Path) -> None:
    usage = frame(name="Acme", tz="Asia/Kolkata", labels={"org": {"a": "Acme"}})
    again = open_frame(save(usage, tmp_path / "deep" / "usage.meter"))
    assert repr(again) == repr(usage)
    assert (again.tz, again.last, again.demo) == (usage.tz, usage.last, False)
    assert again.label("org", "a") == "Acme"
    assert again.quality.notes == usage.quality.notes
    assert (again.quality.records, again.quality.rejected) == (2, 1)


def test_the_numbers_are_mapped_and_read_only(tmp_path: Path) -> None:
    again = open_frame(save(frame(), tmp_path / "usage.meter"))
    sums = again.cube.sums
    for values in (sums.marks, *sums.values.values(), *sums.running.values()):
        assert not values.flags.owndata
        assert not values.flags.writeable
    mapped = Path("/proc/self/maps")
    if mapped.exists():
        assert str(tmp_path / "usage.meter" / "cube.arrow") in mapped.read_text()


def test_a_frame_without_users_is_saved_without_their_cube(tmp_path: Path) -> None:
    import pyarrow as pa

    table = pa.table({"start": ["2026-02-22"], "cost": [1]})
    usage = mw.read_usage(table, prices=mw.PriceBook(catalogue=False), rejects=None)
    folder = save(usage, tmp_path / "usage.meter")
    assert open_frame(folder).user_cube is None
    assert not list(folder.glob("user*"))


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    save(frame(), tmp_path / "usage.meter")
    with pytest.raises(mw.MeterError, match="exists already; choose another folder"):
        save(frame(), tmp_path / "usage.meter")
    assert [each.name for each in tmp_path.iterdir()] == ["usage.meter"]
    assert open_frame(tmp_path / "usage.meter").quality.records == 2


def test_a_place_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(mw.MeterError, match="can't be written"):
        save(frame(), tmp_path / "file" / "usage.meter")


def spoil(folder: Path, how: str) -> None:
    about = json.loads((folder / "frame.json").read_text())
    if how == "missing":
        (folder / "cube.arrow").unlink()
    elif how == "cut":
        data = (folder / "cube.arrow").read_bytes()
        (folder / "cube.arrow").write_bytes(data[: len(data) // 2])
    elif how == "another version":
        (folder / "frame.json").write_text(json.dumps(about | {"format": 99}))
    elif how == "no json":
        (folder / "frame.json").write_text("{")
    elif how == "a list":
        (folder / "frame.json").write_text("[]")
    elif how == "unknown words":
        (folder / "frame.json").write_text(json.dumps(about | {"more": 1}))
    elif how == "too few words":
        del about["currencies"]
        (folder / "frame.json").write_text(json.dumps(about))
    elif how == "no folder":
        folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize(
    "how",
    ["missing", "cut", "another version", "no json", "a list", "unknown words",
     "too few words", "no folder"],
)  # fmt: skip
def test_a_folder_that_is_no_frame_is_named(tmp_path: Path, how: str) -> None:
    folder = save(frame(), tmp_path / "usage.meter")
    spoil(folder, how)
    with pytest.raises(mw.MeterError) as caught:
        open_frame(folder)
    assert str(caught.value).startswith(str(folder))
    said = "saved by another version" if how == "another version" else "not a saved"
    assert said in str(caught.value)


def test_opening_a_frame_needs_neither_duckdb_nor_pandas(tmp_path: Path) -> None:
    """A kernel that only maps a frame stays small."""
    folder = save(frame(), tmp_path / "usage.meter")
    code = (
        "import sys; from meterwidgets.frame.saved import open_frame; "
        f"usage = open_frame({str(folder)!r}); "
        "assert usage.select().sums()['records'] == 2; usage.select().by('user'); "
        "heavy = {'duckdb', 'pandas', 'bqplot', 'ipywidgets', 'voila'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
