"""My Usage as an end user meets it: their own usage, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serve.running import Running

from meterwidgets.metrics.text import formats

from .conftest import READY, OpenPage, violations, violations_in_both_themes
from .pages import (
    MONTH,
    Chart,
    at,
    bucket,
    list_rows,
    money,
    nano,
    overflows,
    report,
    tab,
    text,
    token_cards,
    until_at,
    until_read,
    until_shown,
)

ME = "u-1300"


@pytest.fixture(scope="module")
def own() -> Iterator[Running]:
    """A server of the demo ledger, for one end user."""
    command = ("-m", "meterwidgets", "serve", "--port", "0", "--user", ME)
    with Running(*command) as running:
        yield running


def usage_cards(found: dict[str, Any]) -> list[str]:
    totals = found["totals"]
    return [
        f"Total Spend {money(totals['cost'])}",
        f"Tokens {formats.count(totals['tokens'])}",
        f"Requests {formats.count(totals['requests'])}",
        f"Rate/1K {formats.rate(nano(totals['rate_per_1k']))}",
    ]


def names_of_others() -> set[str]:
    """Every value of the ledger that isn't in my own usage."""
    everyone, mine = report(), report("--user", ME)
    return {
        row["name"]
        for by, rows in everyone["by"].items()
        for row in rows
        if row["name"] not in [own["name"] for own in mine["by"][by]]
    }


def test_my_figures_equal_my_report_and_nothing_of_others_is_sent(
    page: OpenPage, own: Running
) -> None:
    found = report(*MONTH, "--user", ME)
    others = names_of_others()
    assert {"Acme", "Initech", "u-1000", "search-prod", "phi-4-mini"} < others
    heard: list[bytes] = []
    shown = page(url=own.url, heard=heard)
    until_at(shown, "/my-usage")
    until_read(
        shown,
        *usage_cards(found),
        "Usage Trend Cost over time",
        f"My Models 3 models {money(found['totals']['cost'])} Total Cost",
        *list_rows(found),
    )
    chart = Chart(shown, "Usage Trend")
    models = [row["name"] for row in found["by"]["model"]]
    chart.has_legend(*models)
    chart.plot.press("End")
    rows, total = bucket(found, 29, "cost")  # a model has one deployment here
    renamed = [(name, value) for name, (_, value) in zip(models, rows, strict=True)]
    chart.reads("Sun, Feb 22, 2026", renamed, total)
    shown.keyboard.press("Escape")
    assert violations_in_both_themes(shown) == []
    tab(shown, "Token Usage").click()
    until_at(shown, "/my-usage?page=token-usage")
    until_read(shown, *token_cards(found))
    Chart(shown, "Token Count Trend").has_legend(
        *(one["name"] for one in found["trend"]["series"])
    )
    shown.get_by_role("button", name="Filters").click()
    shown.get_by_role("checkbox", name="Globex Research").first.wait_for()
    told = b"".join(_bytes(each) for each in heard) + shown.content().encode()
    assert b"Globex Research" in told
    assert [name for name in others if name.encode() in told] == []


def _bytes(frame: bytes | str) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def test_an_address_can_not_ask_for_another_user_and_a_reload_keeps_the_tab(
    page: OpenPage, own: Running
) -> None:
    found = report(*MONTH, "--user", ME)
    asked = "/my-usage?user=u-1000&org=Acme&page=token-usage"
    shown = page("dark", 420, url=at(own.url, asked))
    until_read(
        shown,
        "The address was used in part: user 'u-1000' not found",
        *token_cards(found),
    )
    until_at(shown, "/my-usage?page=token-usage")
    assert "Umbrella" not in shown.content()
    assert not overflows(shown)
    shown.reload(wait_until="commit")
    shown.wait_for_selector("html.mw-ready", state="attached")
    until_read(shown, *token_cards(found))
    assert tab(shown, "Token Usage").get_attribute("aria-current") == "page"
    assert "left out" not in text(shown)
    tab(shown, "My Usage").click()
    until_at(shown, "/my-usage")
    until_shown(shown, "My Models")
    assert not overflows(shown)
    assert violations(shown) == []


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Two users of one day, with recorded costs."""
    path = tmp_path / "ledger.csv"
    path.write_text(
        "timestamp,user,org,model,prompt_tokens,completion_tokens,cost\n"
        "2026-03-02T10:00:00Z,ada,Turing Ltd,qwen,1000,500,0.75\n"
        "2026-03-02T11:00:00Z,ada,Turing Ltd,llama,2000,500,0.50\n"
        "2026-03-02T10:30:00Z,grace,Hopper Inc,mistral,7000,7000,90.00\n",
        "utf-8",
    )
    return path


@pytest.mark.slow  # a server of its own
def test_a_real_ledger_is_shown_to_the_user_that_the_server_names(
    page: OpenPage, ledger: Path
) -> None:
    command = ("-m", "meterwidgets", "serve", str(ledger), "--port", "0")
    heard: list[bytes] = []
    with Running(*command, "--user", "ada", cwd=ledger.parent) as running:
        shown = page(url=at(running.url, "/my-usage"), heard=heard)
        until_read(
            shown,
            "Total Spend $1.25",
            "Tokens 4,000",
            "Requests 2",
            "Rate/1K $0.3125",
            "My Models 2 models $1.25 Total Cost",
            "1 qwen $0.75 60.0% of total",
            "2 llama $0.50 40.0% of total",
        )
        told = b"".join(_bytes(each) for each in heard) + shown.content().encode()
        assert b"qwen" in told
        assert not [n for n in (b"grace", b"Hopper", b"mistral") if n in told]
        shown.context.close()


@pytest.mark.slow  # a server of its own
def test_an_operator_looks_up_a_user_and_sees_the_page_of_that_one(
    page: OpenPage, ledger: Path
) -> None:
    command = ("-m", "meterwidgets", "serve", str(ledger), "--port", "0")
    with Running(*command, cwd=ledger.parent) as running:
        shown = page(url=at(running.url, "/my-usage"), until="main")
        assert "2 users" in text(shown, "main")
        assert violations(shown) == []
        shown.get_by_label("User").fill("AD")
        shown.keyboard.press("Enter")
        until_shown(shown, "1 user found for “AD”")
        shown.get_by_role("link", name="ada").click()
        shown.wait_for_selector(READY, state="attached")
        until_read(shown, "Total Spend $1.25", "My Models 2 models $1.25 Total Cost")
        until_at(shown, "/my-usage?user=ada")
        found = shown.content()
        assert not [name for name in ("grace", "Hopper", "mistral") if name in found]
        tab(shown, "Token Usage").click()
        until_at(shown, "/my-usage?user=ada&page=token-usage")
        shown.context.close()


def test_an_end_user_finds_the_way_from_an_operator_s_page_to_their_own(
    page: OpenPage, own: Running
) -> None:
    shown = page(url=at(own.url, "/overview"), until="main", forgive=True)
    assert "Overview is not for you" in text(shown, "main")
    assert violations(shown) == []
    shown.get_by_role("link", name="Go to My Usage").click()
    until_at(shown, "/my-usage")
    shown.goto(at(own.url, "/token-usage"))
    shown.wait_for_selector(READY, state="attached")
    until_read(shown, *token_cards(report(*MONTH, "--user", ME)))
    tab(shown, "My Usage").click()
    until_shown(shown, "My Models")
    assert shown.get_by_role("link", name="Overview").count() == 0
