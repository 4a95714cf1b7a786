"""What a user must know besides the amounts."""

from __future__ import annotations

from pathlib import Path

import bills

import meterwidgets as mw

from .sides import at, compared, frames, reasons, table

NANO = bills.NANO


def test_a_credit_is_in_no_total_and_named(planted: mw.Reconciliation) -> None:
    assert planted.credits == -12_500_000_000
    notice = "1 row of credits, taxes or purchases in the invoice, in no total"
    assert notice in planted.notices


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


def test_two_files_in_the_wrong_order_are_recognised(tmp_path: Path) -> None:
    ours, theirs = frames(
        tmp_path, [bills.log(1, "m", 1.0)], bills.openai((1, "m, input", "2.00"))
    )
    said = mw.reconcile(theirs, ours).notices[0]
    assert said.startswith(
        "the ledger and the invoice look swapped: costs.json has only costs"
    )
    assert mw.reconcile(ours, theirs).notices[:1] != (said,)
