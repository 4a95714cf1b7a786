"""What the meters of a bill are called: their side, their cache, their units."""

from __future__ import annotations

_WORD = r"(^|[^a-z])(%s)([^a-z]|$)"
OUTPUT = "output|completion|generated|response|" + _WORD % "outp|outpt"
INPUT = "input|prompt|" + _WORD % "inp|inpt"
SHORT_OUTPUT, SHORT_INPUT = _WORD % "out|opt", _WORD % "in" + "|cache|cchd"
"""Regular expressions of what meters call the side of their tokens: in full, and as
short as only the name of a meter is, not a sentence about it."""

CACHE = r"(^|[^n])cache|caching|cchd|(^|[^a-z])cd([^a-z]|$)"
WRITE = r"write|creation|(^|[^a-z])wr([^a-z]|$)"
TIER = r"(^|[^a-z])(batch|flex|priority)($|[^a-z])"

_SCALES = {
    "": 1,
    "k|thousand|thousands": 1_000,
    "m|mm|million|millions": 1_000_000,
    "b|bn|billion|billions": 1_000_000_000,
}
SOLD = "(thousand|million|billion) (input|prompt|output|response|completion|cache)"
"""A marketplace counts "Units", and says in a description what one of them is."""


def side(text: str, as_output: str, as_input: str) -> str:
    """SQL text of the side that a text names, output first; else null."""
    return (
        f"WHEN regexp_matches({text}, '{as_output}') THEN 'output' "
        f"WHEN regexp_matches({text}, '{as_input}') THEN 'input' "
    )


def sides(meter: str) -> str:
    """SQL text of the side of a meter, by its name in small letters."""
    return (
        "CASE "
        + side(meter, OUTPUT, INPUT)
        + side(meter, SHORT_OUTPUT, SHORT_INPUT)
        + "END"
    )


def is_cached(meter: str) -> str:
    """SQL condition of meters of cached tokens, read or written."""
    return (
        f"(regexp_matches({meter}, '{CACHE}') "
        f"AND NOT regexp_matches({meter}, 'uncached|no.?cache'))"
    )


def _parsed_unit(scale: str, tokens: str) -> str:
    """Regular expression of a unit of tokens: its number, then its scale."""
    spaces, words = "[ -]*", "( of)?"
    return rf"^(per )?([0-9][0-9,]*)?{spaces}({scale}){words}{spaces}{tokens}$"


def tokens_a_unit(unit: str, tokens: str = "tok(en)?s?") -> str:
    """SQL text of the tokens that one unit is; null where it is not understood.

    Args:
        unit: SQL text of the unit, in small letters.
        tokens: Regular expression of what it calls tokens.
    """
    return (
        "CASE "
        + " ".join(
            f"WHEN regexp_matches({unit}, '{_parsed_unit(scale, tokens)}') THEN "
            f"{factor} * coalesce(TRY_CAST(replace(regexp_extract({unit}, "
            f"'{_parsed_unit(scale, tokens)}', 2), ',', '') AS BIGINT), 1)"
            for scale, factor in _SCALES.items()
        )
        + " END"
    )
