"""The sources that can be read; to add one, write its module and list it here."""

from __future__ import annotations

from meterwidgets.errors import LedgerError, unknown
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import (
    aider,
    anthropic,
    batches,
    claude_code,
    codex,
    copilot,
    focus,
    langfuse,
    litellm,
    litellm_activity,
    litellm_daily,
    openai,
    opencode,
    openrouter,
    otlp,
    portkey,
    spans,
    table,
)
from meterwidgets.ledger.sources.base import Source

SOURCES: tuple[Source, ...] = (
    litellm.SOURCE,
    litellm_daily.TABLE,
    litellm_activity.SOURCE,
    litellm_daily.UI,
    openai.USAGE,
    openai.COSTS,
    anthropic.USAGE,
    anthropic.COSTS,
    batches.OUTPUT,
    batches.BATCHES,
    batches.VERTEX,
    claude_code.SOURCE,
    codex.SOURCE,
    opencode.SOURCE,
    copilot.SOURCE,
    portkey.SOURCE,
    otlp.SOURCE,
    spans.ROWS,
    spans.TABLE,
    spans.JAEGER,
    spans.SNAKE,
    openrouter.SOURCE,
    openrouter.GENERATIONS,
    openrouter.ACTIVITY,
    langfuse.SOURCE,
    focus.SOURCE,
    aider.SOURCE,
    table.SOURCE,
)
"""In the order in which they are tried; the last one matches any table."""


def find(name: str) -> Source:
    """The source with a name.

    Raises:
        LedgerError: When no source has the name.

    Examples:
        >>> find("aider").title
        "Aider's analytics log"
    """
    for source in SOURCES:
        if source.name == name:
            return source
    raise LedgerError(unknown("source", name, [source.name for source in SOURCES]))


def recognise(sample: Sample) -> Source:
    """The first source that matches a sample.

    Examples:
        >>> recognise(Sample(("event", "time", "properties.main_model"))).name
        'aider'
        >>> recognise(Sample(("TIMESTAMP", "ContextTokens"))).name
        'table'
    """
    return next(source for source in SOURCES if source.matches(sample))
