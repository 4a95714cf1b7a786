"""The app as a reader moves through it: tabs, address, Back, links, hostile links."""

from __future__ import annotations

from typing import Any

import pytest
from serve.running import Running

from .conftest import OpenPage, violations, violations_in_both_themes
from .pages import (
    Chart,
    at,
    choose,
    focused,
    money,
    overflows,
    report,
    tab,
    text,
    token_cards,
    until_at,
    until_equal,
    until_read,
    until_shown,
)

pytestmark = pytest.mark.slow

WEEK = ("--start", "2026-02-16", "--end", "2026-02-23")
CHOSEN = "?range=7d&org=Acme"
SWITCH = """
async name => {
  const [link] = [...document.querySelectorAll('.mw-tab')]
    .filter(node => node.textContent === name);
  const begun = performance.now();
  link.click();
  const there = () => link.hasAttribute('aria-current') &&
    document.querySelectorAll('.mw-app > .mw-page:not(.mw-away)').length === 1;
  do await new Promise(requestAnimationFrame); while (!there());
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}
"""


SECOND = """
new MutationObserver((_, watch) => {
  if (document.querySelectorAll('.mw-app > .mw-page').length < 2) return;
  watch.disconnect();
  const first = document.querySelector('.mw-ready .mw-page:not(.mw-away)');
  window.figuresFirst = Boolean(first?.querySelector('.mw-kpi-value').textContent);
}).observe(document, { childList: true, subtree: true });
"""


def is_open(page: Any, name: str, address: str) -> None:
    """Wait until a tab is the current one, in the address and in the title, too."""
    until_at(page, address)
    until_equal(
        page,
        "() => document.querySelector('.mw-tab[aria-current=page]')?.textContent",
        name,
    )
    until_equal(page, "() => document.title", f"{name} · meterwidgets")


def chosen(page: Any, *names: str) -> None:
    for name in names:
        radio = page.get_by_role("radio", name=name, exact=True, checked=True)
        radio.first.wait_for()


def test_tabs_share_a_session_and_its_filters_and_the_address_follows(
    page: OpenPage, server: Running
) -> None:
    week, acme = report(*WEEK), report(*WEEK, "--org", "Acme")
    shown = page()
    asked: list[str] = []
    shown.on("request", lambda sent: asked.append(sent.url))
    shown.on("websocket", lambda wire: asked.append(wire.url))
    shown.get_by_role("radio", name="7d").click()
    is_open(shown, "Overview", "/overview?range=7d")
    shown.get_by_role("button", name="Acme", exact=True).click()
    is_open(shown, "Overview", f"/overview{CHOSEN}")
    tab(shown, "Token Usage").click()
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}")
    until_read(shown, *token_cards(acme))
    count = Chart(shown, "Token Count Trend")
    count.card.get_by_role("radio", name="Model").click()
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model")
    count.card.get_by_role("radio", name="Lines").click()
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model&shape=lines")
    shown.get_by_role("button", name="Remove filter Tenant org: Acme").click()
    is_open(shown, "Token Usage", "/token-usage?range=7d&by=model&shape=lines")
    until_read(shown, *token_cards(week))
    tab(shown, "Overview").click()
    is_open(shown, "Overview", "/overview?range=7d")
    until_read(shown, f"Total Spend {money(week['totals']['cost'])}")

    shown.go_back()
    is_open(shown, "Token Usage", "/token-usage?range=7d&by=model&shape=lines")
    shown.go_back()
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model&shape=lines")
    until_read(shown, *token_cards(acme))
    shown.go_back()
    chosen(shown, "Model", "Stacked")
    shown.go_back()
    chosen(shown, "Deployment", "Stacked")
    shown.go_back()
    is_open(shown, "Overview", f"/overview{CHOSEN}")
    until_read(shown, f"Total Spend {money(acme['totals']['cost'])}")
    for _ in range(3):
        shown.go_forward()
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model&shape=lines")
    chosen(shown, "7d", "Model", "Lines")
    for name in ("Overview", "Token Usage"):
        print(f"warm switch to {name}: {shown.evaluate(SWITCH, name):.0f} ms")
    assert [url for url in asked if "favicon" not in url and "blob:" not in url] == []

    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model&shape=lines")
    shown.reload(wait_until="commit")
    shown.wait_for_selector("html.mw-ready", state="attached")
    is_open(shown, "Token Usage", f"/token-usage{CHOSEN}&by=model&shape=lines")
    chosen(shown, "7d", "Model", "Lines")
    until_read(shown, "Tenant org Acme", *token_cards(acme))
    choose(shown, "Initech")
    both = f"/token-usage{CHOSEN}&org=Initech&by=model&shape=lines"
    is_open(shown, "Token Usage", both)


def test_an_idle_page_has_every_tab_so_that_a_bare_click_is_a_few_messages(
    page: OpenPage, server: Running
) -> None:
    heard: list[bytes] = []
    shown = page(heard=heard, init=SECOND)
    until_equal(
        shown, "() => document.querySelectorAll('.mw-app > .mw-page').length", 3
    )
    assert shown.evaluate("window.figuresFirst")
    assert len(heard) < 40  # all tabs come with the page's state, as one message
    for name in ("Token Usage", "Model Analytics"):
        shown.wait_for_function("document.querySelectorAll('.mw-away').length === 2")
        begun = len(heard)
        tab(shown, name).evaluate("link => link.click()")  # nothing is pointed at
        is_open(shown, name, f"/{name.lower().replace(' ', '-')}")
        until_shown(shown, "Total Tokens" if name == "Token Usage" else "Model List")
        storm = heard[begun:]
        assert not [frame for frame in storm if b"comm_open" in frame]
        assert len(storm) <= 10
    assert text(shown).count("Usage Trend") == 1  # and only one of them is seen


