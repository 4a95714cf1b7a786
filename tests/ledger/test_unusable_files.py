"""Of several files one that can't be used is left out, loudly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import meterwidgets as mw
from meterwidgets.cli.main import main
from meterwidgets.errors import LedgerError
from meterwidgets.frame.saved import open_frame, save

Write = Callable[..., Path]
GOOD = "time,model,input_tokens,cost\n2026-02-22T10:00:00Z,m,10,0.5\n"
BAD = {
    "empty.csv": "",
    "logo.json": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "weather.csv": "city,degrees\nOslo,3\n",
    "torn.json": '{"a": [1, ',
    "cut.parquet": b"PAR1 and no more",
}


@pytest.mark.parametrize("name", BAD)
def test_of_files_named_one_by_one_one_may_be_unusable(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    good, bad = write(GOOD, "good.csv"), write(BAD[name], name)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(
        main, ["report", str(bad), str(good), "--format", "json", "--org", "(none)"]
    )
    assert done.exit_code == 0
    assert done.stderr.splitlines()[0].startswith(f"{name}: left out: ")
    assert json.loads(done.stdout)["totals"]["cost"] == "0.500000000"


def test_of_a_folder_on_the_command_line_one_may_be_unusable(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(GOOD, "in/good.csv")
    write("", "in/empty.csv")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["report", "in", "--format", "json"])
    assert done.exit_code == 0
    notes = json.loads(done.stdout)["quality"]["notes"]
    assert any(note.startswith("empty.csv: left out: is empty") for note in notes)


def test_where_no_file_can_be_used_the_first_is_the_error(write: Write) -> None:
    paths = [write("", "a.csv"), write("city,degrees\nOslo,3\n", "b.csv")]
    with pytest.raises(LedgerError, match=r"a\.csv: is empty.*; 1 other file can't"):
        mw.read_usage(paths, rejects=None)


def test_a_name_that_matches_no_file_is_an_error(write: Write) -> None:
    with pytest.raises(LedgerError, match="no file"):
        mw.read_usage([write(GOOD), "nowhere.csv"], rejects=None)


def test_a_saved_frame_keeps_what_was_left_out(write: Write, tmp_path: Path) -> None:
    usage = mw.read_usage([write(GOOD), write("", "empty.csv")], rejects=None)
    save(usage, tmp_path / "saved")
    assert open_frame(tmp_path / "saved").quality.unusable == usage.quality.unusable
