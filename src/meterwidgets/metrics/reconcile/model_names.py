"""Which names of a ledger and of an invoice mean the same model."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Name = str | None
_Names = set[str]

_REGION = re.compile(r"^(us|eu|apac|jp|global)\.(?=[a-z0-9]+\.)")
_MAKER = re.compile(
    r"^(ai21|amazon|anthropic|cohere|deepseek|meta|mistral|openai|qwen)\."
)
_VERSION = re.compile(r"-v\d+:\d+$")
_DATE = re.compile(
    r"[-@:](latest|20\d{2}-?(0[1-9]|1[0-2])-?[0-3]\d"
    r"|(0[1-9]|1[0-2])[0-3]\d|2[3-9](0[1-9]|1[0-2]))$"
)


@dataclass(frozen=True)
class Match:
    """Names that are taken for one model.

    Attributes:
        model: What the lines call it.
        ledger: The ledger's names.
        invoice: The invoice's names.
    """

    model: str
    ledger: tuple[str, ...]
    invoice: tuple[str, ...]


def root(name: str) -> str:
    """A model's name without provider, region, version and date.

    Examples:
        >>> root("openai/gpt-5-nano"), root("gpt-5-nano-2025-08-07")
        ('gpt-5-nano', 'gpt-5-nano')
        >>> root("us.anthropic.claude-sonnet-4-20250514-v1:0")
        'claude-sonnet-4'
        >>> root("claude-3.5-haiku@20241022"), root("gpt-3.5-turbo-0125")
        ('claude-3-5-haiku', 'gpt-3-5-turbo')
    """
    return _taken_apart(name)[0]


def _taken_apart(name: str) -> tuple[str, str]:
    """The root and the date of a name, which an alias does not have."""
    text = name.strip().lower().rsplit("/", 1)[-1]
    text = _VERSION.sub("", _MAKER.sub("", _REGION.sub("", text)))
    date = _DATE.search(text)
    digits = date[1].replace("-", "").replace("latest", "") if date else ""
    return _DATE.sub("", text).replace(".", "-"), digits


def matched(
    ledger: Iterable[Name], invoice: Iterable[Name]
) -> tuple[Mapping[Name, Name], Mapping[Name, Name], tuple[Match, ...]]:
    """Bring the names of both sides together.

    Names that differ only in provider, region or version are one model. An alias
    without a date is billed under any of its dates: where it, or a date beside it, has
    no counterpart, all of that root are taken for one model. Two dates are two models.

    Returns:
        For the ledger and for the invoice: name -> what the lines call it; and the
        names that were matched without being the same.

    Examples:
        >>> ours, theirs, said = matched(["openai/m", "x"], ["m-2025-08-07", None])
        >>> ours, theirs
        ({'openai/m': 'm-2025-08-07', 'x': 'x'}, {'m-2025-08-07': 'm-2025-08-07', \
None: None})
        >>> said
        (Match(model='m-2025-08-07', ledger=('openai/m',), invoice=('m-2025-08-07',)),)
        >>> matched(["m-2024-05-13"], ["m-2024-08-06"])[2]
        ()
    """
    ours: dict[Name, Name] = {name: name for name in ledger}
    theirs: dict[Name, Name] = {name: name for name in invoice}
    groups: dict[str, tuple[_Names, _Names]] = defaultdict(_two)
    for side, names in enumerate((ours, theirs)):
        for name in names:
            if name is not None:
                groups[root(name)][side].add(name)
    found = []
    for left, right in groups.values():
        for some, others in _same(left, right):
            if not some or not others or some == others:
                continue
            model = min(others, key=lambda name: (len(name), name))
            ours |= dict.fromkeys(some, model)
            theirs |= dict.fromkeys(others, model)
            found.append(Match(model, tuple(sorted(some)), tuple(sorted(others))))
    return ours, theirs, tuple(sorted(found, key=lambda match: match.model))


def _two() -> tuple[_Names, _Names]:
    return set(), set()


def _same(left: _Names, right: _Names) -> Iterable[tuple[_Names, _Names]]:
    """The names of one root, put together by model."""
    by_date: dict[str, tuple[_Names, _Names]] = defaultdict(_two)
    for side, names in enumerate((left, right)):
        for name in names:
            by_date[_taken_apart(name)[1]][side].add(name)
    alone = any(not some or not others for some, others in by_date.values())
    if alone and "" in by_date:
        return [(left, right)]
    return by_date.values()
