"""A reader declares his ledger in ``[[source]]`` with the words of our presets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ledger.figures import by, sums

from meterwidgets.config.config import load
from meterwidgets.config.read import read_with_config
from meterwidgets.errors import ConfigError, LedgerError
from meterwidgets.frame.frame import UsageFrame

Write = Callable[..., Path]

LOG = "when,who,in,cached,out,cents\n2026-02-22 10:00,ann,10,90,5,12.5\n2026-02-22 11:00,bob,1,0,5,0.5\n"
FIELDS = """
[source.fields]
start = "when"
user = "who"
input_tokens = { sum = ["in", "cached"] }
cache_read_tokens = "cached"
output_tokens = "out"
cost = { column = "cents", scale = "0.01" }
"""


def _read(path: Path) -> UsageFrame:
    return read_with_config([], config=load(path), folder=path.parent, rejects=None)


def test_an_entry_declares_its_ledger(write: Write) -> None:
    write(LOG, "log.csv")
    entry = '[[source]]\npath = "log.csv"\ntimezone = "UTC"\nwhere = { who = "ann" }\n'
    usage = _read(write(entry + FIELDS, "meterwidgets.toml"))
    found = sums(usage)
    assert (found["input_tokens"], found["cost"]) == (100, 125_000_000)
    assert by(usage, "user", "requests") == {"ann": 1}


def test_an_entry_names_a_file_with_the_declaration(write: Write) -> None:
    write(LOG, "log.csv")
    write(FIELDS.replace("source.fields", "fields"), "acme.toml")
    entry = '[[source]]\npath = "log.csv"\nsource = "acme.toml"\n'
    assert sums(_read(write(entry, "meterwidgets.toml")))["input_tokens"] == 101


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ('fields = { start = "when" }', r"source\[0\]\.fields: has neither tokens nor"),
        ('where = { who = "ann" }', r"source\[0\]\.fields: is missing"),
        (
            'fields = { start = "a", imput_tokens = "b" }',
            r"source\[0\]\.fields\.imput_tokens: .* did you mean 'input_tokens'\?",
        ),
        ('fieldz = { start = "a" }', r"source\[0\]: key 'fieldz' not found; did you mean 'fields'"),
        (
            'source = "litellm"\nfields = { start = "a", input_tokens = "b" }',
            r"source\[0\]\.source: the entry declares its ledger itself \(fields\); keep",
        ),
        (
            'name = "codex"\nfields = { start = "a", input_tokens = "b" }',
            r"source\[0\]\.name: 'codex' is a source already; choose .* 'my_codex'",
        ),
    ],
)  # fmt: skip
def test_a_key_that_is_wrong_is_named(write: Write, keys: str, error: str) -> None:
    text = f'[[source]]\npath = "log.csv"\n{keys}\n'
    with pytest.raises(ConfigError, match=error):
        load(write(text, "meterwidgets.toml"))


def test_two_entries_of_one_name_are_refused(write: Write) -> None:
    entry = '[[source]]\npath = "{}.csv"\nname = "acme"\nfields = {{ start = "a", {} = "b" }}\n'
    text = entry.format("a", "input_tokens") + entry.format("b", "output_tokens")
    with pytest.raises(ConfigError, match=r"source\[1\]\.name: 'acme' is source\[0\]"):
        load(write(text, "meterwidgets.toml"))


def test_a_column_that_is_not_there_is_named_with_the_one_that_is_meant(
    write: Write,
) -> None:
    write(LOG, "log.csv")
    text = '[[source]]\npath = "log.csv"\n' + FIELDS.replace('"cents"', '"cent"')
    with pytest.raises(
        LedgerError,
        match=r"log\.csv: source 'own_log', fields\.cost\.column: column 'cent' not "
        r"found; did you mean 'cents'\?",
    ):
        _read(write(text, "meterwidgets.toml"))


def test_a_column_of_few_records_may_be_missing(write: Write) -> None:
    write('{"when": "2026-02-22T10:00:00Z", "in": 7}\n', "log.jsonl")
    text = '[[source]]\npath = "log.jsonl"\n' + FIELDS
    usage = _read(write(text, "meterwidgets.toml"))
    assert sums(usage)["input_tokens"] == 7
    assert any("no record has 'who' (fields.user)" in n for n in usage.quality.notes)
