"""What is worth knowing: each rule at its threshold, its words, the order."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.read import read_usage
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.metrics.insights import Insight, insights
from meterwidgets.metrics.totals import totals

from .ledgers import request, selected, usage_of

DAY = timedelta(days=1)
FRIDAY = date(2026, 2, 20)


def rules(usage: UsageFrame, **filters: Any) -> list[str]:
    return [each.rule for each in insights(selected(usage, **filters))]


def only(usage: UsageFrame, rule: str, **filters: Any) -> Insight:
    (found,) = [i for i in insights(selected(usage, **filters)) if i.rule == rule]
    return found


# single model and concentration


def shared_by(**costs: str) -> UsageFrame:
    return usage_of([request("2026-01-01", name, cost=c) for name, c in costs.items()])


def test_one_model_with_all_the_cost() -> None:
    assert rules(shared_by(a="1", b="0")) == ["single_model"]
    assert rules(shared_by(a="1", b="0.000000001")) == ["concentration"]


def test_one_model_where_nothing_is_priced_speaks_of_usage() -> None:
    usage = usage_of([request("2026-01-01", "a")])
    text = only(usage, "single_model").text
    assert text.startswith("All usage is concentrated in a single model.")


def test_what_is_not_reported_is_not_a_single_model() -> None:
    assert rules(usage_of([request("2026-01-01", None, cost="1")])) == []


@pytest.mark.parametrize(
    ("top", "rest", "found"),
    [("80", "20", []), ("80.000001", "19.999999", ["concentration"])],
)
def test_concentration_begins_above_80_percent(
    top: str, rest: str, found: list[str]
) -> None:
    assert rules(shared_by(a=top, b=rest)) == found


def test_concentration_names_the_model_its_share_and_the_others() -> None:
    text = only(shared_by(big="90", b="6", c="4"), "concentration").text
    assert text.startswith(
        "big has 90.0% of the cost; the other 2 models have the rest."
    )


def test_concentration_is_of_models_and_not_of_what_is_not_reported() -> None:
    rows = [
        request("2026-01-01", None, cost="90"),
        request("2026-01-01", "b", cost="1"),
    ]
    assert rules(usage_of(rows)) == []
    rows = [
        request("2026-01-01", "b", cost="90"),
        request("2026-01-01", None, cost="1"),
    ]
    assert rules(usage_of(rows)) == []
    rows.append(request("2026-01-01", "c", cost="1"))
    text = only(usage_of(rows), "concentration").text
    assert text.startswith(
        "b has 97.8% of the cost; the other model and usage without a model name have"
    )


# unpriced


def priced_but(tokens: int, of: int = 10_000) -> UsageFrame:
    rows = [
        request(
            "2026-01-01", "a", cost="1", input_tokens=of // 2 - tokens, output_tokens=0
        ),
        request("2026-01-01", "b", cost="1", input_tokens=of // 2, output_tokens=0),
        request("2026-01-01", "gone", input_tokens=tokens, output_tokens=0),
    ]
    return usage_of(rows)


def test_unpriced_begins_above_one_percent_of_the_tokens() -> None:
    assert rules(priced_but(100)) == []
    found = only(priced_but(101), "unpriced")
    assert (found.severity, found.title) == ("warning", "Unpriced Usage")
    assert found.text == (
        "1.0% of the tokens (101) have no price, so the spend is a lower bound. "
        "Add rates for gone."
    )


def test_unpriced_names_three_models_and_counts_the_others() -> None:
    rows = [request("2026-01-01", f"m{n}", input_tokens=1000 - n) for n in range(5)] + [
        request("2026-01-01", "priced", cost="1")
    ]
    text = only(usage_of(rows), "unpriced").text
    assert text.endswith("Add rates for m0, m1, m2 and 2 more.")


def test_where_nothing_is_priced_there_is_no_lower_bound() -> None:
    rows = [request("2026-01-01", "a"), request("2026-01-01", "b")]
    assert only(usage_of(rows), "unpriced").text == (
        "Nothing in this selection has a price, so models are ranked by tokens. "
        "Add rates for a, b."
    )


def test_what_is_priced_but_not_split_is_not_without_a_price() -> None:
    rows = [request("2026-01-01", "a", cost="7"), request("2026-01-01", "b")]
    text = only(usage_of(rows), "unpriced", cost_type="input").text
    assert text.startswith("50.0% of the tokens (100) have no price")


def test_what_names_no_model_is_priced_by_a_rate_for_everything() -> None:
    rows = [request("2026-01-01", None)]
    text = only(usage_of(rows), "unpriced").text
    assert text.endswith(
        'Add rates; model = "*" also matches usage without a model name.'
    )
    rows.append(request("2026-01-01", "a"))
    text = only(usage_of(rows), "unpriced").text
    assert text.endswith(
        'Add rates for a; model = "*" also matches usage without a model name.'
    )


# spikes


def daily(costs: dict[date, str], model: str | None = "m") -> list[dict[str, Any]]:
    return [request(str(day), model, cost=cost) for day, cost in costs.items()]


def steady(
    last: str, days: int, base: tuple[str, ...] = ("10", "11", "12")
) -> UsageFrame:
    """A few days alike, and then one of another cost; two models so that none leads."""
    costs = {FRIDAY - n * DAY: base[n % len(base)] for n in range(1, days + 1)}
    half = daily(costs | {FRIDAY: last})
    return usage_of(half + daily({FRIDAY - days * DAY: "1000"}, "old"))


def test_a_spike_against_the_fourteen_days_before() -> None:
    found = only(steady("40", 20), "spike", start="2026-02-10")
    assert (found.severity, found.title) == (
        "warning",
        "Spend spike on Friday, Feb 20",
    )
    assert found.text == (
        "Cost was $40.00, against a median of $11.00 over the previous 14 days. "
        "m rose to $40.00 from a median of $11.00. Check who called it that day."
    )


def test_a_spike_is_more_than_five_mads_above_the_median() -> None:
    # median 11, MAD 1: the threshold is 16
    assert "spike" not in rules(steady("16", 20))
    assert "spike" in rules(steady("16.000000001", 20))


def test_a_spike_is_more_than_one_above_the_median() -> None:
    # median 0.10, MAD 0: five times the usual, but only 0.40 more
    assert "spike" not in rules(steady("1.10", 20, ("0.10",)))
    assert "spike" in rules(steady("1.100000001", 20, ("0.10",)))


def test_half_a_nano_of_a_median_is_kept() -> None:
    big = "90000000.000000001"
    costs = {FRIDAY - n * DAY: ("90000000" if n % 2 else big) for n in range(1, 20)}
    at = daily(costs | {FRIDAY: "90000001.000000000"})
    above = daily(costs | {FRIDAY: "90000001.000000001"})
    few = {"start": str(FRIDAY)}
    assert "spike" not in rules(usage_of(at), **few)
    assert "spike" in rules(usage_of(above), **few)


def test_with_eight_weeks_a_day_is_compared_with_the_same_weekday() -> None:
    # Fridays are always dear: no spike, though it is far above the other days
    costs = {FRIDAY - n * DAY: ("50" if n % 7 == 0 else "10") for n in range(1, 60)}
    usage = usage_of(daily(costs | {FRIDAY: "50"}))
    assert "spike" not in rules(usage)
    found = only(usage_of(daily(costs | {FRIDAY: "90"})), "spike")
    assert found.text.startswith(
        "Cost was $90.00, against a median of $50.00 on the eight previous Fridays."
    )


def test_with_fewer_weeks_the_fourteen_days_before_count() -> None:
    costs = {FRIDAY - n * DAY: ("50" if n % 7 == 0 else "10") for n in range(1, 55)}
    found = only(usage_of(daily(costs | {FRIDAY: "50"})), "spike")
    assert "over the previous 14 days" in found.text


def test_a_few_days_are_too_few_for_a_spike() -> None:
    assert "spike" not in rules(steady("1000", 6))
    assert "spike" in rules(steady("2000", 7))


def test_only_the_last_complete_day_can_be_a_spike() -> None:
    costs = {FRIDAY - n * DAY: "10" for n in range(1, 20)}
    rows = daily(costs | {FRIDAY: "90", FRIDAY + DAY: "10"})
    usage = usage_of(rows)
    assert "spike" not in rules(usage)
    assert "spike" in rules(usage, end=str(FRIDAY + DAY))
    # a window that ends within the day after: the day before is the last complete one
    assert "spike" in rules(usage, end=f"{FRIDAY + DAY}T15:00")
    # and one that ends within the day itself does not know it yet
    assert "spike" not in rules(usage, end=f"{FRIDAY}T15:00")
    # a window that does not hold the whole day says nothing of it
    assert "spike" not in rules(usage, start=f"{FRIDAY}T06:00", end=str(FRIDAY + DAY))


def test_days_of_a_spike_are_days_of_the_zone() -> None:
    costs = {FRIDAY - n * DAY: "10" for n in range(1, 20)}
    late = [request(f"{FRIDAY}T02:00:00", cost="90")]  # Thursday evening in New York
    usage = usage_of(daily(costs) + late)
    found = only(usage, "spike", tz="America/New_York", end=str(FRIDAY))
    assert found.title == "Spend spike on Thursday, Feb 19"


def test_the_spike_keeps_models_with_the_same_label_apart() -> None:
    costs = {FRIDAY - n * DAY: "10" for n in range(1, 20)}
    rows = daily(costs | {FRIDAY: "90"}, "id-1") + daily(costs | {FRIDAY: "10"}, "id-2")
    usage = usage_of(rows, labels={"model": {"id-1": "Qwen", "id-2": "Qwen"}})
    found = only(usage, "spike")
    assert found.text.startswith("Cost was $100.00, against a median of $20.00")
    assert "Qwen (id-1) rose to $90.00 from a median of $10.00." in found.text


def test_a_spike_without_models_names_none() -> None:
    costs = {FRIDAY - n * DAY: "10" for n in range(1, 20)}
    usage = usage_of(daily(costs | {FRIDAY: "90"}, None))
    text = only(usage, "spike").text
    assert "Usage without a model name rose to $90.00 from a median of $10.00." in text


def test_a_spike_of_one_side_is_measured_on_that_side() -> None:
    costs = {
        FRIDAY - n * DAY: {"input_cost": "1", "output_cost": "9"} for n in range(1, 20)
    }
    costs[FRIDAY] = {"input_cost": "1", "output_cost": "90"}
    usage = usage_of([request(str(day), **cost) for day, cost in costs.items()])
    assert "spike" in rules(usage, cost_type="output")
    assert "spike" not in rules(usage, cost_type="input")


def test_the_worst_comes_first() -> None:
    costs = {FRIDAY - n * DAY: "10" for n in range(1, 20)}
    rows = daily(costs | {FRIDAY: "90"}) + [request(str(FRIDAY), "gone")]
    assert rules(usage_of(rows)) == ["spike", "unpriced", "single_model"]
    rows.append(request(str(FRIDAY), "other", cost="1"))
    assert rules(usage_of(rows)) == ["spike", "unpriced", "concentration"]


def test_an_empty_selection_has_nothing_to_tell() -> None:
    assert rules(shared_by(a="1"), start="2027-01-01", end="2027-02-01") == []


def test_a_free_ledger_has_nothing_to_tell() -> None:
    free = {"model": "*", "input": "0", "output": "0"}
    rows = [request("2026-01-01", "a"), request("2026-01-01", "b")]
    assert rules(usage_of(rows, free)) == []


def test_one_model_that_was_chosen_is_no_single_model() -> None:
    usage = usage_of(
        [request("2026-01-01", "a", cost="1"), request("2026-01-01", "b", cost="1")]
    )
    assert not insights(selected(usage, models=["a"]))
    assert not insights(selected(usage, deployments=["a"]))


def test_models_without_any_cost_are_named_beside_the_single_one() -> None:
    usage = usage_of(
        [
            request("2026-01-01", "paid", cost="1", input_tokens=10**6),
            request("2026-01-01", "free", cost="0"),
            request("2026-01-01", "new"),
        ]
    )
    (found,) = insights(usage.select())
    assert found.rule == "single_model"
    assert found.text.endswith("Used beside it, without any cost: free, new.")


def test_a_spike_outside_the_filters_is_told_without_its_amounts() -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 16)]
    rows = [request(day, org="Acme", cost="10.00") for day in days]
    rows += [request(day, org="Other", cost="1.00") for day in days[:-1]]
    rows += [request(days[-1], org="Other", cost="987.00")]
    usage = usage_of(rows)
    whole = next(each for each in insights(usage.select()) if each.rule == "spike")
    assert "$997.00" in whole.text
    found = insights(selected(usage, orgs=["Acme"]))
    (spike,) = (each for each in found if each.rule == "spike")
    assert spike.title == f"{whole.title}, outside the filters"
    assert "$" not in spike.text
    (own,) = (
        each
        for each in insights(selected(usage, orgs=["Other"]))
        if each.rule == "spike"
    )
    assert "$987.00" in own.text


def test_what_a_bill_pays_is_not_unpriced(tmp_path: Path) -> None:
    tokens = {"object": "organization.usage.completions.result", "model": "gpt-5",
              "input_tokens": 900, "output_tokens": 100}  # fmt: skip
    money = {"object": "organization.costs.result", "line_item": "gpt-5, input",
             "amount": {"value": 1.25, "currency": "usd"}}  # fmt: skip
    paths = [tmp_path / "usage.json", tmp_path / "costs.json"]
    for path, result in zip(paths, (tokens, money), strict=True):
        bucket = {"object": "bucket", "start_time": 1769904000,
                  "end_time": 1769990400, "results": [result]}  # fmt: skip
        path.write_text(json.dumps({"object": "page", "data": [bucket]}))
    usage = read_usage(paths, rejects=None, prices=PriceBook(catalogue=False))
    assert "unpriced" not in {each.rule for each in insights(usage.select())}
    amounts = totals(usage.select()).amounts
    assert (amounts.unpriced_tokens, amounts.tokens) == (0, 1000)
    assert (amounts.cost, amounts.rate_per_1k) == (1_250_000_000, None)
