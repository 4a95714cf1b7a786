"""Conditions of a declaration, ``{ kind = ["LLM"], cost = "present" }``, as SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from meterwidgets.ledger.sources.vocabulary.columns import Columns, literal
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    check_keys,
    items,
    table,
    text,
)

_PRESENT = {"present": "IS NOT NULL", "absent": "IS NULL"}

_OTHER = re.compile(r"\(\?(=|!|<=|<!|>|\()|\\[1-9]|\(\?P=")
"""What patterns of Python have and those of DuckDB (RE2) have not."""


def _bound(sign: str) -> Callable[[str, str, object], str]:
    def compared(key: str, column: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise DeclarationError(key, f"expected a number, got {value!r}")
        number = (
            f"coalesce(TRY_CAST({column} AS DOUBLE), "
            f"CAST(parse_amount(number_or_null({column})) AS DOUBLE))"
        )
        return f"{number} {sign} {float(value)!r}::DOUBLE"

    return compared


def _function(name: str) -> Callable[[str, str, object], str]:
    return lambda key, column, value: f"{name}({column}, {literal(text(key, value))})"


def _matched(key: str, column: str, value: object) -> str:
    pattern = text(key, value)
    try:
        re.compile(pattern)
    except re.error as error:
        raise DeclarationError(key, f"{pattern!r} is no pattern: {error}") from None
    if _OTHER.search(pattern):
        raise DeclarationError(
            key, f"{pattern!r} looks around or back, which the engine's patterns don't"
        )
    return f"regexp_matches({column}, {literal(pattern)})"


_TESTS = {
    "above": _bound(">"),
    "below": _bound("<"),
    "starts": _function("starts_with"),
    "ends": _function("ends_with"),
    "contains": _function("contains"),
    "matches": _matched,
}


def condition(key: str, value: object, columns: Columns) -> str:
    """SQL condition that is never null: all of a table's tests hold.

    ``not`` holds tables of which none may hold, ``any`` tables of which one must.

    Raises:
        DeclarationError: When a test can't be one.

    Examples:
        >>> condition("where", {"kind": "LLM", "usage": "present"}, Columns())
        "(coalesce({kind} = 'LLM', false) AND nonempty({usage}) IS NOT NULL)"
    """
    tests = []
    for name, test in table(key, value).items():
        where = f"{key}.{name}"
        if name in ("not", "any"):
            several = [test] if isinstance(test, Mapping) else items(where, test)
            found = " OR ".join(condition(where, each, columns) for each in several)
            tests.append(f"{'NOT ' if name == 'not' else ''}({found})")
        else:
            tests.append(_test(where, columns(where, name), test))
    return f"({' AND '.join(tests)})"


def _test(key: str, column: str, test: object) -> str:
    """SQL condition of one column."""
    if isinstance(test, str) and test in _PRESENT:
        return f"nonempty({column}) {_PRESENT[test]}"
    if isinstance(test, Mapping):
        table(key, test)
        check_keys(key, test, _TESTS)
        made = [_TESTS[name](f"{key}.{name}", column, v) for name, v in test.items()]
        return f"coalesce({' AND '.join(made)}, false)"
    if isinstance(test, bool):
        return f"coalesce(lower({column}) = '{str(test).lower()}', false)"
    if isinstance(test, list | tuple):
        values = ", ".join(_value(f"{key}[{n}]", each) for n, each in enumerate(test))
        items(key, test)
        return f"coalesce({column} IN ({values}), false)"
    return f"coalesce({column} = {_value(key, test)}, false)"


def _value(key: str, value: object) -> str:
    if isinstance(value, bool):
        return literal(str(value).lower())
    if isinstance(value, str | int):
        return literal(str(value))
    raise DeclarationError(
        key,
        f'expected a text, a list of texts, "present", "absent" or one of '
        f"{', '.join(_TESTS)}, got {value!r}",
    )
