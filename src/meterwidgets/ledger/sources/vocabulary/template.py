"""A source as the ``[[source]]`` of a reader, to start from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from meterwidgets.ledger.sources.base import Source

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_COLUMN = re.compile(r"\{([^{}@]+)\}")
_FIRST = re.compile(
    r"coalesce\((nonempty\(\{[^{}@]+\}\)(?:, nonempty\(\{[^{}@]+\}\))*)\)"
)
_SUM = re.compile(r"sum_(?:counts|costs)\(\[(\{[^{}@]+\}(?:, \{[^{}@]+\})*)\]\)")
_TEXT = re.compile(r"'([^'{]*)'")
_LINE = 88

PATH = 'path = "FILE" # a file, a folder or a pattern such as logs/*.jsonl'
"""The line of a template that its reader replaces."""


def template(
    name: str, keys: Mapping[str, Any], comments: Mapping[str, str] = {}
) -> str:
    """TOML text of a ``[[source]]`` that declares a ledger.

    Args:
        name: What to call it.
        keys: The keys of a declaration.
        comments: Fields that it can't say -> in words; they stand as comments.

    Examples:
        >>> print(template("acme", {"match": ["id"], "where": {"kind": "a b"},
        ...                         "fields": {"start": "at", "model": {"set": "m"}}}))
        [[source]]
        path = "FILE" # a file, a folder or a pattern such as logs/*.jsonl
        name = "acme"
        where = { kind = "a b" }
        <BLANKLINE>
        [source.fields]
        start = "at"
        model = { set = "m" }
    """
    skipped = ("name", "match", "fields")
    lines = ["[[source]]"]
    lines += [PATH]
    lines += [f"name = {toml(name)}"]
    lines += [
        f"{key} = {toml(each)}" for key, each in keys.items() if key not in skipped
    ]
    lines += ["", "[source.fields]"]
    lines += [f"{_key(field)} = {toml(each)}" for field, each in keys["fields"].items()]
    lines += [f"# {field} = {_comment(said)}" for field, said in comments.items()]
    return "\n".join(lines)


def of_source(source: Source, declared: Mapping[str, Any] | None) -> str:
    """The template of a source: its declaration, or as much of it as data can say.

    Args:
        source: The source.
        declared: Its declaration, if it is a preset.
    """
    name = f"my_{source.name}"
    if declared is not None:
        return template(name, declared)
    if source.is_mapped:
        return _TABLE
    keys, comments = _said(source)
    text = template(name, keys, comments)
    if comments or source.derived or source.levels or source.where != "true":
        text = (
            f"# {source.name!r} is written in SQL, which reads more than this says: "
            "use it by\n# its name, or start from what data can say of it.\n" + text
        )
    return text


_TABLE = f"""[[source]]
{PATH}
[source.columns] # our field = your column; what is not named is guessed
# start = "the time"
# model = "the model"
# input_tokens = "the tokens of the prompt"
# output_tokens = "the tokens of the answer"
# cost = "the cost\""""


def _said(source: Source) -> tuple[dict[str, Any], dict[str, str]]:
    """The keys that say the same as a source in SQL, and the fields that none says."""
    fields: dict[str, Any] = {}
    comments = {}
    for name, field in source.fields.items():
        said = _expression(field.sql)
        if said is None:
            comments[name] = field.doc or "made in SQL"
        else:
            fields[name] = said
    keys: dict[str, Any] = {"title": source.title, "fields": fields}
    if source.timezone:
        keys["timezone"] = source.timezone
    if source.grain != "request":
        keys["grain"] = source.grain
    keys["cannot_tell"] = list(source.cannot_tell)
    return keys, comments


def _expression(sql: str) -> Any:
    """The expression that says what SQL text does; None where none does."""
    if match := _COLUMN.fullmatch(sql):
        return match[1]
    if match := _TEXT.fullmatch(sql):
        return {"set": match[1]}
    for word, pattern in (("first", _FIRST), ("sum", _SUM)):
        if match := pattern.fullmatch(sql):
            return {word: _COLUMN.findall(match[1])}
    return None


def toml(value: Any) -> str:
    r"""TOML text of a value.

    Examples:
        >>> print(toml({"a b": ["x\"", 1, True]}))
        { "a b" = ["x\"", 1, true] }
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(k))} = {toml(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(map(toml, value))}]"
        if len(text) > _LINE and all(isinstance(each, str) for each in value):
            return "[\n" + "".join(f"  {toml(each)},\n" for each in value) + "]"
        return text
    return _string(str(value))


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_escaped(each) for each in escaped) + '"'


def _escaped(character: str) -> str:
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _comment(said: str) -> str:
    return " ".join(said.split())
