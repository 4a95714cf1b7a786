"""What made a spike, and a request over its list price left out, as a reader sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from frame.store.ledgers import BOOK, add, jsonl, spend_logs
from serve.running import Running

import meterwidgets as mw

from .conftest import OpenPage, violations
from .pages import at, overflows, text, until_read

pytestmark = pytest.mark.slow

DEAR = {"startTime": "2026-02-12T09:00:00Z", "spend": 900.0, "user": "<i>u&9</i>"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """The address of a store with one request for 900 dollars, and its usage."""
    here = tmp_path_factory.mktemp("behind")
    rows = spend_logs(300, days=40)
    rows = [row for row in rows if row["startTime"] < "2026-02-13"]
    dear = rows[0] | {"request_id": "dear", "model": "m-1"} | DEAR
    add(here / "usage.meter", jsonl(here / "a.jsonl", [*rows, dear]), book=BOOK)
    command = ("-m", "meterwidgets", "serve", "usage.meter", "--port", "0")
    with Running(*command, cwd=here) as running:
        url = at(running.url, "/model-analytics")
        yield url, mw.open_store(here / "usage.meter")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 420)])
def test_a_banner_leads_to_the_requests_behind_a_spike(
    page: OpenPage, store: tuple[str, Any], theme: str, width: int
) -> None:
    url, usage = store
    shown = page(theme, width, url=url)
    shown.locator(".mw-banner-more").click()
    shown.get_by_role("button", name="What made this").focus()
    shown.keyboard.press("Enter")
    table = shown.get_by_role("table", name="What made this")
    table.wait_for()
    day = usage.select(mw.Filters(start="2026-02-12", end="2026-02-13"))
    records = day.records(order="cost")
    first = table.get_by_role("row").nth(1)
    assert first.locator(".mw-records-value").inner_text() == "$900.00"
    assert "<i>u&9</i>" in first.inner_text()
    assert first.get_attribute("title").startswith("a.jsonl, row ")
    count = table.locator("tbody tr").count()
    assert count == min(10, records.num_rows)
    assert shown.evaluate("document.activeElement.textContent") == "What made this"
    assert not overflows(shown)
    assert violations(shown) == []
    shown.get_by_role("button", name="Hide requests").click()
    table.wait_for(state="hidden")


def test_the_page_of_one_user_lists_their_requests_and_names_no_file(
    page: OpenPage, store: tuple[str, Any]
) -> None:
    url, usage = store
    heard: list[bytes] = []
    own = at(url, f"/my-usage?page=token-usage&range=all&user={quote(DEAR['user'])}")
    shown = page(url=own, heard=heard)
    shown.get_by_role("button", name="Show requests").click()
    table = shown.get_by_role("table", name="What made this")
    table.wait_for()
    records = usage.select(mw.Filters(users=[DEAR["user"]])).records(order="cost")
    assert table.locator("tbody tr").count() == min(10, records.num_rows) == 1
    first = table.get_by_role("row").nth(1)
    assert first.locator(".mw-records-value").inner_text() == "$900.00"
    assert not first.get_attribute("title")
    told = shown.content() + "".join(map(str, heard))
    others = {f"u-{number}" for number in range(10)}
    assert [name for name in (*others, "a.jsonl") if name in told] == []
    assert violations(shown) == []


def test_a_reader_leaves_it_out_and_the_chip_brings_it_back(
    page: OpenPage, store: tuple[str, Any]
) -> None:
    url, _ = store
    shown = page(url=url)
    until_read(shown, "One request at over 100x its list price")
    before = text(shown, ".mw-kpi-cards")
    shown.get_by_role("button", name="Leave it out").focus()
    shown.keyboard.press("Enter")
    undo = shown.get_by_role("button", name="Remove filter Outliers: left out")
    undo.wait_for()
    shown.wait_for_function("document.activeElement.matches('.mw-filter-button')")
    shown.wait_for_function("!document.body.innerText.includes('list price')")
    assert text(shown, ".mw-kpi-cards") != before
    assert shown.url.endswith("?outliers=without")
    assert violations(shown) == []
    undo.click()
    until_read(shown, "One request at over 100x its list price", before)
    assert "outliers" not in shown.url
