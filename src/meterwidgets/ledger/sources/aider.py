"""Aider's analytics log: one JSON line an event, ``message_send`` is a request.

``total_cost`` is the running total of a session and is never read. Aider writes a
cost of 0 for models whose price it does not know, so a 0 is a price only where a
price list says so.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Source


def _recognises(sample: Sample) -> bool:
    return {"event", "time", "properties.main_model"} <= set(sample.columns)


SOURCE = Source(
    name="aider",
    title="Aider's analytics log",
    recognises=_recognises,
    columns={
        "start": "time (unix seconds)",
        "user": "user_id",
        "model": "properties.main_model",
        "input_tokens": "properties.prompt_tokens",
        "output_tokens": "properties.completion_tokens",
        "cost": "properties.cost (USD; 0 = free or not priced)",
    },
    fields={
        "start": "{time}",
        "user": "{user_id}",
        "model": "{properties.main_model}",
        "input_tokens": "{properties.prompt_tokens}",
        "output_tokens": "{properties.completion_tokens}",
        "cost": "{properties.cost}",
        "currency": "CASE WHEN {properties.cost} IS NOT NULL THEN 'USD' END",
    },
    cannot_tell=(
        "organization, project, endpoint and deployment",
        "cached and reasoning tokens",
        "whether a cost of 0 is free or not priced",
        "the split of a cost into input and output (estimated from list prices)",
    ),
    only="{event} = 'message_send'",
    recorded_zero="false",
)
