"""A repriced ledger on pages: every widget of it says so, and none of another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from metrics.ledgers import request, usage_of
from traitlets import link

import meterwidgets as mw

SAID = "repriced as of 2026-01-01"


@pytest.fixture(scope="module")
def usage() -> mw.UsageFrame:
    rows = [request("2026-02-22", model, cost="1", org="Acme") for model in ("a", "b")]
    return usage_of(rows, {"model": "a", "input": "9", "output": "9"})


@pytest.fixture(scope="module")
def repriced(usage: mw.UsageFrame) -> mw.UsageFrame:
    return usage.reprice(as_of=date(2026, 1, 1))


@pytest.fixture
def views(
    usage: mw.UsageFrame, repriced: mw.UsageFrame
) -> Iterator[tuple[mw.UsageView, mw.UsageView]]:
    both = mw.UsageView(usage), mw.UsageView(repriced)
    yield both
    for view in both:
        view.close()


def test_the_page_says_it_beside_the_end_of_the_data(
    usage: mw.UsageFrame, repriced: mw.UsageFrame
) -> None:
    for frame, wanted in (
        (usage, "Data until Feb 22, 2026"),
        (repriced, "Data until Feb 22, 2026 · Repriced as of 2026-01-01"),
    ):
        page = mw.overview(frame)
        assert page.top[0].data_until == wanted
        app = mw.app(frame)
        assert (SAID in repr(page)) == (SAID in repr(app)) == frame.repriced
        app.close()
        page.close()


def test_every_widget_of_a_repriced_view_says_so(
    views: tuple[mw.UsageView, mw.UsageView],
) -> None:
    for view, count in zip(views, (0, 1), strict=True):
        made = [
            view.kpi_cards(), view.split_bar("tokens"), view.split_bar("cost"),
            view.donut(by="org"), view.model_list(), view.trend("cost", by="model"),
        ]  # fmt: skip
        assert [widget.subtitle.count(SAID) for widget in made] == [count] * len(made)
    assert views[1].kpi_cards().subtitle == SAID


def test_views_that_share_filters_keep_their_own_mode_in_words(
    views: tuple[mw.UsageView, mw.UsageView],
) -> None:
    recorded, repriced = views
    rings = [view.donut(by="model") for view in views]
    tied = link((recorded, "filters"), (repriced, "filters"))
    recorded.filters = recorded.filters.replace(models=["a"])
    assert repriced.filters.models == ("a",)
    assert [SAID in ring.subtitle for ring in rings] == [False, True]
    tied.unlink()
