"""The rates of a ledger as a relation, and the SQL that joins and applies them.

A record is priced in every pass over its ledger, so that memory does not grow with it;
the SQL therefore holds only what this ledger needs: the terms that tell its records
apart, the kinds of token that it reports and that cost something else than others, and
64 bits wherever no product can be larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from meterwidgets.ledger.engine.sql import identifier
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.pricing.rates import FEES, KINDS, Rate, Terms
from meterwidgets.ledger.pricing.schedule import DAY_US, FIRST, LAST, Period, schedule
from meterwidgets.zones import EPOCH, midnight

TERMS = tuple(Terms.__dataclass_fields__)
_COUNTED = {
    "input": "input_tokens", "output": "output_tokens",
    "cache_read": "cache_read_tokens", "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens", "reasoning": "reasoning_tokens",
    "input_audio": "input_audio_tokens", "output_audio": "output_audio_tokens",
    "input_image": "input_image_tokens", "output_image": "output_image_tokens",
    "request_fee": "requests", "search_fee": "searches", "tool_call_fee": "tool_calls",
}  # fmt: skip
"""Kind of rate -> the record's count that it is for."""

MEDIA = ("input_audio", "output_audio", "input_image", "output_image")
_PARTS = {
    "input": (
        "cache_read",
        "cache_write",
        "cache_write_1h",
        "input_audio",
        "input_image",
    ),
    "output": ("reasoning", "output_audio", "output_image"),
}
"""Side -> the kinds of token that are parts of it."""

_UNREDUCED = 1_000_000
_WIDEST = 2**62
_NOTED = {
    "input_rate": "input", "read_rate": "cache_read", "write_rate": "cache_write",
    "hour_rate": "cache_write_1h", "image_rate": "input_image",
    "search_fee": "search_fee",
}  # fmt: skip
"""Column that notes look at -> the rate as the book has it."""


_RATE_COLUMNS = {
    "basis": "VARCHAR",
    "rate_currency": "VARCHAR",
    "any_service": "BOOLEAN",
    "is_by_length": "BOOLEAN",
    "is_cached_media_apart": "BOOLEAN",
    **dict.fromkeys(FEES, "BIGINT"),
    **dict.fromkeys(_NOTED, "BIGINT"),
}
"""The columns of ``rates`` besides what it is joined by and what is multiplied."""


@dataclass(frozen=True, kw_only=True)
class RateRelation:
    """What ``rates`` holds, and so which SQL prices a record.

    Attributes:
        conditions: SQL conditions on a record ``l`` and its rates ``r``; none where
            nothing has a price.
        separate: The kinds of token that a record may have and that are charged at
            another rate than other tokens of their side.
        unknown: The kinds of which some rate is not known.
        fees: The fees that a record may owe.
        number: SQL type of a product of tokens and rates.
        is_whole: Whether such a product is a number of nano-units.
        can_overflow: Whether a cost may be larger than a record can hold.
    """

    conditions: tuple[str, ...] = ()
    separate: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    fees: tuple[str, ...] = ()
    number: str = "BIGINT"
    is_whole: bool = True
    can_overflow: bool = False

    def joined(self, recorded: bool) -> str:
        """SQL text of the reported rows beside their rates.

        Args:
            recorded: Whether usage that cost rows pay for gets no price of its own.
        """
        columns = {**_RATE_COLUMNS}
        columns |= {f"rate_{kind}": self.number for kind in KINDS if self._uses(kind)}
        columns |= dict.fromkeys(("numerator", "denominator"), self.number)
        if not self.conditions:
            nulls = ", ".join(f"NULL::{kind} AS {n}" for n, kind in columns.items())
            return f"SELECT *, {nulls} FROM {Workspace.reported}"
        names = ", ".join(f"r.{name}" for name in columns if name != "basis")
        billed = f"coalesce(l.billed, false) AND {str(recorded).lower()}"
        return (
            f"SELECT l.*, CASE WHEN NOT ({billed}) THEN r.basis END AS basis, {names} "
            f"FROM {Workspace.reported} l LEFT JOIN {Workspace.rates} r "
            f"ON {' AND '.join(self.conditions)}"
        )

    def _uses(self, kind: str) -> bool:
        return kind in ("input", "output") or kind in self.separate

    def product(self, side: str) -> str:
        """SQL text of what the tokens of a side cost, before it is scaled."""
        whole = f"{side}_tokens"
        parts = {
            kind: self._tokens(kind) for kind in _PARTS[side] if kind in self.separate
        }
        rest = " - ".join([whole, *parts.values()])
        terms = [self._times(f"({rest})", side)]
        terms += [self._times(tokens, kind) for kind, tokens in parts.items()]
        guard = ""
        if media := [n for kind, n in parts.items() if kind in MEDIA]:
            # parts that overlap, such as audio from a cache, can't be told apart
            guard = f"WHEN sign({rest}) * sign({whole}) < 0 THEN NULL "
            if side == "input":
                guard += (
                    "WHEN is_cached_media_apart AND cache_read_tokens > 0 "
                    f"AND {' + '.join(media)} > 0 THEN NULL "
                )
        return (
            f"CASE WHEN coalesce({whole}, 0) = 0 THEN 0::{self.number} {guard}"
            f"ELSE {' + '.join(terms)} END"
        )

    def _tokens(self, kind: str) -> str:
        """SQL text of the tokens of a part; those written for an hour are apart."""
        tokens = f"coalesce({_COUNTED[kind]}, 0)"
        if kind == "cache_write":
            return f"({tokens} - coalesce(cache_write_1h_tokens, 0))"
        return tokens

    def _times(self, tokens: str, kind: str) -> str:
        product = f"{tokens}::{self.number} * rate_{kind}"
        if kind in self.unknown:
            return f"CASE WHEN {tokens} = 0 THEN 0 ELSE {product} END"
        return product

    def nano(self, product: str) -> str:
        """SQL text of a product in nano-units."""
        scaled = f"{product} * numerator"
        if self.is_whole:
            return f"CAST({scaled} AS BIGINT)"
        return f"divide_half_even({scaled}, denominator)"

    def fee(self) -> str:
        """SQL text of the fees that a record owes; null where it may owe none."""
        if not self.fees:
            return "NULL::BIGINT"
        owed = [f"coalesce({_COUNTED[fee]}, 0) * {fee}" for fee in self.fees]
        return (
            f"CASE WHEN coalesce({', '.join(owed)}) IS NOT NULL THEN "
            + " + ".join(f"coalesce({each}, 0)" for each in owed)
            + " END"
        )


