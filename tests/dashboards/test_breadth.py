"""Every kind of ledger on every page: each figure is that of the raw rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

import meterwidgets as mw
from meterwidgets.errors import LedgerError, MeterError
from meterwidgets.metrics import formats
from meterwidgets.metrics.times import ticks

from . import ledgers
from .ledgers import KINDS, ME, paid, row
from .plain import Figure, Plain, Sums, midnight, over

SHOWN = 8
_PAGES: dict[str, Callable[[mw.UsageFrame], mw.Page]] = {
    "overview": mw.overview,
    "token-usage": mw.token_usage,
    "model-analytics": mw.model_analytics,
}
_ALL = (*_PAGES, "my-usage")


@cache
def usage(kind: str) -> mw.UsageFrame:
    make, tz = KINDS[kind]
    return ledgers.usage(make(), tz)


@cache
def plain(kind: str, user: str | None = None) -> Plain:
    make, tz = KINDS[kind]
    rows = make()
    whole = Plain(rows, tz)
    if user is None:
        return whole
    mine = [each for each in rows if each["user"] == user]
    return Plain(mine, tz, Plain(mine, tz).unit)


class Reader:
    """Reads a page as people do and compares it with the raw rows."""

    def __init__(self, ledger: Plain, whole: Plain | None = None) -> None:
        self.unit = ledger.unit
        self.whole = whole or ledger
        first, last = self.whole.days
        self.window = (
            midnight(first, ledger.tz),
            midnight(last + timedelta(days=1), ledger.tz),
        )
        self.ledger = ledger
        self.sums = ledger.between(*self.window)

    def page(self, page: mw.Page) -> None:
        for widget in (*page.top, *page.cards):
            name = type(widget).__name__
            getattr(self, f"read_{name}")(widget)

    def money(self, units: Figure) -> str:
        return formats.money(None if units is None else units * 10**9, self.unit)

    def exact(self, units: Figure) -> str:
        return formats.money_exact(None if units is None else units * 10**9, self.unit)

    def read_FilterPanel(self, panel: Any) -> None:
        assert panel.error == ""

    def read_InsightsBanner(self, banner: Any) -> None:
        said = {one["rule"]: one for one in banner.insights} if banner.insights else {}
        figure, models = self.sums.figure, self.sums.by("model")
        whole = figure(self.sums)
        shares = [over(figure(each), whole) for each in models.values()]
        assert ("single_model" in said) == (1 in shares and None not in models)
        unpriced = over(self.sums.unpriced.tokens(), self.sums.tokens()) or 0
        assert ("unpriced" in said) == (unpriced > Fraction(1, 100))
        names = ", ".join(one["title"] + one["text"] for one in said.values())
        assert "None" not in names

    def read_KpiCards(self, row_of_cards: Any) -> None:
        for card in row_of_cards.cards:
            if card["value"] == formats.DASH:
                assert re.search(r"\w", card["title"]), card
            reader = "card_" + re.sub(r"\W", "_", card["label"].lower())
            getattr(self, reader)(card)

    def card_total_spend(self, card: Any) -> None:
        cost = self.sums.cost
        assert card["value"] == self.money(cost)
        if cost is None:
            assert card["caption"] == "no prices: tokens rank instead"
            return
        assert card["title"] == self.exact(cost)
        per_day = self.money(cost / self.whole.elapsed)
        assert card["caption"].startswith(f"{per_day}/day · ")
        part = over(self.sums.unpriced.tokens(), self.sums.tokens())
        said = f"lower bound: {formats.share(part)} of tokens unpriced" if part else ""
        assert card["note"] == said
        self.change(card, lambda sums: sums.cost)

    def card_tokens(self, card: Any) -> None:
        tokens = self.sums.tokens()
        assert card["value"] == formats.count(tokens)
        if tokens is not None:
            assert card["title"] == formats.count_exact(tokens)
            per_day = formats.count(tokens / self.whole.elapsed)
            assert card["caption"].endswith(f"{per_day}/day")
        self.change(card, lambda sums: sums.tokens())

    def card_total_tokens(self, card: Any) -> None:
        self.card_tokens(card)
        if self.sums.cost is not None:
            assert card["caption"].startswith(self.money(self.sums.cost))

    def card_input_tokens(self, card: Any) -> None:
        self.side(card, "input")

    def card_output_tokens(self, card: Any) -> None:
        self.side(card, "output")

    def side(self, card: Any, name: str) -> None:
        tokens, cost = self.sums.tokens(name), self.sums.side(name)
        assert card["value"] == formats.count(tokens)
        if tokens is not None:
            assert card["title"] == formats.count_exact(tokens)
        if cost is not None:
            assert card["caption_title"] == self.exact(cost)
            assert card["caption"].split(" · ")[0] == self.money(cost)
        share = over(tokens, self.sums.tokens())
        assert card["caption"].endswith("of tokens") == (share is not None)
        if share is not None:
            assert f"{formats.share(share)} of tokens" in card["caption"]

    def card_requests(self, card: Any) -> None:
        assert card["value"] == formats.count(len(self.sums.rows))

    def card_rate_1k(self, card: Any) -> None:
        rate = self.sums.rate
        shown = formats.rate(None if rate is None else rate * 10**9, self.unit)
        assert card["value"] == shown
        if rate is not None:
            assert card["title"] == f"{self.exact(rate)} per 1,000 tokens"

    def card_efficiency(self, card: Any) -> None:
        assert card["value"] == formats.count(self.sums.efficiency)

    def card_models(self, card: Any) -> None:
        named = [name for name, _ in self.sums.ranked("model") if name is not None]
        assert card["value"] == formats.count(len(named))
        first = "Most Tokens" if self.sums.cost is None else "Top Spender"
        top = named[0] if named else "none"
        assert card["caption"] == f"{first}: {top}"

    def card_total(self, card: Any) -> None:
        cost = self.sums.cost
        if cost is None:
            assert card["value"] == f"{formats.count(self.sums.tokens())} tokens"
            return
        assert (card["value"], card["title"]) == (self.money(cost), self.exact(cost))

    def card_concentration(self, card: Any) -> None:
        figure = self.sums.figure
        named = [each for name, each in self.sums.ranked("model") if name is not None]
        part = over(figure(named[0]), figure(self.sums)) if named else None
        assert card["value"] == formats.share(part)
        if named:
            assert "no model" not in card["title"] + card["caption"]

    def card_top(self, card: Any) -> None:
        named = [name for name, _ in self.sums.ranked("model") if name is not None]
        assert card["value"] == (named[0] if named else formats.DASH)
        if self.sums.cost and named:
            top = self.sums.by("model")[named[0]]
            assert card["caption"] == f"{self.money(top.cost)}, the highest cost"

    def card_avg(self, card: Any) -> None:
        named = [each for name, each in self.sums.by("model").items() if name]
        costs = [each.cost for each in named if each.cost is not None]
        mean = sum(costs, Fraction(0)) / len(named) if costs else None
        assert card["value"] == self.money(mean)

    def change(self, card: Any, of: Callable[[Sums], Figure]) -> None:
        """The change against the equal time before, where the ledger has that."""
        start, end = self.window
        first = midnight(min(map(self.whole.day, self.whole.rows)), self.ledger.tz)
        before, now = self.ledger.between(start - (end - start), start), of(self.sums)
        then = of(before) if start - (end - start) >= first else None
        known = bool(then) and now is not None
        assert card["delta"] == (formats.percent(now / then - 1) if known else "")

    def read_SplitBar(self, bar: Any) -> None:
        tokens = bar.title == "Token Distribution"
        sides = [
            self.sums.tokens(name) if tokens else self.sums.side(name)
            for name in ("input", "output")
        ]
        if not tokens and self.sums.unsplit:
            sides.append(self.sums.unsplit)
        text = formats.count if tokens else self.money
        assert [part["value"] for part in bar.parts] == [text(side) for side in sides]
        known = [side or Fraction(0) for side in sides]
        whole = sum(known)
        assert [part["fraction"] for part in bar.parts] == [
            float(side / whole) if whole else 0.0 for side in known
        ]
        shown = [part["share"] for part in bar.parts]
        if whole and not any(share[0] in "<>" for share in shown):
            assert sum(int(share.rstrip("%")) for share in shown) == 100
        if not whole:
            assert set(shown) == {formats.DASH}
        total = self.sums.tokens() if tokens else self.sums.cost
        assert bar.total.removesuffix(" tokens") == text(total)
        for part in bar.parts:
            if part["value"] == formats.DASH:
                assert re.search(r"\w", part["title"]), part

    def read_Donut(self, ring: Any) -> None:
        by = {"Top Organizations": "org", "Model Distribution": "model"}[ring.title]
        self.table(ring, by)
        total = self.sums.cost
        if total is None:
            assert ring.total == formats.count(self.sums.tokens())
            assert ring.subtitle == "by tokens, as nothing is priced"
        else:
            assert (ring.total, ring.total_title) == (
                self.money(total),
                self.exact(total),
            )

    def read_ModelList(self, models: Any) -> None:
        self.table(models, "model")
        total = self.sums.cost
        shown = formats.count(self.sums.tokens()) if total is None else None
        assert models.total == (shown or self.money(total))
        count = len(self.sums.by("model"))
        assert models.subtitle == formats.plural(count, "model")
        badges = [row["badge"] for row in models.rows]
        assert badges[:7] == [str(n + 1) for n in range(min(len(badges), 7))]

    def table(self, widget: Any, by: str) -> None:
        ranked, figure = self.sums.ranked(by), self.sums.figure
        kept = ranked if len(ranked) <= SHOWN else ranked[: SHOWN - 1]
        rest = Sums([r for _, sums in ranked[len(kept) :] for r in sums.rows])
        names = ["(none)" if name is None else name for name, _ in kept]
        parts = [sums for _, sums in kept]
        if rest.rows:
            names.append(f"Other ({len(ranked) - len(kept):,})")
            parts.append(rest)
        assert [row["name"] for row in widget.rows] == names
        self.rows(widget.rows, parts)
        assert widget.more == (len(ranked) if rest.rows else 0)
        widget.expanded = True
        every = widget.all_rows
        assert [row["name"] for row in every] == [
            "(none)" if name is None else name for name, _ in ranked
        ]
        self.rows(every, [sums for _, sums in ranked])
        widget.expanded = False
        assert len({row["id"] for row in every}) == len(every)
        assert sum((figure(sums) or 0 for _, sums in ranked), Fraction(0)) == (
            figure(self.sums) or 0
        )

    def rows(self, shown: Any, parts: list[Sums]) -> None:
        figure, by_cost = self.sums.figure, self.sums.cost is not None
        values = [figure(part) for part in parts]
        for row_, value in zip(shown, values, strict=True):
            if value is None:
                assert (row_["value"], row_["share"]) == (formats.DASH,) * 2
                assert row_["title"] == ("not priced" if by_cost else "not reported")
            else:
                exact = self.exact(value) if by_cost else formats.count_exact(value)
                assert row_["title"] == exact
                assert not value or row_["value"].strip("$€0.,") != ""
        whole = sum(value or 0 for value in values)
        for row_, value in zip(shown, values, strict=True):
            assert row_["fraction"] == (float((value or 0) / whole) if whole else 0)
        inner = [
            (row_["share"], value / whole)
            for row_, value in zip(shown, values, strict=True)
            if whole
            and value
            and Fraction(1, 1000) <= value / whole <= Fraction(999, 1000)
        ]
        tenths = sum(round(10 * float(text.rstrip("%"))) for text, _ in inner)
        assert abs(tenths - 1000 * sum(part for _, part in inner)) <= Fraction(1, 2)
        if whole and len(inner) == sum(bool(value) for value in values):
            assert tenths == 1000

    def read_Trend(self, trend: Any) -> None:
        by_cost = "Cost" in trend.subtitle
        wanted = "Token Count Trend" != trend.title and self.sums.cost is not None
        assert by_cost == wanted
        assert ("nothing is priced" in trend.subtitle) == (
            self.sums.cost is None and trend.title != "Token Count Trend"
        )
        for by in ("model", "deployment"):
            trend.by = by
            self.series(trend, by, by_cost)

    def series(self, trend: Any, by: str, by_cost: bool) -> None:
        scale = 10**9 if by_cost else 1

        def figure(sums: Sums) -> Figure:
            return sums.cost if by_cost else sums.tokens()

        ranked = self.sums.ranked(by)
        kept = ranked if len(ranked) <= SHOWN else ranked[: SHOWN - 1]
        rest = Sums([r for _, sums in ranked[len(kept) :] for r in sums.rows])
        names = ["(none)" if name is None else name for name, _ in kept]
        parts = [sums for _, sums in kept]
        if rest.rows:
            names.append(f"Other ({len(ranked) - len(kept):,})")
            parts.append(rest)
        assert [line["name"] for line in trend.series] == names
        assert len({line["id"] for line in trend.series}) == len(names)
        for line, sums in zip(trend.series, parts, strict=True):
            known = [value for value in line["values"] if value is not None]
            if figure(sums) is None:
                assert known == [], line
                continue
            assert sum(known) == figure(sums) * scale
            for bucket, inside in self.ledger.buckets(
                sums.rows, _bucket(trend)
            ).items():
                places = [i for i, at in enumerate(trend.times) if at == bucket]
                found = [line["values"][i] for i in places]
                assert found, f"no bucket at {bucket}"
                if figure(inside) is not None:
                    assert sum(value or 0 for value in found) == figure(inside) * scale
        every = [
            value
            for line in trend.series
            for value in line["values"]
            if value is not None
        ]
        assert sum(every) == (figure(self.sums) or 0) * scale
        assert trend.times == sorted(trend.times) or self.ledger.tz != "UTC"
        assert len(set(trend.labels)) == len(trend.labels) <= 300


def _bucket(trend: Any) -> str:
    """The bucket of a trend, from the time between its points."""
    steps = Counter(b - a for a, b in zip(trend.times, trend.times[1:], strict=False))
    if not steps:
        return "hour"  # the only one of a ledger with a single request: see below
    step = steps.most_common(1)[0][0]
    named = {60: "minute", 900: "15 minutes", 3600: "hour", 86_400: "day"}
    return named.get(int(step.total_seconds()), "week" if step.days == 7 else "month")


def opened(kind: str, name: str) -> tuple[mw.Page, Plain]:
    """A page, and the raw rows that it shows."""
    if name != "my-usage":
        return _PAGES[name](usage(kind)), plain(kind)
    user = ledgers.me(plain(kind).rows)
    return mw.my_usage(usage(kind), user=user), plain(kind, user)


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", _ALL)
def test_every_figure_of_a_page_is_that_of_the_raw_rows(kind: str, name: str) -> None:
    page, ledger = opened(kind, name)
    Reader(ledger, plain(kind)).page(page)
    page.close()


@pytest.mark.parametrize(
    "kind", ["thirty models", "names", "nothing priced", "two currencies", "Kathmandu"]
)
def test_the_app_shows_the_same_on_every_tab(kind: str) -> None:
    app = mw.app(usage(kind), query="")
    reader = Reader(plain(kind))
    for name in ("overview", "token-usage", "model-analytics"):
        app.page = name
        reader.page(app.pages[name])
    assert app.view.error == ""
    app.close()
