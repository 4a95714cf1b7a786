"""Words that every room uses: counts with their nouns, names made safe to print."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_BIDI = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def counted(number: int, one: str, many: str) -> str:
    """A number with its words.

    Examples:
        >>> counted(1, "row", "rows"), counted(1200, "row", "rows")
        ('1 row', '1,200 rows')
    """
    return f"{number:,} {one if number == 1 else many}"


def exact_money(nano: int, currency: str | None) -> str:
    """An exact amount, with at least two decimals.

    Examples:
        >>> exact_money(12_500_000_000, "USD"), exact_money(-1_000, "EUR")
        ('12.50 USD', '-0.000001 EUR')
    """
    sign = "-" if nano < 0 else ""
    decimals = f"{abs(nano) % 10**9:09}".rstrip("0").ljust(2, "0")
    return f"{sign}{abs(nano) // 10**9:,}.{decimals} {currency or ''}".rstrip()


def listed(items: Sequence[str]) -> str:
    """Some items in a sentence.

    Examples:
        >>> listed(["a"]), listed(["a", "b", "c"])
        ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def plain(name: str) -> str:
    r"""A name from outside without what moves a cursor or turns the text around.

    Examples:
        >>> plain("a\x1b[2Jb"), plain("Zürich")
        ('a\ufffd[2Jb', 'Zürich')
    """
    return "".join(
        "\ufffd" if unicodedata.category(c) == "Cc" or c in _BIDI else c for c in name
    )


_RIGHT_TO_LEFT = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}


def isolated(name: str) -> str:
    r"""A name inside a sentence, so that right-to-left text turns only itself around.

    Examples:
        >>> isolated("qwen"), isolated("\u05de\u05d5\u05d3\u05dc")
        ('qwen', '\u2068מודל\u2069')
    """
    turns = any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in name)
    return f"\u2068{name}\u2069" if turns else name
