"""About this data: on the page what the reports tell, of oneself only one's own."""

from __future__ import annotations

from pathlib import Path

import meterwidgets as mw
from meterwidgets.frame.filters import Filters
from meterwidgets.frame.selection import Selection
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.metrics.notes import LEFT_OUT, notes_of
from meterwidgets.present.sections.about_data import about_data

HEAD = "id,time,org,user,model,input_tokens,output_tokens,cost,currency\n"
ROWS = (
    "1,2026-02-01T10:00:00Z,Acme,ann,m,100,50,3.00,USD\n"
    "2,2026-02-01T11:00:00Z,Acme,ann,m,100,50,-1.00,USD\n"
    "3,2026-02-01T12:00:00Z,Globex,bob,m,100,50,5.00,USD\n"
    "4,yesterday,Globex,bob,m,100,50,7.00,USD\n"
)
BOOK = mw.PriceBook(catalogue=False)


def ledger(folder: Path) -> mw.UsageFrame:
    path = folder / "rows.csv"
    path.write_text(HEAD + ROWS, "utf-8")
    return mw.read_usage(path, rejects=None, prices=BOOK, written="2026-02-01T12:30Z")


def notes(selection: Selection) -> list[str]:
    return [note for group in about_data(selection) for note in group["notes"]]


def test_a_page_has_every_note_of_a_report(tmp_path: Path) -> None:
    usage = ledger(tmp_path)
    for filters in (Filters(), Filters(preset="today"), Filters(orgs=("Acme",))):
        selection = usage.select(filters)
        told = [note.replace(f"{tmp_path}/", "") for note in notes_of(selection)]
        assert set(told) <= set(notes(selection))
    titles = [group["title"] for group in about_data(usage.select())]
    assert titles == ["The whole ledger", "Time covered"]


def test_no_note_names_a_folder_of_the_server(tmp_path: Path) -> None:
    home = tmp_path / "home of ann"
    home.mkdir()
    told = " ".join(notes(ledger(home).select()))
    assert "the first: rows.csv, line 5: " in told
    assert str(tmp_path) not in told and "home of ann" not in told


def test_a_note_about_the_time_says_what_is_covered(tmp_path: Path) -> None:
    selection = ledger(tmp_path).select(Filters(tz="Asia/Tokyo"))
    assert notes(selection)[-1] == (
        "the ledger covers Feb 1, 2026, 9:00 AM – 9:00 PM (Asia/Tokyo); its last day "
        "is not over"
    )


def test_under_a_filter_no_note_holds_a_figure_of_the_whole(tmp_path: Path) -> None:
    of_acme = notes(ledger(tmp_path).select(Filters(orgs=("Acme",))))
    assert LEFT_OUT in of_acme
    assert "-$1.00 of the spend is negative" in " ".join(of_acme)
    assert not any(word in " ".join(of_acme) for word in ("reject", "7.00", "8.00"))


def test_one_s_own_notes_name_nobody_else_and_count_no_row_of_others(
    tmp_path: Path,
) -> None:
    own = " ".join(notes(ledger(tmp_path).of_user("ann").select()))
    assert "-$1.00 of the spend is negative" in own
    assert not any(w in own for w in ("bob", "Globex", "reject", "rows.csv", "7.00"))


def test_a_store_tells_of_the_rows_that_it_rejected(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(HEAD + ROWS, "utf-8")
    store = tmp_path / "usage.meter"
    ingest([LedgerSpec([tmp_path / "rows.csv"])], store, prices=BOOK)
    told = notes(mw.open_store(store).select())
    assert sum("1 row rejected" in note for note in told) == 1
