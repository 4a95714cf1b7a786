"""ModelList, InsightsBanner and tagged cards, as a reader meets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from serve.running import Running

from .conftest import OpenPage, violations

pytestmark = pytest.mark.slow  # the pages' own tests see it in every run

CELL = """
import ipywidgets as w
from meterwidgets import InsightsBanner, KpiCards, ModelList

def row(i, cost):
    names = ["qwen-cpu-deployment", "Llama-3.3-70b", "نموذج 🚀", "x" * 200]
    name = names[i] if i < 4 else f"model-{i}"
    color = f"c{i + 1}" if i < 8 else "other"
    return {"id": name, "badge": str(i + 1), "name": name, "value": f"${cost:.2f}",
            "share": f"{cost / 4.65:.1f}%", "fraction": cost / 465, "color": color}

every = [row(i, 30 - i) for i in range(30)]
rest = {"id": "rest", "badge": "…", "name": "Other (23)", "value": "$276.00",
        "share": "59.4%", "fraction": 276 / 465, "color": "other",
        "selectable": False}
models = ModelList(subtitle="30 models", total="$465.00", rows=[*every[:7], rest],
                   more=30)
chosen = w.Label("chosen: none")

def choose(change):
    chosen.value = "chosen: " + ", ".join(change["new"])
models.observe(choose, names="selected")

def unfold(change):
    models.all_rows = every if change["new"] else []
models.observe(unfold, names="expanded")

insights = [
    {"severity": "warning", "title": "Spend spike on Feb 21", "text": "Cost was $62."},
    {"severity": "info", "title": "Concentration", "text": "qwen has 81% of cost."},
    {"severity": "bad", "title": "Unpriced", "text": "3.1% of tokens."},
]
banner, silent = InsightsBanner(insights), InsightsBanner()
fail = w.Button(description="fail")
fail.on_click(lambda _: silent.update(error="no column 'tokens_in'"))
cards = KpiCards([
    {"label": "Total", "tag": "green", "value": "$465.00", "caption": "30 models"},
    {"label": "Concentration", "tag": "teal", "value": "6.5%"},
    {"label": "Top", "tag": "coral", "value": "qwen-cpu-deployment"},
    {"label": "Input Tokens", "label_color": "c1", "value": "328M"},
], title="Model Insights", subtitle="Key metrics & recommendations")
caption = w.Text()
def word(change):
    first, *others = cards.cards
    cards.update(cards=[first | {"caption": change["new"]}, *others])
caption.observe(word, names="value")
told = [models, chosen, fail, caption]
page = w.VBox([w.HTML("<h1>Models</h1>"), cards, silent, banner, *told])
page.add_class("mw-page")
page.add_class("mw-root")
page
"""
BANNER = ".mw-insights-banner:not(.mw-none)"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page with the three widgets."""
    with Running.notebook(tmp_path_factory.mktemp("models"), CELL) as running:
        yield running.url


def names(page: Any) -> list[str]:
    return page.locator(".mw-list-row .mw-list-text").all_inner_texts()


def sort_by(page: Any, head: str, way: str) -> list[str]:
    """Press a column's head and return the names once they are sorted that way."""
    page.click(f".mw-list-table >> role=button[name='{head}']")
    page.wait_for_selector(f".mw-list-{way[0]}[aria-sort='{way[1]}']")
    return names(page)


def focused(page: Any) -> str:
    return page.evaluate("document.activeElement.className")


def unfold(page: Any) -> None:
    page.click("role=button[name='Show all 30']")
    page.wait_for_selector(".mw-list-row >> nth=29")


def test_a_caption_of_fewer_words_leaves_nothing_of_a_longer_one(
    page: OpenPage, models: str
) -> None:
    shown = page("light", url=models)
    caption = shown.locator(".mw-kpi-caption").first
    for text in ("$21.15/day · 30 days", "30 models", "now · four words", "", "one"):
        shown.fill("input[type=text]", text)
        shown.keyboard.press("Enter")
        shown.wait_for_function(
            "([node, text]) => node.textContent === text",
            arg=[caption.element_handle(), text],
        )
        assert caption.locator("span").all_text_contents() == text.split()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figures_read_in_full_and_every_state_is_accessible(
    page: OpenPage, models: str, theme: str
) -> None:
    shown = page(theme, url=models)
    text = shown.inner_text(".mw-page")
    for said in ("Model Insights", "Key metrics & recommendations", "30 models"):
        assert said in text
    rows = shown.locator("role=table[name='Model List 30 models'] >> role=row")
    assert rows.nth(1).inner_text().split() == [
        "1", "qwen-cpu-deployment", "$30.00", "6.5%", "of", "total"
    ]  # fmt: skip
    assert violations(shown) == []
    shown.click(f"{BANNER} >> role=button[name='2 more']")
    unfold(shown)
    shown.click("text=Llama-3.3-70b")
    shown.wait_for_selector("text=chosen: Llama-3.3-70b")
    assert violations(shown) == []


