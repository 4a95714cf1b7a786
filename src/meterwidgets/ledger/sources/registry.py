"""The sources that can be read.

Most are presets, declared in ``presets/*.toml``; to add one, write its file there. The
ones that SQL has to say are modules, which are listed here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meterwidgets.errors import ConfigError, LedgerError, unknown
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import (
    anthropic,
    batches,
    claude_code,
    cloud_bills,
    codex,
    copilot,
    focus,
    langfuse,
    litellm,
    litellm_activity,
    litellm_daily,
    openai,
    otel_events,
    otel_metrics,
    otlp,
    prometheus,
    spans,
    table,
)
from meterwidgets.ledger.sources.base import Source
from meterwidgets.ledger.sources.vocabulary.declaration import Declared, declare
from meterwidgets.ledger.sources.vocabulary.presets import (
    of_packages,
    presets,
    read_toml,
)

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
    copilot.SOURCE,
    otlp.SOURCE,
    spans.ROWS,
    spans.TABLE,
    spans.JAEGER,
    spans.SNAKE,
    otel_events.SOURCE,
    otel_metrics.SOURCE,
    langfuse.SOURCE,
    focus.SOURCE,
    *cloud_bills.SOURCES,
    prometheus.SOURCE,
    *(each.source for each in presets()),
    table.SOURCE,
)
"""In the order in which they are tried; the last one matches any table."""

_NAMES = frozenset(source.name for source in SOURCES)
_added: dict[str, Source] = {}
_declared: dict[str, Declared] = {}


def all_sources() -> tuple[Source, ...]:
    """The built-in sources, and those that a reader or a package brought so far."""
    return (*SOURCES, *_added.values())


def add(source: Source, where: str = "") -> Source:
    """Let a source be found by its name.

    Raises:
        ConfigError: When a built-in source has its name.
    """
    if source.name in _NAMES:
        raise ConfigError(
            f"{where}{where and '.'}name: {source.name!r} is a source already; "
            "choose another name, such as "
            f"'my_{source.name}'"
        )
    _added[source.name] = source
    return source


def declared(declaration: Mapping[str, Any], *, where: str = "", name: str = "") -> str:
    """The name of a source that a reader declares; it can be found from now on.

    Args:
        declaration: The keys of a preset, without ``match``.
        where: What errors begin with.
        name: The name of the source, if the declaration has none.

    Raises:
        ConfigError: When it can't be used, with the key.
    """
    made = declare(declaration, where=where, name=name or "own", is_own=True)
    add(made.source, where)
    return restore(made).name


def restore(made: Declared) -> Source:
    """Let a name stand for what it stood for when a ledger was named."""
    _declared[made.source.name] = made
    return add(made.source)


def declaration(name: str) -> Mapping[str, Any] | None:
    """The keys that declare a source; None of one that is written in SQL."""
    for each in (*presets(), *of_packages(_NAMES)[0], *_declared.values()):
        if each.source.name == name:
            return each.table
    return None


def own_declaration(name: str) -> Declared | None:
    """The declaration of a source that a reader declared."""
    return _declared.get(name)


def named(source: str | Path | Mapping[str, Any] | None) -> str | None:
    """The name of a source that is given by name, by its TOML file or by its keys.

    Raises:
        ConfigError: When a declaration can't be used, with the key.
    """
    if isinstance(source, Mapping):
        return declared(source)
    if source is None or not str(source).endswith(".toml"):
        return None if source is None else str(source)
    path = Path(source)
    name = re.sub(r"\W", "_", path.stem.lower())
    return declared(read_toml(path), where=str(path), name=name)


def _of_packages() -> tuple[Source, ...]:
    """The sources that other packages bring; looking for them takes a while."""
    found = (each.source for each in of_packages(_NAMES)[0])
    return tuple(add(each) for each in found if each.name not in _declared)


def load_packages() -> None:
    """Let `all_sources` have what other packages bring."""
    _of_packages()


def package_problems() -> tuple[str, ...]:
    """What is wrong with sources that other packages bring, a sentence each."""
    return of_packages(_NAMES)[1]


def find(name: str) -> Source:
    """The source with a name.

    Raises:
        LedgerError: When no source has the name.

    Examples:
        >>> find("aider").title
        "Aider's analytics log"
    """
    for source in all_sources():
        if source.name == name:
            return source
    for source in _of_packages():
        if source.name == name:
            return source
    names = [source.name for source in all_sources()]
    raise LedgerError("; ".join([unknown("source", name, names), *package_problems()]))


def recognise(sample: Sample) -> Source:
    """The first source that matches a sample.

    Examples:
        >>> recognise(Sample(("event", "time", "properties.main_model"))).name
        'aider'
        >>> recognise(Sample(("TIMESTAMP", "ContextTokens"))).name
        'table'
    """
    for source in SOURCES:
        if not source.is_mapped and source.matches(sample):
            return source
    return next((each for each in _of_packages() if each.matches(sample)), table.SOURCE)
