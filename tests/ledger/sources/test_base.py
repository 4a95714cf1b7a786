"""A source that can't work is refused when it is declared, with the key to blame."""

from __future__ import annotations

from typing import Any

import pytest

from meterwidgets.errors import ConfigError
from meterwidgets.ledger.envelopes.levels import Level
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.base import Field, Source, column, constant
from meterwidgets.ledger.sources.registry import SOURCES

FIELDS = {"start": column("time"), "input_tokens": column("tokens")}
COSTS = {"start": column("day"), "cost": column("amount")}
LEVELS = (Level("bucket", ("data",)), Level("result", ("results",)))


def source(**changes: Any) -> Source:
    """A source that works, with some keys changed."""
    keys: dict[str, Any] = {
        "name": "acme",
        "title": "Acme's gateway",
        "matches": lambda sample: "tokens" in sample.columns,
        "fields": FIELDS,
        "cannot_tell": ("costs",),
    }
    return Source(**(keys | changes))


def test_a_dozen_lines_declare_a_source() -> None:
    acme = source(fields=FIELDS | {"provider": constant("acme"), "user": Field("{u}")})
    assert acme.matches(Sample(("tokens",)))
    assert acme.raw_columns() == ("time", "tokens", "u")
    assert acme.documented_columns == {
        "start": "time", "input_tokens": "tokens", "provider": "acme",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "Acme 2"}, "name: expected small letters, digits and _"),
        ({"cannot_tell": ()}, "cannot_tell: is empty"),
        ({"grain": "day"}, "grain: is 'day'; expected 'request' or 'bucket'"),
        ({"timezone": "Mars"}, "timezone: no time zone 'Mars'; expected an IANA name"),
        (
            {"fields": FIELDS | {"imput_tokens": column("n")}},
            "fields: field 'imput_tokens' not found; did you mean 'input_tokens'?",
        ),
        (
            {"fields": {"start": column("time")}},
            "fields: has neither tokens nor a cost",
        ),
        ({"fields": {"cost": column("usd")}}, "fields: has no 'start'"),
        ({"fields": FIELDS | {"model": Field(" ")}}, r"fields\.model: has no SQL"),
        (
            {"fields": FIELDS | {"requests": column("calls")}},
            r"fields\.requests: is 1 for grain='request'; did you mean 'bucket'\?",
        ),
        ({"fields": FIELDS | {"covers": column("a")}}, r"fields\.covers: names an id"),
        ({"free_when": "{plan} = 'free'"}, "free_when: is about a recorded cost"),
        ({"keep_largest": True}, "keep_largest: compares records by id"),
        ({"pays_for": "openai"}, "pays_for: is for costs without tokens"),
        ({"labels": {"model": "{m}"}}, "labels: field 'model' not found"),
        ({"labels": {"org": "{o}"}}, r"labels\.org: names values of 'org', which"),
        ({"is_paginated": True}, "is_paginated: a page has records in it"),
        ({"levels": (LEVELS[0], LEVELS[0])}, "levels: 'bucket' occurs twice"),
        ({"levels": (Level("a b", ("x",)),)}, "levels: 'a b' can't be part of"),
        ({"levels": (Level("a", ()),)}, "levels: 'a' has no paths"),
        ({"is_mapped": True}, "is_mapped: the mapping decides, so no SQL"),
        (
            {"is_mapped": True, "fields": {}, "keep_largest": True},
            "keep_largest: can't be declared of a source that is_mapped",
        ),
    ],
)
def test_a_key_that_contradicts_the_others_is_named(
    changes: dict[str, Any], error: str
) -> None:
    with pytest.raises(ConfigError, match=f"^source '.*', {error}"):
        source(**changes)


@pytest.mark.parametrize(
    ("placeholder", "error"),
    [
        ("@bucket", "is not @file and not a derived column above it"),
        ('a"b', "can't be a column"),
        ("reslut.@name", "names no level; levels: bucket, result"),
        ("result.@position", "is no column of a level; expected @name, @path"),
        ("data.start_time", r"is inside a list; name its level: \{bucket\.…\}"),
        ("results.model", r"is inside a list; name its level: \{result\.…\}"),
    ],
)
@pytest.mark.parametrize("key", ["fields.model", "where", "derived.@x", "labels.user"])
def test_a_placeholder_that_no_sample_can_have_is_named(
    key: str, placeholder: str, error: str
) -> None:
    text = f"lower({{{placeholder}}})"
    changes = {
        "fields.model": {"fields": FIELDS | {"model": Field(text)}},
        "where": {"where": text},
        "derived.@x": {"derived": {"@x": text}},
        "labels.user": {"labels": {"user": text}, "fields": FIELDS | {"user": column("u")}},
    }[key]  # fmt: skip
    with pytest.raises(ConfigError) as refusal:
        source(levels=LEVELS, **changes)
    refusal.match(rf"^source 'acme', {key}: \{{{placeholder}\}} {error}")


def test_a_derived_column_sees_only_those_above_it() -> None:
    later = {"@total": "{@input} + 1", "@input": "{n}"}
    with pytest.raises(ConfigError, match=r"derived\.@total: \{@input\} is not @file"):
        source(derived=later)
    assert source(derived=dict(reversed(later.items()))).raw_columns() == (
        "time", "tokens", "n",
    )  # fmt: skip


def test_levels_and_the_file_have_columns_of_their_own() -> None:
    columns = ("bucket.@name", "result.@record", "result.model", "@file", "object")
    texts = " || ".join(f"{{{name}}}" for name in columns)
    assert source(levels=LEVELS, where=texts).raw_columns()[2:] == columns


def test_the_costs_of_every_source_pay_for_one_that_there_is() -> None:
    names = {each.name for each in SOURCES}
    assert len(names) == len(SOURCES)
    paid = {each.pays_for for each in SOURCES if each.pays_for}
    assert {"openai", "anthropic"} <= paid <= names
    assert source(fields=COSTS, pays_for="openai").pays_for in names
