"""The figures of a selection, exact and frozen.

Money is in nano-units of one currency; rates are exact fractions of them. None is
"unknown" or "undefined", never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple, overload


class Amounts(NamedTuple):
    """What one group of records adds up to, on the side that the filters show.

    A named tuple, as those of thousands of users are made at once.

    Attributes:
        records: How many records.
        requests: How many requests; None where no record counts them.
        cost: Input + output + unsplit cost, of priced usage.
        input_cost: Of it, for input.
        output_cost: Of it, for output.
        unsplit_cost: Of it, known only as a total.
        estimated_cost: Of it, split into sides by list prices.
        tokens: Input + output tokens.
        input_tokens: Prompt tokens, cached ones included.
        output_tokens: Completion tokens, reasoning included.
        cache_read_tokens: Of the input, read from a cache.
        reasoning_tokens: Of the output, reasoning.
        priced_tokens: The tokens that the cost is for.
        unpriced_tokens: Tokens that nobody priced.
        unpriced_input_tokens: Of them, input.
        unpriced_output_tokens: Of them, output.
        split_input_tokens: The input tokens that ``input_cost`` is for.
        split_output_tokens: The output tokens that ``output_cost`` is for.
    """

    records: int
    requests: int | None
    cost: int | None
    input_cost: int | None
    output_cost: int | None
    unsplit_cost: int | None
    estimated_cost: int
    tokens: int | None
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    reasoning_tokens: int | None
    priced_tokens: int
    unpriced_tokens: int
    unpriced_input_tokens: int
    unpriced_output_tokens: int
    split_input_tokens: int
    split_output_tokens: int

    @property
    def rate_per_1k(self) -> Fraction | None:
        """Cost per 1,000 priced tokens: 1000 x cost / tokens."""
        return ratio(self.cost, self.priced_tokens, 1000)

    @property
    def input_rate_per_1k(self) -> Fraction | None:
        """Input cost per 1,000 of the input tokens that it is for."""
        return ratio(self.input_cost, self.split_input_tokens, 1000)

    @property
    def output_rate_per_1k(self) -> Fraction | None:
        """Output cost per 1,000 of the output tokens that it is for."""
        return ratio(self.output_cost, self.split_output_tokens, 1000)

    @property
    def tokens_per_unit(self) -> Fraction | None:
        """Priced tokens per currency unit: tokens / cost; undefined at cost 0."""
        known = None if self.tokens is None else self.priced_tokens
        return ratio(known, self.cost, 10**9)

    @property
    def input_per_unit(self) -> Fraction | None:
        """Input tokens per unit of input cost."""
        known = None if self.input_tokens is None else self.split_input_tokens
        return ratio(known, self.input_cost, 10**9)

    @property
    def output_per_unit(self) -> Fraction | None:
        """Output tokens per unit of output cost."""
        known = None if self.output_tokens is None else self.split_output_tokens
        return ratio(known, self.output_cost, 10**9)


def ratio(part: int | None, whole: int | None, times: int = 1) -> Fraction | None:
    """Times x part / whole, exactly; None where it is undefined."""
    if part is None or not whole:
        return None
    return Fraction(times * part, whole)


class Row(NamedTuple):
    """One value of a dimension and what it adds up to.

    Attributes:
        id: As the ledger reports it; None is "not reported".
        name: To show.
        amounts: Its sums.
        part: What it is ranked by: its cost, or its tokens where nothing is priced.
        whole: What the parts of all rows add up to.
        members: How many values this row stands for; more than one for "Other".
    """

    id: str | None
    name: str
    amounts: Amounts
    part: int | None
    whole: int
    members: int = 1

    @property
    def share(self) -> Fraction | None:
        """Of the selection; None where the row has no such figure."""
        return ratio(self.part, self.whole)


@dataclass(frozen=True)
class Rows(Sequence[Row]):
    """The rows of a breakdown, each made when it is asked for.

    Of thousands of users few are shown, and Python looks through every object that is
    kept whenever it collects garbage, but not through lists of numbers.

    Attributes:
        order: The places of the rows in the columns.
        ids: A column of ids.
        names: Of names.
        amounts: A column for each field of ``Amounts``.
        parts: A column of what they are ranked by.
        whole: What all parts add up to.

    Examples:
        >>> rows = Rows([1, 0], ["a", "b"], ["A", "B"], [[5, 6]] * 18, [1, 3], 4)
        >>> len(rows), rows[0].share, [row.amounts.cost for row in rows[1:]]
        (2, Fraction(3, 4), [5])
    """

    order: Sequence[int]
    ids: Sequence[str | None]
    names: Sequence[str]
    amounts: Sequence[Sequence[int | None]]
    parts: Sequence[int | None]
    whole: int

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Rows: ...
    def __getitem__(self, at: int | slice) -> Row | Rows:
        if isinstance(at, slice):
            return replace(self, order=self.order[at])
        place = self.order[at]
        amounts = Amounts._make([column[place] for column in self.amounts])
        named = self.ids[place], self.names[place]
        return Row(*named, amounts, self.parts[place], self.whole)


@dataclass(frozen=True)
class Breakdown:
    """A dimension's rows, by cost, then tokens, then name.

    Attributes:
        by: The dimension.
        measure: "cost", or "tokens" where nothing is priced.
        rows: All of them; they add up to the headline.
    """

    by: str
    measure: str
    rows: Rows

    def value(self, row: Row) -> int | None:
        """What a row is ranked and drawn by."""
        found: int | None = getattr(row.amounts, self.measure)
        return found


@dataclass(frozen=True)
class Totals:
    """The headline of a selection.

    Attributes:
        amounts: Its sums.
        models: Distinct models with usage; None where none is reported.
        top_model: The one with the largest cost, or tokens where nothing is priced.
        elapsed: From the start of the window to its end or the end of the data.
        run_rate: Cost per day of it; None for less than an hour.
        tokens_per_day: Likewise.
        requests_per_day: Likewise.
        by_model: The models, ranked.
    """

    amounts: Amounts
    models: int | None
    top_model: str | None
    elapsed: timedelta
    run_rate: Fraction | None
    tokens_per_day: Fraction | None
    requests_per_day: Fraction | None
    by_model: Breakdown

    @property
    def cost_per_model(self) -> Fraction | None:
        """Cost / models with usage, of what names its model."""
        named = [row.amounts for row in self.by_model.rows if row.id is not None]
        costs = [each.cost for each in named if each.cost is not None]
        return Fraction(sum(costs), len(named)) if costs else None


@dataclass(frozen=True)
class Series:
    """One line of a trend: a value of a dimension over time.

    Attributes:
        id: The value; None is "not reported", or everything.
        name: To show.
        points: What each time bucket adds up to.
        members: How many values this line stands for; more than one for "Other".
    """

    id: str | None
    name: str
    points: tuple[Amounts, ...]
    members: int = 1


@dataclass(frozen=True)
class Trend:
    """Usage over time, from the first bucket with usage to the last.

    Attributes:
        bucket: minute, 15 minutes, hour, day, week or month.
        start: The start of each bucket, in UTC.
        series: By cost, then tokens, then name.
        end: Where the last bucket ends, or the window or the data inside it; None
            without usage.
        unfinished: Whether the window or the data end inside the last bucket.
    """

    bucket: str
    start: tuple[datetime, ...]
    series: tuple[Series, ...]
    end: datetime | None = None
    unfinished: bool = False


@dataclass(frozen=True)
class Concentration:
    """How much of the cost, or of the tokens, goes to few models.

    Attributes:
        top: The model with the most; None where none is named.
        share: Its share.
        hhi: The sum of all squared shares.
    """

    top: Row | None
    share: Fraction | None
    hhi: Fraction | None

    @property
    def effective(self) -> Fraction | None:
        """1 / HHI: as many equal models would be as concentrated."""
        return 1 / self.hhi if self.hhi else None


@dataclass(frozen=True)
class Insight:
    """Something worth knowing about a selection.

    Attributes:
        rule: over_list, spike, unpriced, concentration or single_model.
        severity: info or warning.
        title: A few words.
        text: The figures, and what to do.
    """

    rule: str
    severity: str
    title: str
    text: str


def folded(rows: Rows, most: int) -> tuple[Row, ...]:
    """Up to so many rows; of more, the first and one of what the others add up to."""
    if len(rows) <= most:
        return tuple(rows)
    first, rest = rows[: most - 1], rows.order[most - 1 :]
    *amounts, part = (
        _known_sum([column[place] for place in rest])
        for column in (*rows.amounts, rows.parts)
    )
    name = f"Other ({len(rest):,})"
    row = Row(None, name, Amounts._make(amounts), part, rows.whole, len(rest))
    return (*first, row)


def _known_sum(values: Sequence[int | None]) -> int | None:
    """A figure that none of several groups has stays unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
