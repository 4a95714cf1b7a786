"""OpenCode's messages, a JSON file each: those of the assistant are requests.

All counts stand beside each other: cached tokens beside the input, reasoning beside
the output. A cost of 0 means that no price was known, or that a subscription paid.
"""

from __future__ import annotations

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column
from meterwidgets.ledger.sources.sql import sum_of, usd_for


def _matches(sample: Sample) -> bool:
    return {"sessionID", "modelID", "providerID", "time.created"} <= set(sample.columns)


_READ, _WRITE = "{tokens.cache.read}", "{tokens.cache.write}"

SOURCE = Source(
    name="opencode",
    title="OpenCode's messages",
    matches=_matches,
    where="{role} = 'assistant' AND coalesce({tokens.input}, {cost}) IS NOT NULL",
    fields={
        "record_id": column("id"),
        "start": column("time.created", "unix milliseconds"),
        "end": column("time.completed"),
        "project": column("path.root"),
        "session": column("sessionID"),
        "endpoint": column("mode"),
        "provider": column("providerID"),
        "model": column("modelID"),
        "input_tokens": Field(
            sum_of("{tokens.input}", _READ, _WRITE), "tokens.input + tokens.cache"
        ),
        "cache_read_tokens": column("tokens.cache.read"),
        "cache_write_tokens": column("tokens.cache.write"),
        "output_tokens": Field(
            sum_of("{tokens.output}", "{tokens.reasoning}"),
            "tokens.output + tokens.reasoning",
        ),
        "reasoning_tokens": column("tokens.reasoning"),
        "cost": column("cost", "USD; 0 = free or not priced"),
        "currency": Field(usd_for("{cost}")),
    },
    free_when="false",
    cannot_tell=(
        "organization, user and API key",
        "whether a cost of 0 is free or not priced",
    ),
)
