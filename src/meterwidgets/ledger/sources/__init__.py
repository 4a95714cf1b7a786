"""One module per ledger format, and the list of them.

A source says how it is recognised, which of its columns fill which field of the
usage record, and what it can't tell. Adding one is a module and a line here.
"""

from __future__ import annotations

from meterwidgets.errors import LedgerError, unknown
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import (
    aider,
    anthropic,
    claude_code,
    codex,
    focus,
    langfuse,
    litellm,
    litellm_daily,
    openai,
    openrouter,
    otlp,
    table,
)
from meterwidgets.ledger.sources.base import Source

__all__ = ["ALL", "find", "recognise"]

ALL: tuple[Source, ...] = (
    litellm.SOURCE,
    litellm_daily.TABLE,
    litellm_daily.ACTIVITY,
    litellm_daily.UI,
    openai.USAGE,
    openai.COSTS,
    anthropic.USAGE,
    anthropic.COSTS,
    claude_code.SOURCE,
    codex.SOURCE,
    otlp.SOURCE,
    openrouter.SOURCE,
    langfuse.SOURCE,
    focus.SOURCE,
    aider.SOURCE,
    table.SOURCE,
)
"""In the order in which they are asked; the last one takes any table."""


def find(name: str) -> Source:
    """The source of a given name.

    Raises:
        LedgerError: When no source has the name.

    Examples:
        >>> find("aider").title
        "Aider's analytics log"
    """
    for source in ALL:
        if source.name == name:
            return source
    raise LedgerError(unknown("source", name, [source.name for source in ALL]))


def recognise(sample: Sample) -> Source:
    """The first source that knows the shape of a sample.

    Examples:
        >>> recognise(Sample(("event", "time", "properties.main_model"))).name
        'aider'
        >>> recognise(Sample(("TIMESTAMP", "ContextTokens"))).name
        'table'
    """
    return next(source for source in ALL if source.recognises(sample))
