"""``meterwidgets sources``."""

from __future__ import annotations

from meterwidgets.ledger.sources.registry import SOURCES

from .commands import run


def test_sources_lists_every_format_with_what_it_cannot_tell() -> None:
    shown = run("sources").stdout
    for source in SOURCES:
        assert f"{source.name}  {source.title}" in shown
        assert f"can't tell: {'; '.join(source.cannot_tell)}" in shown
        for field in source.documented_columns:
            assert f"  {field} " in shown
