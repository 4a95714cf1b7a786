"""A ``[[source]]`` that reads a ledger as it is read already, to start from."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from meterwidgets.ledger.records.plan import Plan
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.vocabulary.template import of_source, template
from meterwidgets.ledger.tables.formulas import Formula
from meterwidgets.schema import FIELDS

_NEEDED = {"start": '"?" (when the request began)', "output_tokens": '"?" (or a cost)'}
_AMOUNTS = {"input_tokens", "output_tokens", "total_tokens", "cost"}
_UNSAYABLE = re.compile('["{}*\\n]')
_KIND = re.compile(r"text_or_null\(\{1\}\) IN \(((?:'[^']*'(?:, )?)+)\)")


def draft(found: Plan | None, looks: Mapping[str, str]) -> str:
    """The template of a recognised source; else what a table's columns fill.

    Args:
        found: How it is read, if it is.
        looks: Column -> the field that its name looks like, or "".

    Returns:
        TOML text; "" where a reader declared the ledger himself.
    """
    if found is not None and not found.source.is_mapped:
        source = found.source
        if registry.own_declaration(source.name):
            return ""  # it is declared already
        declared = registry.declaration(source.name)
        if declared and found.raw.json_paths is None and not source.levels:
            declared = {**declared, "fields": _filled(declared["fields"], looks)}
        return of_source(source, declared)
    fields: dict[str, Any] = {}
    keys: dict[str, Any] = {}
    said: dict[str, str] = {}
    if found is not None:
        kinds = _kinds(found.formulas)
        for name, sql in found.fields.items():
            formula, column = found.formulas.get(name), sql[1:-1]
            if name in kinds.get("fields", {}) or _UNSAYABLE.search(column):
                continue
            value = column if formula is None else _expression(formula)
            if (
                value is None
                and name == "end"
                and formula
                and " 1 day" in formula.reads
            ):
                keys["length"] = "day"
            elif value is None:
                said[name] = formula.reads if formula else ""
            else:
                fields[name] = value
        keys |= {"grain": "bucket"} if found.bucketed and not kinds else {}
        keys |= {"by": _by(kinds)} if kinds else {}
    for column, field in looks.items():
        if field in FIELDS and not _UNSAYABLE.search(column):
            fields.setdefault(field, column)
    wanting = {k: v for k, v in _NEEDED.items() if k not in fields and k not in said}
    if "by" in keys or _AMOUNTS & {*fields, *said}:
        wanting.pop("output_tokens", None)
    return template("my_ledger", keys | {"fields": fields}, said | wanting)


def _filled(fields: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """The fields of a preset but for those of one column that a table has not."""
    found = {}
    for name, value in fields.items():
        column = value.get("column") if isinstance(value, Mapping) else value
        if column is None or column.startswith("@") or column in columns:
            found[name] = value
    return found


def _expression(formula: Formula) -> Any:
    """The words of a formula, if it is a sum or an amount at a price."""
    names = list(formula.columns)
    if any(_UNSAYABLE.search(name) for name in names):
        return None
    for sign, word in ((" + ", "sum"), (" x ", "product")):
        if formula.reads == sign.join(names):
            return {word: names}
    return None


def _kinds(formulas: Mapping[str, Formula]) -> dict[str, Any]:
    """How a table with a row a type of tokens is read, if it is one."""
    fields: dict[str, list[str]] = {}
    columns: tuple[str, ...] = ()
    for name, formula in formulas.items():
        if match := _KIND.search(formula.sql):
            columns = formula.columns
            fields[name] = re.findall("'([^']*)'", match[1])
    return {"columns": columns, "fields": fields} if fields else {}


def _by(kinds: Mapping[str, Any]) -> dict[str, Any]:
    amount, column = kinds["columns"]
    fields: dict[str, Any] = {}
    for name, words in kinds["fields"].items():
        for word in words:
            fields.setdefault(word, []).append(name)
    one = {
        word: names[0] if len(names) == 1 else names for word, names in fields.items()
    }
    return {"column": column, "amount": amount, "fields": one}
