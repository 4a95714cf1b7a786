"""A ledger against an invoice: lines, totals, periods, choices and refusals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import bills
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError

from .sides import at, compared, frames, reasons, table, why

NANO = bills.NANO


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
    with pytest.raises(MeterError, match="cannot choose models"):
        compared(tmp_path, ledger, invoice, models=["a"])


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


def test_a_store_that_is_fed_covers_the_day_that_is_not_over() -> None:
    ledger = table([at(1, "1.00"), at(2, "1.00")])
    end = ledger.last + timedelta(hours=2)
    fed = replace(ledger, coverage=replace(ledger.coverage, end=end, is_live=True))
    found = mw.reconcile(fed, table([at(1, "1.00"), at(2, "3.33")]))
    assert why(found) == [("01", "m", "agrees"), ("02", "m", None)]


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


@pytest.mark.slow
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
