"""What every command's test has: an empty folder, and the worked example."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest

from .commands import PRICES


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def example(tmp_path: Path) -> list[str]:
    """The arguments of a report of the worked example with its rate table."""
    config = tmp_path / "prices.toml"
    config.write_text(PRICES, "utf-8")
    return ["report", str(golden.write(tmp_path)), "--config", str(config)]
