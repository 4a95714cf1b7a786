"""The title of each reason why a ledger and an invoice differ, and what to do."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from meterwidgets.metrics.text import formats, percentages

ReasonKind = Literal[
    "agrees",
    "outside_ledger",
    "outside_invoice",
    "no_ledger_day",
    "no_invoice_day",
    "ledger_only",
    "invoice_only",
    "not_tokens",
    "tax",
    "unpriced",
    "rounding",
    "cache",
    "half",
    "twice",
    "double",
    "price",
    "zone",
    "midnight",
]


class _Text(NamedTuple):
    title: str
    advice: str


_TEXTS: dict[ReasonKind, _Text] = {
    "agrees": _Text(
        "Within the tolerance",
        "nothing to do; a smaller --tolerance shows these lines",
    ),
    "outside_ledger": _Text(
        "Days that the ledger does not cover",
        "export the ledger for these days, or exclude them with --start and --end",
    ),
    "outside_invoice": _Text(
        "Days that the invoice does not cover",
        "get the cost report for these days, or exclude them with --start and --end",
    ),
    "no_ledger_day": _Text(
        "Days without a record in the ledger",
        "check whether the gateway wrote its log on these days, or was bypassed",
    ),
    "no_invoice_day": _Text(
        "Days without a record in the invoice",
        "check whether a page of the cost report is missing",
    ),
    "ledger_only": _Text(
        "Models that only the ledger has",
        "another provider bills them, or the invoice uses other names: add that "
        "provider's invoice, or choose models with --model",
    ),
    "invoice_only": _Text(
        "Models that only the invoice has",
        "usage that bypassed the gateway: look for API keys in use elsewhere",
    ),
    "not_tokens": _Text(
        "Items that are not tokens",
        "searches, storage, training and the like, which the gateway does not meter",
    ),
    "tax": _Text("Taxes", "not usage: account for them separately"),
    "unpriced": _Text(
        "Usage that the ledger has no price for",
        "add a [[price]] to meterwidgets.toml",
    ),
    "rounding": _Text(
        "Rounding of the invoice's amounts",
        "nothing to do: rounding can change each amount by half a unit of its last "
        "digit",
    ),
    "cache": _Text(
        "Cached tokens at full price in the ledger",
        "set the cache prices in the gateway",
    ),
    "half": _Text(
        "Billed at exactly half of the ledger",
        "batch or flex tier that the gateway priced as standard, or requests that it "
        "logged twice",
    ),
    "twice": _Text(
        "Tokens and cost exactly twice in the ledger",
        "requests that the gateway logged twice: look for retries or two callbacks",
    ),
    "double": _Text(
        "Billed at exactly double the ledger",
        "priority tier that the gateway priced as standard, or half of the requests "
        "bypassed it",
    ),
    "price": _Text(
        "Another price: the invoice is {share} of the ledger",
        "a discount, a margin or an old price list: set the price in the gateway",
    ),
    "zone": _Text(
        "The ledger's clock is {hours} {direction} UTC",
        "its times look local: set their timezone in meterwidgets.toml, or set the "
        "gateway to UTC",
    ),
    "midnight": _Text(
        "Moved across midnight",
        "requests that the invoice counts on the other day; the two days together "
        "agree",
    ),
}


def title(kind: ReasonKind, detail: Fraction | None) -> str:
    """The title of a reason.

    Args:
        kind: The reason.
        detail: Of "price", the invoice as a multiple of the ledger; of "zone", the
            hours ahead of UTC.

    Examples:
        >>> title("price", Fraction(93, 100))
        'Another price: the invoice is 93.0% of the ledger'
        >>> title("zone", Fraction(-2))
        "The ledger's clock is 2 hours behind UTC"
    """
    text = _TEXTS[kind].title
    if detail is None:
        return text
    hours = formats.plural(abs(int(detail)), "hour")
    direction = "ahead of" if detail > 0 else "behind"
    return text.format(
        share=percentages.share(detail), hours=hours, direction=direction
    )


def advice(kind: ReasonKind) -> str:
    """What to do about a reason."""
    return _TEXTS[kind].advice
