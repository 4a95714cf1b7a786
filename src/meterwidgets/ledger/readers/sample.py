"""The first look at a ledger, by which its source is recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

_DEPTH = 4


@dataclass(frozen=True)
class Sample:
    """The columns of a ledger and some of its records.

    Attributes:
        columns: Names in the order of the ledger, nested ones with dots.
        records: Some records as read, for formats that a value tells apart; none
            where the ledger is a flat table.
    """

    columns: tuple[str, ...]
    records: tuple[Mapping[str, object], ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Its columns, and the paths of what is nested in its records.

        Examples:
            >>> sorted(Sample(("id", "usage.in"), ({"tags": []},)).names)
            ['id', 'tags', 'usage', 'usage.in']
            >>> sorted(Sample((), ({"usage": {"in": 1}},)).names)
            ['usage', 'usage.in']
        """
        names = set(self.columns)
        if self.records and not self.columns:
            names.update(path for each in self.records for path in _paths(each))
        for column in self.columns:
            while (column := column.rpartition(".")[0]) and column not in names:
                names.add(column)
        return frozenset(names.union(*self.records))

    def within(self, *path: str) -> Iterator[Mapping[str, object]]:
        """The objects under a path of lists and objects, if there are any.

        Examples:
            >>> page = {"data": [{"results": []}, {"results": [{"amount": "1"}]}]}
            >>> list(Sample((), (page,)).within("data", "results"))
            [{'amount': '1'}]
        """
        values: list[object] = list(self.records)
        for name in path:
            children = [value.get(name) for value in values if isinstance(value, dict)]
            values = [
                item
                for child in children
                for item in (child if isinstance(child, list) else [child])
            ]
        return (value for value in values if isinstance(value, dict))


def _paths(record: Mapping[str, object], outer: str = "") -> Iterator[str]:
    for key, value in record.items():
        yield f"{outer}{key}"
        if isinstance(value, dict) and outer.count(".") < _DEPTH:
            yield from _paths(value, f"{outer}{key}.")