def test_a_reader_sorts_by_name_cost_and_rank_and_the_others_stay_last(
    page: OpenPage, models: str
) -> None:
    shown = page(url=models)
    ranked = names(shown)
    by_name = sort_by(shown, "Model", ("name", "ascending"))
    assert by_name[:2] == ["Llama-3.3-70b", "model-4"]
    assert by_name[-1] == "Other (23)"
    assert sort_by(shown, "Cost & Share", ("value", "descending")) == ranked
    reverse = [*ranked[-2::-1], ranked[-1]]
    assert sort_by(shown, "Cost & Share", ("value", "ascending")) == reverse
    assert focused(shown) == "mw-list-sort"
    assert sort_by(shown, "Rank", ("rank", "ascending")) == ranked
    assert shown.locator("[aria-sort=none]").count() == 2


def test_all_rows_stand_side_by_side_below_their_head_and_the_focus_follows(
    page: OpenPage, models: str
) -> None:
    shown = page(width=1000, url=models)
    unfold(shown)
    assert focused(shown) == "mw-list-scroll mw-open mw-many"
    row = shown.locator(".mw-list-row")
    first, second, third = (row.nth(i).bounding_box() for i in range(3))
    assert first["y"] == second["y"] < third["y"]
    assert second["x"] > first["x"] + first["width"]
    shown.evaluate("document.querySelector('.mw-open').scrollTop = 200")
    head = shown.locator(".mw-list-table thead").bounding_box()
    scroll = shown.locator(".mw-list-scroll").bounding_box()
    assert head["y"] == scroll["y"]
    shown.click("role=button[name='Show fewer']")
    shown.wait_for_selector("role=button[name='Show all 30']")
    shown.wait_for_function("document.activeElement.textContent == 'Show all 30'")


def test_a_choice_by_click_or_key_reaches_the_kernel(
    page: OpenPage, models: str
) -> None:
    shown = page(url=models)
    shown.click(".mw-list-row >> text=$30.00")
    shown.wait_for_selector("text=chosen: qwen-cpu-deployment")
    shown.focus("role=button[name='Llama-3.3-70b']")
    shown.keyboard.press("Enter")
    shown.wait_for_selector("text=chosen: qwen-cpu-deployment, Llama-3.3-70b")
    assert shown.locator(".mw-list-row.mw-dim").count() == 6
    shown.keyboard.press("Space")
    shown.wait_for_selector("text=/chosen: qwen-cpu-deployment$/")
    pressed = shown.locator(".mw-list-table [aria-pressed=true]")
    assert pressed.all_inner_texts() == ["qwen-cpu-deployment"]
    shown.click("text=Other (23)")
    assert pressed.count() == 1, "a sum of others cannot be chosen"


def test_a_banner_opens_and_one_without_words_takes_no_room(
    page: OpenPage, models: str
) -> None:
    shown = page(url=models)
    cards = shown.locator(".mw-kpi-cards").bounding_box()
    banner = shown.locator(BANNER).bounding_box()
    assert banner["y"] - cards["y"] - cards["height"] == pytest.approx(16, abs=0.5)
    said = shown.locator(f"{BANNER}[role=status]")
    assert "Warning: Spend spike on Feb 21" in said.text_content()
    assert "Unpriced" not in said.text_content()
    more = said.locator("[aria-expanded]")
    more.click()
    assert said.locator("li").count() == 2
    assert (more.inner_text(), more.get_attribute("aria-expanded")) == (
        "Show fewer",
        "true",
    )
    shown.keyboard.press("Enter")
    assert said.locator("li").count() == 0
    assert more.inner_text() == "2 more"
    shown.click("text=fail")
    shown.wait_for_selector("[role=status] >> text=no column 'tokens_in'")


def test_a_phone_needs_no_sideways_scroll_and_has_the_bar_below(
    page: OpenPage, models: str
) -> None:
    shown = page(width=420, url=models)
    unfold(shown)
    assert shown.evaluate("document.documentElement.scrollWidth") == 420
    row = shown.locator(".mw-list-row").first
    name = row.locator(".mw-list-name").bounding_box()
    bar = row.locator(".mw-list-track").bounding_box()
    assert bar["y"] > name["y"] + name["height"]
    assert bar["width"] > 300
