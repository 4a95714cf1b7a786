"""Every planted reason is found with its exact amount, and nothing more is claimed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bills
import pytest

import meterwidgets as mw
from meterwidgets.errors import MeterError

from .sides import at, compared, reasons, table, why

NANO = bills.NANO


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


def test_a_day_on_which_the_ledger_has_other_models_is_no_missing_day() -> None:
    ledger = table([at(1, "1.00"), at(2, "1.00", "other"), at(3, "1.00")])
    invoice = table([at(1, "1.00"), at(2, "5.00"), at(2, "1.00", "other")])
    found = mw.reconcile(ledger, invoice, models=["m"])
    assert why(found)[1] == ("02", "m", None)


def test_the_tolerance_decides_what_agrees() -> None:
    pair = table([at(1, "1.00")]), table([at(1, "1.01")])
    assert not mw.reconcile(*pair).agrees
    assert mw.reconcile(*pair, tolerance=0.01).agrees
    for bad in ("x", -1, "nan", "inf"):
        with pytest.raises(MeterError, match="expected an amount of 0 or more"):
            mw.reconcile(*pair, tolerance=bad)