def create_rates(ws: Workspace, book: PriceBook, pricing: Pricing) -> RateRelation:
    """Fill ``rates`` with the prices of the terms that occur in ``reported``.

    Args:
        ws: A workspace with ``reported``.
        book: Asked once for each combination of terms, and each change of its price.
        pricing: The pricing mode.
    """
    if book.is_empty:
        return RateRelation()
    by_deployment = any(each.patterns["deployment"] != "*" for each in book.rates)
    terms = [name for name in TERMS if by_deployment or name != "deployment"]
    columns = ", ".join(map(identifier, terms))
    largest = ", ".join(f"max(abs({name}))" for name in _COUNTED.values())
    groups = ws.execute(
        f"SELECT min(start_us), max(start_us), {largest}, {columns} "
        f"FROM {ws.reported} GROUP BY ALL"
    ).fetchall()
    counts = dict(
        zip(_COUNTED, map(_largest, list(zip(*groups, strict=True))[2:]), strict=False)
    )
    keys = [
        dict(zip(terms, group[2 + len(_COUNTED) :], strict=True)) for group in groups
    ]
    rows = []
    for key, (first, last, *_) in zip(keys, groups, strict=True):
        if pricing.as_of is not None:
            first = (midnight(pricing.as_of, book.tz) - EPOCH).days * DAY_US
            first += (midnight(pricing.as_of, book.tz) - EPOCH).seconds * 1_000_000
            last = first + DAY_US - 1
        periods = schedule(book, Terms(**key), first, last)
        rows += [(key, _undated(p) if pricing.as_of else p) for p in periods]
    if not rows:
        return RateRelation()
    return _relation(ws, keys, rows, counts)


def _largest(values: Iterable[int | None]) -> int:
    return max((value or 0 for value in values), default=0)


def _undated(period: Period) -> Period:
    return Period(**vars(period) | {"from_us": FIRST, "until_us": LAST})


