"""The plan for an opened ledger: which source, which columns, which SQL statement.

Files with the same statement are loaded together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from meterwidgets.errors import LedgerError
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.envelopes.raw_values import select_values
from meterwidgets.ledger.readers.postgres_url import parse_database_url
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import mapping, normalise
from meterwidgets.ledger.records.dedupe import COUNTED
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import PLACEHOLDER, Source
from meterwidgets.schema import COUNTS


@dataclass(frozen=True)
class LedgerSpec:
    """What to read and how; see ``read_usage``.

    Attributes:
        inputs: Files, folders, globs, databases and dataframes.
        source: The format; None recognises it.
        columns: Our field -> column, for tables.
        tz: The time zone of timestamps without one.
        currency: The currency of costs that name none.
        since: Of databases, keep only the rows that began then or later.
    """

    inputs: Sequence[Any]
    source: str | None = None
    columns: Mapping[str, str] | None = None
    tz: str = "UTC"
    currency: str = "USD"
    since: datetime | None = None

    def __post_init__(self) -> None:
        """Put databases in the place of their addresses, which may hold passwords."""
        object.__setattr__(
            self, "inputs", [parse_database_url(each) for each in self.inputs]
        )


@dataclass(frozen=True)
class Plan:
    """How one opened ledger is read.

    Attributes:
        raw: The ledger, without the records of its sample.
        source: Its format.
        fields: Our field -> SQL text of its raw value.
        bucketed: Whether a row is a bucket of requests.
        zone: The zone of timestamps without one.
        currency: That of costs that name none.
        notes: What users should know, one sentence each.
    """

    raw: RawLedger
    source: Source
    fields: Mapping[str, str]
    bucketed: bool
    zone: str
    currency: str
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of the file; 0 for a table or database."""
        return self.raw.path.stat().st_size if self.raw.path else 0

    @property
    def unit(self) -> str:
        """What the number of a row counts."""
        levels = self.source.levels
        return levels[-1].name if levels else self.raw.unit

    def statement(self, files: str, first: int) -> str:
        """SQL text that adds the rows of some files like this one to ``reported``.

        Args:
            files: SQL text of their list.
            first: The number of the first; the others follow.
        """
        return f"INSERT INTO {Workspace.reported} BY NAME {self.rows(files, first)}"

    def rows(self, files: str, first: int, *, plain: Collection[str] = ()) -> str:
        """SQL text of the rows of some files like this one, as ``reported`` has them.

        Args:
            files: SQL text of their list.
            first: The number of the first; the others follow.
            plain: The fields that ``proof`` found plain in all of them.
        """
        own = not self.source.is_mapped
        known = "requests" in self.fields or self.bucketed
        counts = ", ".join(name for name in COUNTS if name != "requests")
        names = "".join(f", {name}_label" for name in self.source.labels)
        return f"""
          SELECT {literal(self.source.name)} AS source,
            '{"bucket" if self.bucketed else "request"}' AS grain,
            CAST({first} + file AS BIGINT) AS file, n,
            record_id, {own} AS own_id, covers, start_us, end_us,
            org, project, "user", api_key, endpoint,
            coalesce(deployment, model) AS deployment, provider,
            coalesce(model, deployment) AS model, status, service_tier,
            {"requests" if known else "1::BIGINT AS requests"}, {counts},
            reported_cost, reported_input_cost, reported_output_cost, recorded_zero,
            {COUNTED if self.source.keep_largest else "NULL::BIGINT"} AS grown,
            CASE WHEN coalesce(
                reported_cost, reported_input_cost, reported_output_cost) IS NOT NULL
              THEN coalesce(reported_currency, {literal(self.currency)})
              END AS reported_currency,
            used, zoned, reject{names}
          FROM ({self._parsed(files, plain)})
        """

    def proof(self, files: str) -> str:
        """SQL text of which fields of some files like this one are plain."""
        raw = self._raw(files)
        return normalise.proof(
            raw.relation, raw.fields, kinds=raw.kinds, zone=self.zone
        )

    def _parsed(self, files: str, plain: Collection[str]) -> str:
        """SQL text of the checked rows."""
        raw = self._raw(files)
        return normalise.parsed(
            raw.relation,
            raw.fields,
            kinds=raw.kinds,
            only=raw.only,
            recorded_zero=raw.recorded_zero,
            labels=raw.labels,
            plain=plain,
        )

    def _raw(self, files: str) -> _Values:
        """The raw values: every ``{column}`` becomes its value."""
        columns = _Columns(self.source.derived)
        fill = columns.fill
        if not self.source.is_mapped:
            fields = {name: fill(text) for name, text in self.fields.items()}
        else:  # a column of a table may have any name, braces too
            fields = {n: columns.value(text[1:-1]) for n, text in self.fields.items()}
        only, zero = fill(self.source.where), fill(self.source.free_when)
        labels = {name: fill(text) for name, text in self.source.labels.items()}
        derived = [fill(text) for text in self.source.derived.values()]
        kinds = {
            name: kind
            for name, text in self.fields.items()
            if columns.uses.count(text[1:-1]) == 1
            and normalise.reads(name, kind := self.raw.type_of(text[1:-1]))
        }
        relation = select_values(
            self.raw,
            files,
            list(dict.fromkeys(columns.uses)),
            levels=self.source.levels,
            typed={self.fields[name][1:-1] for name in kinds},
        )
        if derived:
            relation = f"SELECT * REPLACE (row_number() OVER () AS n) FROM ({relation})"
        for number, text in enumerate(derived):
            relation = f"SELECT *, {text} AS d{number} FROM ({relation})"
        return _Values(relation, fields, kinds, only, zero, labels)


