"""The columns of ``reported`` while ledgers are loaded into it."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.ledger.engine.macros import EXTRA_BYTES, EXTRA_VALUE
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.records import labels
from meterwidgets.ledger.records.plan import Plan
from meterwidgets.schema import ATTRIBUTES, COUNTS, MONEY, NAMES, OPTIONAL
from meterwidgets.text import counted

_TEXTS = (
    "source", "grain", "record_id", "covers", *NAMES, *ATTRIBUTES, "extra", "left_out",
    "reported_currency", "remark", "doubtful", *labels.COLUMNS,
)  # fmt: skip
_REPORTED = tuple(f"reported_{name}" for name in MONEY)
_NUMBERS = (
    "file", "n", "start_us", "end_us", *COUNTS, *_REPORTED, "grown", "credit",
    "extra_dropped", "added_tokens",
)  # fmt: skip
_BOOLEANS = ("recorded_zero", "own_id", "billed", "used", "zoned")
COLUMNS = {
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    **dict.fromkeys(_NUMBERS, "BIGINT"),
    **dict.fromkeys(_BOOLEANS, "BOOLEAN"),
    "reject": "STRUCT(field VARCHAR, value VARCHAR, reason VARCHAR)",
    "doubts": "STRUCT(field VARCHAR, value VARCHAR, reason VARCHAR)[]",
}
"""The columns of ``reported`` while it is loaded, and their types."""


def no_rows() -> str:
    """SQL text of ``reported`` without rows."""
    columns = [f'NULL::{kind} AS "{name}"' for name, kind in COLUMNS.items()]
    return f"SELECT {', '.join(columns)} WHERE false"


def absent(plans: Sequence[Plan]) -> list[str]:
    """The columns of optional fields that none of some ledgers has."""
    fields = [name for name in OPTIONAL if not any(plan.has(name) for plan in plans)]
    columns = [f"reported_{name}" if name in MONEY else name for name in fields]
    return [*columns, *(["extra_dropped"] if "extra" in fields else [])]


def extra_notes(ws: Workspace) -> list[str]:
    """What was left out of the extras, in one sentence."""
    ((dropped,),) = ws.execute(
        f"SELECT coalesce(sum(extra_dropped), 0) FROM {ws.file_stats}"
    ).fetchall()
    if not dropped:
        return []
    return [
        f"extra: {counted(int(dropped), 'value was', 'values were')} left out, which "
        f"a record does not hold: objects, what is longer than {EXTRA_VALUE} "
        f"characters or past {EXTRA_BYTES:,} bytes a record, and prompts, messages, "
        "answers, headers and secrets"
    ]
