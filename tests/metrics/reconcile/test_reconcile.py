"""Ledger against invoice: every reason planted, and found with its exact amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import bills
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.metrics.reconcile.model_names import match_names

NANO = bills.NANO


def frames(folder: Path, ledger: Any, invoice: Any) -> tuple[mw.UsageFrame, ...]:
    """A ledger and an invoice, each from its file; only the ledger is priced."""
    ours = bills.put(folder, "spend.json", ledger)
    theirs = bills.put(folder, "costs.json", invoice)
    return (
        mw.read_usage(ours, rejects=None),
        mw.read_usage(theirs, prices=mw.PriceBook(catalogue=False), rejects=None),
    )


def compared(
    folder: Path, ledger: Any, invoice: Any, **options: Any
) -> mw.Reconciliation:
    return mw.reconcile(*frames(folder, ledger, invoice), **options)


def table(rows: Sequence[Mapping[str, Any]]) -> mw.UsageFrame:
    """A frame of records with a time, a model, a cost and whatever else."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(columns, prices=book, rejects=None, name="table")


def at(day: int, cost: str | None, model: str | None = "m", **more: Any) -> Any:
    when = date(2026, 1, 1) + timedelta(days=day - 1)
    return {"time": f"{when}T12:00:00Z", "model": model, "cost": cost, **more}


def reasons(found: mw.Reconciliation) -> dict[str, str]:
    """Kind -> amount and lines."""
    return {
        each.kind: f"{each.amount / NANO:+.4f} in {each.lines}"
        for each in found.reasons
    }


def why(found: mw.Reconciliation) -> list[tuple[str, str | None, str | None]]:
    lines = sorted(found.lines, key=lambda line: (line.day, line.model or ""))
    return [(f"{line.day:%d}", line.model, line.reason) for line in lines]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> mw.Reconciliation:
    folder = tmp_path_factory.mktemp("planted")
    return compared(folder, bills.LEDGER, bills.INVOICE)


def test_every_planted_reason_is_found_with_its_exact_amount(
    planted: mw.Reconciliation,
) -> None:
    assert reasons(planted) == {
        "cache": "-7.2000 in 1",
        "outside_ledger": "+5.0000 in 1",
        "price": "-4.2000 in 3",
        "half": "-4.0000 in 1",
        "invoice_only": "+4.0000 in 1",
        "no_ledger_day": "+3.0000 in 1",
        "double": "+2.0000 in 1",
        "ledger_only": "-2.0000 in 1",
        "outside_invoice": "-1.2500 in 1",
        "unpriced": "+0.9000 in 1",
        "tax": "+0.7700 in 1",
        "not_tokens": "+0.3000 in 1",
        "rounding": "-0.0120 in 1",
        "agrees": "-0.0030 in 2",
        "midnight": "+0.0000 in 2",
    }


def test_what_no_reason_explains_stays_unexplained_and_comes_first(
    planted: mw.Reconciliation,
) -> None:
    first = planted.lines[0]
    assert (first.reason, first.difference) == (None, 770_000_000)
    assert (planted.unexplained, planted.unexplained_lines) == (770_000_000, 1)
    sizes = [abs(line.difference) for line in planted.lines if line.reason]
    assert sizes[:-2] == sorted(sizes[:-2], reverse=True)


def test_the_totals_are_those_of_the_two_files(planted: mw.Reconciliation) -> None:
    assert planted.ledger == 102_265_000_000
    assert planted.invoice == 100_340_000_000
    assert planted.difference == planted.explained + planted.unexplained
    assert repr(planted) == (
        "Reconciliation(ledger $102.27, invoice $100.34, difference -$1.93, "
        "unexplained $0.77 in 1 line)"
    )


def test_a_dated_name_is_matched_with_its_alias_and_said(
    planted: mw.Reconciliation,
) -> None:
    (match,) = planted.matches
    assert match.ledger == ("gpt-5-nano",)
    assert match.invoice == ("gpt-5-nano-2025-08-07",)


