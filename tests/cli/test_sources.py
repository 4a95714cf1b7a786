"""``meterwidgets sources``."""

from __future__ import annotations

from pathlib import Path

import pytest

from meterwidgets.config.config import load
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.registry import SOURCES
from meterwidgets.ledger.sources.vocabulary.presets import presets

from .commands import document, fails, run


def test_sources_lists_every_format_with_what_it_cannot_tell() -> None:
    shown = run("sources").stdout
    for source in SOURCES:
        assert f"{source.name}  {source.title}" in shown
        assert f"can't tell: {'; '.join(source.cannot_tell)}" in shown
        for field in source.documented_columns:
            assert f"  {field} " in shown


@pytest.mark.parametrize("name", [each.source.name for each in presets()])
def test_a_preset_is_printed_as_a_source_that_works_when_pasted(name: str) -> None:
    shown = run("sources", name).stdout
    Path("meterwidgets.toml").write_text(shown, "utf-8")
    (entry,) = load("meterwidgets.toml").source
    assert entry.named_source() == f"my_{name}"
    again, ours = registry.find(f"my_{name}"), registry.find(name)
    assert again.fields.keys() | {"currency"} == ours.fields.keys() | {"currency"}
    assert (again.where, again.derived, again.levels) == (
        ours.where, ours.derived, ours.levels,
    )  # fmt: skip
    for field, each in again.fields.items():
        assert each == ours.fields[field]


def test_a_source_in_sql_is_printed_as_far_as_data_can_say_it() -> None:
    shown = run("sources", "codex").stdout
    assert "# 'codex' is written in SQL" in shown
    assert '\nstart = "timestamp"\n' in shown
    assert "\n# input_tokens = last_token_usage.input_tokens" in shown


def test_a_source_that_does_not_exist_is_an_error_with_the_one_that_is_meant() -> None:
    assert "'portky' not found; did you mean 'portkey'?" in fails("sources", "portky")


def test_a_file_is_explained() -> None:
    Path("a.csv").write_text("time,model,prompt_tokens\n2026-02-22,m,7\n", "utf-8")
    shown = run("sources", "--explain", "a.csv").stdout
    assert "prompt_tokens  1 filled  7" in shown
    assert "[[source]]" in shown


def test_a_store_of_a_declared_ledger_needs_its_declaration_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "_added", {})
    monkeypatch.setattr(registry, "_declared", {})
    Path("a.csv").write_text("at,m,fresh,cached\n2026-02-22,m,7,3\n", "utf-8")
    Path("meterwidgets.toml").write_text(
        '[[source]]\npath = "a.csv"\nname = "acme"\n[source.fields]\nstart = "at"\n'
        'model = "m"\ninput_tokens = { sum = ["fresh", "cached"] }\n',
        "utf-8",
    )
    assert run("ingest", "--store", "s.meter").exit_code == 0
    again = run("ingest", "a.csv", "--store", "s.meter").stdout
    assert "0 records added" in again
    Path("meterwidgets.toml").unlink()
    registry._added.clear()
    registry._declared.clear()
    assert document("s.meter")["totals"]["input_tokens"] == 10
