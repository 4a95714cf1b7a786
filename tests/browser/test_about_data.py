"""About this data, and the word that a window shows little: as a reader meets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from serve.running import Running

from .conftest import LOADING, OpenPage, violations_in_both_themes
from .pages import choose, overflows, tab, until_equal, until_shown

pytestmark = pytest.mark.slow

OPEN = ".mw-about-dialog:popover-open"
HEAD = "time,org,user,model,input_tokens,output_tokens,cost,currency\n"
ROWS = (
    "2025-03-01T10:00:00Z,Acme,ann,alpha,100,50,99.00,USD\n"
    "2026-02-21T10:00:00Z,Acme,ann,alpha,100,50,2.00,USD\n"
    "2026-02-22T10:00:00Z,Acme,ann,alpha,,,-1.50,USD\n"
    "2026-02-22T11:00:00Z,Globex,bob,beta,100,50,0.50,USD\n"
    "yesterday,Globex,bob,beta,100,50,7.00,USD\n"
)


@pytest.fixture(scope="module")
def sliver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A ledger of a year, of which the first window shows a dollar."""
    folder = tmp_path_factory.mktemp("sliver")
    (folder / "rows.csv").write_text(HEAD + ROWS, "utf-8")
    command = ("-m", "meterwidgets", "serve", "rows.csv", "--port", "0")
    with Running(*command, cwd=folder) as running:
        yield running


def button(page: Any) -> Any:
    return page.get_by_role("button", name="About this data")


def listed(page: Any) -> str:
    page.wait_for_selector(OPEN)
    return str(page.inner_text(OPEN))


def until_focused(page: Any, words: str) -> None:
    until_equal(page, "() => document.activeElement.textContent.trim()", words)


def test_the_notes_open_by_keyboard_and_give_the_focus_back(overview: Any) -> None:
    about = button(overview)
    assert about.inner_text() == "About this data (3)"
    assert about.get_attribute("aria-expanded") == "false"
    about.focus()
    overview.keyboard.press("Enter")
    overview.wait_for_selector(OPEN)
    until_focused(overview, "About this data")
    assert about.get_attribute("aria-expanded") == "true"
    assert "137,380 records cost 1741.986532100 USD" in listed(overview)
    assert violations_in_both_themes(overview) == []
    overview.keyboard.press("Tab")
    overview.keyboard.press("Tab")
    overview.keyboard.press("Escape")
    overview.wait_for_selector(OPEN, state="hidden")
    until_focused(overview, "About this data (3)")
    about.click()
    overview.get_by_role("button", name="Close notes").click()
    until_focused(overview, "About this data (3)")


def test_the_notes_follow_the_filters_and_are_the_same_on_every_tab(
    overview: Any,
) -> None:
    choose(overview, "Initech")
    about = button(overview)
    about.click()
    until_shown(overview, "the ledger covers Nov 25, 2025 – Feb 22, 2026 (UTC)")
    overview.wait_for_function(
        f"() => !document.querySelector('{OPEN}').innerText.includes('137,380')"
    )
    overview.keyboard.press("Escape")
    # The row of the filters has wrapped: the footer makes room for it.
    edges = "() => ['.mw-app', '.mw-foot'].map(s => "
    edges += "document.querySelector(s).getBoundingClientRect())"
    overview.wait_for_function(
        f"() => {{ const [app, foot] = ({edges})(); return app.bottom <= foot.top; }}"
    )
    tab(overview, "Token Usage").click()
    assert about.count() == 1 and about.is_visible()


def test_a_printed_page_ends_with_the_notes(overview: Any) -> None:
    overview.emulate_media(media="print")
    assert overview.is_visible(".mw-about-dialog")
    assert not overview.is_visible(".mw-about-button")
    overview.emulate_media(media="screen")
    assert not overview.is_visible(".mw-about-dialog")


def test_a_small_part_leads_to_all_and_the_focus_stays(
    page: OpenPage, sliver: Running
) -> None:
    shown = page(url=sliver.url, width=420)
    button(shown).click()
    assert "1 row rejected" in listed(shown)
    assert not overflows(shown)
    assert violations_in_both_themes(shown) == []
    shown.keyboard.press("Escape")
    until_shown(shown, "$1.00 of $100.00")
    shown.get_by_role("button", name="Show all").click()
    until_equal(shown, "() => document.querySelector('.mw-part').hidden", True)
    until_focused(shown, "All")
    until_shown(shown, "$100.00")


def test_both_are_in_the_first_html_and_of_oneself_only_one_s_own(
    page: OpenPage, sliver: Running
) -> None:
    # what would put the widgets in the place of the first words does nothing
    stay = """Object.defineProperty(window, "mwPage", {
      value: new Proxy({}, { get: () => () => {} }) })"""
    first = page(url=sliver.url, until=LOADING, forgive=True, init=stay)
    first.locator("summary", has_text="About this data").click()
    until_shown(first, "$1.00 of $100.00")
    assert "1 row rejected" in first.inner_text("details")
    link = first.get_by_role("link", name="Show all")
    assert link.get_attribute("href") == "?range=all"
    own = page(url=sliver.url.replace("overview", "my-usage?user=ann"))
    button(own).click()
    assert "-$1.50 of the spend is negative" in listed(own)
    assert "reject" not in listed(own) and "rows.csv" not in listed(own)
