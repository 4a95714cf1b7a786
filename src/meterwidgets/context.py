"""Which usage a notebook shows when it names none."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from meterwidgets.errors import MeterError, NobodyError
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store.store import is_store, open_store

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
        return opened(given)
    from meterwidgets.config import config
    from meterwidgets.config.read import read_with_config

    path = Path(config.NAME)
    if path.is_file():
        settings = config.load(path)
        if settings.source:
            return read_with_config((), config=settings, folder=path.parent)
    return demo_usage()


def opened(folder: str | Path) -> UsageFrame:
    """The usage in a folder: of a store, or of a saved frame.

    Raises:
        LedgerError: When it is neither.
    """
    return open_store(folder) if is_store(folder) else open_frame(folder)


@cache
def demo_usage() -> UsageFrame:
    """The demo ledger: made up, from a fixed seed and fixed dates, once.

    Examples:
        >>> demo_usage()
        UsageFrame('Demo ledger', 137,380 records, 2025-11-25 to 2026-02-22, USD)
    """
    from meterwidgets.frame.read import read_requests
    from meterwidgets.ledger import demo
    from meterwidgets.ledger.records.plan import LedgerSpec
    from meterwidgets.schema import FIELDS

    table = demo.table()
    columns = {name: name for name in table.column_names if name in FIELDS}
    return read_requests(
        [LedgerSpec([table], columns=columns)],
        prices=demo.prices(),
        tz="UTC",
        labels=None,
        rejects=None,
        name="Demo ledger",
        demo=True,
    )


def current_user(usage: UsageFrame) -> str:
    """Whose own usage this kernel shows; see `user_of`.

    Args:
        usage: The ledger.
    """
    return user_of(usage, os.environ.get(USER_VARIABLE, ""))


def user_of(usage: UsageFrame, named: str) -> str:
    """Whose own usage is shown.

    Args:
        usage: The ledger; of the demo's users one is shown where none is named.
        named: The user that the server names, or nothing.

    Raises:
        NobodyError: When it names none.
    """
    if named or usage.demo:
        return named or "u-1300"
    raise NobodyError(
        "no user is named, so nobody's own usage can be shown; serve with "
        '--user NAME, or give user="..." in a notebook'
    )


def own(usage: UsageFrame, user: str) -> UsageFrame:
    """The usage of one user, or why there can be none.

    Raises:
        NobodyError: When the ledger reports no users.
        MeterError: When the user is no text.
    """
    if not isinstance(usage, UsageFrame) or not isinstance(user, str):
        raise MeterError(
            f"my_usage got {type(usage).__name__} and user={user!r}; expected a "
            'UsageFrame and a user as the ledger reports it, such as "u-1042"'
        )
    if usage.user_cube is None:
        raise NobodyError(
            f"{usage.name} reports no users, so nobody's own usage can be shown; map "
            'the column that names them, as in columns = { user = "user_id" }'
        )
    return usage.of_user(user)
