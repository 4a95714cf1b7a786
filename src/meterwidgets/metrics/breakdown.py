"""The values of a dimension, ranked, and how concentrated usage is among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple, overload

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amount_columns import AmountColumns, columns_from_sums
from meterwidgets.metrics.amounts import Amounts, UsageMeasure, ratio
from meterwidgets.metrics.memoize import memoize


class Row(NamedTuple):
    """One value of a dimension and what it adds up to.

    Attributes:
        id: The value as the ledger reports it; None means "not reported".
        name: The name to show.
        amounts: What its records add up to.
        value: What it is ranked by: its cost, or its tokens where nothing is priced.
        total: The sum of the values of all rows.
        members: How many values this row stands for; more than one for "Other".
    """

    id: str | None
    name: str
    amounts: Amounts
    value: int | None
    total: int
    members: int = 1

    @property
    def share(self) -> Fraction | None:
        """Its share of the selection; None where the row has no value."""
        return ratio(self.value, self.total)


@dataclass(frozen=True)
class Rows(Sequence[Row]):
    """The rows of a breakdown, each made when it is used.

    A breakdown by user has thousands of rows, few of which are shown.

    Attributes:
        order: The groups of the columns, in the order of the rows.
        ids: The ids of the groups.
        names: Their names.
        amounts: What each group adds up to.
        measure: What they are ranked by.
        total: The sum of what they are ranked by.

    Examples:
        >>> import meterwidgets as mw
        >>> rows = breakdown(mw.demo_usage().select(), "org").rows
        >>> len(rows), rows[0].name, [row.name for row in rows[1:3]]
        (4, 'Acme', ['Globex Research', 'Umbrella Health'])
    """

    order: Sequence[int]
    ids: Sequence[str | None]
    names: Sequence[str]
    amounts: AmountColumns
    measure: UsageMeasure
    total: int

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Row | Rows:
        if isinstance(index, slice):
            return replace(self, order=self.order[index])
        group = self.order[index]
        amounts = self.amounts[group]
        return Row(
            self.ids[group],
            self.names[group],
            amounts,
            amounts.measured(self.measure),
            self.total,
        )


@dataclass(frozen=True)
class Breakdown:
    """The rows of a dimension, by cost, then tokens, then name.

    Attributes:
        by: The dimension.
        measure: What the rows are ranked by: tokens where nothing is priced.
        rows: All of them; they add up to the headline.
    """

    by: str
    measure: UsageMeasure
    rows: Rows


@memoize
def breakdown(
    selection: Selection, by: str, *, apply_own_filter: bool = True
) -> Breakdown:
    """The values of a dimension under the filters, ranked.

    Args:
        selection: What to break down.
        by: The dimension, such as "org".
        apply_own_filter: Whether the filter on that dimension itself applies.
    """
    values, sums = selection.breakdown_columns(by, apply_own_filter=apply_own_filter)
    columns = columns_from_sums(sums, selection.filters.cost_type)
    is_priced = not values or any(cost is not None for cost in columns.cost)
    measure: UsageMeasure = "cost" if is_priced else "tokens"
    names = selection.frame.display_names(by, values)
    # Stable sorts, the key that ranks first last.
    order = sorted(range(len(values)), key=lambda group: values[group] or "")
    order.sort(key=names.__getitem__)
    for column in (columns.tokens, columns.cost):
        order.sort(key=[value or 0 for value in column].__getitem__, reverse=True)
    total = sum(value or 0 for value in columns.measured(measure))
    return Breakdown(by, measure, Rows(order, values, names, columns, measure, total))


def top_with_other(rows: Rows, limit: int) -> tuple[Row, ...]:
    """At most so many rows; of more, the last is "Other", the sum of the rest."""
    if len(rows) <= limit:
        return tuple(rows)
    rest = rows.order[limit - 1 :]
    amounts = rows.amounts.total(rest)
    other = Row(
        id=None,
        name=f"Other ({len(rest):,})",
        amounts=amounts,
        value=amounts.measured(rows.measure),
        total=rows.total,
        members=len(rest),
    )
    return (*rows[: limit - 1], other)


@dataclass(frozen=True)
class Concentration:
    """How much of the cost, or of the tokens, goes to few models.

    Attributes:
        top: The model with the most; None where no model is named.
        share: Its share.
        hhi: The Herfindahl-Hirschman index: the sum of all squared shares.
    """

    top: Row | None
    share: Fraction | None
    hhi: Fraction | None

    @property
    def effective_number(self) -> Fraction | None:
        """1 / HHI: this many equal models would be as concentrated."""
        return 1 / self.hhi if self.hhi else None


def concentration(ranked: Breakdown) -> Concentration:
    """How concentrated a breakdown is.

    Source: METRICS, "Concentration": the largest share, and HHI = sum of shares².

    Examples:
        >>> import meterwidgets as mw
        >>> found = concentration(breakdown(mw.demo_usage().select(), "model"))
        >>> found.top.name, round(float(found.effective_number), 2)
        ('qwen2.5-72b-instruct', 3.21)
    """
    top = next((row for row in ranked.rows if row.id is not None), None)
    shares = [share for row in ranked.rows if (share := row.share) is not None]
    hhi = sum((share**2 for share in shares), Fraction(0)) or None
    return Concentration(top, top.share if top else None, hhi)
