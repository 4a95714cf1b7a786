"""The words of each reason why a ledger and an invoice differ."""

from __future__ import annotations

from fractions import Fraction

from meterwidgets.metrics import formats, percentages

WORDS: dict[str, tuple[str, str]] = {
    "agrees": (
        "Within the tolerance",
        "nothing to do; a smaller --tolerance shows these lines",
    ),
    "outside_ledger": (
        "Days that the ledger does not cover",
        "export the ledger for them, or leave them out with --start and --end",
    ),
    "outside_invoice": (
        "Days that the invoice does not cover",
        "get the cost report for them, or leave them out with --start and --end",
    ),
    "no_ledger_day": (
        "Days without a record in the ledger",
        "see whether the gateway wrote its log then, or was passed by",
    ),
    "no_invoice_day": (
        "Days without a record in the invoice",
        "see whether a page of the cost report is missing",
    ),
    "ledger_only": (
        "Models that only the ledger has",
        "another provider bills them, or the invoice calls them otherwise: add its "
        "invoice, or choose with --model",
    ),
    "invoice_only": (
        "Models that only the invoice has",
        "usage that went past the gateway: look for API keys in use elsewhere",
    ),
    "not_tokens": (
        "Items that are not tokens",
        "searches, storage, training and the like: the gateway does not meter them",
    ),
    "tax": ("Taxes", "no usage: book them apart"),
    "unpriced": (
        "Usage that the ledger has no price for",
        "add a [[price]] to meterwidgets.toml",
    ),
    "rounding": (
        "Rounding of the invoice's amounts",
        "nothing to do: it can be half a unit of the last digit an amount",
    ),
    "cache": (
        "Cached tokens at full price in the ledger",
        "set the cache prices in the gateway",
    ),
    "half": (
        "Billed at exactly half of the ledger",
        "batch or flex tier, which the gateway priced as standard; or requests that "
        "it logged twice",
    ),
    "twice": (
        "Tokens and cost exactly twice in the ledger",
        "requests that the gateway logged twice: look for retries or two callbacks",
    ),
    "double": (
        "Billed at exactly double the ledger",
        "priority tier, which the gateway priced as standard; or half of the requests "
        "went past it",
    ),
    "price": (
        "Another price: the invoice is {of} of the ledger",
        "a discount, a margin or an old price list: set the price in the gateway",
    ),
    "zone": (
        "The ledger's clock is {hours} {way} UTC",
        "its times look local: name their zone in meterwidgets.toml (timezone), or "
        "set the gateway to UTC",
    ),
    "midnight": (
        "Moved over midnight",
        "requests that the invoice counts on the other day: the two days agree",
    ),
}
"""Kind -> what it is, and what to do."""


def title(kind: str, by: Fraction | None) -> str:
    """What a reason is called.

    Examples:
        >>> title("price", Fraction(93, 100))
        'Another price: the invoice is 93.0% of the ledger'
        >>> title("zone", Fraction(-2))
        "The ledger's clock is 2 hours behind UTC"
    """
    words = WORDS[kind][0]
    if by is None:
        return words
    size = formats.plural(abs(int(by)), "hour")
    way = "ahead of" if by > 0 else "behind"
    return words.format(of=percentages.share(by), hours=size, way=way)


def advice(kind: str) -> str:
    """What to do about a reason."""
    return WORDS[kind][1]
