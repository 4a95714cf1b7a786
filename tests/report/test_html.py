"""``--format html``: a page without a kernel."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from metrics.ledgers import request, selected, usage_of

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.report import html as form

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """The tags of a page, its text, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open and data.strip():
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        return "\n".join(self.words)


def test_the_golden_page_shows_every_figure(golden: UsageFrame) -> None:
    page = Page(form.dumps(golden.select()))
    assert page.open == []
    for shown in (
        "golden.csv\nFeb 22, 2026 · UTC · Data until Feb 22, 2026",
        "Total Spend\n$0.16\n$0.16/day · 1 day",
        "Tokens\n54K\n54K/day",
        "Requests\n144\n144/day",
        "Models\n1\nTop Spender: qwen-cpu-deployment",
        "Rate/1K\n$0.0030\nblended average",
        "Efficiency\n338K\ntokens per dollar",
        "Token Distribution\nInput\n28K\n52%\n500K tokens per dollar\n"
        "Output\n26K\n48%\n250K tokens per dollar",
        "Cost Distribution\nInput cost\n$0.06\n35%\n$0.0020 per 1K tokens\n"
        "Output cost\n$0.10\n65%\n$0.0040 per 1K tokens",
        "By organization\nOrganization\nCost\nTokens\nRequests\nShare\n"
        "Acme\n$0.16\n54K\n144\n100.0%",
        "Single Model Usage\nAll cost is concentrated in a single model.",
        "About the ledger\ngolden.csv: guessed start <- timestamp",
    ):
        assert shown in page.text
    titles = [
        attrs["title"] for tag, attrs in page.tags if tag == "dd" and "title" in attrs
    ]
    rate = "$0.002962963 per 1,000 tokens"
    assert titles == ["$0.16", "54,000", "144", "", rate, "337,500"]


def test_it_runs_nothing_and_asks_nobody(golden: UsageFrame) -> None:
    text = form.dumps(golden.select())
    page = Page(text)
    assert {tag for tag, _ in page.tags}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "form", "a"}
    )
    assert not re.search(r"https?:|//|@import|url\(", text)
    assert not [
        attrs for _, attrs in page.tags if any(k.startswith("on") for k in attrs)
    ]
    policies = [attrs["content"] for _, attrs in page.tags if "http-equiv" in attrs]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_it_is_light_and_dark_and_prints(golden: UsageFrame) -> None:
    text = form.dumps(golden.select())
    assert "color-scheme: light dark" in text
    assert "@media screen and (prefers-color-scheme: dark)" in text
    assert "@media print" in text
    for token in ("#3b4cd6", "#b8540a", "#727afb", "#f0912a"):  # input and output
        assert token in text


def test_no_name_is_markup() -> None:
    bad = '<script>alert("x")</script>&amp;\x00'
    rows = [
        request("2026-01-01", bad, cost="9", org=bad, user=bad),
        request("2026-01-01", "b", cost="1"),
    ]
    usage = usage_of(rows, name=bad, labels={"org": {bad: f"'{bad}'"}})
    text = form.dumps(selected(usage, models=[bad, "b"]))
    page = Page(text)
    assert page.open == []
    assert "<script" not in text
    assert "\x00" not in text
    assert bad.replace("\x00", "\ufffd") in page.text


def test_tables_name_their_heads_and_themselves(golden: UsageFrame) -> None:
    page = Page(form.dumps(golden.select()))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("main") == tags.count("h1") == 1
    assert tags.count("caption") == 3
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    # what scrolls on a phone can be reached by keyboard, and has a name
    regions = [attrs for _, attrs in page.tags if attrs.get("class") == "scroll"]
    assert all(each["tabindex"] == "0" and each["aria-label"] for each in regions)


def test_of_many_rows_all_are_there_on_request() -> None:
    rows = [request("2026-01-01", f"m{n:02}", cost=str(99 - n)) for n in range(12)]
    page = Page(form.dumps(usage_of(rows).select()))
    assert "Other (5)" in page.text
    assert "Show all 12" in page.text
    assert page.text.count("m11") == 2  # deployment and model
    assert [tag for tag, _ in page.tags].count("details") == 2


def test_the_demo_and_an_empty_selection_say_so(golden: UsageFrame) -> None:
    from dataclasses import replace

    text = form.dumps(replace(golden, demo=True).select())
    assert "golden.csv (demo data)" in text
    none = form.dumps(selected(golden, start="2027-01-01", end="2027-02-01"))
    assert "No usage in this selection." in none
    assert "<caption>" not in none
