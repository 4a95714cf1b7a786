"""The usage of one user: whose it is, and a frame that holds nothing else."""

from __future__ import annotations

from meterwidgets.errors import MeterError, NobodyError
from meterwidgets.frame.frame import UsageFrame

_DEMO_USER = "u-1300"


def named_user(usage: UsageFrame, name: str) -> str:
    """The user whose own usage is shown.

    Args:
        usage: The ledger; of the demo ledger one user is shown where none is named.
        name: The user that the server names, or nothing.

    Raises:
        NobodyError: When it names none.
    """
    if name or usage.demo:
        return name or _DEMO_USER
    raise NobodyError(
        "no user is named, so nobody's own usage can be shown; serve with "
        '--user NAME, or give user="..." in a notebook'
    )


def personal_frame(usage: UsageFrame, user: str) -> UsageFrame:
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
    is_scoped = usage.store is not None and usage.store.is_scoped
    if is_scoped and {*usage.user_cube.names["user"]} <= {user}:
        return usage  # a server has cut it, and its store goes on
    return usage.of_user(user)
