"""A store of an earlier version is rebuilt from its own records when it is written.

``format_2.zip`` is a store that the version of format 2 made of the ledgers beside it,
and the figures that this version gave.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click import ClickException

import meterwidgets as mw
from frame.store.ledgers import BOOK, add, figures
from meterwidgets.cli.main import main
from meterwidgets.errors import LedgerError, StoreError
from meterwidgets.frame.saved import open_frame
from meterwidgets.frame.store import index
from meterwidgets.frame.store.ingest import ingest

EARLIER = Path(__file__).with_name("format_2.zip")
COMMAND = r"rebuild it from its own records with: meterwidgets ingest --store \S+"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of the earlier format; its ledgers lie beside it."""
    with ZipFile(EARLIER) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "usage.meter"


@pytest.fixture
def before(store: Path) -> dict[str, Any]:
    """The figures that the earlier version gave."""
    found: dict[str, Any] = json.loads((store.parent / "figures.json").read_text())
    return found


def files_of(store: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_opened_only_to_read_it_names_the_command(store: Path) -> None:
    untouched = files_of(store)
    with pytest.raises(LedgerError, match=COMMAND):
        mw.open_store(store)
    assert files_of(store) == untouched


def test_a_saved_frame_of_before_says_what_to_do(store: Path) -> None:
    with pytest.raises(LedgerError, match="read the ledger again and save that"):
        open_frame(store / "index" / "000002")


def assert_figures(usage: mw.UsageFrame, before: dict[str, Any]) -> None:
    """Every figure that the earlier version gave is still what it was."""
    now = figures(usage)
    assert now["rows"] == before["rows"]
    for currency in ("USD", "EUR"):
        for name, expected in before[currency].items():
            found = now[currency][name]
            groups = {"": (expected, found)}
            if name:
                assert {str(key) for key in found} == set(expected)
                groups = {str(key): (expected[str(key)], found[key]) for key in found}
            for old, new in groups.values():
                assert {measure: new[measure] for measure in old} == old


def test_every_figure_is_what_it_was(store: Path, before: dict[str, Any]) -> None:
    result = ingest([], store, prices=BOOK)
    assert (result.rebuilt, result.records, result.read) == (64, 0, 0)
    usage = mw.open_store(store)
    assert_figures(usage, before)
    assert len(usage.outliers) == before["outliers"] == 1
    assert usage.select(mw.Filters(currency="USD")).sums()["fee_cost"] == 0


def test_every_record_is_what_it_was(store: Path, before: dict[str, Any]) -> None:
    ingest([], store, prices=BOOK)
    rows = mw.open_store(store).select(mw.Filters(currency="USD")).records().to_pylist()
    assert len(rows) == len(before["records"])
    for row, old in zip(rows, before["records"], strict=True):
        kept = {
            name: str(row[name]) if isinstance(value, str) else row[name]
            for name, value in old.items()
        }
        assert kept == old
        assert {row[name] for name in ("speed", "extra", "fee_cost")} == {None}


def test_its_ledgers_read_again_add_nothing(
    store: Path, before: dict[str, Any]
) -> None:
    ledgers = store.parent / "ledgers"
    spend = ledgers / "spend.jsonl"
    good = [line for line in spend.read_text().splitlines() if ": -4," not in line]
    spend.write_text("\n".join(good))  # the version of then rejected the other row
    result = add(store, *sorted(ledgers.rglob("*.*")))
    assert (result.rebuilt, result.records, result.replaced) == (64, 0, 0)
    assert_figures(mw.open_store(store), before)


def test_the_next_ledger_goes_into_the_rebuilt_store(store: Path) -> None:
    fee = store.parent / "fees.csv"
    fee.write_text("time,model,total_cost,fee_cost\n2026-02-03T10:00:00Z,m,0.5,0.2\n")
    result = add(store, fee)
    assert (result.rebuilt, result.records) == (64, 1)
    sums = mw.open_store(store).select(mw.Filters(currency="USD")).sums()
    assert sums["fee_cost"] == 200_000_000
    (row,) = [
        row
        for row in mw.open_store(store).select().records().to_pylist()
        if row["fee_cost"]
    ]
    assert (row["cost"], row["fee_cost"]) == (Decimal("0.5"), Decimal("0.2"))
    assert add(store, fee).unchanged == 1


def test_a_rebuilding_that_fails_leaves_the_store_as_it_was(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    untouched = files_of(store)

    def no_space(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(index, "write_index", no_space)
        with pytest.raises(StoreError, match="what was in it before is still there"):
            ingest([], store, prices=BOOK)
    after = files_of(store)
    assert after.items() <= untouched.items()
    assert untouched["meter-manifest.json"] == after["meter-manifest.json"]
    assert ingest([], store, prices=BOOK).rebuilt == 64


def test_the_command_rebuilds_it_and_says_so(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ingest", "--store", str(store)], standalone_mode=False)
    said = capsys.readouterr().out
    assert (
        said == f"{store}: 64 records of an earlier version rebuilt, 0 records added\n"
    )
    with pytest.raises(ClickException, match="name a ledger"):
        main(["ingest", "--store", str(store)], standalone_mode=False)
