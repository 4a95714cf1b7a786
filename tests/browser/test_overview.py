"""The Overview as an operator meets it: every figure, every filter, every state."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from serve.running import Running

from meterwidgets.metrics.text import formats, percentages

from .conftest import OpenPage, violations, violations_in_both_themes
from .pages import (
    MONTH,
    choose,
    focused,
    nano,
    report,
    text,
    until_read,
    until_shown,
)


def test_the_worked_example_shows_every_text_of_the_overview(
    page: OpenPage, worked: Running
) -> None:
    shown = page(url=worked.url)
    until_read(
        shown,
        "Total Spend $0.16 $0.16/day · 1 day",
        "Tokens 54K 54K/day",
        "Models 1 Top Spender: qwen-cpu-deployment",
        "Rate/1K $0.0030 blended average",
        "Efficiency 338K tokens per dollar",
        "Token Distribution input and output 54K tokens",
        "Input 52% 28K tokens 500K tokens per dollar",
        "Output 48% 26K tokens 250K tokens per dollar",
        "Cost Distribution by token type $0.16",
        "Input cost 35% $0.06 $0.0020 per 1K tokens",
        "Output cost 65% $0.10 $0.0040 per 1K tokens",
        "Acme $0.16 100.0%",
        "qwen-cpu-deployment $0.16 100.0%",
        "Feb 22, 2026",
        "Data until Feb 22, 2026",
    )
    found = text(shown)
    assert "Demo data" not in found
    assert shown.get_by_text("$0.16", exact=True).count() >= 4
    assert "$0.00 " not in found
    assert "$0 " not in found
    assert violations_in_both_themes(shown) == []


def test_the_exact_value_stands_in_the_hover_title(
    page: OpenPage, worked: Running
) -> None:
    shown = page(url=worked.url)
    until_shown(shown, "338K")
    assert shown.get_by_text("338K", exact=True).get_attribute("title") == "337,500"


@pytest.mark.slow
def test_every_figure_equals_the_report_of_another_process(
    page: OpenPage,
) -> None:
    demo_report = report(*MONTH)
    shown = page()
    totals = demo_report["totals"]
    until_read(
        shown,
        "Demo data",
        f"Total Spend {formats.money(nano(totals['cost']))}",
        f"Tokens {formats.count(totals['tokens'])}",
        f"Models {totals['models']} Top Spender: {totals['top_model']}",
        f"Rate/1K {formats.rate(nano(totals['rate_per_1k']))}",
        f"Efficiency {formats.count(Decimal(totals['tokens_per_unit']))}",
        formats.money(nano(totals["run_rate_per_day"])) + "/day · 30 days",
        formats.count(totals["input_tokens"]) + " tokens",
        formats.count(totals["output_tokens"]) + " tokens",
        formats.money(nano(totals["input_cost"])),
        formats.money(nano(totals["output_cost"])),
    )
    for by in ("org", "model"):
        costs = [nano(row["cost"]) for row in demo_report["by"][by]]
        names = [row["name"] for row in demo_report["by"][by]]
        rows = zip(
            names, formats.money_column(costs), percentages.shares(costs), strict=True
        )
        until_read(shown, *(" ".join(row) for row in rows))


def test_choosing_an_organization_in_the_dialog_updates_all_of_it(
    overview: Any,
) -> None:
    expected = report(*MONTH, "--org", "Initech")
    cost = formats.money(nano(expected["totals"]["cost"]))
    shown = overview
    until_shown(shown, "Model Distribution")
    choose(shown, "Initech")
    shown.get_by_text("Tenant org").first.wait_for()
    until_read(
        shown,
        f"Total Spend {cost}",
        f"Tokens {formats.count(expected['totals']['tokens'])}",
        f"Models {expected['totals']['models']} Top Spender: mistral",
        f"Cost Distribution by token type {cost}",
        f"Top Organizations by cost {cost} selected",
        f"Model Distribution by cost {cost} total",
    )
    shown.get_by_role("button", name="Remove filter Tenant org: Initech").click()
    shown.get_by_text("Tenant org").first.wait_for(state="hidden")


def test_a_click_on_a_table_row_toggles_its_filter_by_keyboard_too(
    overview: Any,
) -> None:
    shown = overview
    row = shown.get_by_role("button", name="Globex Research", exact=True)
    row.focus()
    shown.keyboard.press("Enter")
    shown.get_by_role("button", name="Remove filter Tenant org").wait_for()
    shown.locator("button[aria-pressed=true]", has_text="Globex Research").wait_for()
    shown.keyboard.press("Enter")
    shown.get_by_role("button", name="Remove filter Tenant org").wait_for(
        state="hidden"
    )


def test_a_press_on_a_side_narrows_every_card(overview: Any) -> None:
    expected = report(*MONTH, "--cost-type", "input")
    shown = overview
    shown.get_by_role("button", name="Input cost").click()
    until_shown(shown, "Cost type")
    cost = formats.money(nano(expected["totals"]["cost"]))
    rate = formats.rate(nano(expected["totals"]["rate_per_1k"]))
    until_read(shown, f"Total Spend {cost}", f"Rate/1K {rate}")


def test_presets_move_the_window_and_the_resolved_range(overview: Any) -> None:
    shown = overview
    until_shown(shown, "Jan 24 – Feb 22, 2026")
    shown.get_by_role("radio", name="7d").click()
    until_shown(shown, "Feb 16 – Feb 22, 2026")
    shown.keyboard.press("ArrowRight")
    until_shown(shown, "Jan 24 – Feb 22, 2026")


def test_dates_and_times_of_the_dialog_make_one_range(overview: Any) -> None:
    expected = report("--start", "2026-02-20T06:00", "--end", "2026-02-22T18:00")
    shown = overview
    until_shown(shown, "Model Distribution")
    shown.get_by_role("radio", name="Custom").click()
    shown.get_by_label("From").fill("2026-02-20")
    shown.get_by_label("To", exact=True).fill("2026-02-22")
    shown.get_by_label("Start, on the first day").fill("06:00")
    shown.get_by_label("End, on the last day").fill("18:00")
    shown.get_by_role("button", name="Apply").click()
    until_shown(shown, "Feb 20, 6:00 AM – Feb 22, 2026, 6:00 PM")
    until_read(shown, formats.money(nano(expected["totals"]["cost"])))


def test_a_range_that_ends_before_it_starts_can_not_be_applied(overview: Any) -> None:
    shown = overview
    shown.get_by_role("radio", name="Custom").click()
    shown.get_by_label("From").fill("2026-02-22")
    shown.get_by_label("To", exact=True).fill("2026-02-20")
    assert shown.get_by_role("button", name="Apply").is_disabled()
    shown.keyboard.press("Escape")
    until_shown(shown, "Jan 24 – Feb 22, 2026")


def test_another_zone_moves_midnights_and_is_printed(overview: Any) -> None:
    shown = overview
    until_shown(shown, "Model Distribution")
    shown.get_by_role("button", name="Filters").click()
    shown.locator("select").select_option("Europe/Berlin")
    shown.get_by_role("button", name="Apply").click()
    until_shown(shown, "Europe/Berlin")


def test_an_empty_selection_says_why_and_leads_back(overview: Any) -> None:
    shown = overview
    until_shown(shown, "Model Distribution")
    choose(shown, "Initech", "phi-4-mini")
    shown.get_by_text("No usage in this selection").first.wait_for()
    until_read(
        shown,
        "with Tenant org Initech",
        "Total Spend $0.00",
        "Rate/1K – undefined without tokens",
    )
    assert violations(shown) == []
    shown.get_by_role("button", name="Reset filters").first.click()
    shown.get_by_text("No usage in this selection").first.wait_for(state="hidden")
    shown.get_by_role("button", name="Acme", exact=True).wait_for()
    assert focused(shown) == "Filters"


def test_the_tab_key_goes_through_the_page_before_its_footer(page: OpenPage) -> None:
    shown = page()
    until_shown(shown, "Model Distribution")
    tabs = ["Overview", "Token Usage", "Model Analytics"]
    for name in [*tabs, "Filters", "30d"]:
        shown.keyboard.press("Tab")
        assert focused(shown) == name


@pytest.fixture(scope="module")
def tenants(
    shared: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A real ledger, served by a config of its columns and a rate table."""
    folder = tmp_path_factory.mktemp("servegen")
    config = folder / "servegen.toml"
    config.write_text(
        f"""
        [[source]]
        path = {json.dumps(str(shared("servegen/usage_600s.csv")))}
        columns = {{ start = "window_start", end = "window_end", org = "tenant",
          model = "model", requests = "requests", input_tokens = "prompt_tokens",
          output_tokens = "completion_tokens", reasoning_tokens = "reasoning_tokens" }}
        [[price]]
        model = "*"
        input = "0.20"
        output = "0.60"
        """,
        "utf-8",
    )
    command = ("-m", "meterwidgets", "serve", "--config", str(config), "--port", "0")
    with Running(*command, cwd=folder) as running:
        yield running


def test_a_real_ledger_shows_its_366_tenants_at_their_exact_costs(
    page: OpenPage, tenants: Running, shared: Callable[[str], Path]
) -> None:
    spent: dict[str, int] = defaultdict(int)  # in nano: whole for these rates
    with shared("servegen/usage_600s.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            spent[row["tenant"]] += int(row["prompt_tokens"]) * 200
            spent[row["tenant"]] += int(row["completion_tokens"]) * 600
    shown = page(url=tenants.url)
    until_shown(shown, formats.money(sum(spent.values())))
    shown.get_by_role("button", name="Show all 366").click()
    shown.get_by_role("button", name="Show fewer").wait_for()
    rows = shown.locator(".mw-donut table").first.locator("tbody tr")
    found = [
        [cell.strip() for cell in row.split("\t")] for row in rows.all_inner_texts()
    ]
    texts = formats.money_column(list(spent.values()))
    assert {row[0]: row[1] for row in found} == dict(zip(spent, texts, strict=True))
    assert len(found) == 366
