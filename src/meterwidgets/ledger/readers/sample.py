"""The first look at a ledger, by which its source is recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


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
