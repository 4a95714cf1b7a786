"""What is wrong with a declaration, with the key that is to blame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from meterwidgets.errors import ConfigError, unknown


class DeclarationError(ConfigError):
    """A key of a declaration that can't be used.

    Attributes:
        key: The key, with those around it: ``fields.cost.scale``.
        problem: What came, what was expected and what to do.

    Examples:
        >>> raise DeclarationError("grain", "is 'day'; expected 'request' or 'bucket'")
        Traceback (most recent call last):
        ...
        meterwidgets.ledger.sources.vocabulary.problems.DeclarationError: grain: is \
'day'; expected 'request' or 'bucket'
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


def check_keys(key: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse a table with a key that does not exist.

    Raises:
        DeclarationError: With the closest key.
    """
    for name in table:
        if name not in known:
            where = f"{key}.{name}" if key else name
            raise DeclarationError(where, unknown("key", name, known))


def text(key: str, value: object) -> str:
    """A text that is not empty.

    Raises:
        DeclarationError: When it is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise DeclarationError(key, f"expected a text, got {value!r}")
    return value


def table(key: str, value: object) -> Mapping[str, Any]:
    """A table of keys, ``{ a = "b" }``.

    Raises:
        DeclarationError: When it is none, or empty.
    """
    if not isinstance(value, Mapping) or not value:
        raise DeclarationError(key, f"expected a table, {{ key = ... }}, got {value!r}")
    return value


def items(key: str, value: object) -> Sequence[Any]:
    """A list that is not empty.

    Raises:
        DeclarationError: When it is none.
    """
    if not isinstance(value, list | tuple) or not value:
        raise DeclarationError(key, f'expected a list, ["..."], got {value!r}')
    return value


def texts(key: str, value: object) -> tuple[str, ...]:
    """A list of texts, or a text as the only one.

    Raises:
        DeclarationError: When it holds anything else.
    """
    if isinstance(value, str):
        return (text(key, value),)
    return tuple(text(f"{key}[{n}]", each) for n, each in enumerate(items(key, value)))


def flag(key: str, value: object) -> bool:
    """A truth.

    Raises:
        DeclarationError: When it is none.
    """
    if not isinstance(value, bool):
        raise DeclarationError(key, f"expected true or false, got {value!r}")
    return value
