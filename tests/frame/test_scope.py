"""The cut to a scope: the same figures, and nothing of anybody else."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import meterwidgets as mw
from meterwidgets.errors import MeterError
from meterwidgets.frame.saved import open_frame, save
from meterwidgets.frame.scope import Scope
from meterwidgets.report import csv, html, json
from meterwidgets.report import text as plain

from . import brute

pytestmark = pytest.mark.slow

_values = st.lists(
    st.sampled_from([None, "a", "b", "c, d", "nobody"]), min_size=1, max_size=3
)
_rows = st.dictionaries(st.sampled_from(brute.DIMENSIONS), _values, max_size=3)


@given(brute.ledgers(), _rows, st.booleans())
def test_a_scoped_frame_has_the_sums_of_the_rows_in_its_scope(
    rows: list[brute.Row], kept: dict[str, list[str | None]], personal: bool
) -> None:
    usage = brute.usage(rows)
    scoped = usage.scoped(Scope(kept, personal=personal))
    inside = [
        row
        for row in brute.filled(rows)
        if all(row[dimension] in values for dimension, values in kept.items())
    ]
    for currency in scoped.currencies or (None,):
        selection = scoped.select(mw.Filters(currency=currency))
        expected = brute.sums(inside, currency)
        assert brute.same(selection.sums(), expected)
    counted = sum(1 for row in inside if row["currency"] in (None, currency))
    for dimension in brute.DIMENSIONS:
        found = selection.by(dimension)
        if not personal and dimension in ("user", "api_key"):
            assert set(found) <= {None}
        else:
            expected_values = {
                row[dimension] for row in inside if row["currency"] in (None, currency)
            }
            assert set(found) == expected_values
        assert sum(sums["records"] for sums in found.values()) == counted
    assert scoped.quality.records == len(inside)
    assert scoped.coverage == usage.coverage


@given(brute.ledgers(), st.sampled_from(brute.DIMENSIONS[:6]), _values)
def test_a_scope_by_one_dimension_is_what_the_filter_on_it_shows(
    rows: list[brute.Row], dimension: str, values: list[str | None]
) -> None:
    usage = brute.usage(rows)
    scoped = usage.scoped(Scope({dimension: values}))
    currency = next(iter(scoped.currencies), None)
    filters = mw.Filters(currency=currency).choose(dimension, values)
    assert scoped.select(mw.Filters(currency=currency)).sums() == (
        usage.select(filters).sums()
    )


CANARY = "canary-7f3a"


def _ledger(tmp_path: Path) -> mw.UsageFrame:
    """Two tenants; every name of the second holds the canary, its file's as well."""
    rows = []
    for tenant in ("acme", CANARY):
        for number in range(20):
            row: dict[str, Any] = {
                "start": f"2026-02-{1 + number % 20:02}T10:00:00Z",
                "org": tenant,
                "user": f"{tenant}-u{number % 3}",
                "input_tokens": 1000,
                "output_tokens": 10 + number,
                "cost": "900" if number == 7 else "0.25",
                "currency": "USD",
            }
            for name in ("project", "api_key", "endpoint", "deployment", "model"):
                row[name] = f"{tenant}-{name}"
            rows.append(row)
    names = list(rows[0])
    folder = tmp_path / "in"
    folder.mkdir()
    for tenant in ("acme", CANARY):
        lines = [",".join(names)]
        lines += [
            ",".join(str(row[name]) for name in names)
            for row in rows
            if row["org"] == tenant
        ]
        lines += [f"yesterday,{tenant},{tenant}-u0,x,y,z,USD" + ",q" * 5]
        (folder / f"{tenant}.csv").write_text("\n".join(lines))
    return mw.read_usage(
        folder,
        prices=mw.PriceBook.parse(
            [{"model": f"{tenant}-model", "input": "2", "output": "4"}
             for tenant in ("acme", CANARY)]
        ),
        labels={
            "org": {"acme": "Acme", CANARY: f"The {CANARY} company"},
            "user": {"acme-u1": "Ann", f"{CANARY}-u1": f"Bob of {CANARY}"},
        },
        rejects=None,
    )  # fmt: skip


