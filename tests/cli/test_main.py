"""The command line as a whole: help, versions, errors, and what it imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click import Context

from meterwidgets import __version__
from meterwidgets.cli.main import _SUMMARIES, main

from .commands import fails, process


def test_a_failure_is_one_line_and_a_code(here: Path) -> None:
    done = process("report", "nothing.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: no file 'nothing.csv'; check the path\n"


def test_version_and_help_say_what_there_is() -> None:
    assert process("--version").stdout.strip().endswith(__version__)
    shown = process("--help").stdout
    for command in ("serve", "report", "sources"):
        assert f"\n  {command}" in shown
    assert process("-h").stdout == shown


def test_help_has_the_first_sentence_of_each_command() -> None:
    assert _SUMMARIES
    for name, summary in _SUMMARIES.items():
        command = main.get_command(Context(main), name)
        assert command is not None
        assert command.get_short_help_str(200).rstrip(".") == summary.rstrip(".")


def test_an_unknown_command_or_option_is_an_error_of_usage() -> None:
    assert "No such command 'reprot'" in fails("reprot", code=2)
    assert "No such option" in fails("report", "--organization", "x", code=2)
    assert "not in the range" in fails("serve", "--port", "99999", code=2)


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, meterwidgets.cli; "
        "print([m for m in ('pandas', 'duckdb', 'pyarrow', 'bqplot', 'voila') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True,
        env=os.environ,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
