"""A store keeps the credits of its bills: each row once, as it was last read."""

from __future__ import annotations

from pathlib import Path

import meterwidgets as mw
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.metrics.bill_credits import credits_in, selected_credits

NANO = 10**9
HEAD = (
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,SkuMeter,SubAccountId,"
    "ChargeCategory\n"
)


def charge(day: int, cost: str, org: str = "a", category: str = "Credit") -> str:
    first, last = f"2026-02-{day:02}", f"2026-02-{day + 1:02}"
    return f"{first}T00:00:00Z,{last}T00:00:00Z,{cost},USD,input,{org},{category}\n"


def credited(store: Path) -> int | None:
    return credits_in(mw.open_store(store).quality, "USD")


def test_overlapping_bills_and_a_bill_read_again_count_once(tmp_path: Path) -> None:
    store, bill, later = (tmp_path / name for name in ("s", "a.csv", "b.csv"))
    rows = HEAD + charge(1, "100", category="Usage") + charge(1, "-30")
    bill.write_text(rows)
    later.write_text(rows + charge(2, "-7", "b") + charge(2, "-7", "b"))
    for path in (bill, later, bill):
        ingest([LedgerSpec([str(path)])], store)
    assert credited(store) == -44 * NANO
    bill.write_text(HEAD + charge(1, "100", category="Usage") + charge(1, "-31"))
    later.write_text(HEAD + charge(3, "1", category="Usage"))
    ingest([LedgerSpec([str(bill), str(later)])], store)
    assert credited(store) == -31 * NANO


def test_credits_are_those_of_the_organizations_and_the_days(tmp_path: Path) -> None:
    bill = tmp_path / "a.csv"
    bill.write_text(
        HEAD
        + charge(1, "9", category="Usage")
        + charge(4, "9", "b", category="Usage")
        + charge(1, "-1")
        + charge(3, "-2", "b")
        + charge(20, "19.99", category="Tax")
    )
    ingest([LedgerSpec([str(bill)])], tmp_path / "s")
    usage = mw.open_store(tmp_path / "s")

    def of(**filters: object) -> int | None:
        return selected_credits(usage.select(Filters(**filters)))  # type: ignore[arg-type]

    assert of() == 16_990_000_000
    assert of(orgs=["b"]) == -2 * NANO
    assert of(preset="custom", start="2026-02-02", end="2026-02-05") == -2 * NANO
