"""How a declaration says which ledgers are its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    check_keys,
    items,
    table,
    text,
    texts,
)

Matches = Callable[[Sample], bool]

_COMMON = {
    "id", "time", "timestamp", "date", "model", "user", "name", "type", "cost",
    "tokens", "provider", "status", "created_at", "input_tokens", "output_tokens",
    "prompt_tokens", "completion_tokens", "total_tokens",
}  # fmt: skip
"""Columns that ledgers of all kinds have."""


def matcher(key: str, value: object, levels: tuple[Level, ...]) -> tuple[int, Matches]:
    """What recognises a sample.

    Args:
        key: The key, for errors.
        value: The columns that it has, or a table: ``all`` of these, ``any`` of
            those, ``none`` of others, and ``values`` of which some record has one.
        levels: Where the records lie, whose columns are meant.

    Returns:
        How many columns it asks for, and the function.

    Raises:
        DeclarationError: When it would fit any ledger.

    Examples:
        >>> matcher("match", ["Max Mode", "Model"], ())[1](Sample(("Model",)))
        False
        >>> matcher("match", ["type"], ())
        Traceback (most recent call last):
        ...
        meterwidgets.ledger.sources.vocabulary.problems.DeclarationError: match: \
ledgers of other kinds have all of type, too; name a column, or a value, that only \
this one has
    """
    if not isinstance(value, Mapping):
        value = {"all": texts(key, value)}
    asked = value
    check_keys(key, table(key, asked), ("all", "any", "none", "values"))
    all_of, any_of, none_of = (
        texts(f"{key}.{name}", asked[name]) if name in asked else ()
        for name in ("all", "any", "none")
    )
    values = _values(f"{key}.values", asked.get("values", {}))
    is_special = {*all_of} - _COMMON or (any_of and _COMMON.isdisjoint(any_of))
    if not (values or is_special):
        named = ", ".join((*all_of, *any_of)) or "their columns"
        raise DeclarationError(
            key,
            f"ledgers of other kinds have all of {named}, too; name a column, or a "
            "value, that only this one has",
        )
    needed, excluded = {*all_of, *values}, {*none_of}
    alternatives = {*any_of}

    def matches(sample: Sample) -> bool:
        found = innermost(sample, levels) if levels else sample
        names = found.names
        return (
            needed <= names
            and names.isdisjoint(excluded)
            and not (alternatives and names.isdisjoint(alternatives))
            and all(_holds(found, name, words) for name, words in values.items())
        )

    return len(needed) + bool(alternatives) + len(values), matches


def _values(key: str, value: object) -> dict[str, set[str]]:
    if value == {}:
        return {}
    return {
        text(key, name): {
            str(each)
            for each in ([words] if isinstance(words, str) else items(key, words))
        }
        for name, words in table(key, value).items()
    }


def _holds(sample: Sample, name: str, words: set[str]) -> bool:
    """Whether some record has one of the values; a flat table shows none."""
    return not sample.records or any(
        str(value) in words
        for record in sample.records
        for value in _at(record, name.split("."), name)
    )


def _at(record: Any, path: list[str], name: str) -> Iterator[Any]:
    if isinstance(record, Mapping) and name in record:
        yield record[name]
        return
    for step in path:
        record = record.get(step) if isinstance(record, Mapping) else None
    yield record


def innermost(sample: Sample, levels: tuple[Level, ...]) -> Sample:
    """A sample of the records that lie in lists."""
    heads = _heads(levels)
    within = [each for each in sample.records if not heads.isdisjoint(each)]
    is_optional = all(level.optional for level in levels)
    if not within and is_optional:
        return sample
    records: list[Any] = list(sample.records) if is_optional else within
    for level in levels:
        inner: list[Any] = []
        for record in records:
            inner += _inside(record, level)
        records = inner
    return Sample((), tuple(each for each in records if isinstance(each, Mapping)))


@cache
def _heads(levels: tuple[Level, ...]) -> frozenset[str]:
    """The keys of which the outermost records have one, if they hold any record."""
    heads: set[str] = set()
    for level in levels:
        for path in level.paths:
            heads.update((path, path.partition(".")[0]))
        if not level.optional:
            break
    return frozenset(heads)


def _inside(record: Any, level: Level) -> list[Any]:
    for path in level.paths:
        for found in _at(record, path.split("."), path):
            if isinstance(found, list):
                return found
            if isinstance(found, Mapping):
                return list(found.values())
    return [record] if level.optional else []
