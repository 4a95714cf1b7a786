"""What is recognised in one ledger, column by column, and what would read the rest."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.draft import draft
from meterwidgets.ledger.engine.connection import open_workspace
from meterwidgets.ledger.engine.sql import path_literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes.raw_values import select_values
from meterwidgets.ledger.open_ledger import open_ledger
from meterwidgets.ledger.readers.raw_ledger import RawLedger, engine
from meterwidgets.ledger.readers.stored_file import StoredFile, fetch_remote
from meterwidgets.ledger.records.plan import LedgerSpec, Plan
from meterwidgets.ledger.records.planner import plan
from meterwidgets.ledger.sources.base import PLACEHOLDER, Source
from meterwidgets.ledger.sources.column_names import field_named, is_usage_like
from meterwidgets.ledger.sources.vocabulary.match import innermost
from meterwidgets.ledger.sources.vocabulary.template import PATH, toml
from meterwidgets.text import counted, plain

_EXAMPLE = 32


@dataclass(frozen=True)
class ColumnUse:
    """What becomes of a column.

    Attributes:
        name: The column, or the path in a record.
        filled: The rows with a value; None where that was not looked at.
        example: One of the values, shortened.
        fills: The fields that it fills, and ``where`` and the like.
        looks: The field that its name looks like, if it is not read.
    """

    name: str
    filled: int | None
    example: str
    fills: tuple[str, ...]
    looks: str = ""


@dataclass(frozen=True)
class Explanation:
    """What is recognised in a ledger.

    Attributes:
        name: The file.
        envelope: Where its records lie.
        rows: How many there are.
        source: What reads it; None where nothing does.
        problem: Why nothing does.
        columns: Its columns, the read ones first.
        notes: What users should know of how it is read.
        draft: A ``[[source]]`` to start from.
    """

    name: str
    envelope: str
    rows: int
    source: Source | None
    problem: str
    columns: tuple[ColumnUse, ...]
    notes: tuple[str, ...]
    draft: str

    @property
    def unread(self) -> tuple[ColumnUse, ...]:
        """The columns that fill nothing."""
        return tuple(each for each in self.columns if not each.fills)


def explain(ledger: Any, spec: LedgerSpec | None = None) -> Explanation:
    """Look at one file as a reading of it would.

    Args:
        ledger: A file, wherever it lies, or one of the other parts of a ledger.
        spec: How it is read; by default as it is recognised.

    Raises:
        LedgerError: When it can't be opened.
    """
    spec = spec or LedgerSpec([ledger])
    with ExitStack() as opened:
        ws = opened.enter_context(open_workspace())
        fetch_remote([ledger], ws.spool)
        raw = open_ledger(ws, spec, ledger, opened)
        try:
            found: Plan | None = plan(raw, spec, ws)
            problem = ""
        except LedgerError as error:
            found, problem = None, str(error)
        uses = _uses(raw, found)
        rows, columns = _columns(found.raw if found else raw, found, uses, ws)
        own = found.source if found else None
        text = draft(found, {each.name: each.looks for each in columns})
        is_file = isinstance(ledger, Path | StoredFile)
        return Explanation(
            name=str(ledger),
            envelope=_envelope(raw, found),
            rows=rows,
            source=own,
            problem=problem,
            columns=columns,
            notes=found.notes if found else (),
            draft=text.replace(PATH, f"path = {toml(str(ledger))}")
            if is_file
            else text,
        )


def _uses(raw: RawLedger, found: Plan | None) -> dict[str, list[str]]:
    """Column -> what it fills; the columns of the sample that fill nothing, too."""
    uses: dict[str, list[str]] = {}
    if found is None:
        return {name: [] for name in raw.sample.columns}
    for field, sql in _texts(found).items():
        for name in PLACEHOLDER.findall(sql):
            fields = uses.setdefault(name, [])
            if field not in fields:
                fields.append(field)
    for field, formula in found.formulas.items():
        for name in formula.columns:
            if field not in uses.setdefault(name, []):
                uses[name].append(field)
    if levels := found.source.levels:
        inside = sorted(innermost(raw.sample, levels).names)
        names = [f"{levels[-1].name}.{name}" for name in inside]
        is_outer = [
            any(each.startswith(f"{name}.") for each in names) for name in names
        ]
        names = [name for name, outer in zip(names, is_outer, strict=True) if not outer]
    else:
        names = list(found.raw.sample.columns)
    return uses | {name: [] for name in names if name not in uses}


def _texts(found: Plan) -> dict[str, str]:
    """Field -> SQL text over raw columns; those that are derived are put in place."""
    source = found.source
    texts = dict(found.fields)
    if not source.is_mapped:
        texts |= {"where": source.where, "left out": " ".join(source.left_out.values())}
    for _ in source.derived:
        if not any(
            f"{{{name}}}" in sql for sql in texts.values() for name in source.derived
        ):
            break
        texts = {field: _inlined(sql, source.derived) for field, sql in texts.items()}
    return texts


def _inlined(sql: str, derived: Mapping[str, str]) -> str:
    """SQL text that names the columns of its derived columns, each once."""
    names = dict.fromkeys(PLACEHOLDER.findall(sql))
    inner = [
        name
        for each in names
        for name in (PLACEHOLDER.findall(derived[each]) if each in derived else [each])
    ]
    return " ".join(f"{{{name}}}" for name in dict.fromkeys(inner))


def _columns(
    raw: RawLedger, found: Plan | None, uses: Mapping[str, list[str]], ws: Workspace
) -> tuple[int, tuple[ColumnUse, ...]]:
    """How many rows there are, and what their columns hold."""
    names = [name for name in uses if not name.rpartition(".")[2].startswith("@")]
    values = ", ".join(f"count(t{i}), any_value(t{i})" for i in range(len(names)))
    files = f"[{path_literal(raw.path)}]" if raw.path else "[]"
    levels = found.source.levels if found else ()
    texts = ", ".join(f"nonempty(v{i}::VARCHAR) AS t{i}" for i in range(len(names)))
    rows = select_values(raw, files, names, levels=levels)
    with engine(raw, ws.con) as con:
        (row,) = con.execute(
            f"SELECT {', '.join(filter(None, ['count(*)', values]))} "
            f"FROM (SELECT {texts or 'NULL'} FROM ({rows}))"
        ).fetchall()
    columns = [
        ColumnUse(
            name,
            row[1 + 2 * i],
            _shortened(row[2 + 2 * i]),
            tuple(uses[name]),
            "" if uses[name] else field_named(name) or is_usage_like(name),
        )
        for i, name in enumerate(names)
        if row[1 + 2 * i] or not uses[name] or name in raw.sample.columns
    ]
    return row[0], tuple(sorted(columns, key=lambda each: not each.fills))


def _shortened(value: Any) -> str:
    text = plain(" ".join(str("" if value is None else value).split()))
    return text if len(text) <= _EXAMPLE else f"{text[: _EXAMPLE - 1]}…"


def _envelope(raw: RawLedger, found: Plan | None) -> str:
    """Where the records lie."""
    if found is None:
        return "a table" if raw.json_paths is None else "JSON"
    if levels := found.source.levels:
        lists = " > ".join(" or ".join(level.paths) for level in levels)
        return f"JSON, its records in {lists}"
    if found.raw.json_paths is None:
        return "a table"
    if found.raw.select_rows is not raw.select_rows:
        return "records inside others"
    return f"JSON, a record {'a line' if raw.unit == 'line' else 'after the other'}"


def as_text(found: Explanation) -> str:
    """An explanation as lines of text."""
    rows = counted(found.rows, "row", "rows")
    lines = [f"{found.name}: {found.envelope}, {rows}"]
    if found.source is None:
        lines.append(f"not recognised: {found.problem}")
    else:
        lines.append(f"read as {found.source.name}: {found.source.title}")
        lines.append(f"  can't tell: {'; '.join(found.source.cannot_tell)}")
    width = max((len(plain(each.name)) for each in found.columns), default=0)
    count = len(f"{found.rows:,}")
    for each in found.columns:
        fills = f"-> {', '.join(each.fills)}" if each.fills else "unread"
        looks = f", looks like {each.looks}" if each.looks else ""
        filled = f"{each.filled or 0:>{count},}"
        name = f"{plain(each.name):<{width}}"
        example = f"{each.example:<{_EXAMPLE}}"
        lines.append(f"  {name}  {filled} filled  {example}  {fills}{looks}")
    lines += [f"note: {plain(note)}" for note in found.notes]
    if found.draft:
        lines += ["", "# to declare it yourself, in meterwidgets.toml:", found.draft]
    return "\n".join(lines)
