"""The column mapping: which columns of any table fill which field of the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from meterwidgets.errors import LedgerError, unknown
from meterwidgets.ledger.sources.column_names import (
    currency_named,
    field_named,
    is_cost_name,
)
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS, PARENTS, PART_SYNONYMS
from meterwidgets.schema import FIELDS

AMOUNTS = (
    "input_tokens", "output_tokens", "cost", "input_cost", "output_cost", "fee_cost",
)  # fmt: skip
"""The fields of which a table must have one, and every row of it, too."""

_BUCKET_ENDS = {"windowend", "bucketend", "endingat"}

Choose = Callable[[str, Sequence[str]], str]
"""Of several columns for one field, the one that is read."""


@dataclass(frozen=True)
class Formula:
    """A field that several columns make, or one in another unit.

    Attributes:
        columns: Its columns.
        sql: SQL text over them, as ``{0}``, ``{1}`` ....
        reads: What it does, as notes say it: ``"a + b"``.
        why: Why it isn't one of the columns as it stands.
    """

    columns: tuple[str, ...]
    sql: str
    reads: str
    why: str = ""


@dataclass(frozen=True)
class TableMapping:
    """What fills the fields of a record from the columns of a table.

    Attributes:
        columns: Our field -> its column, or the first of those that make it.
        formulas: Our field -> how its columns make it, where it isn't one as it stands.
        guessed: The fields that the user didn't name.
        others: Our field -> further columns that could have filled it.
        currency: The currency that the name of the cost says.
    """

    columns: Mapping[str, str]
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    guessed: tuple[str, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    currency: str | None = None

    @property
    def used(self) -> set[str]:
        """All columns that are read."""
        summed = (each.columns for each in self.formulas.values())
        return set(self.columns.values()).union(*summed)

    def as_text(self) -> str:
        """The guessed fields with what fills them: ``start <- ts, cost <- spend``."""
        return ", ".join(f"{name} <- {self._filler(name)}" for name in self.guessed)

    def _filler(self, name: str) -> str:
        formula = self.formulas.get(name)
        return formula.reads if formula else self.columns[name]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].lower())


def _first(name: str, columns: Sequence[str]) -> str:
    return columns[0]


def guess(columns: Sequence[str], choose: Choose = _first) -> dict[str, str]:
    """Guess from their names which column fills which field.

    Args:
        columns: The names that the table has; nested ones with dots.
        choose: Decides where several could.

    Returns:
        Our field -> its column; each column is used once.

    Examples:
        >>> guess(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])
        {'start': 'TIMESTAMP', 'input_tokens': 'ContextTokens', \
'output_tokens': 'GeneratedTokens'}
        >>> guess(["when", "total_cost_usd"])
        {'start': 'when', 'cost': 'total_cost_usd'}
    """
    found: dict[str, str] = {}
    for name, possible in candidates(columns).items():
        if name in FIELDS and (
            free := [c for c in possible if c not in found.values()]
        ):
            found[name] = choose(name, free) if len(free) > 1 else free[0]
    return found


def candidates(columns: Sequence[str]) -> dict[str, list[str]]:
    """Our field, or part of one -> the columns that could fill it, the likeliest first.

    Examples:
        >>> candidates(["spend", "cost", "total_tokens"])
        {'cost': ['cost', 'spend'], 'total_tokens': ['total_tokens']}
    """
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(_plain(column), []).append(column)
    named: dict[str, str | None] = {column: field_named(column) for column in columns}
    found: dict[str, list[str]] = {}
    for name, synonyms in {**COLUMN_SYNONYMS, **PART_SYNONYMS}.items():
        usual = [
            column
            for synonym in synonyms
            for column in by_name.get(_plain(synonym), ())
            if _fits(name, column, named[column])
        ]
        by_words = [column for column in columns if named[column] == name]
        if possible := list(dict.fromkeys([*usual, *by_words])):
            found[name] = possible
    if cents := [column for column in columns if named[column] == "cost_cents"]:
        found["cost_cents"] = cents
    return found


def _fits(name: str, column: str, said: str | None) -> bool:
    """Whether a usual name keeps its meaning in its place: ``cost.input`` is a cost."""
    if not column.count(".") or name in ("cost", "input_cost", "output_cost"):
        return True
    return not (name.endswith("_tokens") and is_cost_name(column)) or said == name


# long: mostly its docstring
def check(
    given: Mapping[str, str] | None,
    columns: Sequence[str],
    *,
    where: str,
    choose: Choose = _first,
) -> TableMapping:
    """Complete a given mapping with guesses, and check it.

    Args:
        given: Our field -> column, as the user named them, or nothing.
        columns: The names that the table has.
        where: The ledger, for the error.
        choose: Decides where several columns could fill a field.

    Raises:
        LedgerError: When a field or column is not known, or when there is no time
            or neither tokens nor a cost.

    Examples:
        >>> found = check({"start": "when"}, ["when", "prompt_tokens"], where="a.csv")
        >>> found.columns, found.guessed
        ({'start': 'when', 'input_tokens': 'prompt_tokens'}, ('input_tokens',))
        >>> check({}, ["model", "n"], where="a.csv")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.LedgerError: a.csv: no column for 'start' (when the \
request began); name it with columns={'start': '...'}, in meterwidgets.toml as \
columns = { start = "..." } of a [[source]]; columns: model, n
    """
    named = dict(given or {})
    for name, column in named.items():
        if name not in COLUMN_SYNONYMS:
            raise LedgerError(f"{where}: {unknown('field', name, COLUMN_SYNONYMS)}")
        if column not in columns:
            raise LedgerError(f"{where}: {unknown('column', column, columns)}")
    free = [column for column in columns if column not in named.values()]
    possible = candidates(free)
    guessed = {
        name: column
        for name, column in guess(free, choose).items()
        if name not in named
    }
    _complete_parent(named, guessed, free)
    if "cost" in guessed and {"input_cost", "output_cost"} & named.keys():
        del guessed["cost"]  # the user chose the split; a total would count twice
    formulas = _formulas(
        named, guessed, {**possible, **{n: [c] for n, c in named.items()}}
    )
    mapping = named | guessed
    for name, formula in formulas.items():
        mapping.setdefault(name, formula.columns[0])
    _check_complete(mapping, columns, where)
    mapping = {name: mapping[name] for name in COLUMN_SYNONYMS if name in mapping}
    others = {
        name: tuple(each for each in possible[name] if each != column)
        for name, column in guessed.items()
        if len(possible.get(name, ())) > 1
    }
    return TableMapping(
        columns=mapping,
        formulas=formulas,
        guessed=tuple(name for name in mapping if name not in named),
        others=others,
        currency=_currency(mapping),
    )


def _complete_parent(
    named: Mapping[str, str], guessed: dict[str, str], columns: Sequence[str]
) -> None:
    """Read a parent's id only where the id that it is one of is a column, too."""
    if "covers" not in guessed or "record_id" in named:
        return
    parents = {_plain(name): ids for name, ids in PARENTS.items()}
    own = map(_plain, parents.get(_plain(guessed["covers"]), ()))
    found = [column for name in own for column in columns if _plain(column) == name]
    if found:
        guessed["record_id"] = found[0]
    else:
        del guessed["covers"]


