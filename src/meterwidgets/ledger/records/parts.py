"""Parts and their wholes, as SQL: cached tokens in the input, sides in a cost.

Ledgers differ in whether cached tokens are counted inside the input or beside it, and
reasoning inside the output or beside it; many don't say. What a source's total says
decides: it is the sum of input, output and all parts that stand beside them. Without a
total, parts that exceed their whole stand beside it, the others are where the source
declares them.

The checked count of a field is ``<field>_v`` here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from meterwidgets.ledger.engine.macros import LARGEST_COUNT

TOTAL = "total_tokens"
"""The field of a source's total."""
WHOLES = _INPUT, _OUTPUT = "input_tokens", "output_tokens"
"""The fields that parts may be inside of."""
_READ, _WRITE, _HOUR = (
    "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """Tokens that are inside or beside a whole.

    Attributes:
        name: The field that a source declares as beside its whole.
        whole: The field that they may be a part of.
        tokens: SQL text of their number, never null.
    """

    name: str
    whole: str
    tokens: str

    def shares(self, other: _Part) -> bool:
        """Whether no token is in both of two parts, so that their sum has a limit.

        Audio may be read from a cache; what is read was not written.
        """
        return self == other or {self.name, other.name} == {_READ, _WRITE}


def written_to_cache(fields: Collection[str]) -> str:
    """SQL text of the tokens written to a cache.

    Those written for an hour were written, whether or not the sum is reported; where
    they exceed it, it leaves them out.
    """
    write, hour = f"{_WRITE}_v", f"{_HOUR}_v"
    if _HOUR not in fields:
        return write
    if _WRITE not in fields:
        return hour
    return (
        f"CASE WHEN {hour} > {write} THEN {write} + {hour} "
        f"ELSE coalesce({write}, {hour}) END"
    )


def _parts(fields: Collection[str]) -> Iterator[_Part]:
    """The parts of the tokens that a ledger has."""
    if _READ in fields:
        yield _Part(_READ, _INPUT, f"coalesce({_READ}_v, 0)")
    if not {_WRITE, _HOUR}.isdisjoint(fields):
        yield _Part(_WRITE, _INPUT, f"coalesce({written_to_cache(fields)}, 0)")
    if "reasoning_tokens" in fields:
        yield _Part("reasoning_tokens", _OUTPUT, "coalesce(reasoning_tokens_v, 0)")
    for whole in WHOLES:
        other = f"other_{whole}"
        side = whole.removesuffix("_tokens")
        media = [f"{side}_audio_tokens", f"{side}_image_tokens"]
        there = [other] if other in fields else [m for m in media if m in fields]
        if there:
            tokens = " + ".join(f"coalesce({name}_v, 0)" for name in there)
            yield _Part(other, whole, f"({tokens})")


def fit(fields: Collection[str]) -> str:
    """SQL text of the combination of parts that a total proves to be beside.

    Each bit of the number is a part; null where nothing is proven. The likely
    combinations come first: everything inside, everything beside, then those that
    treat all parts of a whole alike.

    Args:
        fields: The fields that the ledger has.
    """
    parts = list(_parts(fields))
    if TOTAL not in fields or not parts:
        return "NULL::INTEGER"
    combinations = sorted(
        product([False, True], repeat=len(parts)),
        key=lambda beside: _unlikelihood(parts, beside),
    )
    branches = " ".join(
        f"WHEN {_fits(parts, beside)} "
        f"THEN {sum(1 << place for place, each in enumerate(beside) if each)}"
        for beside in combinations
    )
    return f"CASE WHEN {TOTAL}_v IS NULL THEN NULL {branches} END"


def _unlikelihood(
    parts: Sequence[_Part], beside: Sequence[bool]
) -> tuple[bool, bool, int]:
    """The order of combinations, the likeliest first."""
    sides = {(part.whole, each) for part, each in zip(parts, beside, strict=True)}
    is_mixed = len(sides) > len({part.whole for part in parts})
    return any(beside), is_mixed, -sum(beside)


def _fits(parts: Sequence[_Part], beside: Sequence[bool]) -> str:
    """SQL condition of rows whose total is that of a combination of parts."""
    inside = [part for part, out in zip(parts, beside, strict=True) if not out]
    tokens = [part.tokens for part in parts if part not in inside]
    wholes = [f"coalesce({name}_v, 0)" for name in WHOLES]
    conditions = [f"{TOTAL}_v = {' + '.join([*wholes, *tokens])}"]
    for part in inside:
        alike = [each.tokens for each in inside if each.shares(part)]
        conditions.append(f"coalesce({_is_more(alike, part.whole)}, false) = false")
    return " AND ".join(dict.fromkeys(conditions))


def _is_more(tokens: Sequence[str], whole: str) -> str:
    """SQL condition of rows whose parts are more than the whole, also below 0."""
    return f"abs({' + '.join(tokens)}) > abs({whole}_v)"


def beside(fields: Collection[str], declared: Collection[str]) -> str:
    """SQL text of the tokens of each part that its whole leaves out.

    Args:
        fields: The fields that the ledger has.
        declared: The parts that its source declares as beside their whole: names of
            fields, ``other_input_tokens`` and ``other_output_tokens`` among them.

    Returns:
        The columns ``<part>_beside``, over ``fit``, each after a comma.
    """
    parts = list(_parts(fields))
    columns = []
    for place, part in enumerate(parts):
        alike = [each.tokens for each in parts if each.shares(part)]
        guess = "true" if part.name in declared else _is_more(alike, part.whole)
        columns.append(
            f", CASE WHEN CASE WHEN fit IS NULL THEN {guess} "
            f"ELSE (fit >> {place}) & 1 = 1 END "
            f"THEN {part.tokens} ELSE 0 END AS {part.name}_beside"
        )
    return "".join(columns)


def _sum(name: str, fields: Collection[str]) -> str:
    """SQL text of all tokens of a whole, with the parts beside it."""
    beside = [f"{part.name}_beside" for part in _parts(fields) if part.whole == name]
    return " + ".join([f"{name}_v", *beside])


def has_parts(name: str, fields: Collection[str]) -> bool:
    """Whether a ledger has parts of an input or output."""
    return any(part.whole == name for part in _parts(fields))


def too_large(name: str, fields: Collection[str]) -> str:
    """SQL condition of rows whose input or output is too large with its parts."""
    return f"abs({_sum(name, fields)}) > {LARGEST_COUNT}"


def whole(name: str, fields: Collection[str]) -> str:
    """SQL text of an input or output; null where it is too large with its parts."""
    if not has_parts(name, fields):
        return f"{name}_v"
    total = _sum(name, fields)
    return f"CASE WHEN NOT {too_large(name, fields)} THEN {total} END"


def added(fields: Collection[str], declared: Collection[str]) -> str:
    """SQL text of the tokens that were added to a whole because they exceed it.

    Null where a total or the source says so, or nothing was added; below 0 those that
    only a total has, and neither the input nor the output.
    """
    guessed = [
        f"CASE WHEN {part.whole}_v IS NOT NULL THEN {part.name}_beside ELSE 0 END"
        for part in _parts(fields)
        if part.name not in declared
    ]
    kinds = [f"nullif({' + '.join(guessed)}, 0)"] if guessed else []
    if {TOTAL, *WHOLES} <= {*fields}:
        known = " + ".join(f"{name}_v" for name in WHOLES)
        kinds.append(f"CASE WHEN {TOTAL}_v > {known} THEN {known} - {TOTAL}_v END")
    if not kinds:
        return "NULL::BIGINT"
    return f"CASE WHEN fit IS NULL THEN coalesce({', '.join(kinds)}) END"


# the sides of a cost

SIDES = ("input_cost", "output_cost")
"""The fields of the sides of a cost."""
_SMALLEST = 3_000
"""What three amounts of a cost may be off together, in nano: a millionth each."""


def has_split(fields: Collection[str]) -> bool:
    """Whether a ledger states a cost and sides of it."""
    return "cost" in fields and not {*SIDES}.isdisjoint(fields)


def _of_sides(fields: Collection[str]) -> str:
    """SQL text of the part of a cost that its sides are: all but the fees."""
    return "(cost_v - coalesce(fee_cost_v, 0))" if "fee_cost" in fields else "cost_v"


def split(fields: Collection[str]) -> str:
    """SQL text of how the sides of a cost add up.

    Each amount may have been rounded by its own to the decimals that it was written
    with. Zeros at the end may be missing, so the longest text of the sides tells their
    decimals.

    Returns:
        SQL text of 'rounded' where the sum differs by no more than rounding can do,
        'over' where it is more than that, and null where something is left or nothing
        is to be compared.
    """
    if not has_split(fields):
        return "NULL::VARCHAR"
    of_sides, sides = _of_sides(fields), "coalesce(input_cost_v, output_cost_v)"
    total = "coalesce(input_cost_v, 0) + coalesce(output_cost_v, 0)"
    decimals = [
        f"coalesce(written_decimals(CAST({name}_t AS VARCHAR)), 0)"
        for name in (*SIDES, "cost")
    ]
    of_parts = f"greatest({decimals[0]}, {decimals[1]})"
    rounding = (
        f"10.0 ** (9 - {of_parts}) + "
        f"0.5 * 10.0 ** (9 - greatest({of_parts}, {decimals[2]}))"
    )
    difference = f"abs({total} - {of_sides})"
    return f"""CASE WHEN cost_v IS NULL OR {sides} IS NULL THEN NULL
      WHEN {difference} <= {_SMALLEST} THEN 'rounded'
      WHEN {of_parts} > 0 AND {difference} <= {rounding} THEN 'rounded'
      WHEN abs({total}) > abs({of_sides}) THEN 'over' END"""


def sides(fields: Collection[str]) -> dict[str, str]:
    """SQL text of the input and output cost, over ``split``.

    Rounded ones add up to the cost: the larger side takes the difference. Where they
    are more than the cost nobody knows how it is split.
    """
    if not has_split(fields):
        return {name: f"{name}_v" for name in SIDES}
    of_sides = _of_sides(fields)

    def limited(side: str) -> str:
        return (
            f"CASE WHEN {of_sides} < 0 THEN greatest({side}, {of_sides}) "
            f"ELSE least({side}, {of_sides}) END"
        )

    def adjusted(side: str, other: str) -> str:
        takes_rest = f"abs({side}_v) {'>=' if side == SIDES[0] else '>'} abs({other}_v)"
        return f"""CASE WHEN split IS NULL THEN {side}_v
          WHEN split = 'over' OR {side}_v IS NULL THEN NULL
          WHEN coalesce({other}_v, 0) + {side}_v = 0 THEN {side}_v
          WHEN {takes_rest} THEN {of_sides} - {limited(f"{other}_v")}
          ELSE {limited(f"{side}_v")} END"""

    return {side: adjusted(side, other) for side, other in (SIDES, SIDES[::-1])}