def test_a_credit_is_in_no_total_and_named(planted: mw.Reconciliation) -> None:
    assert planted.credits == -12_500_000_000
    assert any("a cost cannot be negative" in each for each in planted.notices)


def test_the_lines_are_an_arrow_table_and_a_dataframe(
    planted: mw.Reconciliation,
) -> None:
    lines = planted.to_arrow()
    assert lines.num_rows == len(planted.lines)
    assert sum(lines["difference"].to_pylist()) == planted.difference
    assert list(planted.to_pandas().columns) == lines.column_names


def test_anthropics_cents_are_compared_by_model(tmp_path: Path) -> None:
    name = "claude-sonnet-4-20250514"
    ledger = [
        bills.log(1, "anthropic/claude-sonnet-4", 1.00),
        bills.log(1, "anthropic/claude-haiku-4-5", 3.00),
        bills.log(2, "anthropic/claude-sonnet-4", 0.50),
    ]
    invoice = bills.anthropic(
        (1, "tokens", name, "uncached_input_tokens", "40.0"),
        (1, "tokens", name, "output_tokens", "60.0"),
        (1, "tokens", "claude-haiku-4-5-20251001", "output_tokens", "150.0"),
        (2, "tokens", name, "output_tokens", "50.00000001"),
        (2, "web_search", None, "", "1000"),
    )
    found = compared(tmp_path, ledger, invoice)
    assert reasons(found) == {"not_tokens": "+10.0000 in 1", "half": "-1.5000 in 1"}
    assert (found.unexplained, found.unexplained_lines) == (0, 0)
    assert [line.model for line in found.lines if line.reason == "not_tokens"] == [
        "web_search"
    ]
    assert len(found.matches) == 2


def test_an_invoice_without_models_is_compared_by_day(tmp_path: Path) -> None:
    ledger = [bills.log(1, "a", 1.0), bills.log(1, "b", 2.0), bills.log(2, "a", 4.0)]
    invoice = bills.openai((1, None, "3.00"), (2, None, "4.50"))
    found = compared(tmp_path, ledger, invoice)
    assert not found.by_model
    assert found.notices[0].endswith(
        "each line is a whole day; group the cost report by line item (OpenAI) or "
        "description (Anthropic)"
    )
    assert why(found) == [("01", None, "agrees"), ("02", None, None)]
    assert found.lines[0].difference == 500_000_000
    with pytest.raises(MeterError, match="can't be cut to a model"):
        compared(tmp_path, ledger, invoice, models=["a"])


