"""Words that several presenters share."""

from __future__ import annotations

from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.metrics.text import formats
from meterwidgets.metrics.text.formats import Number
from meterwidgets.text import plain

NO_PRICE = "no record in this selection has a price"
_ISOLATES = dict.fromkeys((0x2068, 0x2069))


def per_unit(currency: str | None) -> str:
    """The unit of an efficiency.

    Examples:
        >>> per_unit("USD"), per_unit("CHF")
        ('tokens per dollar', 'tokens per CHF')
    """
    return f"tokens per {formats.currency_name(currency)}"


def exact(value: Number | None, measure: UsageMeasure, currency: str | None) -> str:
    """A figure in full, or why there is none.

    Args:
        value: Cost in nano-units, or a count of tokens.
        measure: "cost" or "tokens".
        currency: Of a cost.

    Examples:
        >>> exact(160_000_000, "cost", "USD"), exact(None, "tokens", None)
        ('$0.16', 'not reported')
    """
    if measure == "cost":
        return "not priced" if value is None else formats.money_exact(value, currency)
    return "not reported" if value is None else formats.count_exact(value)


def figure(value: Number | None, measure: UsageMeasure, currency: str | None) -> str:
    """A cost or a count of tokens, rounded to be read.

    Examples:
        >>> figure(160_000_000, "cost", "USD"), figure(54_000, "tokens", None)
        ('$0.16', '54K')
    """
    if measure == "cost":
        return formats.money(value, currency)
    return formats.count(value)


def printable(text: str) -> str:
    r"""A presented text for a terminal or a file: nothing in it moves or turns.

    Examples:
        >>> printable("\u2068\u05de\u2069"), printable("a\x1b[2Jb")
        ('מ', 'a\ufffd[2Jb')
    """
    return plain(text.translate(_ISOLATES))
