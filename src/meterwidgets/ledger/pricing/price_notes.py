"""Notes on how prices were found, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.ledger.pricing import unfit_records
from meterwidgets.ledger.pricing.mode import Pricing
from meterwidgets.ledger.pricing.rates import STANDARD, term_name
from meterwidgets.text import counted

PRICEABLE = "coalesce(input_tokens, output_tokens) IS NOT NULL"
"""SQL condition of the records that a price can be for."""

_NOT_STANDARD = f"service_tier <> '{STANDARD}'"
_BY_RATES = "cost_basis IN ('rate_table', 'catalogue')"
_READ, _WRITE = "coalesce(cache_read_tokens, 0)", "coalesce(cache_write_tokens, 0)"
_HOUR, _IMAGES = "coalesce(cache_write_1h_tokens, 0)", "coalesce(input_image_tokens, 0)"
_MEDIA = {
    "audio": "coalesce(input_audio_tokens, 0) + coalesce(output_audio_tokens, 0)",
    "images": f"{_IMAGES} + coalesce(output_image_tokens, 0)",
}
_SUBSTITUTES = (
    ("read from a cache are priced as input", "cache_read", _READ,
     "read_rate IS NULL AND input_rate > 0"),
    ("written to a cache are priced as input", "cache_write", f"{_WRITE} - {_HOUR}",
     "write_rate IS NULL AND input_rate > 0"),
    ("written to a cache for an hour are priced as for 5 minutes", "cache_write_1h",
     _HOUR, "hour_rate IS NULL AND write_rate > 0"),
    ("written to a cache for an hour are priced as input", "cache_write_1h",
     _HOUR, "hour_rate IS NULL AND write_rate IS NULL AND input_rate > 0"),
    ("of images are priced as input", "input_image", _IMAGES,
     "image_rate IS NULL AND input_rate > 0"),
)  # fmt: skip
"""Tokens priced at another rate: what is said, the missing rate, which, and where."""

_SPECIAL = " OR ".join(
    [
        f"service_tier <> '{STANDARD}' OR speed IS NOT NULL OR geography IS NOT NULL",
        f"{_READ} + {_WRITE} + {' + '.join(_MEDIA.values())} > 0 OR searches > 0",
        "grain = 'bucket'",
    ]
)
"""SQL condition of the records that a note on rates may be about."""

_HAS_NO_COST = (
    "coalesce(reported_cost, 0) = 0 AND reported_input_cost IS NULL "
    "AND reported_output_cost IS NULL"
)
"""SQL condition of the records without a recorded cost that needs no rates."""

_TERMS = ("service_tier", "speed", "geography")
_BOOKS = {"rate_table": "the rate table", "catalogue": "the catalogue"}


def of_prices(ws: Workspace, pricing: Pricing) -> list[str]:
    """All notes on the prices of a workspace, one sentence each.

    Args:
        ws: A workspace with ``reported``, ``rejects`` and ``records``.
        pricing: The pricing mode.
    """
    return [*of_mode(ws, pricing), *unfit_records.notes(ws), *of_rates(ws, pricing)]


def of_mode(engine: Engine, pricing: Pricing) -> list[str]:
    """How repricing differs from the recorded costs; nothing in the usual mode.

    Args:
        engine: What answers SQL over ``records``.
        pricing: The pricing mode.
    """
    if not pricing.is_repriced:
        return []
    notes = [f"{pricing}: the ledger's own costs are ignored"]
    for currency, count, nano in engine.execute(
        "SELECT reported_currency, count(*), sum(coalesce(reported_cost, "
        "coalesce(reported_input_cost, 0) + coalesce(reported_output_cost, 0))) "
        f"FROM {Workspace.records} WHERE NOT ({PRICEABLE}) "
        "AND reported_currency IS NOT NULL GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        records = counted(count, "record without tokens", "records without tokens")
        notes.append(
            f"{records}, recorded at {_money(nano, currency)}, can't be repriced: "
            "a price is per token"
        )
    (free,) = engine.execute(
        f"SELECT count(*) FROM {Workspace.records} WHERE reported_cost = 0 "
        "AND input_cost + output_cost > 0"
    ).fetchone() or (0,)
    if free:
        records = counted(free, "record was", "records were")
        notes.append(f"{records} recorded at 0 and cost something here")
    return notes


def of_rates(engine: Engine, pricing: Pricing) -> list[str]:
    """What was priced at a substitute rate, or not at all for want of one.

    Args:
        engine: What answers SQL over ``reported`` and ``records``.
        pricing: The pricing mode.
    """
    may_need_rates = "true" if pricing.is_repriced else _HAS_NO_COST
    (special,) = engine.execute(
        f"SELECT count(*) FROM {Workspace.reported} "
        f"WHERE {may_need_rates} AND ({_SPECIAL})"
    ).fetchone() or (0,)
    if not special:
        return []
    return [
        *_any_services(engine),
        *_of_priced(engine),
        *_of_unpriced(engine),
    ]


def _any_services(engine: Engine) -> list[str]:
    """Service tiers priced by entries that name none."""
    return [
        f"{counted(count, 'record', 'records')} of the service tier {service} priced "
        "at the rates for all tiers; for its own rates add a [[price]] with "
        f'service_tier = "{service}"'
        for service, count in engine.execute(
            f"SELECT service_tier, count(*) FROM {Workspace.records} "
            f"WHERE {_NOT_STANDARD} AND any_service AND {_BY_RATES} "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    ]


def _of_priced(engine: Engine) -> list[str]:
    """Rates that stand in for others, searches, and lengths that aren't known."""
    sums = [f"sum(CASE WHEN {where} THEN {n} END)" for _, _, n, where in _SUBSTITUTES]
    sums += [
        "sum(CASE WHEN search_fee IS NOT NULL THEN searches END)",
        "sum(CASE WHEN searches > 0 THEN searches * search_fee END)",
        "sum(CASE WHEN search_fee IS NULL THEN searches END)",
        "sum(CASE WHEN is_by_length AND grain = 'bucket' AND context_tokens IS NULL "
        "THEN 1 END)",
    ]
    columns = ", ".join(f"coalesce({each}, 0)" for each in sums)
    notes = []
    for basis, currency, *found in engine.execute(
        f"SELECT cost_basis, currency, {columns} FROM {Workspace.records} "
        f"WHERE {_BY_RATES} AND ({_SPECIAL}) GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        book = _BOOKS[basis]
        *substituted, charged, fees, not_charged, buckets = map(int, found)
        notes += [
            f"{tokens:,} tokens {how}: {book} has no {kind} rate for them"
            for (how, kind, *_), tokens in zip(_SUBSTITUTES, substituted, strict=True)
            if tokens
        ]
        notes += _of_searches(book, charged, _money(fees, currency), not_charged)
        if buckets:
            priced = counted(buckets, "bucket is", "buckets are")
            notes.append(
                f"{priced} priced at the rates for short requests: how long the "
                f"requests were isn't known, and {book} charges more for long ones"
            )
    return notes


def _of_searches(book: str, charged: int, fees: str, not_charged: int) -> Iterator[str]:
    """Searches that cost a fee, and those whose fee the book does not have."""
    if charged:
        searches = counted(charged, "search costs", "searches cost")
        yield (
            f"{searches} {fees} by {book}: a fee, in the cost and in no rate per token"
        )
    if not_charged:
        searches = counted(not_charged, "search is", "searches are")
        yield (
            f"{searches} not in the cost: {book} has no fee for a search; add "
            'search_fee = "0.01" to a [[price]]'
        )


def _of_unpriced(engine: Engine) -> list[str]:
    """Terms, audio and images without a price: another rate would be wrong for them."""
    media = ", ".join(
        f"coalesce(sum(CASE WHEN input_rate IS NOT NULL AND {tokens} > 0 THEN {each} "
        "END), 0)"
        for tokens in _MEDIA.values()
        for each in ("1", tokens)
    )
    groups = engine.execute(
        f"SELECT service_tier, speed, geography, count(*), {media} "
        f"FROM {Workspace.records} WHERE cost_basis = 'unpriced' AND NOT billed "
        f"AND {PRICEABLE} AND ({_SPECIAL}) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    counts: dict[tuple[str, str], int] = {}
    found = dict.fromkeys(_MEDIA, (0, 0))
    for *values, count, audio, heard, images, seen in groups:
        for term, value in zip(_TERMS, values, strict=True):
            key = (term, term_name(term, value))
            counts[key] = counts.get(key, 0) + count
        for medium, (records, tokens) in zip(
            _MEDIA, ((audio, heard), (images, seen)), strict=True
        ):
            before = found[medium]
            found[medium] = before[0] + int(records), before[1] + int(tokens)
    notes = [
        _unknown_term(term, value, count)
        for (term, value), count in sorted(counts.items(), key=_by_term)
        if value != STANDARD
    ]
    return notes + [
        _unknown_medium(medium, *both) for medium, both in found.items() if both[0]
    ]


def _by_term(item: tuple[tuple[str, str], int]) -> tuple[int, str]:
    (term, value), _ = item
    return _TERMS.index(term), value


def _unknown_term(term: str, value: str, count: int) -> str:
    words, other = term.replace("_", " "), term.replace("service_", "")
    return (
        f"{counted(count, 'record', 'records')} of the {words} {value} "
        f"{'has' if count == 1 else 'have'} no price: its rates for that model and day "
        f"are unknown, and those of another {other} would be wrong; add a [[price]] "
        f'with {term} = "{value}"'
    )


def _unknown_medium(medium: str, count: int, tokens: int) -> str:
    kind = medium.removesuffix("s")
    return (
        f"{counted(count, 'record', 'records')} with {tokens:,} tokens of {medium} "
        f"{'has' if count == 1 else 'have'} no price: the rate of text would be wrong, "
        f"and that of {medium} isn't known or can't be told from cached tokens; add "
        f"input_{kind} and output_{kind} to a [[price]]"
    )


def _money(nano: int, currency: str) -> str:
    """An exact amount.

    Examples:
        >>> _money(87_866_500, "USD")
        '0.087866500 USD'
    """
    return f"{nano // 10**9}.{nano % 10**9:09} {currency}"
