"""Filters as the query of an address: what is written is read back, what isn't ours is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.frame.filters import PRESETS, Filters
from meterwidgets.present.filters.address import parse, query

USAGE = mw.demo_usage()
FIRST = USAGE.first_filters()
NAMES = {
    dimension: [*USAGE.cube.names[dimension]]
    for dimension in ("org", "project", "deployment", "endpoint", "model")
}
INSTANTS = st.datetimes(datetime(2025, 11, 25), datetime(2026, 2, 22)).map(
    lambda at: at.replace(second=0, microsecond=0, tzinfo=UTC)
)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    """Any selection that a reader can make on a page."""
    chosen = {
        f"{name}s": draw(st.lists(st.sampled_from(values), unique=True, max_size=3))
        for name, values in NAMES.items()
    }
    ends = {"preset": draw(st.sampled_from(list(PRESETS)))}
    if draw(st.booleans()):
        start, end = sorted(
            draw(st.lists(INSTANTS, min_size=2, max_size=2, unique=True))
        )
        ends = {"preset": "custom", "start": start, "end": end}
    return Filters(
        tz=draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"])),
        cost_type=draw(st.sampled_from(["both", "input", "output"])),
        **chosen,
        **ends,
    )


@given(filters())
def test_an_address_leads_back_to_the_filters_that_it_was_made_of(
    wanted: Filters,
) -> None:
    found = parse(query(wanted, FIRST, {"by": "model"}), USAGE, FIRST)
    assert found.filters == wanted
    assert found.others == {"by": "model"}
    assert found.problems == []


@given(st.text(max_size=300))
def test_no_query_raises_and_none_leaves_the_ledger(text: str) -> None:
    found = parse(text, USAGE, FIRST)
    USAGE.select(found.filters).sums()


def test_what_a_page_starts_with_is_an_empty_query() -> None:
    assert query(FIRST, FIRST, {}) == ""


def test_whole_days_are_dates_and_all_else_is_in_utc() -> None:
    berlin = FIRST.replace(tz="Europe/Berlin")
    days = berlin.replace(preset="custom", start="2026-02-16", end="2026-02-23")
    assert query(days, berlin, {}) == "start=2026-02-16&end=2026-02-23"
    hours = days.replace(start="2026-02-16T06:00")
    assert query(hours, berlin, {}) == "start=2026-02-16T05:00Z&end=2026-02-22T23:00Z"


def test_a_value_that_is_not_reported_has_a_word() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"] * 2, "org": [None, "Acme"], "cost": [1, 2]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    first = usage.first_filters()
    wanted = first.replace(orgs=[None])
    assert query(wanted, first, {}) == "org=(none)"
    assert parse("org=(none)", usage, first).filters == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("org=Nobody&range=7d", "org 'Nobody' not found"),
        ("tz=Mars/Olympus&range=7d", "no time zone 'Mars/Olympus'"),
        ("cost-type=free&range=7d", "cost type 'free' not found"),
        ("currency=XXX&range=7d", "currency 'XXX' not found"),
        ("range=7d&user=nobody", "user 'nobody' not found"),
    ],
)
def test_one_bad_value_is_said_and_spoils_no_other(text: str, said: str) -> None:
    found = parse(text, USAGE, FIRST)
    assert found.filters == FIRST.replace(preset="7d")
    assert len(found.problems) == 1
    assert found.problems[0].startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start=yesterday", "start is 'yesterday'; expected an ISO date"),
        ("start=2026-02-22&end=2026-02-20", "the range ends at 2026-02-20"),
        ("start=9999-01-01", "start is in the year 9999"),
        ("range=fortnight", "preset 'fortnight' not found"),
    ],
)
def test_a_bad_range_is_said_and_the_first_one_stays(text: str, said: str) -> None:
    found = parse(f"{text}&org=Acme", USAGE, FIRST)
    assert found.filters == FIRST.replace(orgs=["Acme"])
    assert found.problems[0].startswith(said)


def test_an_address_of_ten_thousand_parameters_is_refused_whole() -> None:
    found = parse("&".join(["org=Acme"] * 10_000), USAGE, FIRST)
    assert found.filters == FIRST
    assert found.problems == ["the address has too many parameters"]


def test_a_choice_longer_than_a_server_reads_stays_out_of_the_address() -> None:
    many = FIRST.replace(preset="7d", users=[f"u-{n}" for n in range(1_200)])
    assert query(many, FIRST, {"by": "model"}) == "range=7d&by=model"
