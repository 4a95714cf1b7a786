"""Ledgers for stores, and the figures by which a store and a reading are compared."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import meterwidgets as mw
from meterwidgets.frame.store.generation import IngestResult
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec

Row = dict[str, Any]
BOOK = mw.PriceBook.parse(
    [
        {"model": "m-*", "input": "2", "output": "4"},
        {"model": "gpt-5-nano", "input": "0.05", "output": "0.4"},
    ],
    catalogue=False,
)
_DIMENSIONS = ("org", "project", "deployment", "model", "endpoint", "user")


def spend_logs(
    count: int, *, seed: int = 7, first: int = 0, days: float = 100
) -> list[Row]:
    """Rows of LiteLLM's spend logs over some days from New Year 2026 on."""
    dice = random.Random(seed)
    rows = []
    for number in range(first, first + count):
        at = dice.random() * days * 86_400
        day, second = divmod(int(at), 86_400)
        month, day = divmod(day, 28)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        tokens = dice.randrange(5_000), dice.randrange(900)
        rows.append({
            "request_id": f"r-{number}",
            "startTime": f"2026-{month + 1:02}-{day + 1:02}T{clock}.{dice.randrange(1000):03}",
            "call_type": "acompletion",
            "spend": dice.choice([0, round(dice.random() / 100, 9)]),
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
            "model": f"m-{dice.randrange(3)}",
            "model_group": f"d-{dice.randrange(4)}",
            "organization_id": dice.choice(["o-1", "o-2", None]),
            "team_id": dice.choice(["t-1", ""]),
            "user": f"u-{dice.randrange(9)}",
        })  # fmt: skip
    return rows


def claude_message(output: int, second: int) -> Row:
    """A message of Claude Code's log; at 60 seconds the month ends."""
    at = datetime(2026, 1, 31, 23, 59, tzinfo=UTC) + timedelta(seconds=second)
    usage = {"input_tokens": 4, "output_tokens": output}
    return {
        "timestamp": at.isoformat(), "type": "assistant",
        "sessionId": "s", "requestId": "q", "isSidechain": False,
        "message": {"id": "m", "model": "m-1", "role": "assistant", "usage": usage},
    }  # fmt: skip


def jsonl(path: Path, rows: Iterable[Row | str]) -> Path:
    """Write rows as JSON lines; text as it stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def add(store: Path | str, *paths: Any, book: mw.PriceBook = BOOK) -> IngestResult:
    """Ingest some files, each as it is recognised."""
    return ingest([LedgerSpec([path]) for path in paths], store, prices=book)


def figures(usage: mw.UsageFrame) -> dict[str, Any]:
    """Every sum of a frame, in all, by every dimension, and by day."""
    found: dict[str, Any] = {}
    for currency in usage.currencies or (None,):
        selection = usage.select(mw.Filters(currency=currency))
        found[str(currency)] = {"": selection.sums()} | {
            name: selection.by(name) for name in _DIMENSIONS
        }
    found["rows"] = usage.quality.records
    found["last"] = usage.last
    found["window"] = usage.select().window
    return found


def read_at_once(paths: Sequence[Any], book: mw.PriceBook = BOOK) -> mw.UsageFrame:
    """The same files read on the spot."""
    return mw.read_usage(list(paths), prices=book, rejects=None)