SCOPES = [
    Scope({"org": ["acme"]}),
    Scope({"org": ["acme"]}, personal=False),
    Scope({"user": ["acme-u1"]}),
    Scope({"user": ["acme-u1"]}, personal=False),
    *(
        Scope({name: [f"acme-{name}"]})
        for name in ("project", "api_key", "endpoint", "deployment", "model")
    ),
]


@pytest.mark.parametrize("scope", SCOPES, ids=repr)
def test_no_name_outside_a_scope_is_in_its_frame_files_or_reports(
    tmp_path: Path, scope: Scope
) -> None:
    usage = _ledger(tmp_path)
    assert usage.outliers
    assert usage.quality.rejected
    scoped = usage.scoped(scope)
    assert scoped.select().sums()["records"] in (20, 7)
    folder = save(scoped, tmp_path / "cut")
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    selection = open_frame(folder).select()
    reports = [report.dumps(selection) for report in (plain, json, csv, html)]
    with pytest.raises(MeterError) as error:
        scoped.ids("org", ["cannary"])
    for text in (repr(vars(scoped)), *reports, str(error.value), repr(scoped)):
        written += text.encode()
    assert CANARY.encode() not in written
    if not scope.personal:
        for name in ("acme-u", "Ann", "acme-api_key"):
            assert name.encode() not in written
    assert scoped.quality.rejected == 0


def test_one_of_thirty_thousand_users_is_cut_within_50_ms() -> None:
    users, rows = 30_000, 400_000
    random = np.random.default_rng(5)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    minutes = random.integers(0, 90 * 24 * 60, rows)
    table = pa.table(
        {
            "start": pa.array([start + timedelta(minutes=int(m)) for m in minutes]),
            "org": [f"org-{n}" for n in random.integers(0, 40, rows)],
            "user": [f"user-{n:05}" for n in random.integers(0, users, rows)],
            "model": [f"model-{n}" for n in random.integers(0, 8, rows)],
            "input_tokens": random.integers(1, 4000, rows),
            "output_tokens": random.integers(1, 900, rows),
        }
    )
    usage = mw.read_usage(table, prices=mw.PriceBook(catalogue=False), rejects=None)
    usage.scoped(Scope({"user": ["user-00001"]}))
    spent = []
    for number in range(5):
        scope = Scope({"user": [f"user-{number * 999:05}"]})
        began = time.process_time()
        scoped = usage.scoped(scope)
        spent.append(time.process_time() - began)
    assert scoped.select().sums()["records"] > 0
    assert min(spent) <= 0.05


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ({"tenant": ["a"]}, "dimension 'tenant' not found"),
        ({"org": "Acme"}, "expected a list"),
        ({"org": []}, "at least one name"),
        ({"org": [7]}, "at least one name"),
    ],
)
def test_a_scope_that_names_nothing_is_refused(rows: Any, problem: str) -> None:
    with pytest.raises(MeterError, match=problem):
        Scope(rows)


def test_scopes_are_equal_where_they_name_the_same() -> None:
    scope = Scope({"user": ["ann"], "org": ["b", "a", None]})
    same = Scope({"org": (None, "a", "b", "a"), "user": ("ann",)})
    assert scope == same
    assert hash(scope) == hash(same)
    assert scope.key == same.key
    assert scope.key != Scope({"user": ["ann"]}).key != Scope({"user": ["bob"]}).key
    assert "ann" not in scope.key
    assert (scope.user, scope.is_all, Scope().is_all) == ("ann", False, True)
    assert Scope({"user": ["ann", "bob"]}).user is None
    assert not Scope(personal=False).is_all


def test_where_people_are_hidden_an_outlier_names_no_user(tmp_path: Path) -> None:
    usage = _ledger(tmp_path).scoped(Scope({"org": ["acme"]}, personal=False))
    (outlier,) = usage.outliers
    assert (outlier.org, outlier.user) == ("acme", None)


def test_a_scope_by_something_not_reported_holds_no_row() -> None:
    usage = mw.read_usage(
        {"start": ["2026-02-22"], "org": ["Acme"], "input_tokens": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    assert usage.scoped(Scope({"user": ["ann"]})).quality.records == 0
    assert usage.scoped(Scope({"user": [None]})).quality.records == 0
