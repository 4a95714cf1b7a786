"""Other packages bring sources by an entry point; a broken one harms no other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.figures import lines, read, sums
from meterwidgets.errors import LedgerError
from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.vocabulary.presets import of_packages

Write = Callable[..., Path]

GOOD = """
match = ["pack_id"]
cannot_tell = ["users"]
[fields]
start = "at"
input_tokens = "in"
"""


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Install a tiny distribution, as pip would lay it out."""
    site = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(registry, "_added", {})
    monkeypatch.setattr(registry, "_declared", {})

    def installed(name: str, files: dict[str, str], entry: str) -> None:
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[meterwidgets.sources]\n{entry}\n")
        for path, text in files.items():
            (site / path).parent.mkdir(exist_ok=True)
            (site / path).write_text(text)
        of_packages.cache_clear()
        importlib.invalidate_caches()

    of_packages.cache_clear()
    yield installed
    of_packages.cache_clear()


def test_a_folder_of_a_package_brings_sources(
    install: Callable[..., None], write: Write
) -> None:
    install(
        "pack-a", {"pack_a/__init__.py": "", "pack_a/packed.toml": GOOD}, "a = pack_a"
    )
    row = {"pack_id": 1, "at": "2026-02-22T10:00:00Z", "in": 7}
    ledger = write(lines([row]), "a.jsonl")
    assert sums(read(ledger))["input_tokens"] == 7
    assert registry.recognise(Sample(("pack_id",))).name == "packed"
    assert sums(read(ledger, source="packed"))["input_tokens"] == 7


def test_a_broken_one_is_named_and_the_others_are_read(
    install: Callable[..., None], write: Write
) -> None:
    files = {
        "pack_a/__init__.py": "",
        "pack_a/one.toml": GOOD,
        "pack_a/two.toml": "match = 7",
    }
    install("pack-a", files, "a = pack_a:one.toml\nb = pack_a:two.toml\nc = pack_c")
    install("pack-b", {"pack_b/__init__.py": "raise RuntimeError('no')"}, "a = pack_b")
    row = {"pack_id": 1, "at": "2026-02-22T10:00:00Z", "in": 7}
    assert sums(read(write(lines([row]), "a.jsonl")))["input_tokens"] == 7
    with pytest.raises(LedgerError) as raised:
        registry.find("three")
    said = str(raised.value)
    assert (
        "the package 'pack-a' brings a source that can't be used: source 'two'" in said
    )
    assert "'pack_c': there is no package named 'pack_c'; mend" in said
    assert (
        "the package 'pack-b' brings a source that can't be used: 'pack_b' holds"
        in said
    )


def test_a_name_of_the_reader_s_own_goes_before_that_of_a_package(
    install: Callable[..., None], write: Write
) -> None:
    install(
        "pack-a", {"pack_a/__init__.py": "", "pack_a/packed.toml": GOOD}, "a = pack_a"
    )
    own = {"name": "packed", "fields": {"start": "at", "input_tokens": "other"}}
    row = {"at": "2026-02-22T10:00:00Z", "other": 3}
    ledger = write(lines([row]), "a.jsonl")
    assert sums(read(ledger, source=own))["input_tokens"] == 3
    registry.recognise(Sample(("x",)))
    assert "other" in registry.find("packed").raw_columns()


def test_a_package_can_not_take_the_place_of_a_source(
    install: Callable[..., None],
) -> None:
    files = {"pack_a/__init__.py": "", "pack_a/litellm.toml": GOOD}
    install("pack-a", files, "a = pack_a")
    assert registry.find("litellm") in registry.SOURCES
    with pytest.raises(LedgerError, match=r"'pack-a' .*'litellm' is a source already"):
        registry.find("three")