def _check_complete(
    mapping: Mapping[str, str], columns: Sequence[str], where: str
) -> None:
    shown = ", ".join(columns[:60]) + (", ..." if len(columns) > 60 else "")
    way = f"; columns: {shown}"
    if "start" not in mapping:
        raise LedgerError(
            f"{where}: no column for 'start' (when the request began); "
            f"{_name_it('start')}{way}"
        )
    if not mapping.keys() & set(AMOUNTS):
        raise LedgerError(
            f"{where}: no column for tokens or a cost; {_name_it('input_tokens')}{way}"
        )


def _name_it(field: str) -> str:
    """The way out, in Python and on the command line."""
    return (
        f"name it with columns={{'{field}': '...'}}, in meterwidgets.toml as "
        f'columns = {{ {field} = "..." }} of a [[source]]'
    )


def _currency(mapping: Mapping[str, str]) -> str | None:
    """The currency that the names of the costs say, if they say one."""
    costs = [mapping[name] for name in AMOUNTS if "cost" in name and name in mapping]
    named = {currency_named(column) for column in costs} - {None}
    return named.pop() if len(named) == 1 else None


def _formulas(
    named: Mapping[str, str],
    guessed: Mapping[str, str],
    possible: Mapping[str, Sequence[str]],
) -> dict[str, Formula]:
    """The fields that several columns make: names of a provider keep its meaning."""
    mapping = {**named, **guessed}
    found: dict[str, Formula] = {}

    def part(name: str) -> str | None:
        return next(iter(possible.get(name, ())), None)

    writes = [part("cache_write_5m_tokens"), mapping.get("cache_write_1h_tokens")]
    if "cache_write_tokens" not in mapping and writes[0]:
        found["cache_write_tokens"] = _sum([each for each in writes if each], "")
    whole, cache = mapping.get("input_tokens"), _cache_columns(mapping, found)
    fresh = part("fresh_input_tokens")
    if whole is None and fresh is not None:
        found["input_tokens"] = _sum([fresh, *cache], "without the cache")
    elif whole and cache and _is_beside_cache(whole, cache):
        why = "Anthropic's names: the cache stands beside the input"
        found["input_tokens"] = _sum([whole, *cache], why)
    elif whole and (tool := part("tool_input_tokens")):
        found["input_tokens"] = _sum([whole, tool], "Gemini's names")
    output, thoughts = mapping.get("output_tokens"), mapping.get("reasoning_tokens")
    if output and thoughts and _plain(output) == "candidatestokencount":
        why = "Gemini's names: thoughts stand beside the candidates"
        found["output_tokens"] = _sum([output, thoughts], why)
    total = mapping.pop("total_tokens", None)
    if total and total not in mapping.values():
        found |= _of_total(total, mapping, found)
    costs = {"cost", "input_cost", "output_cost"} & mapping.keys()
    if (cents := part("cost_cents")) and not costs:
        found["cost"] = Formula((cents,), "from_cents({0})", f"{cents} / 100")
    return found


