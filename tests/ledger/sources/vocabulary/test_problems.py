"""A declaration that can't work is refused with the source, the key and the fix."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from meterwidgets.errors import ConfigError
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.registry import SOURCES, add
from meterwidgets.ledger.sources.vocabulary.declaration import KEYS, declare
from meterwidgets.ledger.sources.vocabulary.presets import presets, read

ACME: dict[str, Any] = {
    "name": "acme",
    "match": ["acme_id"],
    "cannot_tell": ["users"],
    "fields": {"start": "at", "input_tokens": "in"},
}


def _fields(**changes: Any) -> dict[str, Any]:
    return {"fields": ACME["fields"] | changes}


def _by(**changes: Any) -> dict[str, Any]:
    by = {"column": "type", "amount": "n", "fields": {"output": "output_tokens"}}
    return {"by": {name: v for name, v in (by | changes).items() if v is not None}}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"fieldz": {}}, "fieldz: key 'fieldz' not found; did you mean 'fields'?"),
        (_fields(imput_tokens="n"), "fields.imput_tokens: field 'imput_tokens' not found; did you mean 'input_tokens'?"),
        (_fields(model=["a", "b"]), "fields.model: is a list; expected { first = ['a', 'b'] } or { sum ="),
        (_fields(requests=1), "fields.requests: expected a column or { set = 1 }, got 1"),
        (_fields(model={"column": "a", "first": ["b"]}), "fields.model: expected exactly one of column, first, sum, product, key, json, set; got 'column' and 'first'"),
        (_fields(model={"else": "x"}), "fields.model: expected exactly one of"),
        (_fields(model={"columnz": "a"}), "fields.model.columnz: key 'columnz' not found; did you mean 'column'?"),
        (_fields(model={}), "fields.model: expected a table"),
        (_fields(model={"first": []}), "fields.model.first: expected a list"),
        (_fields(model={"first": ["a", 7]}), "fields.model.first[1]: expected a column"),
        (_fields(model={"column": "a", "else": "x"}), "fields.model.else: is for a { map"),
        (_fields(model={"column": "a", "map": {"x": 1}}), "fields.model.map.x: expected a text, got 1"),
        (_fields(model={"json": "a"}), "fields.model: a JSON text needs both keys"),
        (_fields(model={"json": "a", "path": "b..c"}), "fields.model.path: 'b..c' is no path"),
        (_fields(model={"json": "a", "path": "b['c']"}), "fields.model.path: \"b['c']\" is no path"),
        (_fields(cost={"column": "c", "scale": "a cent"}), "fields.cost.scale: expected a number other than 0 such as \"0.01\", got 'a cent'"),
        (_fields(cost={"column": "c", "scale": "0"}), "fields.cost.scale: expected a number other than 0"),
        (_fields(cost={"column": "c", "scale": True}), "fields.cost.scale: expected a number other than 0"),
        (_fields(cost={"column": "c", "scale": "1.23456789"}), "fields.cost.scale: '1.23456789' has over 6 digits"),
        (_fields(cost={"product": ["a"]}), "fields.cost.product: expected [amount, price]"),
        (_fields(end={"column": "e", "time": "unix day"}), "fields.end.time: time unit 'unix day' not found"),
        (_fields(end={"column": "e", "time": "%Q-%Y"}), "fields.end.time: '%Q-%Y' is no format of strptime"),
        (_fields(end={"column": "e", "time": "%H:%M"}), "fields.end.time: '%H:%M' has no year"),
        (_fields(model='a"b'), "fields.model: 'a\"b' can't be a column: it holds '\"'"),
        (_fields(model="a} OR {b"), "fields.model: 'a} OR {b' can't be a column"),
        (_fields(model="@kind"), "fields.model: value 'kind' not found"),
        (_fields(model=" "), "fields.model: expected a text, got ' '"),
        ({"fields": {"start": "at"}}, "fields: has neither tokens nor a cost"),
        ({"fields": {"input_tokens": "in"}}, "fields: has no 'start'"),
        ({"grain": "day"}, "grain: is 'day'; expected 'request' or 'bucket'"),
        ({"timezone": "Mars"}, "timezone: no time zone 'Mars'"),
        ({"match": ["model", "cost"]}, "match: ledgers of other kinds have all of model, cost, too"),
        ({"match": []}, "match: expected a list"),
        ({"match": {"any": ["id"]}}, "match: ledgers of other kinds"),
        ({"match": {"al": ["x"]}}, "match.al: key 'al' not found; did you mean 'all'?"),
        ({"where": {"kind": 1.5}}, "where.kind: expected a text, a list of texts"),
        ({"where": {"kind": []}}, "where.kind: expected a list"),
        ({"where": {"kind": {"over": 1}}}, "where.kind.over: key 'over' not found"),
        ({"where": {"n": {"above": "1"}}}, "where.n.above: expected a number, got '1'"),
        ({"where": {"n": {"matches": "(a"}}}, "where.n.matches: '(a' is no pattern"),
        ({"where": {"n": {"matches": "a(?=b)"}}}, "where.n.matches: 'a(?=b)' looks around"),
        ({"where": {}}, "where: expected a table"),
        (_by(column=None), "by: has no 'column'"),
        (_by(fields={"output": "output_token"}), "by.fields.output: field 'output_token' not found; did you mean 'output_tokens'?"),
        (_by(fields={"in": "input_tokens"}), "by.fields: fills 'input_tokens', which fields has, too"),
        (_by(fields={}), "by.fields: expected a table"),
        ({"growth": {"time": "t"}}, "growth: has no 'series'"),
        ({"growth": {"serie": ["a"]}}, "growth.serie: key 'serie' not found; did you mean 'series'?"),
        ({"leaf": {"id": "a"}}, "leaf: has no 'parent'"),
        ({"rows": ["a'b"]}, "rows[0]: \"a'b\" can't be the path of a list"),
        ({"labels": {"model": "m"}}, "labels: field 'model' not found"),
        ({"beside": ["cache"]}, "beside: part 'cache' not found"),
        ({"grows": "yes"}, "grows: expected true or false, got 'yes'"),
        ({"currency": ""}, "currency"),
        ({"length": "days"}, "length: length 'days' not found; did you mean 'day'?"),
        (_fields(end="e") | {"length": "day"}, "length: makes the end of a start"),
    ],
)  # fmt: skip
def test_the_key_that_is_to_blame_is_named(changes: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError) as raised:
        declare(ACME | changes)
    assert str(raised.value).startswith(f"source 'acme', {error}")


def test_a_key_that_is_missing_is_named() -> None:
    for key in ("fields", "match", "cannot_tell"):
        some = {name: value for name, value in ACME.items() if name != key}
        with pytest.raises(ConfigError, match=f"source 'acme', {key}: is missing"):
            declare(some)


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "acme.toml"
    file.write_text("name = ", "utf-8")
    with pytest.raises(ConfigError, match=r"acme\.toml: is not TOML"):
        read(file)


def test_a_name_that_is_taken_is_refused() -> None:
    declared = declare(ACME | {"name": "litellm"})
    with pytest.raises(ConfigError, match="'litellm' is a source already; choose"):
        add(declared.source)


def test_presets_that_ask_for_more_are_tried_first() -> None:
    named = [each.named for each in presets()]
    assert named == sorted(named, reverse=True)
    names = [source.name for source in SOURCES]
    assert names[-1] == "table"
    assert len({*names}) == len(names)


def test_columns_and_values_recognise_a_ledger() -> None:
    match = {
        "all": ["acme.id"],
        "any": ["x", "y"],
        "none": ["z"],
        "values": {"k": ["1"]},
    }
    matches = declare(ACME | {"match": match}).source.matches
    record = {"acme": {"id": 7}, "y": 1, "k": 1}
    assert matches(Sample(("acme.id", "y", "k"), (record,)))
    assert not matches(Sample(("acme.id", "y", "k"), (record | {"k": 2},)))
    assert not matches(Sample(("acme.id", "y", "k", "z"), (record,)))
    assert not matches(Sample(("acme.id", "k"), ({"acme": {"id": 7}, "k": 1},)))
    nested = {"rows": ["data", "items"], "match": ["acme_id"]}
    matches = declare(ACME | nested).source.matches
    page = {"data": [{"items": []}, {"items": [{"acme_id": 1}]}]}
    assert matches(Sample(("data",), (page,)))
    assert not matches(Sample(("data",), ({"data": [{"acme_id": 1}]},)))


ODD: tuple[Any, ...] = (
    7, -1.5, True, "", " ", "é'{}\"", [], [[]], [7], ["a", ["b"]], {}, {"a": {}}, {"": 1},
    {"column": {}}, {"first": [{"sum": []}]}, [{}], {"not": 7}, {"any": [[]]}, {"a": None},
    None, Path(), {"fields": {"x": 1}}, "\0", "a" * 9000,
)  # fmt: skip


@pytest.mark.parametrize("key", sorted(KEYS))
def test_odd_values_are_refused_or_harmless(key: str) -> None:
    for odd in ODD:
        for value in (odd, {"id": odd, "parent": odd}, {"series": odd}, {"start": odd}):
            with suppress(ConfigError):
                declare(ACME | {key: value})


@pytest.mark.parametrize(
    "word",
    [
        "column",
        "first",
        "sum",
        "product",
        "key",
        "json",
        "path",
        "set",
        "scale",
        "time",
        "map",
        "else",
        "where",
    ],
)
def test_odd_expressions_are_refused_or_harmless(word: str) -> None:
    for odd in ODD:
        for base in ({}, {"column": "c"}, {"json": "j", "path": "p"}):
            for field in ("start", "input_tokens", "cost", "model", "latency_ms"):
                with suppress(ConfigError):
                    declare(ACME | _fields(**{field: base | {word: odd}}))
                with suppress(ConfigError):
                    declare(ACME | _fields(**{field: odd}))