def _relation(
    ws: Workspace,
    keys: Sequence[Mapping[str, Any]],
    rows: Sequence[tuple[Mapping[str, Any], Period]],
    counts: Mapping[str, int],
) -> RateRelation:
    """Insert rows of rates, and say how records are priced by them.

    Args:
        ws: The workspace.
        keys: The terms that occur.
        rows: Terms, and a period of their price.
        counts: Kind of rate -> the largest count that it is for.
    """
    applied = [period.rates.applied() for _, period in rows]
    separate = {
        kind
        for side, parts in _PARTS.items()
        for kind in parts
        if counts[kind] and any(rates[kind] != rates[side] for rates in applied)
    }
    used = {"input", "output", *separate}
    reduced = [_reduced({kind: rates[kind] for kind in used}) for rates in applied]
    tokens = counts["input"] + counts["output"]
    widest = tokens * max(
        max(filter(None, scaled.values()), default=0) * numerator
        for scaled, numerator, _ in reduced
    )
    dearest = max(max((r or 0 for r in rates.values()), default=0) for rates in applied)
    fees = [
        fee
        for fee in FEES
        if counts[fee] and any(getattr(p.rates, fee) for _, p in rows)
    ]
    owed = sum(
        counts[fee] * max(getattr(p.rates, fee) or 0 for _, p in rows) for fee in fees
    )
    relation = RateRelation(
        conditions=tuple(_conditions(keys, [period for _, period in rows])),
        separate=frozenset(separate),
        unknown=frozenset(
            k for k in used if any(rates[k] is None for rates in applied)
        ),
        fees=tuple(fees),
        number="BIGINT" if widest < _WIDEST else "HUGEINT",
        is_whole=all(denominator == 1 for *_, denominator in reduced),
        can_overflow=bool(tokens * dearest // _UNREDUCED + owed >= 10**18),
    )
    _insert(ws, [
        {**key, **_times(period), **_of_rates(period), "numerator": numerator,
         "denominator": denominator}
        | {f"rate_{kind}": rate for kind, rate in scaled.items()}
        for (key, period), (scaled, numerator, denominator)
        in zip(rows, reduced, strict=True)
    ], relation.number)  # fmt: skip
    return relation


def _reduced(
    rates: Mapping[str, Rate | None],
) -> tuple[dict[str, int | None], int, int]:
    """Rates in their smallest whole ratio, and what makes them nano-units a token.

    Examples:
        >>> _reduced({"input": 2_500_000_000, "output": 10_000_000_000})
        ({'input': 1, 'output': 4}, 2500, 1)
    """
    finest = lcm(*(Fraction(rate).denominator for rate in rates.values() if rate))
    whole: dict[str, int | None] = {
        kind: None if rate is None else int(rate * finest)
        for kind, rate in rates.items()
    }
    common = gcd(*(rate for rate in whole.values() if rate)) or 1
    scaled = {kind: rate and rate // common for kind, rate in whole.items()}
    unit = Fraction(common, finest * _UNREDUCED)
    return scaled, unit.numerator, unit.denominator


def _conditions(
    keys: Sequence[Mapping[str, Any]], periods: Sequence[Period]
) -> Iterable[str]:
    """SQL conditions that find the rates of a record: those that tell some apart."""
    for name in keys[0]:
        if len({key[name] for key in keys}) > 1:
            yield f"l.{identifier(name)} IS NOT DISTINCT FROM r.{identifier(name)}"
    edges = {(each.from_us, each.until_us) for each in periods}
    if edges != {(FIRST, LAST)}:
        yield "l.start_us >= r.from_us AND l.start_us < r.until_us"
    if {(each.day_from_us, each.day_until_us) for each in periods} != {(FIRST, LAST)}:
        time = f"l.start_us % {DAY_US}"
        yield f"{time} >= r.day_from_us AND {time} < r.day_until_us"
    if any(each.is_by_length for each in periods):
        yield f"{_LENGTH} > r.above AND {_LENGTH} <= r.below"
    yield "true"


_LENGTH = """CASE WHEN l.context_tokens IS NOT NULL THEN l.context_tokens
  WHEN l.grain = 'bucket' THEN 0 ELSE coalesce(l.input_tokens, 0) END"""
"""SQL text of the input tokens that decide on the tier of a record."""


def _times(period: Period) -> dict[str, int]:
    names = ("from_us", "until_us", "day_from_us", "day_until_us", "above", "below")
    return {name: getattr(period, name) for name in names}


def _of_rates(period: Period) -> dict[str, Any]:
    """The columns of ``rates`` that say what holds, and what notes look at."""
    rates = asdict(period.rates)
    return {
        "basis": period.rates.basis,
        "rate_currency": period.rates.currency,
        "any_service": period.rates.any_service,
        "is_by_length": period.is_by_length,
        "is_cached_media_apart": period.rates.is_cached_media_apart,
        **{fee: rates[fee] for fee in FEES},
        **{column: _noted(rates[kind]) for column, kind in _NOTED.items()},
    }


def _noted(rate: Rate | None) -> int | None:
    return None if rate is None else round(rate)


def _insert(ws: Workspace, rows: Sequence[Mapping[str, Any]], number: str) -> None:
    import pyarrow as pa

    texts = {*TERMS, "basis", "rate_currency"}
    truths = {"any_service", "is_by_length", "is_cached_media_apart"}
    kinds = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(truths, pa.bool_())}
    schema = pa.schema([(name, kinds.get(name, pa.int64())) for name in rows[0]])
    scaled = ("numerator", "denominator", *(f"rate_{kind}" for kind in KINDS))
    wide = ", ".join(f"{n}::{number} AS {n}" for n in rows[0] if n in scaled)
    with ws.registered(pa.Table.from_pylist([*rows], schema=schema)) as new:
        ws.create(ws.rates, f"SELECT * REPLACE ({wide}) FROM {new}")
