"""Attributes of OpenTelemetry, wherever a record keeps them and however it spells them.

They lie in an object (``{"tags": {"gen_ai.usage.input_tokens": 5}}``), in objects by
type, in objects of objects, in columns of their own, or in a list of keys and values;
dots may have become ``_`` or ``@``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from meterwidgets.ledger.engine.sql import literal

Path = tuple[str, ...]

_DEPTH = 4
_VALUES = (
    "value.stringValue", "value.string_value", "value.intValue", "value.int_value",
    "value.doubleValue", "value.double_value", "value.boolValue", "value.bool_value",
    "Value.Value",
)  # fmt: skip
"""Where an entry of a list of attributes has its value, besides ``value``."""


@dataclass(frozen=True)
class Container:
    """What holds attributes in the records of a ledger.

    Attributes:
        path: Where it lies.
        kind: An object by name, one of objects, or a list of keys and values.
        separator: What stands for the dots of names.
    """

    path: Path
    kind: Literal["object", "nested", "list"]
    separator: str = "."

    def values(self, names: Sequence[str]) -> str:
        """SQL text of the list of values of some names, over the JSON text ``j``."""
        if self.kind == "list":
            return self._values_of_list(names)
        paths = ", ".join(literal(json_path(self._place(name))) for name in names)
        return f"TRY(json_extract_string(j, [{paths}]::VARCHAR[]))"

    def value(self, record: Mapping[str, Any], name: str) -> object:
        """The value of an attribute in a record; None where it has none.

        Examples:
            >>> Container(("tags",), "list").value({"tags": [
            ...     {"key": "a", "value": {"intValue": "1"}}]}, "a")
            '1'
        """
        if self.kind == "list":
            entries = at(record, self.path)
            for entry in entries if isinstance(entries, list) else ():
                if _key(entry) == name:
                    held = entry.get("value", entry.get("Value"))
                    return next(iter(held.values())) if isinstance(held, dict) else held
            return None
        return at(record, self._place(name))

    def _place(self, name: str) -> Path:
        if self.kind == "nested":
            return (*self.path, *name.split("."))
        return (*self.path, name.replace(".", self.separator))

    def _values_of_list(self, names: Sequence[str]) -> str:
        keys, values = (
            f"json_extract_string(e, [{', '.join(map(literal, paths))}]::VARCHAR[])"
            for paths in (("$.key", "$.Key"), [f"$.{each}" for each in _VALUES])
        )
        value = (
            f"coalesce(list_filter({values}, lambda x: x IS NOT NULL)[1], "
            "json_extract_string(e, '$.value'))"
        )
        place = literal(json_path(self.path) + "[*]")
        entries = (
            f"list_transform(TRY(json_extract(j, {place})), lambda e: "
            f"{{'key': coalesce({keys}[1], {keys}[2]), 'value': {value}}})"
        )
        listed = ", ".join(map(literal, names))
        # a list of one gives the entries a name, so that they are parsed once
        return (
            f"list_transform([{entries}], lambda found: list_transform("
            f"[{listed}]::VARCHAR[], lambda name: "
            "list_filter(found, lambda x: x.key = name)[1].value))[1]"
        )


def json_path(path: Path) -> str:
    """The JSON path of some keys, one below the other.

    Examples:
        >>> json_path(("a", "b.c"))
        '$."a"."b.c"'
    """
    return "$" + "".join(f'."{part}"' for part in path)


def at(record: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What a record has at a path; None where that is nothing.

    Examples:
        >>> at({"a": {"b": 1}}, ("a", "b")), at({"a": 1}, ("a", "b"))
        (1, None)
    """
    value: Any = record
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def containers(
    records: Iterable[Mapping[str, Any]], anchors: Collection[str]
) -> list[Container]:
    """What holds some attributes in a sample of records.

    Args:
        records: The sample.
        anchors: The names of attributes, of which one has to be there.

    Examples:
        >>> containers([{"tags": {"a.b": 1}}], ["a.b"])
        [Container(path=('tags',), kind='object', separator='.')]
        >>> containers([{"attributes": {"a": {"b": 1}}}], ["a.b"])[0].kind
        'nested'
        >>> containers([{"x": [{"key": "a.b", "value": {"intValue": "1"}}]}], ["a.b"])
        [Container(path=('x',), kind='list', separator='.')]
    """
    wanted = {_plain(name): name for name in anchors}
    found: dict[Container, None] = {}
    for record in records:
        found |= dict.fromkeys(_containers(record, (), wanted))
    return list(found)


def _plain(name: str) -> str:
    return re.sub(r"[.@]", "_", name)


def _containers(
    value: Mapping[str, Any], path: Path, wanted: Mapping[str, str]
) -> Iterator[Container]:
    for key, inner in value.items():
        if '"' in key or inner is None:
            continue
        if isinstance(inner, list):
            keys = (_key(each) for each in inner)
            if any(each in wanted.values() for each in keys):
                yield Container((*path, key), "list")
        elif isinstance(inner, dict):
            if len(path) < _DEPTH:
                yield from _containers(inner, (*path, key), wanted)
        elif name := wanted.get(_plain(key)):
            yield Container(path, "object", _separator(key, name))
        else:
            yield from _nested((*path, key), wanted)


def _key(entry: object) -> object:
    """The name of an entry of a list of attributes."""
    return (entry.get("key") or entry.get("Key")) if isinstance(entry, dict) else None


def _separator(key: str, name: str) -> str:
    """What a key has in place of the dots of a name."""
    dot = name.find(".")
    return key[dot] if dot >= 0 else "."


def _nested(path: Path, wanted: Mapping[str, str]) -> Iterator[Container]:
    """The object of objects that a path to a value ends in, if it spells a name."""
    for start in range(len(path) - 1):
        if wanted.get("_".join(path[start:])) == ".".join(path[start:]):
            yield Container(path[:start], "nested")
            return
