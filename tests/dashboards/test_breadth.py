"""Every kind of ledger on every page: each figure is that of the raw rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

import meterwidgets as mw
from meterwidgets.errors import LedgerError
from meterwidgets.metrics.text import formats, percentages

from . import ledgers
from .ledgers import KINDS, paid, row
from .plain import Figure, Plain, Sums, midnight, over

pytestmark = pytest.mark.slow

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
        self.concentration = ""

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
            assert card["caption"] == "No prices, so models are ranked by tokens"
            return
        assert card["title"] == self.exact(cost)
        per_day = self.money(cost / self.whole.elapsed)
        assert card["caption"].startswith(f"{per_day}/day · ")
        part = over(self.sums.unpriced.tokens(), self.sums.tokens())
        said = (
            f"lower bound: {percentages.share(part)} of tokens unpriced" if part else ""
        )
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
            assert f"{percentages.share(share)} of tokens" in card["caption"]

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
            assert card["value"] == formats.count(self.sums.tokens())
            assert card["caption"].startswith("tokens, ")
            return
        assert (card["value"], card["title"]) == (self.money(cost), self.exact(cost))

    def card_concentration(self, card: Any) -> None:
        figure = self.sums.figure
        named = [each for name, each in self.sums.ranked("model") if name is not None]
        part = over(figure(named[0]), figure(self.sums)) if named else None
        assert (card["value"] == formats.DASH) == (part is None)
        if part is not None and Fraction(1, 1000) <= part <= Fraction(999, 1000):
            assert abs(Fraction(card["value"].rstrip("%")) - 100 * part) < Fraction(
                1, 10
            )
        self.concentration = card["value"]
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
        assert card["delta"] == (percentages.change(now / then - 1) if known else "")

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
        shares = [
            (side, part["share"]) for side, part in zip(sides, bar.parts, strict=True)
        ]
        assert all(share == formats.DASH for side, share in shares if side is None)
        shown = [share for side, share in shares if side is not None]
        if whole and not any(share[0] in "<>" for share in shown):
            assert sum(int(share.rstrip("%")) for share in shown) == 100
        if not whole:
            assert {share for _, share in shares} == {formats.DASH}
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
        count = len(self.sums.by("model").keys() - {None})
        assert models.subtitle == formats.plural(count, "model")
        first = next((one for one in models.rows if one["id"] != "null"), None)
        if first and self.concentration:
            assert first["share"] == self.concentration  # one screen, one figure
        badges = [one["badge"] for one in models.rows]
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
        assert [one["name"] for one in widget.rows] == names
        self.rows(widget.rows, parts)
        assert widget.more == (len(ranked) if rest.rows else 0)
        widget.expanded = True
        every = widget.all_rows
        assert [one["name"] for one in every] == [
            "(none)" if name is None else name for name, _ in ranked
        ]
        self.rows(every, [sums for _, sums in ranked])
        widget.expanded = False
        assert len({one["id"] for one in every}) == len(every)
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
        wanted = trend.title != "Token Count Trend" and self.sums.cost is not None
        assert by_cost == wanted
        assert ("nothing is priced" in trend.subtitle) == (
            self.sums.cost is None and trend.title != "Token Count Trend"
        )
        same = all(one["model"] == one["deployment"] for one in self.ledger.rows)
        for by in ("deployment", "model")[same:]:
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


@pytest.mark.parametrize("name", _ALL)
def test_nothing_undefined_prints_as_zero(name: str) -> None:
    for kind in ("nothing priced", "no tokens"):
        page, _ = opened(kind, name)
        shown = repr(page)
        page.close()
        zero = r"\$0" if kind == "nothing priced" else r"\b0 tokens|\b0 \||Efficiency 0"
        assert not re.search(zero, shown), shown


@pytest.mark.parametrize("name", _ALL)
def test_no_widget_is_alive_after_close_and_a_repr_is_always_the_same(
    name: str,
) -> None:
    before = set(_instances)
    for kind in ("names", "366 orgs", "one request", "nothing priced"):
        page, _ = opened(kind, name)
        page.view.filters = page.view.filters.replace(cost_type="input")
        page.view.reset()
        again, _ = opened(kind, name)
        assert repr(page) == repr(again)
        page.close()
        again.close()
        assert set(_instances) - before == set()


@pytest.mark.parametrize("tz", ["UTC", "Asia/Kathmandu", "America/New_York"])
@pytest.mark.parametrize("kind", ["a year", "three years"])
def test_years_add_up_in_weeks_in_every_zone(kind: str, tz: str) -> None:
    rows = KINDS[kind][0]()
    view = mw.UsageView(ledgers.usage(rows, tz))
    view.filters = view.filters.replace(preset="all")
    cost, tokens = view.trend("cost"), view.trend("tokens", by="model")
    sums = Sums(rows)
    assert len(cost.times) <= 300
    assert {at.weekday() for at in cost.times} == {0}
    assert _added(cost) == sums.cost * 10**9
    assert _added(tokens) == sums.tokens()
    for at, inside in Plain(rows, tz).buckets(rows, "week").items():
        place = cost.times.index(at)
        shown = sum(line["values"][place] for line in cost.series)
        assert shown == inside.cost * 10**9
    view.close()


def _added(trend: Any) -> Fraction:
    return sum(
        (Fraction(v) for one in trend.series for v in one["values"]), Fraction(0)
    )


def test_a_range_of_days_that_clocks_cut_or_stretch_adds_up_day_by_day() -> None:
    for kind in ("Berlin in March", "New York in November", "Kathmandu"):
        ledger = plain(kind)
        view = mw.UsageView(usage(kind))
        first, last = ledger.days
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        found = []
        for day in days:
            view.filters = view.filters.replace(
                start=day, end=day + timedelta(days=1), tz=ledger.tz
            )
            start = midnight(day, ledger.tz)
            inside = ledger.between(start, midnight(days[-1], ledger.tz))
            sums = view.selection.sums()
            found.append(sums["input_cost"] + sums["output_cost"])
            mine = [r for r in ledger.rows if ledger.day(r) == day]
            assert found[-1] == (Sums(mine).cost or 0) * 10**9
            assert len(inside.rows) <= len(ledger.rows)
        assert sum(found) == ledger.sums.cost * 10**9
        view.close()


def test_an_hour_that_comes_twice_has_two_names() -> None:
    view = mw.UsageView(usage("New York in November"))
    labels = view.trend().labels
    place = labels.index("Nov 2, 1:00 AM EDT")
    assert labels[place - 1 : place + 3] == [
        "Nov 2, 12:00 AM", "Nov 2, 1:00 AM EDT", "Nov 2, 1:00 AM EST", "Nov 2, 2:00 AM"
    ]  # fmt: skip
    view.close()


def test_currencies_are_never_added_and_the_reader_picks_one() -> None:
    rows = plain("two currencies").rows
    for name, make in _PAGES.items():
        page = make(usage("two currencies"))
        for unit, sign in (("EUR", "€"), ("USD", "$")):
            page.view.filters = page.view.filters.replace(currency=unit)
            Reader(Plain(rows, "UTC", unit)).page(page)
            other = {"€": "$", "$": "€"}[sign]
            assert other not in repr(page), name
        page.close()


@pytest.mark.parametrize("side", ["input", "output"])
@pytest.mark.parametrize("kind", ["nine models", "some totals", "partly priced"])
def test_one_side_narrows_money_and_tokens_everywhere(kind: str, side: str) -> None:
    sums = plain(kind).sums
    cost, tokens = sums.side(side), sums.tokens(side)
    pages = [make(usage(kind)) for make in _PAGES.values()]
    for page in pages:
        page.view.filters = page.view.filters.replace(cost_type=side)
    overview, token_usage, analytics = pages
    money = formats.money(cost * 10**9)
    cards = {card["label"]: card["value"] for card in overview.top[1].cards}
    assert (cards["Total Spend"], cards["Tokens"]) == (money, formats.count(tokens))
    assert [ring.total for ring in overview.cards[2:]] == [money, money]
    assert _added_known(token_usage.cards[0]) == cost * 10**9
    assert _added_known(token_usage.cards[1]) == tokens
    assert (analytics.top[1].cards[0]["value"], analytics.cards[1].total) == (
        money,
        money,
    )
    for page in pages:
        page.close()


def _added_known(trend: Any) -> Fraction:
    known = [v for one in trend.series for v in one["values"] if v is not None]
    return sum(map(Fraction, known), Fraction(0))


@pytest.mark.parametrize("name", _ALL)
@pytest.mark.parametrize(
    "filters",
    [
        {"start": "2031-01-01", "end": "2031-02-01"},
        {"start": "2001-01-01", "end": "2001-01-02"},
        {"start": "2026-02-01T11:00", "end": "2026-02-01T12:00"},
    ],
)
def test_an_empty_selection_says_so_on_every_page(
    name: str, filters: dict[str, Any]
) -> None:
    page, _ = opened("thirty models", name)
    page.view.filters = page.view.filters.replace(**filters)
    for card in page.cards:
        assert card.empty["title"] == "No usage in this selection"
        assert "nothing is priced" not in card.subtitle
    for card in page.top[1].cards:
        assert "None" not in "".join(map(str, card.values()))
        assert card["value"] != formats.DASH or card["title"]
    page.cards[0].reset += 1
    assert not page.cards[0].empty
    page.close()


def test_a_user_without_usage_gets_an_empty_page_that_tells_nothing_of_others() -> None:
    page = mw.my_usage(usage("thirty models"), user="nobody")
    for card in page.cards:
        assert card.empty["title"] == "No usage in this selection"
    assert page.top[1].cards[0]["value"] == "$0.00"
    assert "model-" not in repr(page)
    page.close()


def test_a_negative_cost_is_a_correction_and_a_negative_count_is_unknown() -> None:
    rows = [row(0, **paid(1, 2)), row(1, **paid(-1, 2)), row(2, input_tokens=-5)]
    read = ledgers.usage(rows)
    assert (read.quality.records, read.quality.rejected) == (3, 0)
    assert "input_tokens is unknown in 1 record" in str(read.quality.notes)


def test_sums_too_large_to_be_exact_are_refused_not_wrong() -> None:
    rows = [row(n, **paid(999_999_999, 0)) for n in range(9)]
    page = mw.overview(ledgers.usage(rows))
    assert page.top[1].cards[0]["title"] == "$8,999,999,991.00"
    page.close()
    with pytest.raises(LedgerError, match="read it in parts"):
        ledgers.usage([*rows, row(9, **paid(999_999_999, 0))])


def test_a_name_from_the_right_turns_itself_and_not_its_sentence() -> None:
    rows = [
        row(0, model=ledgers.ARABIC, **paid(95, 0)),
        row(1, model=ledgers.HEBREW, **paid(5, 0)),
        row(2, model=ledgers.HEBREW, input_tokens=900),
    ]
    page = mw.model_analytics(ledgers.usage(rows))
    said = " ".join(one["text"] for one in page.top[2].insights)
    assert f"\u2068{ledgers.ARABIC}\u2069 has 95.0% of the cost" in said
    assert f"Add rates for \u2068{ledgers.HEBREW}\u2069." in said
    page.close()
