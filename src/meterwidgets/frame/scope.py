"""Scopes: the rows of a ledger that somebody may see, and the cut to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import numpy as np

from meterwidgets.errors import MeterError
from meterwidgets.frame.cube.build import currencies_of
from meterwidgets.frame.cube.cube import Cube, KeptValues
from meterwidgets.frame.data import FrameData
from meterwidgets.ledger.pricing.outliers import FLAG, Outlier
from meterwidgets.ledger.records.quality import Credit, Quality
from meterwidgets.schema import DIMENSIONS

_NAME = "Usage"
"""What a cut ledger is called: its own name may list the files of others."""


@dataclass(frozen=True, eq=True)
class Scope:
    """The rows of a ledger that somebody may see.

    Args:
        rows: Dimension -> the values that may be seen; None stands for "not reported".
            A row has to match all of the dimensions; without any, every row may be
            seen.
        personal: Whether people may be seen: users, API keys, and usage by them.

    Raises:
        MeterError: When there is no such dimension, or one has no values.

    Examples:
        >>> scope = Scope({"org": ["Acme"]}, personal=False)
        >>> scope
        Scope({'org': ('Acme',)}, personal=False)
        >>> scope == Scope({"org": ("Acme", "Acme")}, personal=False), scope.is_all
        (True, False)
        >>> Scope({"user": ["ann"]}).user
        'ann'
    """

    rows: Mapping[str, Iterable[str | None]] = field(default_factory=dict)
    personal: bool = True

    def __post_init__(self) -> None:
        rows = {name: _checked(name, self.rows[name]) for name in sorted(self.rows)}
        object.__setattr__(self, "rows", MappingProxyType(rows))

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        personal = "" if self.personal else ", personal=False"
        return f"Scope({dict(self.rows)!r}{personal})"

    @property
    def is_all(self) -> bool:
        """Whether everything may be seen."""
        return self.personal and not self.rows

    @property
    def user(self) -> str | None:
        """The user whose rows these are; None where they aren't those of one user."""
        values = tuple(self.rows.get("user", ()))
        return values[0] if len(values) == 1 else None

    @cached_property
    def key(self) -> str:
        """A short text that differs from that of every other scope, without names."""
        text = json.dumps([dict(self.rows), self.personal])
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    @cached_property
    def kept_values(self) -> KeptValues:
        """Dimensions, each with the values to keep."""
        return tuple((name, frozenset(values)) for name, values in self.rows.items())


def _checked(dimension: str, values: object) -> tuple[str | None, ...]:
    """The values of a dimension, sorted, each once; "not reported" comes last.

    Raises:
        MeterError: When there is no such dimension, or these are no values.
    """
    DIMENSIONS.named(dimension)
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise MeterError(f"the scope of {dimension} is {values!r}; expected a list")
    distinct = set(values)
    if not distinct or not all(v is None or isinstance(v, str) for v in distinct):
        raise MeterError(
            f"the scope of {dimension} is {sorted(distinct, key=repr)!r}; expected at "
            "least one name, or None for what is not reported"
        )
    return tuple(sorted(distinct, key=lambda value: (value is None, value or "")))


def cut(frame: FrameData, scope: Scope) -> dict[str, Any]:
    """The data of a frame that are in a scope; of all others nothing is left.

    The range of time stays that of the whole ledger, and what it covers.

    Returns:
        The attributes that differ from those of the frame.
    """
    cube, user_cube = _cut_cubes(frame, scope)
    names = (user_cube or cube).names
    records = int(cube.sums.total("records").sum())
    return {
        "name": frame.name if frame.demo else _NAME,
        "cube": cube,
        "user_cube": user_cube,
        "currencies": currencies_of(cube) or frame.currencies[:1],
        "quality": Quality(
            records=records,
            assumed_tz=frame.quality.assumed_tz,
            credits=tuple(_credits(frame.quality.credits, scope)),
        ),
        "coverage": replace(frame.coverage, file_notes=()),  # they count all records
        "outliers": tuple(_outliers(frame.outliers, scope)),
        "store": None,  # it keeps the records of everybody
        "labels": {
            dimension: {i: name for i, name in labels.items() if i in used}
            for dimension, labels in frame.labels.items()
            if (used := {*names.get(dimension, ())})
        },
    }


def _cut_cubes(frame: FrameData, scope: Scope) -> tuple[Cube, Cube | None]:
    """The shared cube of a scope, and its personal one unless people are hidden."""
    personal = {each.name for each in DIMENSIONS if each.is_personal}
    people = frame.user_cube
    if people is None or (not scope.personal and not personal & scope.rows.keys()):
        return _cut_cube(frame.cube, scope, frame.tz), None
    people = _cut_cube(people, scope, frame.tz)
    if personal & scope.rows.keys():
        cube = people.roll_up(DIMENSIONS.shared_keys, tz=frame.tz)
    else:
        cube = _cut_cube(frame.cube, scope, frame.tz)
    return cube, people if scope.personal else None


def _cut_cube(cube: Cube, scope: Scope, tz: str) -> Cube:
    """The tuples of a cube in a scope; none by a dimension that it doesn't know."""
    kept = np.ones(cube.sums.tuples, bool)
    for dimension, values in scope.kept_values:
        if dimension not in cube.names:
            kept[:] = False
            break
        is_kept = [name in values for name in cube.names[dimension]]
        kept &= np.asarray(is_kept, bool)[cube.codes[dimension]]
    return cube.cut(kept, tz=tz)


def _outliers(outliers: Iterable[Outlier], scope: Scope) -> Iterator[Outlier]:
    """The outliers of a scope, without their users where people are hidden."""
    for outlier in outliers:
        values = {**vars(outlier), "outlier": FLAG}
        if all(
            dimension in values and values[dimension] in kept
            for dimension, kept in scope.kept_values
        ):
            yield outlier if scope.personal else replace(outlier, user=None)


def _credits(all_credits: Iterable[Credit], scope: Scope) -> Iterator[Credit]:
    """The credits of a scope; a bill names no more than an organization for them."""
    kept = dict(scope.kept_values)
    if kept.keys() <= {"org"}:
        for credit in all_credits:
            if not kept or credit.org in kept["org"]:
                yield credit
