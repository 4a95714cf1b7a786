"""Which usage a notebook shows when it names none."""

from __future__ import annotations

import os
from pathlib import Path

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.store import open_frame

FRAME_VARIABLE = "METERWIDGETS_FRAME"
"""Names the folder of the frame that the server gave to a kernel."""


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
        return open_frame(given)
    from meterwidgets import config

    path = Path(config.NAME)
    if path.is_file():
        settings = config.load(path)
        if settings.source:
            return config.read((), config=settings, folder=path.parent)
    return demo_usage()


def demo_usage() -> UsageFrame:
    """The demo ledger: made up, from a fixed seed and fixed dates.

    Examples:
        >>> demo_usage()
        UsageFrame('Demo ledger', 137,671 records, 2025-11-25 to 2026-02-22, USD)
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
