"""One linked selection: from Python, from a click, from the filter panel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from ipywidgets.widgets.widget import _instances

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.frame.filters import Filters

ROWS = [
    ("2026-02-20T10:00:00Z", "Acme", "alpha", 1000, 500, "1.00", "2.00"),
    ("2026-02-21T10:00:00Z", "Acme", "beta", 3000, 500, "0.30", "0.20"),
    ("2026-02-22T10:00:00Z", "Globex", "alpha", 2000, 900, "2.00", "4.00"),
    ("2026-02-22T11:00:00Z", "Globex", "gamma", 10, 20, None, None),
]


def ledger(rows: list[Any] = ROWS) -> mw.UsageFrame:
    names = ["start", "org", "model", "input_tokens", "output_tokens"]
    names += ["input_cost", "output_cost"]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    book = mw.PriceBook(catalogue=False)
    return mw.read_usage(
        pa.table({k: list(v) for k, v in columns.items()}), prices=book
    )


@pytest.fixture
def page() -> Iterator[mw.Page]:
    shown = mw.overview(ledger())
    yield shown
    shown.close()


def spend(page: mw.Page) -> str:
    return str(page.children[1].cards[0]["value"])


def send(widget: Any, **state: Any) -> None:
    """What a browser sends."""
    widget.set_state(state)


def test_a_change_from_python_updates_every_widget(page: mw.Page) -> None:
    page.view.filters = page.view.filters.replace(orgs=["Acme"])
    assert spend(page) == "$3.50"
    assert page.cards[0].total == "5,000 tokens"
    assert page.cards[1].total == "$3.50"
    assert page.cards[2].total == page.cards[3].total == "$3.50"
    assert [chip["text"] for chip in page.children[0].chips] == ["Acme"]
    assert page.children[0].count == 1


def test_a_click_on_a_row_chooses_and_a_second_lets_go(page: mw.Page) -> None:
    table = page.cards[2].children[0]
    send(table, selected=['"Globex"'])
    assert page.view.filters.orgs == ("Globex",)
    assert spend(page) == "$6.00"
    send(table, selected=[])
    assert page.view.filters.orgs == ()
    assert spend(page) == "$9.50"


def test_a_donut_shows_all_of_its_own_dimension_and_dims_the_rest(
    page: mw.Page,
) -> None:
    page.view.filters = page.view.filters.replace(orgs=["Acme"])
    rows = page.cards[2].rows
    assert [(r["name"], r["selected"], r["dimmed"]) for r in rows] == [
        ("Globex", False, True),
        ("Acme", True, False),
    ]
    assert page.cards[2].total == "$3.50"


def test_a_colour_stays_with_its_value_under_every_filter(page: mw.Page) -> None:
    before = {row["name"]: row["color"] for row in page.cards[3].rows}
    page.view.filters = page.view.filters.replace(orgs=["Acme"])
    after = {row["name"]: row["color"] for row in page.cards[3].rows}
    assert after == {name: before[name] for name in after}
    assert len(set(before.values())) == 3


def test_a_press_on_a_side_narrows_the_cost_type(page: mw.Page) -> None:
    send(page.cards[1], selected="input")
    assert page.view.filters.cost_type == "input"
    assert spend(page) == "$3.30"
    assert [part["muted"] for part in page.cards[1].parts] == [False, True]
    assert page.cards[0].selected == "input"
    send(page.cards[0], selected="")
    assert page.view.filters.cost_type == "both"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"preset": "today"}, {"preset": "today"}),
        ({"filters": {"models": ['"alpha"', "null"]}}, {"models": ("alpha", None)}),
        ({"cost_type": "output"}, {"cost_type": "output"}),
        ({"zone": "Asia/Kolkata"}, {"tz": "Asia/Kolkata"}),
    ],
)
def test_the_panel_asks_and_the_view_follows(
    page: mw.Page, request_: dict[str, Any], expected: dict[str, Any]
) -> None:
    send(page.children[0], request={"n": 1, **request_})
    for name, value in expected.items():
        assert getattr(page.view.filters, name) == value


def test_dates_and_times_make_one_range_with_the_last_day_whole(page: mw.Page) -> None:
    asked = {"from": "2026-02-21", "to": "2026-02-22", "start_time": "06:00"}
    send(page.children[0], request={"n": 1, **asked, "end_time": "00:00"})
    assert page.children[0].range_text == "Feb 21, 6:00 AM – Feb 22, 2026"
    assert spend(page) == "$6.50"
    assert page.children[0].preset == "custom"
    assert page.children[0].to_date == "2026-02-22"


def test_the_same_range_keeps_its_preset(page: mw.Page) -> None:
    panel = page.children[0]
    same = {
        "from": panel.from_date,
        "to": panel.to_date,
        "start_time": panel.start_time,
        "end_time": panel.end_time,
    }
    send(panel, request={"n": 1, **same, "filters": {"orgs": ['"Acme"']}})
    assert page.view.filters == Filters(orgs=("Acme",))


def test_the_first_range_put_back_by_reset_is_the_first_preset_again(
    page: mw.Page,
) -> None:
    panel = page.children[0]
    send(panel, request={"n": 1, "preset": "today"})
    send(panel, request={"n": 2, **panel.default_range, "filters": {"orgs": []}})
    assert page.view.filters == Filters()


def test_chips_clear_one_filter_or_all_but_the_time(page: mw.Page) -> None:
    send(page.children[0], request={"n": 1, "preset": "7d"})
    page.view.filters = page.view.filters.replace(orgs=["Acme"], models=["beta"])
    send(page.children[0], request={"n": 2, "clear": "orgs"})
    assert page.view.filters == Filters(preset="7d", models=("beta",))
    send(page.children[0], request={"n": 3, "clear": "all"})
    assert page.view.filters == Filters(preset="7d")


def test_lists_are_computed_only_while_the_dialog_is_open(page: mw.Page) -> None:
    panel = page.children[0]
    assert panel.filters == []
    send(panel, is_open=True)
    orgs = next(each for each in panel.filters if each["key"] == "orgs")
    assert [(v["name"], v["share"]) for v in orgs["values"]] == [
        ("Globex", "63.2%"),
        ("Acme", "36.8%"),
    ]
    projects = next(each for each in panel.filters if each["key"] == "projects")
    assert projects["note"] == "This ledger reports no projects."
    send(panel, is_open=False)
    assert panel.filters == []


@pytest.mark.parametrize(
    "hostile",
    [
        {"preset": "next-century"},
        {"from": "2026-99-99", "to": "2026-02-22"},
        {"from": "2026-02-22", "to": "2026-02-01"},
        {"filters": {"orgs": ["{}"]}},
        {"zone": "../../etc/passwd"},
        {"currency": "DOGE"},
        {"clear": "__class__"},
    ],
)
def test_nonsense_from_the_browser_changes_nothing_and_is_answered(
    page: mw.Page, hostile: dict[str, Any]
) -> None:
    before = page.view.filters
    send(page.children[0], request={"n": 1, **hostile})
    assert page.view.filters == before
    assert spend(page) == "$9.50"
    assert page.children[0].error
    assert "Traceback" not in page.children[0].error
    page.view.filters = before.replace(orgs=["Acme"])
    assert page.children[0].error == ""


def test_an_empty_selection_is_a_state_with_a_way_out(page: mw.Page) -> None:
    page.view.filters = page.view.filters.replace(orgs=["Acme"], models=["gamma"])
    cards = {c["label"]: (c["value"], c["caption"]) for c in page.children[1].cards}
    assert cards["Total Spend"][0] == "$0.00"
    assert cards["Models"] == ("0", "Top Spender: none")
    assert cards["Rate/1K"] == ("–", "undefined without tokens")
    assert cards["Efficiency"] == ("–", "undefined without cost")
    assert page.cards[0].empty["title"] == "No usage in this selection"
    assert "Tenant org Acme" in page.cards[0].empty["text"]
    send(page.cards[0], reset=1)
    assert page.view.filters == Filters()
    assert spend(page) == "$9.50"


def test_unpriced_usage_makes_the_spend_a_lower_bound(page: mw.Page) -> None:
    assert page.children[1].cards[0]["note"] == "lower bound: 0.4% of tokens unpriced"
    gamma = next(row for row in page.cards[3].rows if row["name"] == "gamma")
    assert (gamma["value"], gamma["title"], gamma["share"]) == ("–", "not priced", "–")


def test_where_nothing_is_priced_tokens_rank_and_the_page_says_so() -> None:
    page = mw.overview(
        ledger([ROWS[3], ("2026-02-22T12:00:00Z", "A", "b", 5, 5, None, None)])
    )
    assert spend(page) == "–"
    assert page.cards[2].subtitle == "by tokens, as nothing is priced"
    assert page.cards[2].total == "40"
    assert page.children[1].cards[2]["caption"] == "Most Tokens: gamma"
    assert page.children[1].cards[0]["spark"] == []
    assert [part["caption"] for part in page.cards[1].parts] == ["not priced"] * 2
    page.close()


def test_no_widget_is_alive_after_close() -> None:
    before = set(_instances)
    page = mw.overview(ledger())
    page.view.filters = page.view.filters.replace(orgs=["Acme"])
    assert set(_instances) - before
    page.close()
    assert set(_instances) - before == set()


def test_a_widget_that_was_closed_is_no_longer_drawn() -> None:
    view = mw.UsageView(ledger())
    bar = view.split_bar("cost")
    bar.close()
    view.filters = view.filters.replace(orgs=["Acme"])
    assert bar.total == "$9.50"
    view.close()


def test_the_selection_is_a_value_for_the_next_cell(page: mw.Page) -> None:
    page.view.filters = page.view.filters.replace(models=["alpha"])
    cells = page.view.selection.to_pandas()
    assert cells["input_cost"].sum() == 3_000_000_000
    assert pa.table(page.view.selection).num_rows == 2


def test_mixed_currencies_are_shown_one_at_a_time() -> None:
    table = pa.table(
        {
            "start": ["2026-02-22T10:00:00Z"] * 3,
            "model": ["a", "a", "b"],
            "input_tokens": [10, 10, 10],
            "cost": ["1.00", "2.00", "5.00"],
            "currency": ["USD", "USD", "EUR"],
        }
    )
    page = mw.overview(mw.read_usage(table, prices=mw.PriceBook(catalogue=False)))
    assert spend(page) == "$3.00"
    assert page.children[0].currencies == ["USD", "EUR"]
    assert "Only USD is shown; choose EUR in Filters" in page.children[0].notes
    send(page.children[0], request={"n": 1, "currency": "EUR"})
    assert spend(page) == "€5.00"
    page.close()


def test_arguments_that_are_not_usage_or_not_known_say_what_to_do() -> None:
    with pytest.raises(MeterError, match="expected a UsageFrame, got str"):
        mw.overview("spend.csv")  # type: ignore[arg-type]
    view = mw.UsageView(ledger())
    with pytest.raises(MeterError, match="dimension 'orgs' not found; did you mean"):
        view.donut(by="orgs")
    with pytest.raises(MeterError, match="measure 'money' not found"):
        view.split_bar("money")
    view.close()


@pytest.mark.parametrize("page", ["overview", "token-usage", "model-analytics"])
def test_one_change_is_few_messages(monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    app = mw.app(ledger(), query="")
    for key in ("token-usage", "model-analytics", "overview", page):
        app.page = key
    sent: list[str] = []
    for widget in list(_instances.values()):
        original = widget.comm.send

        def record(
            *args: Any,
            original: Any = original,
            name: str = repr(type(widget)),
            **kw: Any,
        ) -> Any:
            sent.append(name)
            return original(*args, **kw)

        monkeypatch.setattr(widget.comm, "send", record)
    app.view.filters = app.view.filters.replace(orgs=["Acme"])
    assert 0 < len(sent) <= 15, sent
    app.close()


def test_what_goes_wrong_is_said_once_above_the_page() -> None:
    page = mw.model_analytics(ledger())
    panel, banner = page.top[0], page.top[2]
    page.view.say("The link asked for what is not there.")
    assert (panel.error, banner.error) == ("The link asked for what is not there.", "")
    page.view.filters = page.view.filters.replace(orgs=["Acme"])
    assert panel.error == ""
    page.close()


def test_without_a_filter_panel_the_banner_says_what_goes_wrong() -> None:
    view = mw.UsageView(ledger())
    banner = view.insights_banner()
    view.say("The figures could not be refreshed.")
    assert banner.error == "The figures could not be refreshed."
    view.filters = view.filters.replace(orgs=["Acme"])
    assert banner.error == ""
    view.close()


def test_values_shown_together_never_share_a_colour() -> None:
    rows = [
        (f"2026-02-{1 + n // 9:02d}T10:00:00Z", f"org {n}", "m", 1, 1, f"{20 - n}", "0")
        for n in range(18)
    ]
    page = mw.overview(ledger(rows))
    page.view.filters = page.view.filters.replace(start="2026-02-02", end="2026-02-03")
    shown = [row["color"] for row in page.cards[2].rows]
    assert len(set(shown)) == len(shown)
    page.close()


def test_the_rate_of_one_side_says_which(page: mw.Page) -> None:
    page.view.filters = page.view.filters.replace(cost_type="input")
    assert page.children[1].cards[3]["caption"] == "input only"


def test_a_choice_in_the_list_goes_when_its_filter_goes() -> None:
    view = mw.UsageView(ledger())
    models, ring = view.model_list(), view.donut("model")
    send(models, selected=['"alpha"'])
    assert view.filters.models == ("alpha",)
    assert models.selected == ring.selected == ['"alpha"']
    view.reset()
    assert models.selected == ring.selected == []
    send(models, selected=['"beta"'])
    assert view.filters.models == ("beta",)
    view.close()


def test_what_the_ledger_does_not_have_is_refused_wherever_it_comes_from() -> None:
    view = mw.UsageView(ledger())
    models = view.model_list()
    with pytest.raises(MeterError, match="org 'Acmee' not found; did you mean 'Acme'"):
        view.filters = view.filters.replace(orgs=["Acmee"])
    send(models, selected=['"no-such"'])
    assert (view.filters.models, models.selected) == ((), [])
    assert "model 'no-such' not found" in view.error
    view.close()


def test_a_panel_that_was_closed_leaves_the_saying_to_the_banner() -> None:
    view = mw.UsageView(ledger())
    panel, banner = view.filter_panel(), view.insights_banner()
    panel.close()
    view.say("The figures could not be refreshed.")
    assert banner.error == "The figures could not be refreshed."
    view.close()


def test_the_notes_follow_the_filters_of_every_page(page: mw.Page) -> None:
    about = page.children[-1]
    assert "Time covered" in [group["title"] for group in about.groups]
    before = about.groups
    page.view.filters = page.view.filters.replace(orgs=["Globex"])
    notes = [note for group in about.groups for note in group["notes"]]
    assert "30 tokens have no price and are in no spend" in notes
    page.view.reset()
    assert about.groups == before


def test_the_button_that_shows_all_is_the_preset_all() -> None:
    rows = [("2025-02-20T10:00:00Z", "Acme", "alpha", 1, 1, "70.00", "0"), *ROWS]
    page = mw.overview(ledger(rows))
    panel = page.children[0]
    assert panel.part_shown == "$9.50 of $79.50"
    send(panel, request={"n": 1, "preset": "all"})
    assert (panel.preset, panel.part_shown) == ("all", "")
    assert spend(page) == "$79.50"
    page.close()
