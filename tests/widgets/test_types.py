"""What a type checker sees of the widgets in a user's file."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

CODE = """
from meterwidgets.widgets.kpi_card import KpiCard
from meterwidgets.widgets.donut import Donut
from meterwidgets.widgets.filter_panel import FilterPanel
from meterwidgets.widgets.trend import Trend

card = KpiCard("Total Spend", "$0.16", caption="a day", tone="bad", layout={})
reveal_type(card)
reveal_type(card.value)
reveal_type(card.tone)
donut = Donut(rows=[{"id": "a", "fraction": 1.0}], selected=["a"])
reveal_type(donut.selected)
reveal_type(Trend(shape="share", times=[1]).shape)
reveal_type(FilterPanel(stale=True).request)
KpiCard("x", "1", lable="x")  # wrong
KpiCard("x", 1)  # wrong
Donut(row=[])  # wrong
Trend(shape="pie")  # wrong
donut.colour  # wrong
"""
WRONG = [i for i, line in enumerate(CODE.split("\n"), 1) if "# wrong" in line]


def test_constructors_and_traits_are_typed(tmp_path: Path) -> None:
    file = tmp_path / "user.py"
    file.write_text(CODE)
    cache = str(Path(__file__).parents[2] / ".mypy_cache")
    options = ["--strict", "--no-error-summary", "--cache-dir", cache]
    report, problem, _ = api.run([*options, str(file)])
    assert not problem
    types = re.findall(r'Revealed type is "(.*)"', report)
    assert types == [
        "meterwidgets.widgets.kpi_card.KpiCard",
        "str",
        "Literal['neutral'] | Literal['good'] | Literal['bad']",
        "list[str]",
        "Literal['stacked'] | Literal['lines'] | Literal['share']",
        "dict[str, Any]",
    ]
    errors = re.findall(r"user\.py:(\d+): error", report)
    assert [int(line) for line in errors] == WRONG, report
