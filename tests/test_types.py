"""What a type checker tells somebody who writes a notebook."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import meterwidgets as mw

NOTEBOOK = """
import meterwidgets as mw

usage = mw.read_usage("spend_logs.json")
view = mw.UsageView(usage, tz="Europe/Berlin")
reveal_type(usage)
reveal_type(mw.open_store("usage.meter"))
reveal_type(mw.current_usage())
reveal_type(mw.demo_usage())
reveal_type(mw.PriceBook.load("prices.toml"))
reveal_type(view.filters)
reveal_type(view.filters.replace(orgs=["Acme"]))
reveal_type(view.selection)
reveal_type(view.kpi_cards())
reveal_type(view.split_bar("tokens"))
reveal_type(view.donut(by="org"))
reveal_type(view.trend("cost", by="deployment"))
reveal_type(view.model_list())
reveal_type(view.insights_banner())
reveal_type(view.about_data())
reveal_type(view.filter_panel())
reveal_type(view.records_list())
reveal_type(mw.app(usage))
reveal_type(mw.overview(usage))
reveal_type(mw.my_usage(usage, user="u-1042"))
reveal_type(mw.KpiCard(label="GPU hours", value="1,204"))
"""

REVEALED = [
    "UsageFrame", "UsageFrame", "UsageFrame", "UsageFrame", "PriceBook", "Filters",
    "Filters", "Selection", "KpiCards", "SplitBar", "Donut", "Trend", "ModelList",
    "InsightsBanner", "AboutData", "FilterPanel", "RecordsList", "App", "Page", "Page", "KpiCard",
]  # fmt: skip

MISTAKES = {
    'mw.read_usagee("a.csv")': 'no attribute "read_usagee"; maybe "read_usage"',
    'view.trend("costs")': "incompatible type \"Literal['costs']\"",
    'view.kpi_cards("overvue")': "incompatible type \"Literal['overvue']\"",
    'view.filters.replace(orgz=["Acme"])': 'keyword argument "orgz"',
    'view.filters.replace(preset="7 days")': "incompatible type \"Literal['7 days']\"",
    'view.filters.replace(cost_type="in")': "incompatible type \"Literal['in']\"",
    'mw.KpiCard("GPU hours", "1", colour="red")': 'keyword argument "colour"',
}
"""A line -> what mypy says of it."""


def checked(path: Path, text: str) -> list[str]:
    """What mypy says of a file in strict mode, a line each."""
    path.write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    done = subprocess.run(
        [*command, f"--cache-dir={path.parent / 'cache'}", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow  # half a minute: all of what the package imports is looked at
def test_every_public_name_shows_its_type(tmp_path: Path) -> None:
    lines = checked(tmp_path / "notebook.py", NOTEBOOK)
    names = [re.search(r'Revealed type is "[\w.]*?(\w+)"', line) for line in lines]
    assert [name and name[1] for name in names] == REVEALED, lines


@pytest.mark.slow
def test_a_mistake_is_an_error_before_it_runs(tmp_path: Path) -> None:
    start = NOTEBOOK.partition("reveal_type")[0]
    lines = checked(tmp_path / "mistakes.py", start + "\n".join(MISTAKES))
    errors = [line for line in lines if ": error:" in line]
    assert len(errors) == len(MISTAKES), lines
    for line, words in zip(errors, MISTAKES.values(), strict=True):
        assert words in line


@pytest.mark.parametrize("name", mw.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(mw, name)
    assert (value.__doc__ or "").strip()