def test_a_visit_on_the_heels_of_a_click_leaves_no_stale_address(
    overview: Any,
) -> None:
    overview.get_by_role("radio", name="7d").click()
    until_at(overview, "/overview?range=7d")
    overview.evaluate(
        """() => {
          const radios = [...document.querySelectorAll('.mw-radio')];
          radios.find(radio => radio.textContent === '30d').click();
          const visit = new CustomEvent('mw-visit', { detail: 'overview' });
          document.dispatchEvent(visit);
        }"""
    )
    until_at(overview, "/overview")


def test_back_thrice_at_once_goes_all_the_way_and_keeps_the_way_forward(
    page: OpenPage, server: Running
) -> None:
    shown = page()
    for name in ("Token Usage", "Model Analytics", "Token Usage"):
        tab(shown, name).click()
        is_open(shown, name, f"/{name.lower().replace(' ', '-')}")
    shown.evaluate(
        """async () => {
          for (let left = 3; left; left--) {
            const gone = new Promise(done =>
              addEventListener('popstate', done, { once: true }));
            history.back();
            await gone;
          }
        }"""
    )
    is_open(shown, "Overview", "/overview")
    until_shown(shown, "Model Distribution")
    for name in ("Token Usage", "Model Analytics", "Token Usage"):
        shown.go_forward()
        is_open(shown, name, f"/{name.lower().replace(' ', '-')}")


def test_a_link_opens_exactly_what_it_names_and_says_what_it_can_not_have(
    page: OpenPage, server: Running
) -> None:
    acme = report(*WEEK, "--org", "Acme")
    address = f"/token-usage{CHOSEN}&by=model&shape=lines"
    shown = page(url=at(server.url, f"{address}&org=Nobody"))
    is_open(shown, "Token Usage", address)
    chosen(shown, "7d", "Model", "Lines")
    until_read(
        shown,
        "Feb 16 – Feb 22, 2026",
        "Tenant org Acme",
        "The address was used in part: org 'Nobody' not found",
        *token_cards(acme),
    )
    models = [row["name"] for row in acme["by"]["model"]]
    Chart(shown, "Token Usage Cost Trend").has_legend(*models)
    assert violations_in_both_themes(shown) == []
    hrefs = shown.locator(".mw-tab").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert hrefs == [f"/overview{CHOSEN}", address, f"/model-analytics{CHOSEN}"]
    with shown.context.expect_page() as aside:
        tab(shown, "Model Analytics").click(modifiers=["Control"])
    aside.value.wait_for_url(f"**/model-analytics{CHOSEN}", wait_until="commit")
    aside.value.close()
    is_open(shown, "Token Usage", address)
    shown.keyboard.press("Escape")
    shown.get_by_role("button", name="Dismiss").click()
    shown.get_by_role("alert").wait_for(state="hidden")
    assert focused(shown).startswith("Filters")


HOSTILE = {
    "markup": (
        "/token-usage?org=%3Cscript%3Ewindow.hit=1%3C/script%3E"
        "&org=%22%3E%3Cimg%20src=x%20onerror=window.hit=1%3E&org=%00&tz=..%2F..%2Fetc"
        "&range=../../&start=9999-99-99&by=__proto__&shape=%3Cb%3E&page=%2e%2e",
        "org '<script>window.hit=1</script>' not found",
    ),
    "encoding": (
        f"/overview?org=%zz&%ff=%fe&model=%c3%28&&&===&{'a=1&' * 900}start=%",
        "org '%zz' not found",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_link_still_opens_a_page_and_runs_nothing(
    page: OpenPage, server: Running, kind: str
) -> None:
    asked, said = HOSTILE[kind]
    path = asked.partition("?")[0]
    shown = page(url=at(server.url, asked))
    until_read(shown, f"The address was used in part: {said}", "30d")
    until_at(shown, path)
    assert shown.evaluate("window.hit") is None
    assert shown.locator("[src=x], [onerror]").count() == 0


def test_each_tab_fits_a_phone_and_answers_to_the_keyboard(
    page: OpenPage, server: Running
) -> None:
    shown = page("dark", 420)
    for name, words in [
        ("Overview", "Model Distribution"),
        ("Token Usage", "Token Count Trend"),
        ("Model Analytics", "Model List"),
    ]:
        tab(shown, name).press("Enter")
        until_shown(shown, words)
        assert focused(shown) == name
        assert not overflows(shown)
        assert violations(shown) == []
    assert "Token Count Trend" not in text(shown)


def test_a_link_of_thousands_of_parameters_is_refused_and_the_next_one_is_not(
    server: Running,
) -> None:
    assert server.ask(f"/overview?{'a=1&' * 7_000}").status == 400
    assert server.ask("/?org=Acme").headers["Location"] == "/overview?org=Acme"
