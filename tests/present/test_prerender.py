"""What a page begins with, as text, is what its app then shows."""

from __future__ import annotations

from pathlib import Path

import pytest

import meterwidgets as mw
from meterwidgets.errors import NobodyError
from meterwidgets.frame.saved import save
from meterwidgets.frame.scope import Scope
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec
from meterwidgets.present.prerender import Prerender, prerender
from meterwidgets.serve.prerender import Prerenderer
from meterwidgets.serve.scoped.frames import Cut, ScopedFrames

USAGE = mw.demo_usage()


@pytest.mark.parametrize("query", ["", "range=7d&org=Acme", "tz=Asia/Kathmandu&by=x"])
@pytest.mark.parametrize(
    ("page", "user"),
    [("overview", ""), ("token-usage", ""), ("model-analytics", ""), ("my-usage", ""),
     ("my-usage", "u-1042")],
)  # fmt: skip
def test_the_first_figures_are_those_of_the_widgets(
    page: str, user: str, query: str
) -> None:
    shown = prerender(USAGE, page, query, user=user)
    app = mw.app(USAGE, page=page, user=user or None, query=query)
    row, panel = app.pages[page].top[0], app.children[1]
    words = ("label", "value", "caption", "note")
    then = [[card.get(name, "") for name in words] for card in row.cards]
    assert [[getattr(card, name) for name in words] for card in shown.row.cards] == then
    assert (shown.row.title, shown.row.subtitle) == (row.title, row.subtitle)
    assert shown.range_texts == (panel.range_text, panel.zone, panel.data_until)
    assert shown.part_shown == panel.part_shown
    assert shown.about == app.children[-1].groups
    app.close()


@pytest.mark.parametrize(
    ("page", "query", "opened"),
    [
        ("overview", "page=token-usage", "token-usage"),
        ("overview", "page=my-usage", "overview"),
        ("my-usage", "page=token-usage", "token-usage"),
        ("my-usage", "page=overview", "my-usage"),
        ("overview", "page=../../etc/passwd&org=%ff%00", "overview"),
    ],
)
def test_they_are_of_the_tab_that_the_address_opens(
    page: str, query: str, opened: str
) -> None:
    app = mw.app(USAGE, page=page, query=query)
    assert prerender(USAGE, page, query).page.key == app.page == opened
    app.close()


def test_one_s_own_first_figures_are_of_nobody_else() -> None:
    own = prerender(USAGE, "my-usage", "user=u-1300&org=Acme", user="u-1042")
    assert own.row == prerender(USAGE, "my-usage", "org=Acme", user="u-1042").row
    assert own.row != prerender(USAGE, "my-usage", "org=Acme", user="u-1300").row


def served(folder: Path, page: str) -> Prerender | None:
    """The first figures of a page that a server shows of everything in a folder."""
    frames = ScopedFrames(folder, folder / "cache")
    return Prerenderer(frames).get(page, "", Cut(Scope(), folder))


def test_nobody_s_own_has_no_first_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("METERWIDGETS_USER", "u-1300")  # of the server itself, no right
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "user": ["u-1300"], "cost": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    with pytest.raises(NobodyError, match="no user is named"):
        prerender(usage, "my-usage", "")
    assert served(save(usage, tmp_path / "frame"), "my-usage") is None


def test_where_nothing_can_be_read_a_page_begins_without_figures(
    tmp_path: Path,
) -> None:
    assert served(tmp_path, "overview") is None


def test_the_first_figures_follow_a_store_that_grows(tmp_path: Path) -> None:
    folder = tmp_path / "usage.meter"
    figures = Prerenderer(ScopedFrames(folder, tmp_path / "cache"))
    for day, spend in ((1, "$1.00"), (2, "$2.00")):
        rows = tmp_path / f"{day}.csv"
        rows.write_text(f"time,model,cost,currency\n2026-02-0{day},m,1,USD\n", "utf-8")
        prices = mw.PriceBook(catalogue=False)
        ingest([LedgerSpec([rows])], tmp_path / "usage.meter", prices=prices)
        shown = figures.get("overview", "", Cut(Scope(), folder))
        assert shown is not None
        assert shown.row.cards[0].value == spend


def test_a_sliver_of_the_ledger_leads_to_all_of_it() -> None:
    usage = mw.read_usage(
        {"time": ["2025-01-01", "2026-02-22"], "org": ["A & B"] * 2, "cost": [99, 1],
         "input_tokens": [1, 1]},
        prices=mw.PriceBook(catalogue=False),
    )  # fmt: skip
    shown = prerender(usage, "overview", "org=A%20%26%20B&by=model&tz=Asia/Tokyo")
    assert shown.part_shown == "$1.00 of $100.00"
    assert shown.all_query == "range=all&tz=Asia/Tokyo&org=A%20%26%20B&by=model"
    assert prerender(usage, "overview", shown.all_query).part_shown == ""
