"""The page around the widgets: theme, loading, failure, and the end of a session."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from serve.running import Running, until

from .conftest import FAILED, LOADING, OpenPage, violations, violations_in_both_themes
from .pages import at, overflows

CELLS = (
    "import ipywidgets as w",
    """
button = w.Button(description="count")
label = w.Label("0")
def count(_):
    label.value = str(int(label.value) + 1)
button.on_click(count)
broken = w.Button(description="break")
def fail(_):
    raise ValueError("hunter2")
broken.on_click(fail)
""",
    'w.VBox([w.HTML("<h1>Usage Metering</h1>"), button, label, broken])',
)
STEPS = """
window.steps = [];
new MutationObserver(() => {
  const step = document.getElementById("mw-step")?.textContent;
  if (step && step !== window.steps.at(-1)) window.steps.push(step);
}).observe(document, { childList: true, subtree: true, characterData: true });
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose page is a few plain widgets."""
    with Running.notebook(tmp_path_factory.mktemp("plain"), *CELLS) as running:
        yield running


def kernel(server: Running, page: Any) -> psutil.Process:
    """Return the kernel behind a page."""
    config = json.loads(page.text_content("#jupyter-config-data"))
    name = f"kernel-{config['kernelId']}-ipc"
    (found,) = [
        each
        for each in server.kernels()
        if any(name in str(wire.laddr) for wire in each.net_connections("unix"))
    ]
    return found


def is_light(page: Any) -> str | None:
    return page.get_attribute("html", "data-jp-theme-light")


def ground(page: Any) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 420)])
def test_the_overview_loads_clean_and_accessible(
    page: OpenPage, theme: str, width: int
) -> None:
    shown = page(theme, width)
    assert is_light(shown) == str(theme == "light").lower()
    assert violations_in_both_themes(shown) == []
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not shown.evaluate(wide)


SLOW_WIRE = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  setTimeout(() => send.call(this, data), 400);
};
new MutationObserver((_, watch) => {
  if (!document.documentElement.classList.contains("mw-ready")) return;
  watch.disconnect();
  window.atFirst = document.querySelector(".mw-kpi-value")?.textContent;
}).observe(document, { attributeFilter: ["class"], subtree: true });
"""


FIRST = """
window.seen = [];
const look = () => {
  const cards = [...document.querySelectorAll("#mw-loading dl > div")];
  const read = cards.map((card) => [...card.children].map((one) => one.textContent));
  if (read.length) window.seen = read;
};
new MutationObserver(look).observe(document, { childList: true, subtree: true });
"""
THEN = """
[...document.querySelectorAll(
  ".mw-app > .mw-page:not(.mw-away) .mw-kpi-card")].map((card) =>
  [".mw-kpi-word", ".mw-kpi-value", ".mw-kpi-caption"].map((part) =>
    card.querySelector(part).textContent))
"""


@pytest.mark.parametrize("width", [1440, 420])
def test_the_first_words_of_a_page_hold_the_figures_that_it_then_shows(
    page: OpenPage, server: Running, width: int
) -> None:
    url = at(server.url, "/token-usage?range=7d&org=Acme")
    shown = page("dark", width, url=url, until="#mw-loading .mw-first", init=FIRST)
    assert "Feb 16 – Feb 22, 2026" in shown.inner_text("#mw-loading")
    assert "Demo data" in shown.inner_text("#mw-loading h1")
    assert violations(shown) == []
    assert not overflows(shown)
    shown.wait_for_selector("html.mw-ready", state="attached")
    assert len(shown.evaluate("window.seen")) == 3
    assert shown.evaluate("window.seen") == shown.evaluate(THEN)


def test_a_page_is_shown_once_its_figures_are_there(page: OpenPage) -> None:
    assert page(init=SLOW_WIRE).evaluate("window.atFirst") == "$634.58"


