"""Small ledgers and invoices, and what a reconciliation of them says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import bills

import meterwidgets as mw


def frames(folder: Path, ledger: Any, invoice: Any) -> tuple[mw.UsageFrame, ...]:
    """A ledger and an invoice, each from its file; only the ledger is priced."""
    ours = bills.put(folder, "spend.json", ledger)
    theirs = bills.put(folder, "costs.json", invoice)
    return (
        mw.read_usage(ours, rejects=None),
        mw.read_usage(theirs, prices=mw.PriceBook(catalogue=False), rejects=None),
    )


def compared(
    folder: Path, ledger: Any, invoice: Any, **options: Any
) -> mw.Reconciliation:
    return mw.reconcile(*frames(folder, ledger, invoice), **options)


def table(rows: Sequence[Mapping[str, Any]]) -> mw.UsageFrame:
    """A frame of records with a time, a model, a cost and whatever else."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(columns, prices=book, rejects=None, name="table")


def at(day: int, cost: str | None, model: str | None = "m", **more: Any) -> Any:
    when = date(2026, 1, 1) + timedelta(days=day - 1)
    return {"time": f"{when}T12:00:00Z", "model": model, "cost": cost, **more}


def reasons(found: mw.Reconciliation) -> dict[str, str]:
    """Kind -> amount and lines."""
    return {
        each.kind: f"{each.amount / 10**9:+.4f} in {each.lines}"
        for each in found.reasons
    }


def why(found: mw.Reconciliation) -> list[tuple[str, str | None, str | None]]:
    lines = sorted(found.lines, key=lambda line: (line.day, line.model or ""))
    return [(f"{line.day:%d}", line.model, line.reason) for line in lines]
