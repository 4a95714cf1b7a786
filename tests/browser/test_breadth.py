"""The nastiest ledgers, as a reader meets them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from dashboards import ledgers
from serve.running import Running

from .conftest import OpenPage, violations

pytestmark = pytest.mark.slow  # three servers of their own
Address = Callable[[str, str], str]
SERVED = ("names", "nothing priced", "a nano beside 900 million")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """The address of a page of a kind of ledger."""
    folder = tmp_path_factory.mktemp("breadth")
    started = {}
    for kind in SERVED:
        file = ledgers.write(ledgers.KINDS[kind][0](), folder / f"{kind}.csv")
        command = ("-m", "meterwidgets", "serve", str(file), "--port", "0")
        started[kind] = Running(*command)
    with ExitStack() as servers:
        for each in started.values():
            servers.enter_context(each)
        yield lambda kind, page: f"{started[kind].url.rpartition('/')[0]}/{page}"


def is_within(page: Any, width: int) -> bool:
    """Whether no scrolling sideways is needed, and no figure of a card is cut."""
    figures = page.locator(".mw-kpi-value:not(:has-text('model-'))")
    cut = figures.evaluate_all("all => all.filter(n => n.scrollWidth > n.clientWidth)")
    scrolls = page.evaluate("document.documentElement.scrollWidth")
    return cut == [] and scrolls <= width


def test_names_of_every_kind_are_text_and_whole_on_hover(
    page: OpenPage, address: Address
) -> None:
    shown = page("dark", 420, url=address("names", "model-analytics"))
    shown.get_by_role("button", name="Show all 16").click()
    rows = shown.locator(".mw-list-row .mw-list-text")
    shown.wait_for_function(
        "document.querySelectorAll('.mw-list-row .mw-list-text').length === 16"
    )
    names = [*ledgers.NAMES, "(none)"]
    assert sorted(rows.all_text_contents()) == sorted(names)
    whole = rows.evaluate_all("all => all.map(n => n.closest('[title]')?.title ?? '')")
    assert all(
        name in title
        for name, title in zip(rows.all_text_contents(), whole, strict=True)
    )
    for name, way in [
        (ledgers.ARABIC, "rtl"),
        (ledgers.HEBREW, "rtl"),
        ("=1+1", "ltr"),
    ]:
        row = rows.filter(has_text=name).first
        assert row.evaluate("n => getComputedStyle(n).direction") == way
    for name in (ledgers.EMOJI, ledgers.SCRIPT, ledgers.MIXED):
        shown.locator(".mw-trend-name", has_text=name).filter(visible=True).wait_for()
    assert shown.title().startswith("Model Analytics")
    assert shown.locator(".mw-app script, .mw-app img").count() == 0
    assert is_within(shown, 420)
    assert violations(shown) == []


def test_where_nothing_is_priced_every_tab_says_tokens_and_no_dollar(
    page: OpenPage, address: Address
) -> None:
    shown = page("dark", 420, url=address("nothing priced", "overview"))
    shown.get_by_text("by tokens, as nothing is priced").first.wait_for()
    for tab, words in [
        ("Token Usage", "Tokens per day, UTC, as nothing is priced"),
        ("Model Analytics", "Tokens over time, as nothing is priced"),
    ]:
        shown.get_by_role("link", name=tab).click()
        shown.get_by_text(words).wait_for()
        assert "$" not in shown.inner_text("main")
        assert is_within(shown, 420)
    assert violations(shown) == []


def test_the_hugest_beside_the_tiniest_is_cut_nowhere_and_one_bucket_is_a_figure(
    page: OpenPage, address: Address
) -> None:
    shown = page(width=420, url=address("a nano beside 900 million", "overview"))
    shown.locator(".mw-kpi-value", has_text="$4.48B").wait_for()
    shown.locator(".mw-kpi-value", has_text="0.00000022").wait_for()
    shown.get_by_text("lower bound: >99.9% of tokens unpriced").first.wait_for()
    assert is_within(shown, 420)
    assert violations(shown) == []
    shown.locator(".mw-donut-name", has_text="dear").first.click()
    shown.get_by_role("link", name="Token Usage").click()
    shown.locator(".mw-trend-figure", has_text="$899,999,999.50").wait_for()
    shown.locator(".mw-trend-figure", has_text="150").wait_for()
    assert is_within(shown, 420)
