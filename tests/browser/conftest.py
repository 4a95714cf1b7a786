"""One Chromium and one server for all browser tests, and pages that watch themselves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import golden
import pytest
from serve.running import COOKIES, Running

from .pages import end_reporter, until_at

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
READY = "html.mw-ready"
FAILED = "html.mw-failed"
LOADING = "#mw-step"
PATIENCE = 60_000  # ms; a busy machine is slow


class OpenPage(Protocol):
    """Opens a page and returns Playwright's handle of it."""

    def __call__(
        self,
        theme: str = "light",
        width: int = 1440,
        *,
        url: str | None = None,
        until: str = READY,
        forgive: bool = False,
        init: str = "",
        heard: list[bytes] | None = None,
    ) -> Any:
        """Open a page.

        Args:
            theme: "light" or "dark": what the system prefers.
            width: The window's width in pixels.
            url: The address; the product's overview if None.
            until: The selector to wait for: READY, FAILED or LOADING.
            forgive: Don't hold errors in the console against the page.
            init: JavaScript to run before the page's own.
            heard: Gets what the page receives over its websocket.
        """


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium; without one the tests are skipped, in CI they fail."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        chromium = None
    if not chromium:
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("no browser: apt-get install chromium; pip install playwright")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session", autouse=True)
def _reports() -> Iterator[None]:
    """The process that reports, while there are tests that may ask it."""
    yield
    end_reporter()


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """The product, on its demo ledger."""
    with Running("-m", "meterwidgets", "serve", "--port", "0") as running:
        yield running


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The worked example, served with its rate table from a config."""
    folder = tmp_path_factory.mktemp("golden")
    golden.write(folder)
    rows = "\n".join(
        "[[price]]\n" + "\n".join(f'{key} = "{value}"' for key, value in price.items())
        for price in golden.PRICES
    )
    config = folder / "golden.toml"
    config.write_text(f'[[source]]\npath = "golden.csv"\n{rows}\n', "utf-8")
    command = ("-m", "meterwidgets", "serve", "--config", str(config), "--port", "0")
    with Running(*command, cwd=folder) as running:
        yield running


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Serve a notebook of the given cells as the overview."""
    with ExitStack() as servers:
        yield lambda *cells: servers.enter_context(Running.notebook(tmp_path, *cells))


@contextmanager
def opener(browser: Any, default: Callable[[], str]) -> Iterator[OpenPage]:
    """Open pages; at the end each must have kept its console and its host clean."""
    contexts = []
    problems: list[str] = []

    def open_page(
        theme: str = "light",
        width: int = 1440,
        *,
        url: str | None = None,
        until: str = READY,
        forgive: bool = False,
        init: str = "",
        heard: list[bytes] | None = None,
    ) -> Any:
        url = url or default()
        context = browser.new_context(
            color_scheme=theme, viewport={"width": width, "height": 900}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        host = urlsplit(url).netloc
        if host in COOKIES:
            name, _, value = COOKIES[host].partition("=")
            context.add_cookies([{"name": name, "value": value, "url": url}])
        if init:
            context.add_init_script(init)
        opened = context.new_page()

        def asked(sent: Any) -> None:
            address = urlsplit(sent.url.removeprefix("blob:"))
            if address.scheme != "data" and address.netloc != host:
                problems.append(f"asked {sent.url}")

        opened.on("request", asked)
        opened.on("websocket", asked)
        if heard is not None:

            def listen(frame: bytes) -> None:
                heard.append(frame)

            opened.on("websocket", lambda wire: wire.on("framereceived", listen))
        if not forgive:
            opened.on("pageerror", lambda error: problems.append(str(error)))
            opened.on(
                "console",
                lambda said: said.type == "error" and problems.append(said.text),
            )
        opened.goto(url, wait_until="commit")
        opened.wait_for_selector(until, state="attached")
        return opened

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(
    browser: Any,
    request: pytest.FixtureRequest,
    serving: Callable[..., Running],  # ends after the pages do
) -> Iterator[OpenPage]:
    """Open pages in sessions of their own, by default of the demo ledger."""
    with opener(browser, lambda: request.getfixturevalue("server").url) as open_page:
        yield open_page


@pytest.fixture(scope="module")
def kept(browser: Any, server: Running) -> Iterator[Any]:
    """The overview of the demo ledger, for all tests of a module."""
    with opener(browser, lambda: server.url) as open_page:
        opened = open_page()
        made = "document.querySelectorAll('.mw-app > .mw-page').length === 3"
        opened.wait_for_function(made)
        yield opened


@pytest.fixture
def overview(kept: Any) -> Any:
    """The overview in a session that others used, gone to as by Back: at its start."""
    visit = "detail => document.dispatchEvent(new CustomEvent('mw-visit', { detail }))"
    for address in ("overview?range=24h", "overview"):  # the first one's answer is seen
        kept.evaluate(visit, address)
        until_at(kept, f"/{address}")
    return kept


def violations(page: Any) -> list[str]:
    """Return what axe-core finds wrong with a page, one line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


def violations_in_both_themes(page: Any) -> list[str]:
    """The same in dark and in light: a page follows the system without a reload."""
    found = []
    for theme, light in (("dark", "false"), ("light", "true")):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        here = f"html[data-jp-theme-light={light}]"
        page.wait_for_selector(here, state="attached")
        found += [f"{theme}: {one}" for one in violations(page)]
    page.emulate_media(reduced_motion="null")
    return found
