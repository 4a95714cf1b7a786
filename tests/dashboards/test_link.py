"""A reader's own widgets, linked to one filter each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import ipywidgets as w
import pytest

import meterwidgets as mw
from meterwidgets.errors import MeterError

from .test_view import ledger


@pytest.fixture
def view() -> Iterator[mw.UsageView]:
    made = mw.UsageView(ledger())
    yield made
    made.close()
    w.Widget.close_all()


def orgs() -> w.Dropdown:
    return w.Dropdown(options={"All": "", "Acme": "Acme", "Globex": "Globex"})


def test_a_dropdown_sets_a_filter_and_follows_it(view: mw.UsageView) -> None:
    org, cards = view.link(orgs(), "orgs"), view.kpi_cards()
    org.value = "Acme"
    assert view.filters.orgs == ("Acme",)
    assert cards.cards[0]["value"] == "$3.50"
    view.filters = view.filters.replace(orgs=["Globex"])
    assert org.value == "Globex"
    view.reset()
    assert org.value == ""
    assert org.label == "All"


def test_a_widget_that_begins_with_a_value_takes_the_filter_s(
    view: mw.UsageView,
) -> None:
    view.filters = view.filters.replace(orgs=["Globex"])
    assert view.link(orgs(), "orgs").value == "Globex"
    assert view.link(w.Dropdown(options=["Acme"]), "orgs").value is None
    assert view.filters.orgs == ("Globex",)


def test_what_a_widget_can_t_show_is_blank_and_stays_chosen(
    view: mw.UsageView,
) -> None:
    org, text = view.link(orgs(), "orgs"), view.link(w.Text(), "orgs")
    view.filters = view.filters.replace(orgs=["Acme", "Globex"])
    assert (org.value, text.value) == (None, "")
    assert view.filters.orgs == ("Acme", "Globex")


@pytest.mark.parametrize(
    "make",
    [
        lambda: w.SelectMultiple(options=["alpha", "beta", "gamma"]),
        lambda: w.TagsInput(allowed_tags=["alpha", "beta", "gamma"]),
    ],
)
def test_a_widget_of_several_values_sets_and_follows_several(
    view: mw.UsageView, make: Any
) -> None:
    models = view.link(make(), "models")
    models.value = ["alpha", "beta"]
    assert view.filters.models == ("alpha", "beta")
    view.filters = view.filters.replace(models=["gamma"])
    assert list(models.value) == ["gamma"]
    view.reset()
    assert list(models.value) == []


def test_a_day_of_a_date_picker_is_in_whole(view: mw.UsageView) -> None:
    start = view.link(w.DatePicker(), "start")
    end = view.link(w.DatePicker(), "end")
    assert (start.value, end.value) == (date(2026, 2, 20), date(2026, 2, 22))
    end.value = date(2026, 2, 21)
    assert view.selection.window.end == datetime(2026, 2, 22, tzinfo=UTC)
    assert view.selection.sums()["records"] == 2
    start.value = date(2026, 2, 21)
    assert view.selection.sums()["records"] == 1
    view.filters = view.filters.replace(preset="today")
    assert (start.value, end.value) == (date(2026, 2, 22), date(2026, 2, 22))


def test_days_are_those_of_the_view_s_zone() -> None:
    view = mw.UsageView(ledger(), tz="Pacific/Auckland")
    end = view.link(w.DatePicker(), "end")
    assert end.value == date(2026, 2, 23)
    end.value = date(2026, 2, 22)
    assert view.selection.window.end == datetime(2026, 2, 22, 11, tzinfo=UTC)
    end.close()
    view.close()


def test_a_datetime_picker_says_instants(view: mw.UsageView) -> None:
    end = view.link(w.DatetimePicker(), "end")
    assert end.value == datetime(2026, 2, 23, tzinfo=UTC)
    end.value = datetime(2026, 2, 22, 11, tzinfo=UTC)
    assert view.selection.sums()["records"] == 3


def test_names_and_what_is_not_reported_are_found(view: mw.UsageView) -> None:
    project = view.link(w.Text(), "projects")
    project.value = "(none)"
    assert view.filters.projects == (None,)
    assert project.value == "(none)"


@pytest.mark.parametrize(
    ("name", "value"), [("preset", "7d"), ("tz", "Asia/Tokyo"), ("cost_type", "input")]
)
def test_the_other_filters_link_too(view: mw.UsageView, name: str, value: str) -> None:
    other = view.link(w.Text(), name)
    other.value = value
    assert getattr(view.filters, name) == value


def test_a_value_that_the_ledger_lacks_is_said_and_taken_back(
    view: mw.UsageView,
) -> None:
    panel, text = (
        view.filter_panel(),
        view.link(w.Text(continuous_update=False), "orgs"),
    )
    text.value = "Acmee"
    assert "did you mean 'Acme'?" in panel.error
    assert text.value == ""
    end = view.link(w.DatePicker(), "end")
    end.value = date(2026, 2, 1)
    assert "not after its start" in view.error
    assert end.value == date(2026, 2, 22)


def test_two_widgets_of_one_filter_agree(view: mw.UsageView) -> None:
    first, second = view.link(orgs(), "orgs"), view.link(w.Text(), "orgs")
    first.value = "Acme"
    assert second.value == "Acme"
    second.value = ""
    assert first.value == ""


def test_a_closed_widget_is_let_go_and_an_own_one_outlives_the_view(
    view: mw.UsageView,
) -> None:
    gone, kept = view.link(orgs(), "orgs"), view.link(orgs(), "orgs")
    gone.close()
    view.filters = view.filters.replace(orgs=["Acme"])
    assert gone.value == ""
    view.close()
    assert kept.comm is not None


@pytest.mark.parametrize(
    ("widget", "name", "said"),
    [
        (w.Text, "organisations", "filter 'organisations' not found"),
        (w.VBox, "orgs", "VBox has no value to link; expected a widget such as"),
        (str, "orgs", "str has no value to link"),
    ],
)
def test_what_can_t_be_linked_is_refused(
    view: mw.UsageView, widget: Any, name: str, said: str
) -> None:
    with pytest.raises(MeterError, match=said):
        view.link(widget(), name)
