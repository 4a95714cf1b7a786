"""Money of a bill that is no usage: in no spend, its sum beside it, complete."""

from __future__ import annotations

from pathlib import Path

import meterwidgets as mw
from meterwidgets.metrics.bill_credits import credits_in

NANO = 10**9
HEAD = (
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,SkuMeter,"
    "ServiceCategory,ChargeCategory\n"
)
AI = "AI and Machine Learning"


def bill(path: Path, *rows: tuple[str, str, str, str]) -> mw.UsageFrame:
    day = "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z"
    lines = [
        f"{day},{cost},{code},input tokens,{service},{category}\n"
        for cost, code, service, category in rows
    ]
    path.write_text(HEAD + "".join(lines))
    return mw.read_usage(path, rejects=None, prices=mw.PriceBook(catalogue=False))


def test_every_category_but_usage_is_counted_each_in_its_currency(
    tmp_path: Path,
) -> None:
    usage = bill(
        tmp_path / "bill.csv",
        ("100", "USD", AI, "Usage"),
        ("100", "USD", AI, ""),
        ("-30", "USD", AI, "Credit"),
        ("19.99", "USD", AI, "Tax"),
        ("0.01", "USD", AI, "Adjustment"),
        ("500", "EUR", AI, "Purchase"),
        ("-77", "USD", "Storage", "Credit"),
    )
    assert credits_in(usage.quality, "USD") == -10 * NANO
    assert credits_in(usage.quality, "EUR") == 500 * NANO
    assert credits_in(usage.quality, "CHF") is None
    sums = usage.select().sums()
    assert sums["input_cost"] + sums["unsplit_cost"] == 200 * NANO


def test_they_do_not_stop_at_the_rejects_that_are_kept(tmp_path: Path) -> None:
    credit = ("-0.01", "USD", AI, "Credit")
    usage = bill(tmp_path / "bill.csv", ("1", "USD", AI, "Usage"), *[credit] * 12_000)
    assert credits_in(usage.quality, "USD") == -120 * NANO


def test_the_same_bill_twice_has_its_credits_once(tmp_path: Path) -> None:
    rows = [("1", "USD", AI, "Usage"), *[("-5", "USD", AI, "Credit")] * 2]
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        bill(path, *rows)
    usage = mw.read_usage(paths, rejects=None)
    assert credits_in(usage.quality, "USD") == -10 * NANO


def test_a_frame_of_one_user_has_no_credits_of_the_whole(tmp_path: Path) -> None:
    usage = bill(
        tmp_path / "bill.csv", ("1", "USD", AI, "Usage"), ("-5", "USD", AI, "Credit")
    )
    assert usage.of_user("u").quality.credits == ()


def test_a_saved_frame_keeps_them(tmp_path: Path) -> None:
    from meterwidgets.frame.saved import open_frame, save

    usage = bill(
        tmp_path / "bill.csv", ("1", "USD", AI, "Usage"), ("-5", "USD", AI, "Credit")
    )
    saved = open_frame(save(usage, tmp_path / "saved"))
    assert saved.quality.credits == usage.quality.credits != ()