def test_a_window_of_320_pixels_needs_no_sideways_scroll(page: OpenPage) -> None:
    shown = page(width=320)
    shown.wait_for_selector(".mw-app > .mw-away .svg-figure", state="attached")
    assert shown.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_shell_is_shown_before_the_kernel_is_there(
    page: OpenPage, plain: Running, theme: str
) -> None:
    shown = page(theme, url=plain.url, until=LOADING, init=STEPS)
    assert is_light(shown) == str(theme == "light").lower()
    assert shown.is_visible("#mw-loading h1")
    assert shown.get_attribute("#mw-progress", "role") == "progressbar"
    assert violations(shown) == []
    shown.wait_for_selector("html.mw-ready", state="attached")
    assert not shown.query_selector("#mw-loading")
    assert shown.is_visible("text=count")
    assert shown.evaluate("window.steps") == [
        "Starting a session",
        "Running cell 1 of 3",
        "Running cell 2 of 3",
        "Running cell 3 of 3",
        "Drawing",
    ]


def test_the_theme_switches_in_the_same_session_and_is_remembered(
    page: OpenPage, plain: Running
) -> None:
    shown = page("light", url=plain.url)
    before = ground(shown)
    session = kernel(plain, shown)
    shown.click("role=button[name='Dark theme']")
    assert is_light(shown) == "false"
    assert shown.get_attribute("#mw-theme", "aria-pressed") == "true"
    assert ground(shown) != before
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=1")
    assert session.is_running()
    shown.reload(wait_until="commit")
    shown.wait_for_selector(LOADING, state="attached")
    assert is_light(shown) == "false"


def test_the_theme_follows_the_system_until_one_is_chosen(
    page: OpenPage, plain: Running
) -> None:
    shown = page("light", url=plain.url)
    shown.emulate_media(color_scheme="dark")
    shown.wait_for_selector("html[data-jp-theme-light=false]")
    shown.emulate_media(color_scheme="light")
    shown.wait_for_selector("html[data-jp-theme-light=true]")


@pytest.mark.slow
def test_what_was_typed_as_dollars_is_not_set_as_a_formula(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    cell = "import ipywidgets as w; w.HTML('<p>$5.00 of $7.00</p>')"
    shown = page(url=serving(cell).url)
    assert shown.inner_text("p >> text=of") == "$5.00 of $7.00"


@pytest.mark.slow
def test_a_session_that_dies_says_so_and_offers_a_new_one(
    page: OpenPage, plain: Running
) -> None:
    shown = page(url=plain.url, forgive=True)
    kernel(plain, shown).kill()
    shown.wait_for_selector("#mw-notice[role=status] >> text=This session has ended")
    assert violations(shown) == []
    with shown.expect_navigation(wait_until="commit"):
        shown.click("#mw-notice >> role=button[name='Reload']")
    shown.wait_for_selector("html.mw-ready", state="attached")
    assert not shown.is_visible("#mw-notice")


@pytest.mark.slow
def test_a_page_that_can_not_be_made_says_so(
    page: OpenPage, serving: Callable[..., Running]
) -> None:
    running = serving("1", "raise ValueError('hunter2')")
    shown = page(url=running.url, until=FAILED)
    assert shown.is_visible("text=This page could not be made")
    assert shown.is_visible("#mw-notice >> text=Reload")
    assert "hunter2" not in shown.content()
    assert violations(shown) == []


def test_a_callback_that_fails_tells_the_log_and_not_the_browser(
    page: OpenPage, plain: Running
) -> None:
    heard: list[bytes] = []
    shown = page(url=plain.url, heard=heard)
    shown.click("text=break")
    assert until(lambda: "ValueError: hunter2" in plain.errors())
    shown.click("text=count")
    shown.wait_for_selector(".widget-label >> text=1")
    assert heard
    assert not [each for each in heard if b"hunter2" in each]


def test_closing_the_page_ends_its_kernel(page: OpenPage, plain: Running) -> None:
    shown = page(url=plain.url)
    session = kernel(plain, shown)
    shown.close(run_before_unload=True)
    assert until(lambda: not session.is_running())


@pytest.mark.slow  # as long as the server waits before it asks whether a page lives
def test_a_page_that_is_left_alone_keeps_its_connection(page: OpenPage) -> None:
    said: list[str] = []
    shown = page(init="window.opened = []; const W = window.WebSocket;"
        "window.WebSocket = class extends W { constructor(...given) {"
        "super(...given); window.opened.push(given[0]); } };")  # fmt: skip
    shown.on("console", lambda line: said.append(line.text))
    shown.wait_for_timeout(35_000)
    assert shown.evaluate("window.opened.length") == 1
    assert not [line for line in said if "reconnecting" in line]
