"""What fills a field: a column, or a table that says how columns make it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from meterwidgets.ledger.sources.sql import first_of, sum_of, sum_of_costs
from meterwidgets.ledger.sources.vocabulary.columns import Columns, json_path, literal
from meterwidgets.ledger.sources.vocabulary.conditions import condition
from meterwidgets.ledger.sources.vocabulary.problems import (
    DeclarationError,
    check_keys,
    items,
    table,
    text,
)
from meterwidgets.ledger.sources.vocabulary.times import time_text
from meterwidgets.schema import COUNTS, MONEY, UNSTORED

_BASES = ("column", "first", "sum", "product", "key", "json", "set")
_CHANGES = ("path", "scale", "time", "map", "else", "where")
_COUNTED = (*COUNTS, *UNSTORED)
_MOST_DIGITS = 6


@dataclass(frozen=True)
class Expression:
    """SQL text of a value, and its columns for people.

    Attributes:
        sql: SQL text over ``{columns}``.
        doc: What is read, as ``meterwidgets sources`` lists it.
    """

    sql: str
    doc: str

    def named(self, function: Callable[[str], str]) -> str:
        """SQL text of a function that uses its argument several times."""
        if self.sql.count("{") == 1 and self.sql[0] == "{" and self.sql[-1] == "}":
            return function(self.sql)
        return f"list_transform([{self.sql}], lambda x: {function('x')})[1]"


def expression(key: str, value: object, columns: Columns, field: str) -> Expression:
    """What fills a field.

    Args:
        key: The key, for errors.
        value: A column, or a table with one of ``column``, ``first``, ``sum``,
            ``product``, ``key``, ``json`` and ``set``.
        columns: Finds columns.
        field: The field: of counts and money, texts are added as such.

    Raises:
        DeclarationError: When it can't be read, with the key.

    Examples:
        >>> expression("cost", {"column": "c", "scale": "0.01"}, Columns(), "cost")
        Expression(sql="move_point({c}, 'e-2')", doc='c x 0.01')
    """
    if isinstance(value, str):
        return Expression(columns(key, value), columns.doc(value))
    if isinstance(value, list | tuple):
        raise DeclarationError(
            key, f"is a list; expected {{ first = {value} }} or {{ sum = {value} }}"
        )
    if not isinstance(value, Mapping):
        raise DeclarationError(
            key, f"expected a column or {{ set = {value!r} }}, got {value!r}"
        )
    check_keys(key, table(key, value), (*_BASES, *_CHANGES))
    bases = [name for name in _BASES if name in value]
    if len(bases) != 1:
        given = " and ".join(map(repr, bases)) or "none of them"
        raise DeclarationError(
            key, f"expected exactly one of {', '.join(_BASES)}; got {given}"
        )
    if ("json" in value) != ("path" in value):
        raise DeclarationError(
            key, "a JSON text needs both keys: { json = COLUMN, path = PATH }"
        )
    if "else" in value and "map" not in value:
        raise DeclarationError(f"{key}.else", "is for a { map = { ... }, else = ... }")
    made = _base(key, bases[0], value, columns, field)
    for name in _CHANGES:
        if name in value and name in _CHANGED:
            made = _CHANGED[name](key, made, value, columns, field)
    return made


def _base(
    key: str, base: str, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    """The value before it is scaled and the like."""
    where, what = f"{key}.{base}", value[base]
    if base == "column":
        return Expression(columns(where, what), columns.doc(what))
    if base == "set":
        if not isinstance(what, str | int | Decimal) or isinstance(what, bool):
            raise DeclarationError(where, f"expected a text or number, got {what!r}")
        return Expression(literal(str(what)), str(what))
    if base == "json":
        return _json(key, value, columns, field)
    each = [
        expression(f"{where}[{n}]", one, columns, field)
        for n, one in enumerate(items(where, [what] if isinstance(what, str) else what))
    ]
    sqls, docs = [one.sql for one in each], [one.doc for one in each]
    if base == "first":
        return Expression(first_of(*sqls), ", else ".join(docs))
    if base == "sum":
        return Expression(_sum(field)(*sqls), " + ".join(docs))
    if base == "product":
        return _product(where, sqls, docs)
    ids = " || ' ' || ".join(f"coalesce({sql}, '')" for sql in sqls)
    some = f"coalesce({', '.join(sqls)}) IS NOT NULL"
    return Expression(f"CASE WHEN {some} THEN {ids} END", ", ".join(docs))


def _sum(field: str) -> Callable[..., str]:
    return sum_of if field in _COUNTED else sum_of_costs


def _product(key: str, sqls: list[str], docs: list[str]) -> Expression:
    if len(sqls) != 2:
        raise DeclarationError(
            key, f"expected [amount, price], got {len(sqls)} of them"
        )
    amount, price = (f"parse_amount(number_or_null({sql}))" for sql in sqls)
    sql = (
        f"TRY(CAST(CAST({amount} AS DECIMAL(19, 4)) * CAST({price} AS DECIMAL(19, 14)) "
        "AS VARCHAR))"
    )
    return Expression(sql, " x ".join(docs))


def _json(
    key: str, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    """A value in a JSON text; several are added, or the first of them counts."""
    path, is_several = json_path(f"{key}.path", value["path"])
    column = expression(f"{key}.json", value["json"], columns, "extra")
    found = f"TRY(json_extract_string({column.sql}, {path}))"
    if is_several and field in (*_COUNTED, *MONEY):
        macro = "sum_counts" if field in _COUNTED else "sum_costs"
        found = f"{macro}({found})"
    elif is_several:
        found = f"{found}[1]"
    return Expression(found, f"{value['path']} in {column.doc}")


def negated(number: str) -> str:
    """SQL text of a number, as text, with the other sign.

    Examples:
        >>> negated("x")
        "CASE WHEN starts_with(trim(x), '-') THEN ltrim(trim(x), '-') ELSE '-' || x END"
    """
    is_below = f"starts_with(trim({number}), '-')"
    return (
        f"CASE WHEN {is_below} THEN ltrim(trim({number}), '-') ELSE '-' || {number} END"
    )


def _scaled(
    key: str, made: Expression, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    where, factor = f"{key}.scale", value["scale"]
    try:
        number = Decimal("NaN" if isinstance(factor, bool) else str(factor))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number == 0:
        raise DeclarationError(
            where, f'expected a number other than 0 such as "0.01", got {factor!r}'
        )
    if number < 0:  # what is taken from a balance
        made = replace(made, sql=made.named(negated))
        number = -number
    _, digits, exponent = number.normalize().as_tuple()
    if digits == (1,):
        sql = made.named(lambda x: f"move_point({x}, 'e{exponent}')")
    elif number >= 10**_MOST_DIGITS or -int(exponent) > _MOST_DIGITS:
        raise DeclarationError(
            where,
            f"{factor!r} has over {_MOST_DIGITS} digits on one side of its point; "
            "expected a power of ten, or fewer digits",
        )
    else:
        sql = made.named(
            lambda x: (
                "coalesce(CAST(TRY(CAST(parse_amount(text_or_null("
                f"{x})) AS DECIMAL(25, 12)) * CAST('{number}' AS DECIMAL(13, 6))) AS "
                f"VARCHAR), text_or_null({x}) || ' x {number}')"
            )
        )
    if field.endswith("_ms"):  # which are whole ones
        sql = f"CAST(CAST(round(TRY_CAST({sql} AS DOUBLE)) AS BIGINT) AS VARCHAR)"
    return Expression(sql, f"{made.doc} x {factor}")


def _timed(
    key: str, made: Expression, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    form = value["time"]
    sql = made.named(lambda x: time_text(f"{key}.time", form, x))
    return Expression(sql, f"{made.doc} ({form})")


def _mapped(
    key: str, made: Expression, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    words = {
        str(theirs): literal(text(f"{key}.map.{theirs}", ours))
        for theirs, ours in table(f"{key}.map", value["map"]).items()
    }
    other = literal(text(f"{key}.else", value["else"])) if "else" in value else "x"
    whens = " ".join(f"WHEN {literal(w)} THEN {ours}" for w, ours in words.items())
    sql = f"list_transform([{made.sql}], lambda x: CASE x {whens} ELSE {other} END)[1]"
    said = ", ".join(f"{word} = {ours}" for word, ours in value["map"].items())
    return Expression(sql, f"{made.doc} ({said})")


def _limited(
    key: str, made: Expression, value: Mapping[str, Any], columns: Columns, field: str
) -> Expression:
    holds = condition(f"{key}.where", value["where"], columns)
    names = ", ".join(name.removeprefix("@") for name in value["where"])
    sql = f"CASE WHEN {holds} THEN {made.sql} END"
    return replace(made, sql=sql, doc=f"{made.doc} (by {names})")


_CHANGED = {"scale": _scaled, "time": _timed, "map": _mapped, "where": _limited}
