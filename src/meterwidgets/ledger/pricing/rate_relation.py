"""The SQL that joins the rates of a ledger to its records and applies them.

A record is priced in every pass over its ledger, so that memory does not grow with it;
the SQL therefore holds only what this ledger needs: the terms that tell its records
apart, the kinds of token that it reports and that cost something else than others, and
64 bits wherever no product can be larger.
"""

from __future__ import annotations

from dataclasses import dataclass

from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.pricing.rates import FEES, KINDS

COUNT_FIELDS = {
    "input": "input_tokens", "output": "output_tokens",
    "cache_read": "cache_read_tokens", "cache_write": "cache_write_tokens",
    "cache_write_1h": "cache_write_1h_tokens", "reasoning": "reasoning_tokens",
    "input_audio": "input_audio_tokens", "output_audio": "output_audio_tokens",
    "input_image": "input_image_tokens", "output_image": "output_image_tokens",
    "request_fee": "requests", "search_fee": "searches", "tool_call_fee": "tool_calls",
}  # fmt: skip
"""Kind of rate -> the record's count that it is for."""

_MEDIA = ("input_audio", "output_audio", "input_image", "output_image")
SIDE_PARTS = {
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

NOTED_RATES = {
    "input_rate": "input", "read_rate": "cache_read", "write_rate": "cache_write",
    "hour_rate": "cache_write_1h", "image_rate": "input_image",
    "search_fee": "search_fee",
}  # fmt: skip
"""Column that notes look at -> the rate as the book has it."""

UNKNOWN_TOKENS = (
    "coalesce(regexp_matches(l.doubtful, "
    "'(in|out)put_(tokens|audio_tokens|image_tokens)'), false)"
)
"""SQL condition of a record ``l`` whose tokens can't be priced for a bad value: the
price of the others would be too low."""

_RATE_COLUMNS = {
    "basis": "VARCHAR",
    "rate_currency": "VARCHAR",
    "any_service": "BOOLEAN",
    "is_by_length": "BOOLEAN",
    "is_cached_media_apart": "BOOLEAN",
    "context_window": "BIGINT",
    **dict.fromkeys(("until_us", "day_from_us", "day_until_us"), "BIGINT"),
    **dict.fromkeys(FEES, "BIGINT"),
    **dict.fromkeys(NOTED_RATES, "BIGINT"),
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
        has_price = f"NOT ({billed} OR {UNKNOWN_TOKENS})"
        return (
            f"SELECT l.*, {names}, CASE WHEN {has_price} THEN r.basis END AS basis "
            f"FROM {Workspace.reported} l LEFT JOIN {Workspace.rates} r "
            f"ON {' AND '.join(self.conditions)}"
        )

    def _uses(self, kind: str) -> bool:
        return kind in ("input", "output") or kind in self.separate

    def product(self, side: str) -> str:
        """SQL text of what the tokens of a side cost, before it is scaled."""
        whole = f"{side}_tokens"
        parts = {
            kind: self._tokens(kind)
            for kind in SIDE_PARTS[side]
            if kind in self.separate
        }
        rest = " - ".join([whole, *parts.values()])
        terms = [self._times(f"({rest})", side)]
        terms += [self._times(tokens, kind) for kind, tokens in parts.items()]
        guard = ""
        if media := [n for kind, n in parts.items() if kind in _MEDIA]:
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
        tokens = f"coalesce({COUNT_FIELDS[kind]}, 0)"
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
        owed = [f"coalesce({COUNT_FIELDS[fee]}, 0) * {fee}" for fee in self.fees]
        return (
            f"CASE WHEN coalesce({', '.join(owed)}) IS NOT NULL THEN "
            + " + ".join(f"coalesce({each}, 0)" for each in owed)
            + " END"
        )
