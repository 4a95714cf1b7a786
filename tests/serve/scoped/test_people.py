"""Looking up one user of many takes milliseconds, whatever is searched for."""

from __future__ import annotations

import time

import pyarrow as pa
import pytest

import meterwidgets as mw
from meterwidgets.present.filters import address
from meterwidgets.serve.scoped.people import MOST_FOUND, People, search_page

USERS = 30_000


@pytest.fixture(scope="module")
def usage() -> mw.UsageFrame:
    table = pa.table(
        {
            "start": ["2026-02-01T00:00:00Z"] * USERS,
            "user": [f"user-{number:05}" for number in range(USERS)],
            "model": ["m"] * USERS,
            "input_tokens": [1] * USERS,
        }
    )
    return mw.read_usage(
        table,
        prices=mw.PriceBook(catalogue=False),
        labels={"user": {"user-00007": "Ann Ng", "user-00008": "Bob <b>", "gone": "X"}},
        rejects=None,
    )


@pytest.fixture(scope="module")
def people(usage: mw.UsageFrame) -> People:
    return People(usage)


@pytest.mark.parametrize(
    ("text", "count", "first"),
    [
        ("", USERS, "user-00007"),
        ("USER-0000", 10, "user-00007"),
        ("ann", 1, "user-00007"),
        ("7", 10_317, "user-00007"),
        ("user-29999", 1, "user-29999"),
        ("nobody", 0, None),
        ("x" * 100_000, 0, None),
    ],
)
def test_a_search_finds_ids_and_names(
    people: People, text: str, count: int, first: str | None
) -> None:
    found = people.search(text)
    assert found.count == count
    assert len(found.users) == min(count, MOST_FOUND)
    if first is not None and count < MOST_FOUND:
        assert first in found.users


def test_a_hundred_searches_take_milliseconds_each(people: People) -> None:
    began = time.process_time()
    for number in range(100):
        search_page(people, f"nobody-{number}")
    assert time.process_time() - began < 100 * 0.02


def test_an_address_of_a_hundred_unknown_users_takes_milliseconds(
    usage: mw.UsageFrame,
) -> None:
    initial = usage.first_filters()
    address.parse("user=nobody", usage, initial)  # which looks at all names once
    began = time.process_time()
    for number in range(20):
        users = "&".join(f"user=user-x{number}{each:03}" for each in range(100))
        parsed = address.parse(users, usage, initial)
        assert "not found" in parsed.problems[0]
    assert time.process_time() - began < 20 * 0.1


def test_names_and_what_was_searched_for_are_text(people: People) -> None:
    page = search_page(people, 'bob <b>"')
    assert "<b>" not in page
    assert "bob &lt;b&gt;&quot;" in page
    assert 'href="?user=user-00008">Bob &lt;b&gt;</a>' in search_page(people, "bob")


def test_a_ledger_without_users_says_so() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "org": ["Acme"], "input_tokens": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    assert "nobody to look up" in search_page(People(usage), "a")
