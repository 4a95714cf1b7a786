"""The plan for an opened ledger: which source, which columns, which SQL statement.

Files with the same statement are loaded together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from meterwidgets.ledger.duplicates.removed import COUNTED
from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.engine.workspace import Workspace
from meterwidgets.ledger.readers.databases.postgres_url import parse_database_url
from meterwidgets.ledger.readers.frames.streams import as_stream
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.records import normalise, plain_values
from meterwidgets.ledger.records.raw_fields import RawFields, raw_fields
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import Source
from meterwidgets.ledger.sources.vocabulary.declaration import Declared
from meterwidgets.ledger.tables.column_values import ColumnValues
from meterwidgets.ledger.tables.formulas import Formula
from meterwidgets.schema import ATTRIBUTES, COUNTS, MONEY, OPTIONAL


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
        is_part: Whether a dataframe is a part of a table whose columns are all named,
            so that its values tell nothing of the whole.
        written: When the ledger was written; None asks the file, or is now.
        declared: What the name of the source stands for, if a reader declared it:
            another declaration may get the name before the ledger is read again.
    """

    inputs: Sequence[Any]
    source: str | None = None
    columns: Mapping[str, str] | None = None
    tz: str = "UTC"
    currency: str = "USD"
    since: datetime | None = None
    is_part: bool = False
    written: datetime | None = None
    declared: Declared | None = None

    def __post_init__(self) -> None:
        """Put databases in the place of their addresses, which may hold passwords.

        What can be read only once is kept when it is.
        """
        object.__setattr__(
            self, "inputs", [as_stream(parse_database_url(e)) for e in self.inputs]
        )
        if self.declared is None or self.declared.source.name != self.source:
            own = registry.own_declaration(self.source) if self.source else None
            object.__setattr__(self, "declared", own)


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
        notes: What users should know of files like this one, each a sentence without
            the name of the file.
        formulas: Our field -> how columns make it, where ``fields`` has only one.
        unread: The columns of tokens and money that are not read.
        may_fail: Whether it is one of several files, which is left out if it can't be
            read.
        written: When the ledger was written, where somebody says so.
        beside: The parts that stand beside their whole, where no total tells.
        exported: When the ledger was exported, as it says itself.
        summaries: The condition of the rows that sum up others, if there are any.
    """

    raw: RawLedger
    source: Source
    fields: Mapping[str, str]
    bucketed: bool
    zone: str
    currency: str
    notes: tuple[str, ...] = ()
    formulas: Mapping[str, Formula] = field(default_factory=dict)
    unread: tuple[ColumnValues, ...] = ()
    may_fail: bool = False
    written: datetime | None = None
    beside: tuple[str, ...] = ()
    summaries: Formula | None = None
    exported: datetime | None = None

    @property
    def size(self) -> int:
        """The bytes of the file; 0 for a table or database."""
        return self.raw.path.stat().st_size if self.raw.path else 0

    @property
    def unit(self) -> str:
        """What the number of a row counts."""
        levels = self.source.levels
        return levels[-1].name if levels else self.raw.unit

    def has(self, field: str) -> bool:
        """Whether its rows hold a field: one that few have only where it is filled."""
        return field in self.fields or field not in OPTIONAL

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
        values = ", ".join(
            name
            for name in (*ATTRIBUTES, *COUNTS, "extra")
            if name != "requests" and self.has(name)
        )
        costs = ", ".join(f"reported_{name}" for name in MONEY if self.has(name))
        dropped = "extra_dropped, " if self.has("extra") else ""
        names = "".join(f", {name}_label" for name in self.source.labels)
        credit = ", credit" if self._has_credits else ""
        remark = ", remark" if self.source.remarks else ""
        return f"""
          SELECT {literal(self.source.name)} AS source,
            '{"bucket" if self.bucketed else "request"}' AS grain,
            CAST({first} + file AS BIGINT) AS file, n,
            record_id, {own} AS own_id, covers, start_us, end_us,
            org, project, "user", api_key, endpoint,
            coalesce(deployment, model) AS deployment, provider,
            coalesce(model, deployment) AS model,
            {"requests" if known else "1::BIGINT AS requests"}, {values}, {dropped}
            {costs}, recorded_zero,
            {COUNTED if self.source.keep_largest else "NULL::BIGINT"} AS grown,
            CASE WHEN coalesce({costs}{credit}) IS NOT NULL
              THEN coalesce(reported_currency, {literal(self.currency)})
              END AS reported_currency,
            used, left_out, zoned, reject, doubts, doubtful,
            added_tokens{names}{credit}{remark}
          FROM ({self._parsed(files, plain)})
        """

    @property
    def _has_credits(self) -> bool:
        return self.source.credit != "false"

    def proof(self, files: str) -> str:
        """SQL text of which fields of some files like this one are plain."""
        raw = self._raw(files)
        return plain_values.proof(
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
            needs_time=raw.needs_time,
            left_out=raw.left_out,
            recorded_zero=raw.recorded_zero,
            credit=raw.credit if self._has_credits else "",
            remark=raw.remark,
            labels=raw.labels,
            beside=self.beside,
            has_corrections=self.source.has_corrections,
            plain=plain,
        )

    def _raw(self, files: str) -> RawFields:
        """The raw values of its fields."""
        return raw_fields(
            self.raw,
            files,
            self.source,
            self.fields,
            formulas=self.formulas,
            summaries=self.summaries,
        )
