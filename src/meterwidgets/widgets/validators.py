"""Checks of values that come from the browser, which may send anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Validator: TypeAlias = Callable[[object], object]
"""Returns the value that a trait takes, or raises ValueError to refuse it."""


def boolean(value: object) -> bool:
    """Accept true and false only."""
    if value is True or value is False:
        return bool(value)
    raise ValueError("expected true or false")


def count(value: object) -> int:
    """Accept a whole number from 0 that fits 31 bits, such as a count of clicks."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31:
        return value
    raise ValueError("expected a whole number from 0")


def ordinal(value: object) -> int:
    """Accept the number of an action, which counts from 1."""
    if value != 0:
        return count(value)
    raise ValueError("expected a whole number from 1")


def text(limit: int) -> Validator:
    """Accept text of at most `limit` characters."""

    def validate(value: object) -> str:
        if not isinstance(value, str) or len(value) > limit:
            raise ValueError(f"expected text of at most {limit} characters")
        return value

    return validate


def texts(max_count: int, limit: int) -> Validator:
    """Accept a list of at most `max_count` texts; duplicates are dropped."""
    validate_item = text(limit)

    def validate(value: object) -> list[object]:
        if not isinstance(value, list) or len(value) > max_count:
            raise ValueError(f"expected a list of at most {max_count} texts")
        return list(dict.fromkeys(validate_item(item) for item in value))

    return validate


def record(**fields: Validator) -> Validator:
    """Accept an object with exactly these fields, each valid."""

    def validate(value: object) -> dict[str, object]:
        if not isinstance(value, dict) or value.keys() != fields.keys():
            raise ValueError(f"expected {', '.join(fields)}")
        return {name: check(value[name]) for name, check in fields.items()}

    return validate
