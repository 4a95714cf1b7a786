"""The record's fields, and the registries of dimensions and measures.

The one place that names them: reading, roll-up, filters, command line, addresses,
reports and pages all ask here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from meterwidgets.errors import MeterError, unknown

NAMES = (
    "org", "project", "user", "api_key", "endpoint", "deployment", "provider", "model",
)  # fmt: skip
"""The record's names, as the ledger reports them."""

COUNTS = (
    "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_write_1h_tokens", "output_tokens", "reasoning_tokens", "latency_ms",
)  # fmt: skip
"""The record's whole numbers, null where the ledger does not report them."""

MONEY = ("cost", "input_cost", "output_cost")
"""What a ledger can record of a cost: the total, or its sides."""

FIELDS = (
    "record_id", "covers", "start", "end", *NAMES, "status", "service_tier",
    *COUNTS, *MONEY, "currency",
)  # fmt: skip
"""All that a ledger's column can fill."""


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """Something that usage is filtered and broken down by.

    Attributes:
        name: In Python, JSON, CSV, addresses and on the command line: ``org``.
        plural: The keyword of its filter: ``orgs``.
        label: The heading of its column and cards: "Organization".
        plural_label: Its values in a sentence: "organizations".
        filter_label: What the filter panel calls it: "Tenant org".
        column: The record's column that it is read from.
        filter_place: Its place among the filters; None where readers choose no values
            of it.
        is_breakdown: Whether figures can be broken down by it.
        is_personal: Whether it says who somebody is: it is kept in the personal cube
            only.
    """

    name: str
    plural: str
    label: str
    plural_label: str
    filter_label: str
    column: str
    filter_place: int | None
    is_breakdown: bool = True
    is_personal: bool = False


@dataclass(frozen=True)
class Dimensions:
    """A registry of dimensions, in the order in which they are shown.

    Args:
        entries: The dimensions; names and plurals are each there once.

    Raises:
        MeterError: When two of them have one name.

    Examples:
        >>> DIMENSIONS.named("org").plural, DIMENSIONS.filters["orgs"].label
        ('orgs', 'Organization')
        >>> list(DIMENSIONS.breakdowns)
        ['org', 'project', 'deployment', 'model', 'endpoint', 'user']
    """

    entries: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        names = [each.name for each in self.entries]
        names += [each.plural for each in self.entries if each.plural != each.name]
        for name in names:
            if names.count(name) > 1:
                raise MeterError(f"two dimensions are named {name!r}; rename one")

    def __iter__(self) -> Iterator[Dimension]:
        return iter(self.entries)

    def named(self, name: str) -> Dimension:
        """The dimension of a name.

        Raises:
            MeterError: When there is none.
        """
        for dimension in self.entries:
            if dimension.name == name:
                return dimension
        raise MeterError(unknown("dimension", name, [each.name for each in self]))

    @cached_property
    def filters(self) -> Mapping[str, Dimension]:
        """Filter -> the dimension whose values it chooses, as the panel orders them."""
        placed = [each for each in self.entries if each.filter_place is not None]
        placed.sort(key=lambda each: each.filter_place or 0)
        return {dimension.plural: dimension for dimension in placed}

    @cached_property
    def breakdowns(self) -> Mapping[str, Dimension]:
        """Name -> dimension, of those that figures are broken down by."""
        return {each.name: each for each in self.entries if each.is_breakdown}

    @cached_property
    def shared_keys(self) -> tuple[str, ...]:
        """The keys of the shared cube: the names of those that are not personal."""
        return tuple(each.name for each in self.entries if not each.is_personal)

    @cached_property
    def personal_keys(self) -> tuple[str, ...]:
        """The keys of the personal cube: the shared ones, then the personal ones."""
        personal = (each.name for each in self.entries if each.is_personal)
        return (*self.shared_keys, *personal)


def _built_in(
    name: str,
    label: str,
    filter_place: int | None,
    filter_label: str = "",
    *,
    plural_label: str = "",
    is_breakdown: bool = True,
    is_personal: bool = False,
) -> Dimension:
    plural = "currencies" if name == "currency" else f"{name}s"
    return Dimension(
        name=name,
        plural=plural,
        label=label,
        plural_label=plural_label or plural,
        filter_label=filter_label or label,
        column=name,
        filter_place=filter_place,
        is_breakdown=is_breakdown,
        is_personal=is_personal,
    )


DIMENSIONS = Dimensions(
    (
        _built_in("org", "Organization", 1, "Tenant org", plural_label="organizations"),
        _built_in("project", "Project", 2),
        _built_in("deployment", "Deployment", 3, "Model deployment"),
        _built_in("model", "Model", 5),
        _built_in("endpoint", "Endpoint", 4),
        # Of several currencies one is shown: they are never added.
        _built_in("currency", "Currency", None, is_breakdown=False),
        # Requests far over their list price, kept apart so that they can be left out.
        _built_in("outlier", "Outlier", None, is_breakdown=False),
        _built_in("user", "User", 6, is_personal=True),
        _built_in("api_key", "API key", None, is_breakdown=False, is_personal=True),
    )
)
"""The dimensions that every frame has."""


@dataclass(frozen=True)
class Measure:
    """What the roll-up sums: one int64 column of the cube.

    Attributes:
        name: Its column.
        summed: SQL text of what one record adds, ``"1"`` to count records.
        where: SQL conditions of the records that count.
        in_sparklines: Whether it is summed at every point of a card's sparkline.
    """

    name: str
    summed: str
    where: tuple[str, ...] = ()
    in_sparklines: bool = False


_PRICED = ("currency IS NOT NULL",)
_SPLIT = (*_PRICED, "unsplit_cost = 0")


def _reported(name: str, field: str) -> Measure:
    """How many records report a field: a sum of nulls is not 0."""
    return Measure(f"{name}_reported", "1", (f"{field} IS NOT NULL",))


MEASURES: Mapping[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("records", "1", in_sparklines=True),
        Measure("requests", "requests", in_sparklines=True),
        _reported("requests", "requests"),
        Measure("input_tokens", "input_tokens", in_sparklines=True),
        _reported("input", "input_tokens"),
        Measure("output_tokens", "output_tokens", in_sparklines=True),
        _reported("output", "output_tokens"),
        Measure("cache_read_tokens", "cache_read_tokens"),
        _reported("cache_read", "cache_read_tokens"),
        # The input of records that report their cache: a hit rate divides by it.
        Measure(
            "cache_read_input_tokens",
            "input_tokens",
            ("cache_read_tokens IS NOT NULL",),
        ),
        Measure("cache_write_tokens", "cache_write_tokens"),
        _reported("cache_write", "cache_write_tokens"),
        Measure("reasoning_tokens", "reasoning_tokens"),
        _reported("reasoning", "reasoning_tokens"),
        Measure("priced", "1", _PRICED),
        Measure("input_cost", "input_cost", in_sparklines=True),
        Measure("output_cost", "output_cost", in_sparklines=True),
        Measure("unsplit_cost", "unsplit_cost", in_sparklines=True),
        # The part that list prices split into sides, where the ledger has a total.
        Measure("estimated_cost", "input_cost + output_cost", ("estimated",)),
        Measure("priced_input_tokens", "input_tokens", _PRICED, in_sparklines=True),
        Measure("priced_output_tokens", "output_tokens", _PRICED, in_sparklines=True),
        # The tokens whose cost is known by side.
        Measure("split_input_tokens", "input_tokens", _SPLIT, in_sparklines=True),
        Measure("split_output_tokens", "output_tokens", _SPLIT, in_sparklines=True),
    )
}
"""Name -> measure of the cube, money in nano-units."""
