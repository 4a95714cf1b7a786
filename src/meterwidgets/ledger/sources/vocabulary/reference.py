"""The sources as Markdown: ``docs/sources.md`` lists them so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meterwidgets.ledger.sources.base import Source
from meterwidgets.text import listed


def reference(sources: Iterable[Source]) -> str:
    """Every source: where its records lie, its columns, and what it can't tell."""
    return "".join(f"{line}\n" for source in sources for line in _of(source))


def _of(source: Source) -> Iterator[str]:
    yield f"### `{source.name}`: {source.title}"
    yield ""
    yield f"{_envelope(source)} A record is a {source.grain}."
    if source.timezone:
        yield f"Times without a zone are in {source.timezone}."
    yield ""
    yield "| Field | From |"
    yield "|---|---|"
    for field, columns in source.documented_columns.items():
        shown = columns.replace("|", "\\|").replace("<", "&lt;")
        yield f"| `{field}` | {shown} |"
    yield ""
    for words in source.left_out:
        yield f"Left out, since {words}."
        yield ""
    yield f"It can't tell: {'; '.join(source.cannot_tell)}."
    yield ""


def _envelope(source: Source) -> str:
    """Where its records lie."""
    if source.levels:
        lists = [
            " or ".join(f"`{path}`" for path in level.paths) for level in source.levels
        ]
        return f"JSON, its records in the lists {listed(lists)}, from the outside in."
    if source.is_nested:
        return (
            "A row or JSON record each, in a tree: parents repeat what is below them."
        )
    return "A row or JSON record each, also in lists, pages and logs that wrap them."
