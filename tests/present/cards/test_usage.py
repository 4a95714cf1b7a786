"""The cards say what a spend leaves out, and what no rate divides."""

from __future__ import annotations

from pathlib import Path

import meterwidgets as mw
from meterwidgets.frame.filters import Filters
from meterwidgets.present.cards import models
from meterwidgets.present.cards import usage as cards
from meterwidgets.present.cards.context import CardContext

HEAD = (
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,ConsumedQuantity,"
    "ConsumedUnit,SkuMeter,SubAccountId,ChargeCategory\n"
)
DAY = "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z"


def bill(path: Path, *rows: str) -> mw.UsageFrame:
    path.write_text(HEAD + "".join(f"{DAY},{row}\n" for row in rows))
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(path, rejects=None, prices=book)


def frame(folder: Path) -> mw.UsageFrame:
    return bill(
        folder / "bill.csv",
        "2.00,USD,1,1K tokens,input,a,Usage",
        "5.00,USD,3,Images,images,a,Usage",
        "-30.00,USD,,,,b,Credit",
    )


def test_the_cost_without_tokens_is_in_the_spend_and_in_no_rate(tmp_path: Path) -> None:
    context = CardContext.of(frame(tmp_path).select(), {})
    assert cards.spend.present(context).value == "$7.00"
    rate, efficiency = cards.rate.present(context), cards.efficiency.present(context)
    assert (rate.value, efficiency.value) == ("$2.0000", "500")
    assert rate.note == efficiency.note == "leaves out $5.00 without tokens"


def test_the_credits_stand_beside_the_spend(tmp_path: Path) -> None:
    usage = frame(tmp_path)
    card = cards.spend.present(CardContext.of(usage.select(), {}))
    assert card.note == "without credits, taxes and purchases of -$30.00"
    of_a = usage.select(Filters(orgs=("a",)))
    assert cards.spend.present(CardContext.of(of_a, {})).note == ""


def test_a_cost_that_has_no_tokens_has_no_rate_and_says_why(tmp_path: Path) -> None:
    usage = bill(tmp_path / "bill.csv", "5.00,USD,3,Images,images,a,Usage")
    card = cards.rate.present(CardContext.of(usage.select(), {}))
    assert (card.value, card.title) == ("–", "no cost has tokens of its own")


def test_wherever_a_spend_is_shown_it_says_what_it_leaves_out(tmp_path: Path) -> None:
    context = CardContext.of(frame(tmp_path).select(), {})
    said = "without credits, taxes and purchases of -$30.00"
    for card in (cards.spend, cards.total_tokens, models.total):
        assert card.present(context).note == said
