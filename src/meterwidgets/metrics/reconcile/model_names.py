"""Match the model names of a ledger with those of an invoice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Name = str | None
_Sides = tuple[set[str], set[str]]
"""Names of the ledger, names of the invoice."""

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
    """Names that are treated as one model.

    Attributes:
        model: The model's name in the lines.
        ledger: The ledger's names for it.
        invoice: The invoice's names for it.
    """

    model: str
    ledger: tuple[str, ...]
    invoice: tuple[str, ...]


def base_name(name: str) -> str:
    """A model's name without provider, region, version and date.

    Examples:
        >>> base_name("openai/gpt-5-nano"), base_name("gpt-5-nano-2025-08-07")
        ('gpt-5-nano', 'gpt-5-nano')
        >>> base_name("us.anthropic.claude-sonnet-4-20250514-v1:0")
        'claude-sonnet-4'
        >>> base_name("claude-3.5-haiku@20241022"), base_name("gpt-3.5-turbo-0125")
        ('claude-3-5-haiku', 'gpt-3-5-turbo')
    """
    return _base_and_date(name)[0]


def _base_and_date(name: str) -> tuple[str, str]:
    """The base and the date of a name; an alias has no date."""
    text = name.strip().lower().rsplit("/", 1)[-1]
    text = _VERSION.sub("", _MAKER.sub("", _REGION.sub("", text)))
    date = _DATE.search(text)
    digits = date[1].replace("-", "").replace("latest", "") if date else ""
    return _DATE.sub("", text).replace(".", "-"), digits


def match_names(
    ledger: Iterable[Name], invoice: Iterable[Name]
) -> tuple[Mapping[Name, Name], Mapping[Name, Name], tuple[Match, ...]]:
    """Match the names of both sides.

    Names that differ only in provider, region or version are one model. Two dates are
    two models. But a provider may bill an alias without a date under any of its dates:
    where the alias, or a date of the same base name, has no counterpart, all names with
    that base are one model.

    Returns:
        For the ledger and for the invoice: name -> its name in the lines; and the
        different names that were matched.

    Examples:
        >>> ledger, invoice, matches = match_names(
        ...     ["openai/m", "x"], ["m-2025-08-07", None])
        >>> ledger, invoice
        ({'openai/m': 'm-2025-08-07', 'x': 'x'}, {'m-2025-08-07': 'm-2025-08-07', \
None: None})
        >>> matches
        (Match(model='m-2025-08-07', ledger=('openai/m',), invoice=('m-2025-08-07',)),)
        >>> match_names(["m-2024-05-13"], ["m-2024-08-06"])[2]
        ()
    """
    ledger_names: dict[Name, Name] = {name: name for name in ledger}
    invoice_names: dict[Name, Name] = {name: name for name in invoice}
    by_base: dict[str, _Sides] = defaultdict(_no_names)
    for side, names in enumerate((ledger_names, invoice_names)):
        for name in names:
            if name is not None:
                by_base[base_name(name)][side].add(name)
    matches = []
    for same_base in by_base.values():
        for from_ledger, from_invoice in _by_model(same_base):
            if not from_ledger or not from_invoice or from_ledger == from_invoice:
                continue
            model = min(from_invoice, key=lambda name: (len(name), name))
            ledger_names |= dict.fromkeys(from_ledger, model)
            invoice_names |= dict.fromkeys(from_invoice, model)
            matches.append(
                Match(model, tuple(sorted(from_ledger)), tuple(sorted(from_invoice)))
            )
    matches.sort(key=lambda match: match.model)
    return ledger_names, invoice_names, tuple(matches)


def _no_names() -> _Sides:
    return set(), set()


def _by_model(same_base: _Sides) -> Iterable[_Sides]:
    """The names with one base name, grouped by model."""
    by_date: dict[str, _Sides] = defaultdict(_no_names)
    for side, names in enumerate(same_base):
        for name in names:
            by_date[_base_and_date(name)[1]][side].add(name)
    one_sided = any(not ledger or not invoice for ledger, invoice in by_date.values())
    return [same_base] if one_sided and "" in by_date else by_date.values()