class _Columns:
    """Gives the columns in a source's SQL the names of their values.

    Attributes:
        uses: The columns, as often as they are used.
    """

    def __init__(self, derived: Collection[str]) -> None:
        self.uses: list[str] = []
        self._derived = list(derived)
        self._numbers: dict[str, int] = {}

    def value(self, column: str) -> str:
        """SQL text of the value of a column: ``v0``, ``v1`` ..., by first use."""
        self.uses.append(column)
        return f"v{self._numbers.setdefault(column, len(self._numbers))}"

    def fill(self, text: str) -> str:
        """SQL text with a value in place of each ``{column}``."""

        def name(match: re.Match[str]) -> str:
            if match[1] in self._derived:
                return f"d{self._derived.index(match[1])}"
            return self.value(match[1])

        return PLACEHOLDER.sub(name, text)


@dataclass(frozen=True)
class _Values:
    """SQL text of raw values; see ``normalise.parsed``."""

    relation: str
    fields: Mapping[str, str]
    kinds: Mapping[str, str]
    only: str
    recorded_zero: str
    labels: Mapping[str, str]


def plan(raw: RawLedger, spec: LedgerSpec, ws: Workspace) -> Plan:
    """Choose the source that reads a ledger, and the columns that fill its fields.

    Raises:
        LedgerError: When no source fits, or a column is missing.
    """
    try:
        if spec.source:
            source = registry.find(spec.source)
        elif spec.columns:
            source = registry.find("table")
        else:
            source = registry.recognise(raw.sample)
    except LedgerError as error:
        raise LedgerError(f"{raw.name}: {error}") from None
    zone = source.timezone or spec.tz
    bare = replace(raw, sample=replace(raw.sample, records=()))
    if not source.is_mapped:
        if spec.columns:
            raise LedgerError(
                f"{raw.name}: the columns of the source {source.name!r} are known; "
                "leave out columns=, or choose source='table'"
            )
        bucketed = source.grain == "bucket"
        return Plan(bare, source, source.field_sql, bucketed, zone, spec.currency)
    columns = list(raw.sample.columns)
    for column in (spec.columns or {}).values():
        if column not in columns and raw.has_column(column, ws.con):
            columns.append(column)
    if not columns:
        raise LedgerError(f"{raw.name}: holds no records; name a ledger that has rows")
    mapped, guessed = mapping.check(spec.columns, columns, where=raw.name)
    pairs = ", ".join(f"{ours} <- {theirs}" for ours, theirs in guessed.items())
    notes = (f"{Path(raw.name).name}: guessed {pairs}",) if guessed else ()
    fields = {ours: "{" + theirs + "}" for ours, theirs in mapped.items()}
    bucketed = mapping.is_bucketed(mapped)
    return Plan(bare, source, fields, bucketed, zone, spec.currency, notes)
