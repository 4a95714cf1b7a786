"""Words that every room uses: counts with their nouns, names made safe to print."""

from __future__ import annotations

import unicodedata

_BIDI = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def counted(number: int, one: str, many: str) -> str:
    """A number with its words.

    Examples:
        >>> counted(1, "row", "rows"), counted(1200, "row", "rows")
        ('1 row', '1,200 rows')
    """
    return f"{number:,} {one if number == 1 else many}"


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
