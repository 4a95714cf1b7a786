"""Which usage a notebook shows when it names none."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.personal import named_user
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store.scoped import (
    ScopedSnapshot,
    generations,
    open_newer_scoped,
    open_scoped,
)
from meterwidgets.frame.store.store import is_store, open_store
from meterwidgets.frame.store.store import open_newer as open_newer_store

FRAME_VARIABLE = "METERWIDGETS_FRAME"
"""Names the folder of the frame, or the store, that the server gave to a kernel."""
USER_VARIABLE = "METERWIDGETS_USER"
"""Names the user whose page a kernel shows."""


def current_usage() -> UsageFrame:
    """The usage that this kernel is about.

    Returns:
        What the server gave this kernel; else the ledgers of ``meterwidgets.toml``
        here; else the demo ledger.

    Raises:
        MeterError: When what was given can't be read.
    """
    given = os.environ.get(FRAME_VARIABLE)
    if given:
        return open_usage(given)
    from meterwidgets.config import config
    from meterwidgets.config.read import read_with_config

    path = Path(config.NAME)
    if path.is_file():
        settings = config.load(path)
        if settings.source:
            return read_with_config((), config=settings, folder=path.parent)
    return demo_usage()


def open_usage(folder: str | Path, *, mapped: bool = True) -> UsageFrame:
    """The usage in a folder: of a store, of a scope, or of a saved frame.

    Args:
        folder: Where it is.
        mapped: False reads a store into memory; see ``open_store``. Nobody else writes
            into the other folders.

    Raises:
        LedgerError: When it is none of them.
    """
    if is_store(folder):
        return open_store(folder, mapped=mapped)
    return (
        open_scoped(Path(folder)) if generations(Path(folder)) else open_frame(folder)
    )


def open_newer(usage: UsageFrame) -> UsageFrame | None:
    """The usage of a newer generation of the same store; None if there is none.

    Args:
        usage: A frame; one that was not opened from a store has no newer one.
    """
    store = usage.store
    if isinstance(store, ScopedSnapshot):
        return open_newer_scoped(usage, store)
    return open_newer_store(usage)


@cache
def demo_usage() -> UsageFrame:
    """The demo ledger: made up, from a fixed seed and fixed dates, once.

    Examples:
        >>> demo_usage()
        UsageFrame('Demo ledger', 137,380 records, 2025-11-25 to 2026-02-22, USD)
    """
    from meterwidgets.frame.read import read_ledger_specs
    from meterwidgets.ledger import demo
    from meterwidgets.ledger.records.plan import LedgerSpec
    from meterwidgets.schema import FIELDS

    table = demo.table()
    columns = {name: name for name in table.column_names if name in FIELDS}
    return read_ledger_specs(
        [LedgerSpec([table], columns=columns, written=demo.WRITTEN)],
        prices=demo.prices(),
        tz="UTC",
        labels=None,
        rejects=None,
        name="Demo ledger",
        demo=True,
    )


def signed_in_user() -> str:
    """The end user whose session this is; empty outside a server, and for others."""
    return os.environ.get(USER_VARIABLE, "")


def current_user(usage: UsageFrame) -> str:
    """The user whose own usage this kernel shows; see `personal.named_user`.

    Args:
        usage: The ledger.

    Raises:
        NobodyError: When the server names none.
    """
    return named_user(usage, signed_in_user())
