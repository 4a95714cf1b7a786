"""How a declaration says what its times are written as."""

from __future__ import annotations

import re

from meterwidgets.errors import unknown
from meterwidgets.ledger.sources.vocabulary.columns import literal
from meterwidgets.ledger.sources.vocabulary.problems import DeclarationError, text

_UNITS = {
    "unix s": "1000000",
    "unix ms": "1000",
    "unix us": "1",
    "unix ns": "0.001",
    "days since 1899-12-30": "86400000000",
}
"""Unit of a number -> how many microseconds it has; spreadsheets count days."""
_SPREADSHEET_EPOCH_US = 25569 * 86_400_000_000
_DIRECTIVE = re.compile(r"%-?(.)")
_DIRECTIVES = "aAbBcdfgGhHIjmMnpSuUVwWxXyYzZ%"
_UTC = "strftime(make_timestamp({}), '%Y-%m-%dT%H:%M:%S.%fZ')"


def time_text(key: str, value: object, column: str) -> str:
    """SQL text of a time in ISO 8601; one that is not written so stays as it is.

    Args:
        key: The key of the format.
        value: ``iso``, a unit of Unix time such as ``unix ms``, or a format of
            strptime.
        column: SQL text of the raw time; it is used several times.

    Raises:
        DeclarationError: When there is no such format.

    Examples:
        >>> time_text("time", "unix s", "t").startswith("coalesce(strftime(")
        True
    """
    form = text(key, value)
    if form == "iso":
        return column
    if form in _UNITS:
        number = f"to_decimal(text_or_null({column}))"
        us = f"trunc({number} * {_UNITS[form]}::DECIMAL(18, 3))"
        if form.startswith("days"):
            us += f" - {_SPREADSHEET_EPOCH_US}"
        return f"coalesce({_UTC.format(f'TRY(CAST({us} AS BIGINT))')}, {column})"
    if "%" not in form:
        raise DeclarationError(key, unknown("time unit", form, ["iso", *_UNITS]))
    directives = _DIRECTIVE.findall(form)
    if not form.rstrip("%") or any(each not in _DIRECTIVES for each in directives):
        raise DeclarationError(
            key,
            f'{form!r} is no format of strptime; expected one like "%d.%m.%Y %H:%M"',
        )
    if not {*directives} & {*"yYGcx"}:
        raise DeclarationError(key, f"{form!r} has no year (%Y or %y)")
    parsed = f"try_strptime(trim({column}), {literal(form)})"
    if "z" in directives:
        written = _UTC.format(f"epoch_us({parsed})")
    else:
        written = f"strftime({parsed}, '%Y-%m-%d %H:%M:%S.%f')"
    return f"coalesce({written}, {column})"
