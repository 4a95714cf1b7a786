"""Aider's analytics log: one JSON line an event, ``message_send`` is a request.

``total_cost`` is the running total of a session and is never read. Aider writes a
cost of 0 for models whose price it does not know, so a 0 is a price only where a
price list says so.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import usd_for


def _matches(sample: Sample) -> bool:
    return {"event", "time", "properties.main_model"} <= set(sample.columns)


SOURCE = Source(
    name="aider",
    title="Aider's analytics log",
    matches=_matches,
    where="{event} = 'message_send'",
    fields={
        "start": column("time", "unix seconds"),
        "user": column("user_id"),
        "model": column("properties.main_model"),
        "input_tokens": column("properties.prompt_tokens"),
        "output_tokens": column("properties.completion_tokens"),
        "cost": column("properties.cost", "USD; 0 = free or not priced"),
        "currency": Field(usd_for("{properties.cost}")),
    },
    free_when="false",
    cannot_tell=(
        "organization, project, endpoint and deployment",
        "cached and reasoning tokens",
        "whether a cost of 0 is free or not priced",
        "the split of a cost into input and output (estimated from list prices)",
    ),
)