def _cache_columns(
    mapping: Mapping[str, str], formulas: Mapping[str, Formula]
) -> list[str]:
    """The columns whose sum is the cached part of the input."""
    columns = [mapping["cache_read_tokens"]] if "cache_read_tokens" in mapping else []
    if "cache_write_tokens" in formulas:
        columns += formulas["cache_write_tokens"].columns
    elif "cache_write_tokens" in mapping:
        columns.append(mapping["cache_write_tokens"])
    elif "cache_write_1h_tokens" in mapping:
        columns.append(mapping["cache_write_1h_tokens"])
    return columns


_ANTHROPIC_CACHE = {
    "cachereadinputtokens", "cachecreationinputtokens", "cachewriteinputtokens",
    "cachereadinputtokencount", "cachewriteinputtokencount",
}  # fmt: skip
_ANTHROPIC_INPUT = {"inputtokens", "inputtokencount"}


def _is_beside_cache(whole: str, cache: Sequence[str]) -> bool:
    """Whether names are those of Anthropic (and Bedrock), whose input has no cache."""
    return _plain(whole) in _ANTHROPIC_INPUT and any(
        _plain(column) in _ANTHROPIC_CACHE for column in cache
    )


def _sum(columns: Sequence[str], why: str) -> Formula:
    if len(columns) == 1:
        return Formula(tuple(columns), "{0}", columns[0], why)
    values = ", ".join(f"{{{number}}}" for number in range(len(columns)))
    return Formula(tuple(columns), f"sum_counts([{values}])", " + ".join(columns), why)


def _of_total(
    total: str, mapping: Mapping[str, str], formulas: Mapping[str, Formula]
) -> dict[str, Formula]:
    """The side that only the total of the tokens tells."""
    sides = {"input_tokens": "output_tokens", "output_tokens": "input_tokens"}
    have = [name for name in sides if name in mapping or name in formulas]
    if len(have) == 2:
        return {}
    if not have:
        why = "a total without its sides: all of it is taken for input"
        return {"input_tokens": Formula((total,), "{0}", total, why)}
    (known,) = have
    rest = formulas[known] if known in formulas else _sum([mapping[known]], "")
    numbers = range(1, len(rest.columns) + 1)
    other = rest.sql.format(*(f"{{{number}}}" for number in numbers))
    sql = (
        "CAST(parse_count(text_or_null({0})) - "
        f"parse_count(text_or_null({other})) AS VARCHAR)"
    )
    reads = f"{total} - {rest.reads}"
    return {sides[known]: Formula((total, *rest.columns), sql, reads)}


def is_bucketed(mapping: Mapping[str, str]) -> bool:
    """Whether a row of the mapped table is a bucket of requests rather than one.

    Examples:
        >>> is_bucketed({"start": "window_start", "requests": "n"})
        True
        >>> is_bucketed({"start": "start_time", "end": "end_time"})
        False
    """
    return "requests" in mapping or _plain(mapping.get("end", "")) in _BUCKET_ENDS
