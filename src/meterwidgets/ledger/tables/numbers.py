"""How a table writes its numbers: 1.234,50 or 1,234.50 or 1 234.50."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.tables.column_values import TableValues
from meterwidgets.ledger.tables.formulas import NUMBERS, Formula
from meterwidgets.ledger.tables.mapping import TableMapping
from meterwidgets.schema import MONEY

_FORMS = {
    "comma": r"-?\d*,(\d{1,2}|\d{4,})|-?0,\d+|-?\d{1,3}(\.\d{3})+,\d+|"
    r"-?\d{1,3}(\.\d{3}){2,}",
    "point": r"-?\d*\.(\d{1,2}|\d{4,})|-?0\.\d+|-?\d{1,3}(,\d{3})+\.\d+|"
    r"-?\d{1,3}(,\d{3}){2,}",
    "spaced": "-?\\d{1,3}([ '\u00a0\u202f\u2019]\\d{3})+([.,]\\d+)?",
}
"""What a number may look like -> regular expression of it, currencies left out."""
_COMMA_COUNT = _FORMS["comma"] + r"|[1-9]\d{0,2}\.(\d\d[1-9]|\d[1-9]\d|[1-9]\d\d)"
"""A count is whole: only its thousands can be set off."""
_ODD = "\\d[,' \u00a0\u202f\u2019]\\d|\\d\\.\\d{3}\\."
_ODD_COUNT = _ODD + r"|\d\.\d{3}(\D|$)"
"""Regular expressions of numbers for which a whole column is worth a look."""
_BARE = "regexp_replace(trim(v0), '[^-0-9]*(-?[0-9].*[0-9]|[0-9])[^0-9]*$', '\\1')"


def read_numbers(
    values: TableValues, mapping: TableMapping
) -> tuple[Mapping[str, Formula], str]:
    """The fields whose numbers are not written as programs write them.

    Args:
        values: What the columns hold.
        mapping: Which columns are read.

    Returns:
        Our field -> the formula that reads it, and what users should know.
    """
    formulas = {
        name: mapping.formulas.get(name) or Formula((column,), "{0}", column)
        for name, column in mapping.columns.items()
        if name in NUMBERS
    }
    columns = list(dict.fromkeys(c for f in formulas.values() for c in f.columns))
    columns = [each for each in columns if values.is_text(each)]
    costs = {c for n, f in formulas.items() if n in MONEY for c in f.columns}
    is_odd = " OR ".join(
        f"regexp_matches(v{n}, {literal(_ODD if column in costs else _ODD_COUNT)})"
        for n, column in enumerate(columns)
    )
    if not columns or not values.one(f"bool_or({is_odd})", columns, sampled=True)[0]:
        return {}, ""
    seen = _seen(values, columns, costs)
    if seen["comma"] and not seen["point"]:
        macro, note = "comma_number", "numbers are read as 1.234,50"
    elif seen["spaced"]:
        macro, note = "spaced_number", "numbers are read as 1 234.50"
    else:
        return {}, ""
    return {n: _written(f, columns, macro) for n, f in formulas.items()}, note


def _seen(
    values: TableValues, columns: Sequence[str], costs: Collection[str]
) -> dict[str, int]:
    """How many numbers are written in each way."""
    seen = dict.fromkeys(_FORMS, 0)
    for number, column in enumerate(columns):
        forms = _FORMS if column in costs else {**_FORMS, "comma": _COMMA_COUNT}
        row = values.one(
            ", ".join(
                f"count(*) FILTER (regexp_full_match({_BARE}, {literal(pattern)}))"
                for pattern in forms.values()
            ),
            columns[number : number + 1],
        )
        for form, count in zip(forms, row, strict=True):
            seen[form] += count
    return seen


def _written(formula: Formula, columns: list[str], macro: str) -> Formula:
    """A formula whose columns are written in another way."""
    values = (
        f"{macro}({{{n}}})" if column in columns else f"{{{n}}}"
        for n, column in enumerate(formula.columns)
    )
    return replace(formula, sql=formula.sql.format(*values))


def read_alternatives(values: TableValues, mapping: TableMapping) -> dict[str, Formula]:
    """The counts that rows tell under one of two names: ``prompt_tokens`` in some.

    A log of several providers has the usage of each as it wrote it. Only names in one
    place are two for one thing, and only where no row has both.

    Returns:
        Our field -> the formula that reads it from either column.
    """
    found: dict[str, Formula] = {}
    for name in ("input_tokens", "output_tokens"):
        own = mapping.columns.get(name)
        if own is None or name not in mapping.guessed:
            continue
        for other in mapping.others.get(name, ()):
            if other.rpartition(".")[0] != own.rpartition(".")[0]:
                continue
            both, only = values.one(
                "count(CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN 1 END), "
                "count(CASE WHEN a IS NULL AND b IS NOT NULL THEN 1 END)",
                [own, other],
                a="number_or_null(v0)",
                b="number_or_null(v1)",
            )
            if only and not both:
                found[name] = _either(other, own, mapping.formulas.get(name))
                break
    return found


def _either(other: str, own: str, formula: Formula | None) -> Formula:
    """What a column says, else what another one or a formula says."""
    columns = formula.columns if formula else (own,)
    text = f"text_or_null({{{len(columns)}}})"
    sql = formula.sql if formula else "{0}"
    reads = f"{other}, else {formula.reads if formula else own}"
    why = formula.why if formula else ""
    return Formula((*columns, other), f"coalesce({text}, {sql})", reads, why)
