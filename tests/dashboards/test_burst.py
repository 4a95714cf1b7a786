"""One change, one pass: few messages, of a burst the last, nothing that nobody sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

import meterwidgets as mw
from meterwidgets.frame import selection
from meterwidgets.frame.cube import range_sums, series
from meterwidgets.present.sections import trends

from .test_view import ledger, send


@pytest.fixture
def app() -> Iterator[mw.App]:
    made = mw.app(ledger(), query="")
    yield made
    made.close()


def drawings(app: mw.App, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the spend card showed, whenever it was drawn."""
    cards = app.pages["overview"].widgets[0]
    shown: list[str] = []
    update = cards.update

    def record(**traits: Any) -> None:
        update(**traits)
        shown.append(cards.cards[0]["value"])

    monkeypatch.setattr(cards, "update", record)
    return shown


@pytest.mark.parametrize("page", ["overview", "token-usage", "model-analytics"])
def test_the_figures_of_a_page_are_drawn_before_all_else(
    app: mw.App, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    app.page = page
    drawn: list[str] = []

    def recorded(widget: Any) -> Any:
        update = widget.update

        def record(**traits: Any) -> None:
            drawn.append(type(widget).__name__)
            update(**traits)

        return record

    for widget in (app.children[1], *app.pages[page].widgets):
        monkeypatch.setattr(widget, "update", recorded(widget))
    send(app.children[1], request={"n": 1, "filters": {"orgs": ['"Acme"']}})
    assert drawn[0] == "KpiCards"
    assert "FilterPanel" in drawn


def test_of_a_burst_the_last_is_drawn_and_hardly_any_before_it(
    app: mw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = drawings(app, monkeypatch)

    async def burst() -> None:
        for turn in range(20):
            send(app.children[1], request={"n": turn, "filters": {"orgs": ['"Acme"']}})
            await asyncio.sleep(0)
        send(app.children[1], request={"n": 20, "filters": {"orgs": ['"Globex"']}})
        assert app.view.filters.orgs == ("Globex",)  # chosen at once, drawn at the end
        await asyncio.sleep(0.3)

    asyncio.run(burst())
    assert len(shown) < 10  # of 21
    assert shown[-1] == "$6.00"


def test_a_burst_that_goes_on_is_drawn_in_between(
    app: mw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = drawings(app, monkeypatch)

    sent = 0

    async def drag() -> None:
        nonlocal sent
        until = time.monotonic() + 0.6
        while time.monotonic() < until:
            sent += 2
            for turn, org in ((sent, "Globex"), (sent + 1, "Acme")):
                asked = {"n": turn, "filters": {"orgs": [f'"{org}"']}}
                send(app.children[1], request=asked)
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)

    asyncio.run(drag())
    assert 2 < len(shown) < sent / 2
    assert set(shown) <= {"$3.50", "$6.00"}
    assert shown[-1] == "$3.50"


def test_a_change_from_python_is_drawn_when_it_returns(app: mw.App) -> None:
    cards = app.pages["overview"].widgets[0]

    async def cell() -> None:
        for org, spend in (("Acme", "$3.50"), ("Globex", "$6.00")):
            app.view.filters = app.view.filters.replace(orgs=[org])
            assert cards.cards[0]["value"] == spend

    asyncio.run(cell())


def test_what_was_put_off_is_not_drawn_after_the_view_was_closed(
    app: mw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = drawings(app, monkeypatch)

    async def burst() -> None:
        for turn, org in enumerate(("Acme", "Globex")):
            send(
                app.children[1], request={"n": turn, "filters": {"orgs": [f'"{org}"']}}
            )
        app.close()
        before = len(shown)
        await asyncio.sleep(0.2)
        assert len(shown) == before

    asyncio.run(burst())


def test_what_nobody_sees_is_not_computed(
    app: mw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.page = "token-usage"
    app.page = "overview"
    drawn: list[str] = []
    original = trends.trend

    def record(*args: Any, **words: Any) -> Any:
        drawn.append(args[1])
        return original(*args, **words)

    monkeypatch.setattr(trends, "trend", record)
    app.view.filters = app.view.filters.replace(orgs=["Acme"])
    assert drawn == []
    app.page = "token-usage"
    assert sorted(drawn) == ["cost", "tokens"]


def test_going_back_to_some_filters_asks_the_index_nothing(
    app: mw.App, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries: list[int] = []
    original = range_sums.sums_between

    def record(*args: Any) -> Any:
        queries.append(1)
        return original(*args)

    for module in (selection, series):
        monkeypatch.setattr(module, "sums_between", record)
    before = app.view.filters
    app.view.filters = before.replace(orgs=["Acme"])
    assert queries
    queries.clear()
    app.view.filters = before
    assert not queries
