"""The worked example of the metrics: 144 requests of half a day, as a raw ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import meterwidgets as mw
from meterwidgets.frame.frame import UsageFrame

PRICES = [{"deployment": "qwen-*", "input": "2.00", "output": "4.00"}]


def write(folder: Path) -> Path:
    """A CSV with one request each five minutes, 28,000 and 26,000 tokens in all."""
    begun = datetime(2026, 2, 22, tzinfo=UTC)
    lines = ["timestamp,organization,deployment,prompt_tokens,completion_tokens"]
    for number in range(144):
        at = begun + timedelta(minutes=5 * number)
        prompt = 28_000 * (number + 1) // 144 - 28_000 * number // 144
        completion = 26_000 * (number + 1) // 144 - 26_000 * number // 144
        lines.append(f"{at.isoformat()},Acme,qwen-cpu-deployment,{prompt},{completion}")
    path = folder / "golden.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def usage(folder: Path) -> UsageFrame:
    """The same, read with its rate table."""
    book = mw.PriceBook.parse(PRICES, catalogue=False)
    return mw.read_usage(write(folder), prices=book, rejects=None)
