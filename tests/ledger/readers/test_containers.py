"""Files that are no ledger say what they look like; in a folder, in a note."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import meterwidgets as mw

Write = Callable[..., Path]
TEXT = "start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"


def zipped(name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, TEXT)
    return stream.getvalue()


# a trace of OTLP as a collector writes it: resource_spans { resource { ... } }
OTLP = b"\x0a\x10\x0a\x0e\x0a\x0c\x0a\x04name\x12\x04\x0a\x02ab" * 3

BYTES = {
    "a.xlsx": (zipped("xl/workbook.xml"), "an Excel workbook"),
    "a.7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7-Zip archive"),
    "a.rar": (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
    "a.pdf": (b"%PDF-1.7\n", "a PDF"),
    "a.pickle": (pickle.dumps([{"cost": 1}]), "a pickle of Python"),
    "a.pb": (OTLP, "Protocol Buffers"),
    "b.csv": (TEXT.encode("utf-16"), "UTF-16"),
    "c.csv": (TEXT.encode("utf-16-le"), "UTF-16"),
    "a.json": (json.dumps([{"cost": 1}]).encode("utf-16-be"), "UTF-16"),
    "d.csv": (bytes(range(256)) * 9, "binary"),
    "e.csv": (b"<!DOCTYPE html><html><title>Sign in</title>", "web page"),
}


@pytest.mark.parametrize("name", BYTES)
def test_a_file_of_another_kind_says_what_it_is(write: Write, name: str) -> None:
    data, said = BYTES[name]
    with pytest.raises(mw.MeterError) as caught:
        mw.read_usage(write(data, name))
    text = str(caught.value)
    assert said in text
    assert text.isprintable()


def test_words_that_begin_like_a_container_are_text(write: Write) -> None:
    path = write(TEXT.replace("start", "ORC start").replace("model", "BZh"), "a.csv")
    usage = mw.read_usage(path, columns={"start": "ORC start"}, rejects=None)
    assert usage.quality.records == 1


def test_a_file_of_a_folder_that_can_not_be_used_is_a_note(write: Write) -> None:
    write(TEXT, "in/a.csv")
    write("", "in/b.csv")
    write(TEXT.encode("utf-16"), "in/c.csv")
    write("name,city\nx,y\n", "in/d.csv")
    path = write('{"settings": {"theme": "dark"}}', "in/e.json")
    usage = mw.read_usage(path.parent, rejects=None)
    assert usage.quality.records == 1
    left = [note for note in usage.quality.notes if "left out: " in note]
    assert [note.split(":")[0] for note in left] == [
        "b.csv",
        "c.csv",
        "d.csv",
        "e.json",
    ]
    assert "columns: settings.theme" in left[-1]


def test_a_folder_of_which_nothing_can_be_used_is_an_error(write: Write) -> None:
    write("name,city\nx,y\n", "in/a.csv")
    path = write("name,city\nx,y\n", "in/b.csv")
    with pytest.raises(mw.MeterError, match="1 other file can't be read, too"):
        mw.read_usage(path.parent)


def test_of_several_files_one_that_can_not_be_used_is_said(write: Write) -> None:
    with pytest.raises(mw.MeterError, match="is UTF-16"):
        mw.read_usage(write(TEXT.encode("utf-16"), "b.csv"))
    usage = mw.read_usage([write(TEXT, "a.csv"), Path("b.csv")])
    assert any("is UTF-16" in note for note in usage.quality.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- time: 2026-02-22\n  cost: 1\n", "is YAML"),
        ("usage:\n  - time: 2026-02-22\n    cost: 1\n", "is YAML"),
        (
            '{"error": {"message": "Incorrect API key", "code": "x"}}',
            "Incorrect API key",
        ),
        ('{"detail": "Not authenticated"}', "an error that a service answered"),
    ],
)
def test_what_can_not_be_a_ledger_says_what_it_is(
    write: Write, text: str, words: str
) -> None:
    with pytest.raises(mw.MeterError, match=words):
        mw.read_usage(write(text, "a.txt"))
