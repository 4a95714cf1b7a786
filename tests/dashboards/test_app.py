"""The app: tabs over one view, made when first opened, and the address that follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

import meterwidgets as mw
from meterwidgets.errors import MeterError

USAGE = mw.demo_usage()


@pytest.fixture
def app() -> Iterator[mw.App]:
    made = mw.app(USAGE, query="")
    yield made
    made.close()


def address(app: mw.App) -> str:
    return str(app.children[0].address)


def press(app: mw.App, page: str) -> None:
    """What a browser sends when a tab is pressed."""
    app.children[0].set_state({"page": page})


def visit(app: mw.App, where: str) -> None:
    """What a browser sends when its reader goes back or forward."""
    tabs = app.children[0]
    tabs.set_state({"visited": {"n": tabs.visited.get("n", 0) + 1, "address": where}})


def spend(app: mw.App) -> str:
    return str(app.pages["overview"].top[0].cards[0]["value"])


def test_a_tab_is_made_when_it_is_first_opened(app: mw.App) -> None:
    assert list(app.pages) == ["overview"]
    press(app, "token-usage")
    assert list(app.pages) == ["overview", "token-usage"]
    first = app.pages["token-usage"]
    press(app, "overview")
    press(app, "token-usage")
    assert app.pages["token-usage"] is first


def test_only_the_open_tab_is_seen(app: mw.App) -> None:
    press(app, "model-analytics")
    away = {key: "mw-away" in page._dom_classes for key, page in app.pages.items()}
    assert away == {"overview": True, "model-analytics": False}
    press(app, "overview")
    away = {key: "mw-away" in page._dom_classes for key, page in app.pages.items()}
    assert away == {"overview": False, "model-analytics": True}


def test_a_tab_that_is_pointed_at_is_made_and_not_shown(app: mw.App) -> None:
    app.children[0].set_state({"near": "token-usage"})
    assert list(app.pages) == ["overview", "token-usage"]
    assert (app.page, address(app)) == ("overview", "overview")
    assert "mw-away" in app.pages["token-usage"]._dom_classes
    app.children[0].set_state({"near": "my-usage"})
    assert list(app.pages) == ["overview", "token-usage"]
    app.view.filters = app.view.filters.replace(orgs=["Initech"])
    press(app, "token-usage")
    assert app.pages["token-usage"].top[0].cards[0]["value"] == "17.4M"


def test_a_kernel_makes_the_other_tabs_ahead_and_shows_none_of_them() -> None:
    async def idle(made: mw.App, pages: int) -> None:
        async with asyncio.timeout(10):
            while len(made.pages) < pages:
                await asyncio.sleep(0.01)

    async def kernel() -> None:
        made = mw.app(USAGE, page="token-usage", query="org=Initech")
        assert list(made.pages) == ["token-usage"]
        await idle(made, 3)
        assert list(made.pages) == ["token-usage", "overview", "model-analytics"]
        assert made.children[2:-1] == (made.pages["token-usage"],)
        assert [tab["made"] for tab in made.children[0].tabs] == [False, True, False]
        press(made, "overview")
        assert made.children[2:-1] == (
            made.pages["token-usage"],
            made.pages["overview"],
        )
        assert spend(made) == "$31.11"
        made.close()

    asyncio.run(kernel())


def test_an_app_that_is_closed_makes_no_more_tabs() -> None:
    async def kernel() -> None:
        before = set(_instances)
        made = mw.app(USAGE, query="")
        made.close()
        await asyncio.sleep(0.1)
        assert set(_instances) == before

    asyncio.run(kernel())


def test_a_browser_is_told_which_tabs_are_made(app: mw.App) -> None:
    def made() -> list[bool]:
        return [tab["made"] for tab in app.children[0].tabs]

    assert made() == [True, False, False]
    app.children[0].set_state({"near": "model-analytics"})
    assert made() == [True, False, True]
    press(app, "token-usage")
    assert made() == [True, True, True]


def test_a_tab_that_is_away_waits_and_catches_up(app: mw.App) -> None:
    before = spend(app)
    press(app, "token-usage")
    app.view.filters = app.view.filters.replace(orgs=["Initech"])
    assert spend(app) == before
    press(app, "overview")
    assert spend(app) == "$31.11"


def test_the_filters_of_one_tab_are_those_of_all(app: mw.App) -> None:
    app.view.filters = app.view.filters.replace(preset="7d")
    press(app, "token-usage")
    total = app.pages["token-usage"].top[0].cards[0]["value"]
    assert total == app.pages["overview"].top[0].cards[1]["value"]


def test_the_address_follows_tab_filters_and_choices(app: mw.App) -> None:
    assert address(app) == "overview"
    app.view.filters = app.view.filters.replace(preset="7d", orgs=["Acme"])
    assert address(app) == "overview?range=7d&org=Acme"
    press(app, "token-usage")
    assert address(app) == "token-usage?range=7d&org=Acme"
    app.pages["token-usage"].cards[0].by = "model"
    assert address(app) == "token-usage?range=7d&org=Acme&by=model"
    links = [tab["address"] for tab in app.children[0].tabs]
    assert links[0] == "overview?range=7d&org=Acme"


def test_an_address_leads_to_what_it_was_made_of(app: mw.App) -> None:
    where = "token-usage?range=7d&org=Acme&by=model&shape=lines"
    visit(app, where)
    assert address(app) == where
    cost, count = app.pages["token-usage"].cards
    assert (cost.by, cost.shape) == (count.by, count.shape) == ("model", "lines")
    visit(app, "overview")
    assert (app.page, app.view.filters) == ("overview", app.view.initial_filters)
    visit(app, "token-usage")
    assert (cost.by, cost.shape) == ("deployment", "stacked")


def test_an_app_opens_with_the_query_that_the_server_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERY_STRING", "org=Acme&org=Acmee")
    made = mw.app(USAGE, page="model-analytics")
    assert address(made) == "model-analytics?org=Acme"
    assert made.children[1].error.startswith(
        "The address was used in part: org 'Acmee' not found"
    )
    made.close()


@pytest.mark.parametrize(
    "where",
    [
        "", "?", "nowhere", "../../etc/passwd", "my-usage", "overview?page=my-usage",
        "token-usage?by=user", "token-usage?shape=cake", "overview?org=%ff%00",
        "javascript:alert(1)", "?" * 5000,
    ],
)  # fmt: skip
def test_no_address_breaks_an_app_or_leaves_its_pages(app: mw.App, where: str) -> None:
    visit(app, where)
    assert app.page in ("overview", "token-usage", "model-analytics")
    assert app.view.filters == app.view.initial_filters


@pytest.mark.parametrize(
    "state",
    [
        {"page": 7}, {"page": "x" * 41}, {"visited": "overview"},
        {"visited": {"n": -1, "address": "overview"}}, {"visited": {"n": 1}},
        {"tabs": []}, {"address": "elsewhere"}, {"_dom_classes": ["mw-away"]},
    ],
)  # fmt: skip
def test_a_browser_sets_nothing_else_of_the_tabs(
    app: mw.App, state: dict[str, Any]
) -> None:
    app.children[0].set_state(state)
    assert (app.page, address(app)) == ("overview", "overview")
    assert len(app.children[0].tabs) == 3


def test_a_tab_that_is_none_changes_nothing(app: mw.App) -> None:
    press(app, "my-usage")
    assert app.page == "overview"
    with pytest.raises(MeterError, match="page 'my-usage' not found"):
        app.page = "my-usage"


def test_the_user_s_app_has_its_own_tabs_under_one_address() -> None:
    made = mw.app(USAGE, page="my-usage", user="u-1300", query="")
    assert [tab["label"] for tab in made.children[0].tabs] == [
        "My Usage",
        "Token Usage",
    ]
    assert address(made) == "my-usage"
    press(made, "token-usage")
    assert address(made) == "my-usage?page=token-usage"
    own = mw.UsageView(USAGE.of_user("u-1300")).selection.sums()
    assert made.view.selection.sums() == own
    press(made, "overview")
    assert made.page == "token-usage"
    visit(made, "my-usage?page=overview")
    assert made.page in ("my-usage", "token-usage")
    made.close()


def test_nobody_s_own_usage_is_an_error_that_says_the_way_out() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "user": ["u-1"], "cost": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    with pytest.raises(MeterError, match=r"no user is named.*--user"):
        mw.app(usage, page="my-usage", query="")
    with pytest.raises(MeterError, match="page 'mine' not found"):
        mw.app(usage, page="mine", query="")


def test_a_ledger_without_users_can_not_show_one_s_own() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "org": ["Acme"], "cost": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    with pytest.raises(MeterError, match="reports no users"):
        mw.my_usage(usage, user="u-1")


def test_an_app_reads_as_its_open_tab(app: mw.App) -> None:
    assert repr(app).startswith(
        "App(\n  Tabs('overview' of Overview, Token Usage, Model Analytics),\n"
        "  FilterPanel('Jan 24 – Feb 22, 2026 UTC', 0 filters),\n  KpiCards("
    )


def test_nothing_lives_after_an_app_is_closed() -> None:
    before = set(_instances)
    made = mw.app(USAGE, query="")
    for page in ("token-usage", "model-analytics", "overview"):
        press(made, page)
    made.close()
    made.close()
    assert set(_instances) == before


def test_a_shared_view_outlives_a_page_that_is_closed() -> None:
    view = mw.UsageView(USAGE)
    cards = view.kpi_cards()
    page = mw.token_usage(view)
    page.close()
    view.filters = view.filters.replace(orgs=["Initech"])
    assert cards.cards[0]["value"] == "$31.11"
    view.close()


def test_an_app_leaves_a_view_that_was_given_as_it_found_it() -> None:
    view = mw.UsageView(USAGE)
    mine = view.kpi_cards()
    made = mw.app(view, query="")
    press(made, "token-usage")
    made.close()
    view.filters = view.filters.replace(orgs=["Initech"])
    assert mine.cards[0]["value"] == "$31.11"
    view.close()
    assert mine.comm is None


@pytest.mark.parametrize(
    "query",
    [
        "start=1971-01-01&end=2199-12-31&tz=Asia/Kathmandu", "range=custom",
        "tz=localtime", "start=2199-12-31T23:59Z", "end=1971-01-01",
    ],
)  # fmt: skip
def test_no_link_takes_the_page_and_its_address_holds_what_is_shown(query: str) -> None:
    made = mw.app(USAGE, query=query)
    again = mw.app(USAGE, query=address(made).partition("?")[2])
    assert spend(again) == spend(made)
    assert again.view.selection.window == made.view.selection.window
    made.close()
    again.close()
