"""What a source module declares about its ledger, checked when it is declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from meterwidgets.errors import ConfigError, MeterError, unknown
from meterwidgets.ledger.envelopes.levels import LEVEL_COLUMNS, Level
from meterwidgets.ledger.envelopes.raw_values import FILE_COLUMN
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.schema import FIELDS, MONEY
from meterwidgets.zones import zone

PLACEHOLDER = re.compile(r"\{(.+?)\}")
"""How the SQL of a source names a raw column: ``{usage.prompt_tokens}``."""

LABELLED = ("org", "project", "user", "api_key")
"""The fields whose values may have names besides their ids."""

PART_COLUMNS = ("@part", "@part_number")
"""The columns of a source that declares ``parts``."""

BESIDE = (
    "cache_read_tokens", "cache_write_tokens", "reasoning_tokens",
    "other_input_tokens", "other_output_tokens",
)  # fmt: skip
"""The parts of tokens that may stand beside their whole."""

_COSTS, _TOKENS = {*MONEY}, {"input_tokens", "output_tokens"}


@dataclass(frozen=True)
class Field:
    """How one field of the record is filled.

    Attributes:
        sql: SQL text over the raw columns, each named as ``{a.b}``.
        doc: Its columns, as ``meterwidgets sources`` lists them; empty fields are not
            listed.
    """

    sql: str
    doc: str = ""


def column(name: str, note: str = "") -> Field:
    """A field that is one column as it stands, with a note for people.

    Examples:
        >>> column("prompt_tokens", "cached tokens included")
        Field(sql='{prompt_tokens}', doc='prompt_tokens (cached tokens included)')
    """
    return Field(f"{{{name}}}", f"{name} ({note})" if note else name)


def constant(text: str) -> Field:
    """A field that has one value in all records of a source.

    Examples:
        >>> constant("openai")
        Field(sql="'openai'", doc='openai')
    """
    return Field(f"'{text}'", text)


NOT_COUNTED = Field("NULL::VARCHAR")
"""For ``requests``: the source does not report how many there were."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One ledger format: how it is recognised, what its columns mean.

    SQL text names raw columns as ``{a.b}``: a column of a table, a path in JSON, or
    ``{level.path}`` where ``levels`` are declared. ``{@file}`` is the name of the file,
    ``{@x}`` a derived column.

    Attributes:
        name: The value of ``source=``, listed by ``meterwidgets sources``.
        title: What it is, for people.
        matches: Whether a sample has this format.
        fields: Field of the record -> how it is filled. ``covers`` is the id of
            another record whose usage this one includes.
        cannot_tell: What this ledger does not record.
        is_mapped: Whether the user's or a guessed mapping of columns fills the fields.
        levels: Where the records of a nested ledger lie, from the outside in.
        where: SQL condition of the rows that are usage; other rows are left out.
        credit: SQL condition of the rows that are money without usage: credits, taxes,
            purchases. They are in no spend; their sum is shown beside it.
        left_out: Why rows with usage are left out, as notes say it after "left out:"
            -> SQL condition; of several that hold the first is the reason.
        derived: Further columns -> SQL text, each over the raw columns and the derived
            ones above it. A window may look at neighbouring rows of one ``file`` by
            their number ``n``.
        parts: SQL text of a list of further records inside a row, as JSON texts. Each
            makes a row of its own besides the row itself, with its ``{@part}``, null
            in the row itself; ``{@part_number}`` counts them from 1, and is 0 there.
        labels: Field -> SQL text of the name of its value.
        timezone: The zone of timestamps without one, where the format fixes it.
        grain: What a record is: a request, or a bucket of requests.
        free_when: SQL condition under which a recorded cost of 0 means free, and not
            that no price was known.
        keep_largest: Whether a record is written again while it grows, so that of
            several with one id the largest is kept: counters only rise, and the time
            of an export is not in it.
        is_paginated: Whether a file is one of several pages of an answer.
        is_nested: Whether records form a tree, ``covers`` naming the parent, so that
            one may repeat the usage of all that is below it.
        trace: SQL text of the trace of a nested record, over fields of the record.
        sums_trace: SQL condition of the nested records that only sum others up, over
            fields of the record.
        retrievals: The endpoints that may repeat the usage of an earlier request under
            another id.
        remarks: What users should know of some records, each in words that follow
            their number, their tokens and money -> SQL condition of those records.
        pays_for: The source whose usage is paid by the costs of this one.
        family: Sources of one family report the same usage.
        beside: The parts of tokens, of those in `BESIDE`, that stand beside their
            whole, where no total tells otherwise.
        has_corrections: Whether a negative count is always a correction; else only one
            beside a negative cost is.
        is_counter: Whether its buckets are increases of counters: none holds another.

    Raises:
        ConfigError: When the declaration can't work, naming the source and the key.
    """

    name: str
    title: str
    matches: Callable[[Sample], bool]
    fields: Mapping[str, Field]
    cannot_tell: tuple[str, ...]
    is_mapped: bool = False
    levels: tuple[Level, ...] = ()
    where: str = "true"
    credit: str = "false"
    left_out: Mapping[str, str] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    parts: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    grain: Literal["request", "bucket"] = "request"
    free_when: str = "true"
    keep_largest: bool = False
    is_paginated: bool = False
    is_nested: bool = False
    trace: str = "NULL"
    sums_trace: str = "false"
    retrievals: tuple[str, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    pays_for: str = ""
    family: str = ""
    beside: tuple[str, ...] = ()
    has_corrections: bool = False
    is_counter: bool = False

    def __post_init__(self) -> None:
        for key, problem in self._problems():
            raise ConfigError(f"source {self.name!r}, {key}: {problem}")

    @property
    def field_sql(self) -> dict[str, str]:
        """Field of the record -> SQL text of its value; empty if it is mapped."""
        if self.is_mapped:
            return {}
        return {name: each.sql for name, each in self.fields.items()}

    @property
    def documented_columns(self) -> dict[str, str]:
        """Field of the record -> its columns, as listed for people."""
        return {name: each.doc for name, each in self.fields.items() if each.doc}

    def raw_columns(self) -> tuple[str, ...]:
        """The raw columns that its SQL names, in their order."""
        columns = (
            name for _, text in self._sql() for name in PLACEHOLDER.findall(text)
        )
        made = {*self.derived, *(PART_COLUMNS if self.parts else ())}
        return tuple(dict.fromkeys(each for each in columns if each not in made))

    def _sql(self) -> Iterator[tuple[str, str]]:
        """Every SQL text, with the key that holds it."""
        yield from ((f"fields.{key}", text) for key, text in self.field_sql.items())
        yield from ((f"labels.{key}", text) for key, text in self.labels.items())
        yield from ((f"derived.{key}", text) for key, text in self.derived.items())
        yield from ((f"remarks.{key}", text) for key, text in self.remarks.items())
        yield from ((f"left_out.{key}", text) for key, text in self.left_out.items())
        yield "parts", self.parts or "true"
        yield "where", self.where
        yield "credit", self.credit
        yield "free_when", self.free_when

    def _problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the declaration, with the key that is to blame."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            yield "name", "expected small letters, digits and _"
        for key in self.fields:
            if key not in FIELDS:
                yield "fields", unknown("field", key, FIELDS)
        if not self.cannot_tell:
            yield "cannot_tell", "is empty; every ledger leaves something out"
        if self.grain not in ("request", "bucket"):
            yield "grain", f"is {self.grain!r}; expected 'request' or 'bucket'"
        if self.timezone is not None:
            try:
                zone(self.timezone)
            except MeterError as error:
                yield "timezone", str(error)
        is_mapped = self.is_mapped
        yield from self._mapping_problems() if is_mapped else self._field_problems()
        yield from self._level_problems()
        yield from self._placeholder_problems()

    def _mapping_problems(self) -> Iterator[tuple[str, str]]:
        sql = [key for key, text in self._sql() if text not in ("true", "false")]
        if sql or any(each.sql for each in self.fields.values()):
            yield "is_mapped", "the mapping decides, so no SQL may be declared"
        for key in ("levels", "keep_largest", "is_paginated", "pays_for"):
            if getattr(self, key):
                yield key, "can't be declared of a source that is_mapped"

    def _field_problems(self) -> Iterator[tuple[str, str]]:
        """Fields that are missing, or that contradict another key."""
        costs, tokens = _COSTS & self.fields.keys(), _TOKENS & self.fields.keys()
        for key, each in self.fields.items():
            if not each.sql.strip():
                yield f"fields.{key}", "has no SQL"
        if "start" not in self.fields:
            yield "fields", "has no 'start'; a record without a time is no usage"
        if not costs | tokens:
            yield "fields", "has neither tokens nor a cost"
        if self.free_when != "true" and not costs:
            yield "free_when", "is about a recorded cost, and fields has none"
        if self.keep_largest and "record_id" not in self.fields:
            yield "keep_largest", "compares records by id; fields has no 'record_id'"
        if "covers" in self.fields and "record_id" not in self.fields:
            yield "fields.covers", "names an id; fields has no 'record_id'"
        if self.is_nested and "covers" not in self.fields:
            yield "is_nested", "needs the parent of a record in fields['covers']"
        if self.grain == "request" and "requests" in self.fields:
            yield "fields.requests", "is 1 for grain='request'; did you mean 'bucket'?"
        for key in self.beside:
            if key not in BESIDE:
                yield "beside", unknown("part", key, BESIDE)
        if self.pays_for and (tokens or not costs):
            yield "pays_for", "is for costs without tokens"
        for key in self.labels:
            if key not in LABELLED:
                yield "labels", unknown("field", key, LABELLED)
            if key not in self.fields:
                yield f"labels.{key}", f"names values of {key!r}, which fields has not"

    def _level_problems(self) -> Iterator[tuple[str, str]]:
        names = [level.name for level in self.levels]
        for level in self.levels:
            if not re.fullmatch(r"[a-z]\w*", level.name):
                yield "levels", f"{level.name!r} can't be part of the name of a column"
            if names.count(level.name) > 1:
                yield "levels", f"{level.name!r} occurs twice"
            if not level.paths:
                yield "levels", f"{level.name!r} has no paths"
        if self.is_paginated and not self.levels:
            yield "is_paginated", "a page has records in it; declare its levels"

    def _placeholder_problems(self) -> Iterator[tuple[str, str]]:
        """Placeholders of columns that no sample can have."""
        derived = list(self.derived)
        for key, text in self._sql():
            # A derived column sees those above it, everything else sees all of them.
            owner = key.removeprefix("derived.")
            visible = derived[: derived.index(owner)] if owner != key else derived
            for name in PLACEHOLDER.findall(text):
                if name not in visible and (problem := self._unresolved(name)):
                    yield key, f"{{{name}}} {problem}"

    def _unresolved(self, name: str) -> str:
        """Why no sample can have a raw column, or nothing."""
        if name == FILE_COLUMN or (self.parts and name in PART_COLUMNS):
            return ""
        if name.startswith("@") or name in self.derived:
            return f"is not {FILE_COLUMN} and not a derived column above it"
        if any(mark in name for mark in '"*{'):
            return "can't be a column: it holds a quote, a star or a brace"
        head, _, rest = name.rpartition(".@")
        if head or rest != name:
            if head not in {level.name for level in self.levels}:
                return f"names no level; levels: {', '.join(self._level_names())}"
            if f"@{rest}" not in LEVEL_COLUMNS:
                return f"is no column of a level; expected {', '.join(LEVEL_COLUMNS)}"
            return ""
        for level in self.levels:
            if any(name.startswith(f"{path}.") for path in level.paths):
                return f"is inside a list; name its level: {{{level.name}.…}}"
        return ""

    def _level_names(self) -> list[str]:
        return [level.name for level in self.levels] or ["none"]
