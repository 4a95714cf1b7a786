"""The cut to one user's rows: the same figures, and nothing of anybody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

import meterwidgets as mw
from meterwidgets.frame.saved import save

from . import brute


@given(brute.ledgers())
def test_a_user_s_frame_has_the_sums_of_the_user_s_rows(rows: list[brute.Row]) -> None:
    usage = brute.usage(rows)
    for user in ("a", "b", "c, d"):
        own = usage.of_user(user)
        kept = [row for row in rows if row["user"] == user]
        for currency in own.currencies or (None,):
            found = own.select(mw.Filters(currency=currency)).sums()
            assert brute.same(found, brute.sums(kept, currency))
        assert own.coverage == usage.coverage
        seen = own.select().by("user").keys()
        assert set(seen) <= {user}


def test_nothing_of_another_user_is_in_the_bytes_of_the_frame(tmp_path: Path) -> None:
    usage = mw.demo_usage()
    folder = save(usage.of_user("u-1300"), tmp_path / "own")
    everything = b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file()
    )
    assert b"u-1300" in everything
    for name in ("Acme", "Initech", "u-1000", "u-1301", "phi-4-mini", "search-prod"):
        assert name.encode() not in everything


@pytest.mark.parametrize("user", ["nobody", "", "USD", "(none)"])
def test_a_user_without_usage_gets_an_empty_frame(user: str) -> None:
    own = mw.demo_usage().of_user(user)
    assert own.select().sums()["records"] == 0
    assert len(own.cube.sums) == 0
    assert all(not names for names in own.cube.names.values())


def test_a_ledger_without_users_has_nothing_of_anybody() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "org": ["Acme"], "cost": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    assert usage.of_user("Acme").select().sums()["records"] == 0