def hourly(ahead: int) -> tuple[list[Any], list[Any]]:
    """A request an hour on six days, logged some hours ahead, and its line items."""
    ledger, billed = [], dict.fromkeys(range(1, 7), 0)
    for hour in range(24 * 6):
        cost = 1 + hour % 7
        billed[hour // 24 + 1] += cost
        day, clock = divmod(hour + ahead, 24)
        ledger.append(bills.log(day + 1, "m", cost, at=f"{clock:02}:30:00"))
    return ledger, [(day, "m, input", f"{cost}.00") for day, cost in billed.items()]


def test_a_ledger_in_local_time_is_told_by_its_hours(tmp_path: Path) -> None:
    ledger, items = hourly(2)
    found = compared(tmp_path, ledger, bills.openai(*items), end="2026-01-07")
    (reason,) = [each for each in found.reasons if each.kind == "zone"]
    assert reason.title == "The ledger's clock is 2 hours ahead of UTC"
    assert (found.unexplained_lines, found.unexplained) == (0, 0)


def test_no_clock_is_wrong_for_a_few_lines_only(tmp_path: Path) -> None:
    ledger, items = hourly(2)
    for day in range(1, 7):
        for model in ("n", "o", "p"):
            ledger.append(bills.log(day, model, 1.0))
            items.append((day, f"{model}, input", f"{day * day + 3}.33"))
    found = compared(tmp_path, ledger, bills.openai(*items), end="2026-01-07")
    assert "zone" not in reasons(found)


def test_a_monthly_invoice_is_compared_by_month() -> None:
    ledger = table([at(day, "1.00") for day in range(1, 60)])
    invoice = table(
        [
            at(1, "31.00", window_end="2026-02-01T00:00:00Z"),
            at(32, "30.00", window_end="2026-03-01T00:00:00Z"),
        ]
    )
    found = mw.reconcile(ledger, invoice)
    assert found.step == "month"
    assert [(f"{line.day}", line.difference // NANO) for line in found.lines] == [
        ("2026-02-01", 2),
        ("2026-01-01", 0),
    ]


def test_twice_the_tokens_and_the_cost_are_told_from_half_the_price() -> None:
    def row(cost: str, tokens: int) -> Any:
        return at(1, cost, prompt_tokens=tokens, completion_tokens=0)

    invoice = table([row("1.00", 100)])
    logged_twice = mw.reconcile(table([row("1.00", 100)] * 2), invoice)
    assert reasons(logged_twice) == {"twice": "-1.0000 in 1"}
    at_half = mw.reconcile(table([row("2.00", 100)]), invoice)
    assert reasons(at_half) == {"half": "-1.0000 in 1"}


def test_half_of_an_amount_that_rounding_blurs_is_no_proof() -> None:
    ledger, invoice = table([at(1, "0.034")]), table([at(1, "0.02")])
    assert mw.reconcile(ledger, invoice).reasons == ()


def test_the_same_amount_each_day_is_no_proof_of_a_price() -> None:
    ledger = table([at(day, "1.00") for day in range(1, 6)])
    invoice = table([at(day, "1.30") for day in range(1, 6)])
    found = mw.reconcile(ledger, invoice)
    assert (found.reasons, found.unexplained_lines) == ((), 5)


def test_only_neighbouring_days_move_usage_over_midnight() -> None:
    ledger = table([at(day, "2.00") for day in (1, 2, 3)])
    near = table([at(1, "1.60"), at(2, "2.40"), at(3, "2.00")])
    assert reasons(mw.reconcile(ledger, near)) == {"midnight": "+0.0000 in 2"}
    apart = table([at(1, "1.60"), at(2, "2.00"), at(3, "2.40")])
    assert mw.reconcile(ledger, apart).unexplained_lines == 2
    unequal = table([at(1, "1.60"), at(2, "2.50"), at(3, "2.00")])
    assert mw.reconcile(ledger, unequal).unexplained_lines == 2


def test_rounding_explains_no_more_than_it_can() -> None:
    """Of an invoice of three amounts in cents up to 1.5, of one in mills less."""
    ledger = table([at(1, "3.0140")])
    cents = table([at(1, "1.00")] * 3)
    assert reasons(mw.reconcile(ledger, cents)) == {"rounding": "-0.0140 in 1"}
    assert mw.reconcile(table([at(1, "3.0160")]), cents).unexplained_lines == 1
    hundred = table([at(1, "1.00")] * 100)  # up and down: not half a cent each
    assert mw.reconcile(table([at(1, "100.20")]), hundred).unexplained_lines == 1
    mills = table([at(1, "1.001"), at(1, "1.000"), at(1, "0.999"), at(1, "0.001", "n")])
    found = mw.reconcile(ledger, mills)
    assert [line.model for line in found.lines if line.reason is None] == ["m"]


def test_a_model_that_both_have_on_other_days_is_no_model_of_one_side() -> None:
    """Nor does a day that only one side covers say that both have it."""
    ledger = table([at(1, "1.00"), at(2, "1.00", "n"), at(3, "1.00", "n")])
    invoice = table([at(2, "1.00", "m"), at(2, "1.00", "n")])
    assert why(mw.reconcile(ledger, invoice))[1] == ("02", "m", "invoice_only")


def test_a_day_without_a_record_in_the_invoice_is_said() -> None:
    ledger = table([at(day, "1.00") for day in (1, 2, 3)])
    invoice = table([at(day, "1.00") for day in (1, 3)])
    assert reasons(mw.reconcile(ledger, invoice)) == {"no_invoice_day": "-1.0000 in 1"}


def test_one_model_is_chosen_by_any_of_its_names(tmp_path: Path) -> None:
    both = frames(tmp_path, bills.LEDGER, bills.INVOICE)
    chosen = [
        mw.reconcile(*both, models=[name])
        for name in ("gpt-5-nano", "gpt-5-nano-2025-08-07")
    ]
    assert chosen[0] == chosen[1]
    assert {line.model for line in chosen[0].lines} == {"gpt-5-nano-2025-08-07"}
    with pytest.raises(MeterError, match="did you mean 'gpt-5-nano'"):
        mw.reconcile(*both, models=["gpt-5-nan"])


def test_a_day_on_which_the_ledger_has_other_models_is_no_missing_day() -> None:
    ledger = table([at(1, "1.00"), at(2, "1.00", "other"), at(3, "1.00")])
    invoice = table([at(1, "1.00"), at(2, "5.00"), at(2, "1.00", "other")])
    found = mw.reconcile(ledger, invoice, models=["m"])
    assert why(found)[1] == ("02", "m", None)


def test_the_range_leaves_out_days_that_one_side_does_not_cover() -> None:
    ledger = table([at(day, "1.00") for day in range(1, 8)])
    invoice = table([at(day, "1.00") for day in range(3, 10)])
    whole = mw.reconcile(ledger, invoice)
    assert reasons(whole) == {
        "outside_invoice": "-2.0000 in 2",
        "outside_ledger": "+2.0000 in 2",
    }
    assert not whole.agrees
    assert mw.reconcile(ledger, invoice, start="2026-01-03", end="2026-01-08").agrees


def test_usage_without_any_price_is_told_from_a_lower_bound() -> None:
    tokens = {"prompt_tokens": 900, "completion_tokens": 0}
    ledger = table(
        [
            at(1, "1.00"),
            at(1, None, "new", **tokens),
            at(2, "1.00", prompt_tokens=100, completion_tokens=0),
            at(2, None, **tokens),
        ]
    )
    invoice = table([at(1, "1.00"), at(1, "0.40", "new"), at(2, "7.00")])
    found = mw.reconcile(ledger, invoice)
    assert reasons(found) == {"unpriced": "+0.4000 in 1"}
    assert found.unexplained == 6 * NANO
    assert any("90.0% of the ledger's tokens have no" in n for n in found.notices)
    (line,) = [line for line in found.lines if line.model == "new"]
    assert line.ledger is None  # unknown, not 0


def test_a_last_day_that_may_not_be_over_is_said() -> None:
    ledger = table([at(1, "1.00"), at(2, "1.00")])
    invoice = table([at(1, "1.00"), at(2, "3.33")])
    (said,) = mw.reconcile(ledger, invoice).notices
    assert said.startswith("the ledger ends on Jan 2, 2026 at 12:00 PM UTC")


def test_a_store_that_is_fed_covers_the_day_that_is_not_over() -> None:
    ledger = table([at(1, "1.00"), at(2, "1.00")])
    fed = replace(ledger, fed=ledger.last + timedelta(hours=2))
    found = mw.reconcile(fed, table([at(1, "1.00"), at(2, "3.33")]))
    assert why(found) == [("01", "m", "agrees"), ("02", "m", None)]


def test_the_tolerance_decides_what_agrees() -> None:
    pair = table([at(1, "1.00")]), table([at(1, "1.01")])
    assert not mw.reconcile(*pair).agrees
    assert mw.reconcile(*pair, tolerance=0.01).agrees
    for bad in ("x", -1, "nan", "inf"):
        with pytest.raises(MeterError, match="expected an amount of 0 or more"):
            mw.reconcile(*pair, tolerance=bad)


def test_a_path_is_no_frame() -> None:
    with pytest.raises(MeterError, match="the invoice is str; expected a frame"):
        mw.reconcile(table([at(1, "1.00")]), "costs.json")  # type: ignore[arg-type]


def test_what_can_not_be_compared_is_refused_with_the_way_out(tmp_path: Path) -> None:
    priced = table([at(1, "1.00")])
    bare = table([at(1, None, prompt_tokens=5, completion_tokens=5)])
    with pytest.raises(MeterError, match=r"the ledger table: .* add a \[\[price\]\]"):
        mw.reconcile(bare, priced)
    with pytest.raises(MeterError, match=r"the invoice table: .* not its usage report"):
        mw.reconcile(priced, bare)
    with pytest.raises(MeterError, match="no day in common: the ledger goes from 2026"):
        mw.reconcile(priced, table([at(2, "1.00")]))
    with pytest.raises(MeterError, match="give a date such as"):
        mw.reconcile(priced, priced, start="2026-01-01T06:00")
    with pytest.raises(MeterError, match="nothing from 2027-01-01"):
        mw.reconcile(priced, priced, start="2027-01-01")
    ledger = [bills.log(1, "m", 1.0)]
    euros = bills.openai((1, "m, input", "1.00"), currency="eur")
    with pytest.raises(MeterError, match=r"in USD, the invoice in EUR, .* never comp"):
        compared(tmp_path, ledger, euros)


def test_requests_that_were_exported_twice_count_once_and_are_said(
    tmp_path: Path,
) -> None:
    rows = [bills.log(1, "m", 1.0), bills.log(1, "m", 2.0)]
    files = [bills.put(tmp_path, name, rows) for name in ("a.json", "b.json")]
    invoice = table([at(1, "3.00")])
    found = mw.reconcile(mw.read_usage(files, rejects=None), invoice)
    assert found.agrees
    assert found.notices == ("2 duplicates in the ledger, counted once",)


def test_a_page_of_the_invoice_that_is_missing_is_said(tmp_path: Path) -> None:
    page = bills.openai((1, "m, input", "1.00")) | {"has_more": True}
    (said,) = compared(tmp_path, [bills.log(1, "m", 1.0)], page).notices
    assert said.startswith("openai_costs: partial: costs.json says has_more")


def test_days_of_another_zone_are_said() -> None:
    days = [(day, f"2026-01-{day:02}T23:00:00Z") for day in (1, 2, 3)]
    rows = [
        at(day, "1.00", time=start, window_end=f"2026-01-{day + 1:02}T23:00:00Z")
        for day, start in days
    ]
    usage = table(rows)
    assert (
        mw.reconcile(usage, usage)
        .notices[-2]
        .startswith("the days of the ledger begin at 11:00 PM UTC")
    )


def test_a_bill_of_meters_is_compared_by_model(tmp_path: Path) -> None:
    """FOCUS: a row a meter, credits and taxes in rows of other categories."""
    head = "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,SkuId,"
    head += "ServiceName,ChargeCategory,ChargeDescription,Tags\n"
    day = "2026-01-01T00:00:00Z,2026-01-02T00:00:00Z"
    tags = '"{""model"": ""gpt-4o""}"'
    rows = [
        f"{day},0.75,USD,sku-1,OpenAI,Usage,gpt-4o input tokens,{tags}",
        f"{day},1.50,USD,sku-2,OpenAI,Usage,gpt-4o output tokens,{tags}",
        f"{day},9.99,USD,sku-3,OpenAI,Tax,VAT,",
    ]
    path = tmp_path / "focus.csv"
    path.write_text(head + "\n".join(rows) + "\n", "utf-8")
    invoice = mw.read_usage(path, prices=mw.PriceBook(catalogue=False), rejects=None)
    found = mw.reconcile(table([at(1, "2.00", "openai/gpt-4o")]), invoice)
    assert why(found) == [("01", "gpt-4o", None)]
    assert found.unexplained == 250_000_000


def test_of_several_currencies_the_common_one_is_compared() -> None:
    both = table([at(1, "1.00", currency="USD"), at(1, "9.00", currency="EUR")])
    found = mw.reconcile(both, table([at(1, "1.00")]))
    assert (found.agrees, found.currency) == (True, "USD")
    assert found.notices == ("amounts of the ledger in EUR are left out",)
    with pytest.raises(MeterError, match="choose one with --currency"):
        mw.reconcile(both, both)
    assert mw.reconcile(both, both, currency="eur").ledger == 9 * NANO


def test_two_files_in_the_wrong_order_are_recognised(tmp_path: Path) -> None:
    ours, theirs = frames(
        tmp_path, [bills.log(1, "m", 1.0)], bills.openai((1, "m, input", "2.00"))
    )
    said = mw.reconcile(theirs, ours).notices[0]
    assert said.startswith(
        "the ledger and the invoice look swapped: costs.json has only costs"
    )
    assert mw.reconcile(ours, theirs).notices[:1] != (said,)


AMOUNTS = st.integers(0, 3 * NANO).map(lambda n: f"{n // NANO}.{n % NANO:09}")
RECORDS = st.lists(
    st.builds(
        at,
        st.integers(1, 6),
        AMOUNTS | st.sampled_from(["1.00", "2.00", "0.50", "0.001"]),
        st.sampled_from(["a", "b", "c", "d", None]),
    ),
    min_size=1,
    max_size=25,
)
FIRST = [at(1, "1.00")]  # so that there is a day in common


@given(RECORDS, RECORDS)
@example([], [])
@example([at(2, "1.00")], [at(2, "0.50"), at(3, "9.00")])
def test_reasons_and_what_is_unexplained_add_up_and_swapping_negates(
    ledger: list[Any], invoice: list[Any]
) -> None:
    ours, theirs = table(FIRST + ledger), table(FIRST + invoice)
    found, back = mw.reconcile(ours, theirs), mw.reconcile(theirs, ours)
    total = sum(reason.amount for reason in found.reasons)
    assert total + found.unexplained == found.difference
    unexplained = [line.difference for line in found.lines if line.reason is None]
    assert found.unexplained == sum(unexplained)
    assert found.ledger == spent(FIRST + ledger)
    assert found.difference == spent(FIRST + invoice) - spent(FIRST + ledger)
    assert back.difference == -found.difference
    assert {(line.day, line.model): -line.difference for line in back.lines} == {
        (line.day, line.model): line.difference for line in found.lines
    }


def spent(rows: list[Any]) -> int:
    """The sum of the costs in plain integers."""
    return sum(
        int(whole) * NANO + int(rest.ljust(9, "0"))
        for whole, rest in (row["cost"].split(".") for row in rows)
    )


@settings(max_examples=4)
@given(RECORDS)
def test_a_ledger_agrees_with_itself(rows: list[Any]) -> None:
    usage = table(rows)
    found = mw.reconcile(usage, usage, tolerance=0)
    assert found.agrees
    assert (found.difference, found.reasons) == (0, ())


@pytest.mark.parametrize(
    ("ledger", "invoice"),
    [
        ("gpt-5-nano", "gpt-5-nano-2025-08-07"),
        ("openai/gpt-5-nano", "gpt-5-nano"),
        ("azure/eu/gpt-4.1", "gpt-4.1-2025-04-14"),
        ("anthropic/claude-sonnet-4", "claude-sonnet-4-20250514"),
        ("bedrock/us.anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3.5-haiku"),
        ("claude-opus-4@20250514", "claude-opus-4-20250514"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022"),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
    ],
)
def test_names_of_one_model_are_matched(ledger: str, invoice: str) -> None:
    ours, theirs, said = match_names([ledger], [invoice])
    assert ours[ledger] == theirs[invoice] == invoice
    assert [(each.ledger, each.invoice) for each in said] == [((ledger,), (invoice,))]


@pytest.mark.parametrize(
    ("ledger", "invoice"),
    [
        ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4.1", "gpt-4"),
        ("qwen2.5-72b", "qwen2.5-7b"),
        ("titan-embed-text-v1", "titan-embed-text-v2"),
    ],
)
def test_names_of_two_models_are_not_matched(ledger: str, invoice: str) -> None:
    assert match_names([ledger], [invoice])[2] == ()


def test_dated_names_that_both_sides_have_stay_apart() -> None:
    names = ["gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"]
    ours, theirs, said = match_names(names, names)
    assert ours == theirs == {name: name for name in names}
    assert said == ()
