"""The column mapping: which columns of any table fill which field of the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from meterwidgets.errors import LedgerError, unknown
from meterwidgets.ledger.sources.column_names import (
    currency_named,
    field_named,
    is_cost_name,
    is_of_no_usage,
    is_of_other_usage,
    likelihood,
)
from meterwidgets.ledger.sources.late_times import is_late_time
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS, PARENTS, PART_SYNONYMS
from meterwidgets.ledger.tables.formulas import Formula, formulas_of, plain_name
from meterwidgets.schema import FIELDS

AMOUNTS = (
    "input_tokens", "output_tokens", "cost", "input_cost", "output_cost", "fee_cost",
)  # fmt: skip
"""The fields of which a table must have one, and every row of it, too."""

_BUCKET_ENDS = {
    "windowend", "bucketend", "endingat", "periodend", "intervalend", "bucketendtime",
}  # fmt: skip

_OWNERS = {
    "project", "user", "org", "organization", "team", "account", "customer", "tenant",
    "workspace", "apikey", "key", "service", "sku", "model", "session", "conversation",
    "thread", "provider", "endpoint", "deployment", "group", "cluster",
}  # fmt: skip
"""What has an id of its own, which is no request's."""

Choose = Callable[[str, Sequence[str]], str]
"""Of several columns for one field, the one that is read."""


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

    def with_formulas(self, formulas: Mapping[str, Formula]) -> TableMapping:
        """The mapping with some fields made in another way."""
        columns = {name: each.columns[0] for name, each in formulas.items()}
        return replace(
            self,
            columns={**columns, **self.columns},
            formulas={**self.formulas, **formulas},
        )

    def as_text(self) -> str:
        """The guessed fields with what fills them: ``start <- ts, cost <- spend``."""
        return ", ".join(f"{name} <- {self._filler(name)}" for name in self.guessed)

    def _filler(self, name: str) -> str:
        formula = self.formulas.get(name)
        return formula.reads if formula else self.columns[name]


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
        {'total_tokens': ['total_tokens'], 'cost': ['cost', 'spend']}
    """
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(plain_name(column), []).append(column)
    named: dict[str, str | None] = {column: field_named(column) for column in columns}
    found: dict[str, list[str]] = {}
    for name, synonyms in {**COLUMN_SYNONYMS, **PART_SYNONYMS}.items():
        usual = [
            column
            for synonym in synonyms
            for column in by_name.get(plain_name(synonym), ())
            if _fits(name, column, named[column])
        ]
        by_words = [column for column in columns if named[column] == name]
        by_words.sort(key=likelihood)
        if possible := list(dict.fromkeys([*usual, *by_words])):
            # the Vercel AI SDK: usage is that of the last step, totalUsage of all
            possible.sort(key=lambda column: "totalUsage" not in column.split("."))
            possible.sort(key=is_of_other_usage)
            found[name] = possible
    if "start" not in found and (late := [c for c in columns if is_late_time(c)]):
        found["start"] = late
    return found


def has_amounts(columns: Iterable[str]) -> bool:
    """Whether some columns could be tokens or a cost.

    Examples:
        >>> has_amounts(["time", "usage.total_tokens"]), has_amounts(["time", "steps"])
        (True, False)
    """
    return bool(candidates(list(columns)).keys() & {*AMOUNTS, "total_tokens"})


def _fits(name: str, column: str, said: str | None) -> bool:
    """Whether a usual name keeps its meaning in its place: ``cost.input`` is a cost."""
    if name == "record_id" and column.count(".") and plain_name(column) == "id":
        return plain_name(column.rsplit(".", 2)[-2]) not in _OWNERS
    if is_of_no_usage(column) and name not in ("start", "model"):
        return False
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
    formulas = formulas_of(
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
    parents = {plain_name(name): ids for name, ids in PARENTS.items()}
    ids = parents.get(plain_name(guessed["covers"]), ())
    if "traceid" in map(plain_name, columns):
        ids = (*ids, "id")  # a tree of calls, and no chain of messages
    own = map(plain_name, dict.fromkeys(ids))
    found = [column for name in own for column in columns if plain_name(column) == name]
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


def is_bucketed(mapping: Mapping[str, str]) -> bool:
    """Whether a row of the mapped table is a bucket of requests rather than one.

    Examples:
        >>> is_bucketed({"start": "window_start", "requests": "n"})
        True
        >>> is_bucketed({"start": "start_time", "end": "end_time"})
        False
    """
    return "requests" in mapping or plain_name(mapping.get("end", "")) in _BUCKET_ENDS
