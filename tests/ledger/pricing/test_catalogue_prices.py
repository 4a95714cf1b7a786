"""The catalogue's prices are those that genai-prices itself calculates, to the nano."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pyarrow as pa
import pytest

import meterwidgets as mw
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.read import read_ledgers
from meterwidgets.ledger.records.plan import LedgerSpec

pytest.importorskip("genai_prices", reason="the catalogue is an extra")

FIRST = datetime(2024, 6, 1, tzinfo=UTC)
DAYS = 900
COUNTS = {
    "input_tokens": "input_tokens", "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "input_image_tokens": "input_image_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "output_image_tokens": "output_image_tokens",
    "output_reasoning_tokens": "reasoning_tokens", "web_searches": "searches",
}  # fmt: skip
"""Their name of a count -> ours."""
TERMS: tuple[tuple[dict[str, str], dict[str, str] | None], ...] = (
    ({}, None),
    ({"service_tier": "batch"}, {"processing": "batch"}),
    ({"service_tier": "flex"}, {"service_tier": "flex"}),
    ({"service_tier": "priority"}, {"service_tier": "priority"}),
    ({"speed": "fast"}, {"speed": "fast", "service_tier": "fast"}),
)
"""Our terms, and the context that is theirs."""


@dataclass(frozen=True)
class Case:
    """A random record, and what genai-prices charges for it.

    Attributes:
        row: The record.
        sides: What its input and its output cost, in nano-units; None where they don't
            know.
        total: Both and the fees.
    """

    row: dict[str, Any]
    sides: tuple[int, int] | None
    total: int


def nano(amount: Decimal) -> int:
    return int(amount.quantize(Decimal("1e-9"), ROUND_HALF_EVEN).scaleb(9))


def counts(dice: random.Random) -> dict[str, int]:
    """Tokens, their parts, and searches; parts are apart from each other."""
    lengths = (0, 128_000, 200_000, 200_001, 5_000, 400_000, 2_000_000)
    length = dice.choice(lengths)
    found = {
        "input_tokens": dice.choice([length, dice.randrange(length + 1)]),
        "output_tokens": dice.choice([0, dice.randrange(5000), dice.randrange(10**5)]),
    }
    parts = {
        "input_tokens": {"cache_read_tokens": 0.5, "cache_write_tokens": 0.5,
                         "input_audio_tokens": 0.15, "input_image_tokens": 0.15},
        "output_tokens": {"output_audio_tokens": 0.1, "output_image_tokens": 0.1,
                          "output_reasoning_tokens": 0.1},
    }  # fmt: skip
    for whole, likely in parts.items():
        rest = found[whole]
        for part, chance in likely.items():
            if dice.random() < chance:
                found[part] = dice.randrange(rest + 1)
                rest -= found[part]
    if "cache_write_tokens" in found and dice.random() < 0.5:
        written = found["cache_write_tokens"]
        found["cache_write_1h_tokens"] = dice.randrange(written + 1)
    if dice.random() < 0.1:
        found["web_searches"] = dice.randrange(20)
    return found


def cases(number: int) -> Iterator[Case]:
    """Random records of every model of the catalogue in turn."""
    from genai_prices import Usage, data_snapshot

    snapshot, dice = data_snapshot.get_snapshot(), random.Random(7)
    models = [(p, model) for p in snapshot.providers for model in p.models]
    for place in range(number):
        provider, model = models[place % len(models)]
        when = FIRST + timedelta(seconds=dice.randrange(DAYS * 86_400))
        usage = counts(dice)
        terms, context = dice.choices(TERMS, (16, 2, 1, 1, 1))[0]
        row = {"start": when.isoformat(), "provider": provider.id, "model": model.id}
        row |= {COUNTS[name]: count for name, count in usage.items()} | terms
        try:
            found = snapshot.find_provider_model(model.id, None, provider.id, None)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                price = found[1].calc_price(
                    Usage(**usage),
                    found[0],
                    genai_request_timestamp=when,
                    price_context=context,
                )
        except (LookupError, ValueError):
            yield Case(row, None, 0)
            continue
        sides = nano(price.input_price), nano(price.output_price)
        yield Case(row, sides, nano(price.total_price))


def priced(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Basis, input, output and fee of each row, as we price it."""
    fields = ["start", "provider", "model", "service_tier", "speed", *COUNTS.values()]
    table = pa.table({
        name: pa.array([None if row.get(name) is None else str(row[name])
                        for row in rows], pa.string())
        for name in fields
    })  # fmt: skip
    with open_workspace() as ws:
        spec = LedgerSpec([table], "table", {name: name for name in fields})
        read_ledgers(ws, [spec], mw.PriceBook())
        return ws.execute(
            "SELECT cost_basis, input_cost, output_cost, coalesce(fee_cost, 0) "
            f"FROM {ws.records} ORDER BY n"
        ).fetchall()


@pytest.mark.parametrize("number", [3000, pytest.param(41_000, marks=pytest.mark.slow)])
def test_wherever_both_know_a_price_it_is_the_same(number: int) -> None:
    made = list(cases(number))
    found = priced([case.row for case in made])
    assert len(found) == number
    compared = 0
    for case, (basis, paid, made_cost, fee) in zip(made, found, strict=True):
        if basis != "catalogue":
            continue
        assert case.sides is not None, case.row
        assert (paid, made_cost) == case.sides, str(case.row)
        # one rounding of the whole there, one of each part here
        assert abs(paid + made_cost + fee - case.total) <= 1, case.row
        compared += 1
    assert compared > 0.4 * number
