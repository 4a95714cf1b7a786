"""docs/sources.md: its guide runs to the letter, and its list is that of the sources."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from meterwidgets.ledger.sources.registry import SOURCES
from meterwidgets.ledger.sources.vocabulary.declaration import KEYS
from meterwidgets.ledger.sources.vocabulary.reference import reference

TEXT = (Path(__file__).parents[1] / "docs" / "sources.md").read_text("utf-8")
GUIDE, _, REST = TEXT.partition("## Write one in ten minutes\n")[2].partition("\n## ")


def test_the_guide_leads_from_a_file_to_the_right_figures(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "meterwidgets"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m meterwidgets "$@"\n')
    program.chmod(0o755)
    path = {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    shown = ""
    for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.M | re.S):
        if kind == "toml":
            (tmp_path / "meterwidgets.toml").write_text(text, "utf-8")
        elif kind == "sh":
            done = subprocess.run(
                ["bash", "-ec", text], cwd=tmp_path, env=os.environ | path,
                capture_output=True, check=True, text=True,
            )  # fmt: skip
            shown = done.stdout + done.stderr
        else:
            for line in text.splitlines():
                assert line.strip() in shown


def test_every_key_is_explained() -> None:
    for key in KEYS:
        assert f"`{key}" in REST, key


def test_the_list_is_made_of_the_declarations() -> None:
    listed = TEXT.partition("scripts/sources.py -->\n\n")[2]
    assert listed == reference(SOURCES), "run .venv/bin/python scripts/sources.py"
