"""Which usage a notebook shows when it names none."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from meterwidgets.errors import NobodyError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store import is_store, open_store

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
        return open_store(given) if is_store(given) else open_frame(given)
    from meterwidgets import config

    path = Path(config.NAME)
    if path.is_file():
        settings = config.load(path)
        if settings.source:
            return config.read((), config=settings, folder=path.parent)
    return demo_usage()


@cache
def demo_usage() -> UsageFrame:
    """The demo ledger: made up, from a fixed seed and fixed dates, once.

    Examples:
        >>> demo_usage()
        UsageFrame('Demo ledger', 137,380 records, 2025-11-25 to 2026-02-22, USD)
    """
    from meterwidgets.frame.read import read_requests
    from meterwidgets.ledger import demo
    from meterwidgets.ledger.normalise import FIELDS
    from meterwidgets.ledger.read import Request

    table = demo.table()
    columns = {name: name for name in table.column_names if name in FIELDS}
    return read_requests(
        [Request([table], columns=columns)],
        prices=demo.prices(),
        tz="UTC",
        labels=None,
        rejects=None,
        name="Demo ledger",
        demo=True,
    )


def current_user(usage: UsageFrame) -> str:
    """Whose own usage this kernel shows.

    Args:
        usage: The ledger; of the demo's users one is shown where none is named.

    Returns:
        The user that the server named.

    Raises:
        NobodyError: When it named none.
    """
    user = os.environ.get(USER_VARIABLE)
    if user:
        return user
    if usage.demo:
        return "u-1300"
    raise NobodyError(
        "no user is named, so nobody's own usage can be shown; serve with "
        '--user NAME, or give user="..." in a notebook'
    )
