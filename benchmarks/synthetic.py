"""Usage of a large organisation, made up: 180 days, 40 orgs, 5,000 users.

The same in every run: 200 projects, 12 models in 24 deployments, 5 endpoints, 1,910
combinations of project, deployment and endpoint; a few are busy, most are not, and days
have their hours. One deployment has no price, a third of the requests read a cache. It
comes as records, or as the rows that they roll up to, which is made day by day and so
never needs the records at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from meterwidgets.frame.cube.cube import Cube
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.rollup.encoding import narrow
from meterwidgets.ledger.records.quality import Quality
from meterwidgets.schema import DIMENSIONS

Ints = npt.NDArray[np.int64]

DAYS, ORGS, PROJECTS, USERS = 180, 40, 200, 5000
MODELS, DEPLOYMENTS, ENDPOINTS = 12, 24, 5
TUPLES, GRAIN_S = 1910, 900
START = datetime(2026, 1, 1, tzinfo=UTC)
_FIRST_DAY = (START - datetime(1970, 1, 1, tzinfo=UTC)).days
_UNPRICED = DEPLOYMENTS - 1
_NOBODY = pa.array([], pa.string())
_HOURS = 1 + 2.5 * np.exp(-(((np.arange(24) - 13.5) / 4.5) ** 2))
"""How busy each hour of a day is."""


def _zipf(count: int, power: float) -> npt.NDArray[np.float64]:
    """Falling weights that add up to one, as running sums."""
    weights = 1 / np.arange(1, count + 1) ** power
    return np.cumsum(weights / weights.sum())


class Company:
    """Who uses what: the combinations, and the prices.

    Attributes:
        project: Of each combination.
        deployment: Likewise.
        endpoint: Likewise.
    """

    def __init__(self) -> None:
        dice = np.random.default_rng(7)
        there = dice.choice(PROJECTS * DEPLOYMENTS * ENDPOINTS, TUPLES, replace=False)
        self.project = there // (DEPLOYMENTS * ENDPOINTS)
        self.deployment = there // ENDPOINTS % DEPLOYMENTS
        self.endpoint = there % ENDPOINTS
        self._busy = _zipf(TUPLES, 0.9)
        self._of_project = _zipf(USERS // PROJECTS, 0.6)
        self._price = dice.integers(100, 5000, DEPLOYMENTS)  # nano-units per token

    def day(self, day: int, count: int) -> dict[str, Ints]:
        """The requests of one day, in no order: their bucket, who, what, how much."""
        dice = np.random.default_rng([7, day])
        which = np.searchsorted(self._busy, dice.random(count))
        person = np.searchsorted(self._of_project, dice.random(count))
        hour = np.searchsorted(np.cumsum(_HOURS / _HOURS.sum()), dice.random(count))
        second = np.minimum(hour, 23) * 3600 + dice.integers(0, 3600, count)
        read = (np.exp(dice.normal(6.5, 1.2, count))).astype(np.int64) + 1
        made = (np.exp(dice.normal(5.5, 1.0, count))).astype(np.int64) + 1
        deployment = self.deployment[which]
        price = np.where(deployment == _UNPRICED, 0, self._price[deployment])
        cached = deployment % 3 == 0
        return {
            "second": (_FIRST_DAY + day) * 86_400 + second,
            "which": which,
            "user": self.project[which] * (USERS // PROJECTS) + person,
            "input_tokens": read,
            "output_tokens": made,
            "cache_read_tokens": np.where(cached, read // 3, 0),
            "cached": cached.astype(np.int64),
            "reasoning_tokens": np.where(cached, made // 2, 0),
            "priced": (deployment != _UNPRICED).astype(np.int64),
            "input_cost": read * price,
            "output_cost": made * price * 4,
        }

    def names(self, which: Ints, user: Ints | None = None) -> dict[str, pa.Array]:
        """The dimensions of requests or rows."""
        deployment, project = self.deployment[which], self.project[which]
        codes = {
            "org": (project * ORGS // PROJECTS, [f"org-{n:02}" for n in range(ORGS)]),
            "project": (project, [f"project-{n:03}" for n in range(PROJECTS)]),
            "deployment": (deployment, [f"served-{n:02}" for n in range(DEPLOYMENTS)]),
            "model": (
                deployment * MODELS // DEPLOYMENTS,
                [f"model-{n:02}" for n in range(MODELS)],
            ),
            "endpoint": (self.endpoint[which], [f"/v1/{n}" for n in range(ENDPOINTS)]),
            "currency": (np.zeros(len(which)), ["USD"]),
        }
        if user is not None:
            codes["user"] = user, [f"user-{n:04}" for n in range(USERS)]
        made = {
            name: pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int16)), names)
            for name, (code, names) in codes.items()
        }
        unpriced = deployment == _UNPRICED
        made["currency"] = pa.DictionaryArray.from_arrays(
            pa.array(np.zeros(len(which), np.int16), mask=unpriced), ["USD"]
        )
        nothing = pa.nulls(len(which), pa.int16())
        for name in ("outlier", "api_key"):
            made[name] = pa.DictionaryArray.from_arrays(nothing, _NOBODY)
        return made


_SUMMED = {
    "input_tokens": "",
    "output_tokens": "",
    "cache_read_tokens": "cached",
    "reasoning_tokens": "cached",
    "input_cost": "priced",
    "output_cost": "priced",
}
_KEPT = ("which", "user", "cached", "priced")
"""What is summed up, and which flag says that it is known."""


def _counts(requests: int) -> list[int]:
    """How many requests each day has: weekends are quiet, and it grows."""
    days = np.arange(DAYS)
    weights = np.where(np.isin(days % 7, (2, 3)), 0.4, 1) * (1 + days / DAYS)
    edges = np.round(np.cumsum(weights / weights.sum()) * requests).astype(int)
    return np.diff(edges, prepend=0).tolist()


def records(requests: int) -> pa.Table:
    """All requests, a row each, in the order of days."""
    company = Company()
    return pa.concat_tables(_records(company, requests)).unify_dictionaries()


def _records(company: Company, requests: int) -> Iterator[pa.Table]:
    for day, count in enumerate(_counts(requests)):
        found = company.day(day, count)
        names = company.names(found["which"], found["user"])
        columns = {
            name: pa.array(found[name], mask=found[known] == 0 if known else None)
            for name, known in _SUMMED.items()
        }
        start = pa.array(found["second"] * 1_000_000, pa.timestamp("us", "UTC"))
        yield pa.table({"start": start, **names, **columns})


def rolled_up(requests: int) -> pa.Table:
    """The rows that the requests roll up to, by user; columns that are alike share."""
    company = Company()
    parts: dict[str, list[npt.NDArray]] = {}
    for day, count in enumerate(_counts(requests)):
        found = company.day(day, count)
        bucket = found["second"] // GRAIN_S
        slot = bucket - bucket.min(initial=0)
        key = (slot * TUPLES + found["which"]) * USERS + found["user"]
        order = np.argsort(key)
        firsts = np.flatnonzero(np.diff(key[order], prepend=-1))
        kept = order[firsts]
        row = {
            name: found[name][kept] for name in ("which", "user", "cached", "priced")
        }
        row |= {"bucket": bucket[kept], "records": np.diff(firsts, append=count)}
        row |= {name: np.add.reduceat(found[name][order], firsts) for name in _SUMMED}
        for name, values in row.items():
            parts.setdefault(name, []).append(narrow(values))
    whole = {name: np.concatenate(parts.pop(name)) for name in list(parts)}
    cached, priced = whole["cached"], whole["priced"]
    columns = {name: whole[name] for name in ("records", *_SUMMED)}
    for name in ("requests", "requests_reported", "input_reported", "output_reported"):
        columns[name] = whole["records"]
    for name in ("cache_read_reported", "reasoning_reported"):
        columns[name] = whole["records"] * cached
    columns["cache_read_input_tokens"] = whole["input_tokens"] * cached
    columns["priced"] = whole["records"] * priced
    for side in ("input", "output"):
        sums = whole[f"{side}_tokens"] * priced
        columns[f"priced_{side}_tokens"] = columns[f"split_{side}_tokens"] = sums
    names = company.names(whole["which"], whole["user"])
    return pa.table({"bucket": whole["bucket"].astype(np.int64), **names, **columns})


def frame(requests: int) -> UsageFrame:
    """The ledger as a frame."""
    rows = rolled_up(requests)
    user_cube = Cube.from_rows(rows, DIMENSIONS.personal_keys, GRAIN_S)
    del rows
    return UsageFrame(
        name=f"{requests:,} requests",
        cube=user_cube.roll_up(DIMENSIONS.shared_keys),
        user_cube=user_cube,
        last=START + timedelta(days=DAYS) - timedelta(seconds=1),
        currencies=("USD",),
        quality=Quality(records=requests),
    )
