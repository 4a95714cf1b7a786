"""``--format text``: the figures as the widgets write them."""

from __future__ import annotations

from metrics.ledgers import request, selected, usage_of

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.report import text as form

GOLDEN = """\
golden.csv
Feb 22, 2026 · UTC · Data until Feb 22, 2026

Total Spend  $0.16  ($0.16/day · 1 day)
Tokens       54K  (54K/day)
Requests     144  (144/day)
Models       1  (Top Spender: qwen-cpu-deployment)
Rate/1K      $0.0030  (blended average)
Efficiency   338K  (tokens per dollar)
Token split  input 28K (52%; 500K tokens per dollar), output 26K (48%; 250K tokens \
per dollar)
Cost split   input cost $0.06 (35%; $0.0020 per 1K tokens), output cost $0.10 (65%; \
$0.0040 per 1K tokens)

Organization   Cost  Tokens   Share
Acme          $0.16     54K  100.0%

Deployment            Cost  Tokens   Share
qwen-cpu-deployment  $0.16     54K  100.0%

Model                 Cost  Tokens   Share
qwen-cpu-deployment  $0.16     54K  100.0%

Single Model Usage: All cost is concentrated in a single model. Consider exploring \
additional models for better flexibility and risk distribution.

About the ledger:
"""


def test_the_golden_page(golden: UsageFrame) -> None:
    assert form.dumps(golden.select()).startswith(GOLDEN)


def test_a_part_without_a_price_makes_a_lower_bound_and_has_no_share() -> None:
    rows = [request("2026-01-01", "a", cost="1"), request("2026-01-01", "b")]
    shown = form.dumps(usage_of(rows).select())
    assert "lower bound: 50.0% of tokens unpriced" in shown
    assert ["b", "–", "150", "–"] in [line.split() for line in shown.splitlines()]


def test_where_nothing_is_priced_tokens_rank_and_it_says_so() -> None:
    rows = [request("2026-01-01", "a"), request("2026-01-01", "b", input_tokens=850)]
    shown = form.dumps(usage_of(rows).select())
    assert "Total Spend  –  (No prices, so models are ranked by tokens)" in shown
    assert "Models       2  (Most Tokens: b)" in shown
    assert "Efficiency   –  (no record in this selection has a price)" in shown
    lines = [line.split() for line in shown.splitlines()]
    assert ["b", "–", "900", "85.7%"] in lines


def test_filters_and_the_side_stand_on_the_page() -> None:
    usage = usage_of([request("2026-01-01", "a", cost="7", org="Acme")])
    shown = form.dumps(selected(usage, orgs=["Acme"], cost_type="input"))
    assert "Tenant org: Acme\nCost type: Input\n" in shown
    assert (
        "$7.00 is known only as a total; it belongs to neither side and is left out"
        in shown
    )
    assert "input cost – (–; its cost is not split), " in shown
    assert "not split $7.00 (100%; only a total is known)" in shown


def test_of_many_rows_the_others_add_up() -> None:
    rows = [request("2026-01-01", f"m{n:02}", cost=str(99 - n)) for n in range(12)]
    shown = form.dumps(usage_of(rows).select())
    table = shown[shown.index("Model   ") :].splitlines()[1:9]
    assert table[0].startswith("m00")
    assert table[7].startswith("Other (5)")
    costs = [float(line.split("$")[1].split()[0]) for line in table]
    assert sum(costs) == sum(99 - n for n in range(12))
    assert "m07" not in shown


def test_an_empty_selection_says_so(golden: UsageFrame) -> None:
    shown = form.dumps(selected(golden, start="2027-01-01", end="2027-02-01"))
    assert "No usage in this selection." in shown
    assert "Total Spend  $0.00  (outside the data)" in shown


def test_a_name_cannot_move_the_cursor() -> None:
    usage = usage_of([request("2026-01-01", "a\x1b[2J\u202eb\nc", cost="1")])
    shown = form.dumps(usage.select())
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "a\ufffd[2J\ufffdb\ufffdc" in shown
