"""The record's fields, and the registry of dimensions.

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

ATTRIBUTES = (
    "status", "service_tier", "speed", "geography", "region", "session", "end_user",
)  # fmt: skip
"""The record's other texts: what sets its price besides the names, and who or what it
was for."""

COUNTS = (
    "requests", "input_tokens", "cache_read_tokens", "cache_write_tokens",
    "cache_write_1h_tokens", "input_audio_tokens", "input_image_tokens",
    "output_tokens", "reasoning_tokens", "output_audio_tokens", "output_image_tokens",
    "searches", "tool_calls", "context_tokens", "latency_ms", "first_token_ms",
)  # fmt: skip
"""The record's whole numbers, null where the ledger does not report them.

``context_tokens`` is for buckets: so many input tokens has each of its requests at
least, which decides on the tier of a price.
"""

UNSTORED = ("total_tokens", "other_input_tokens", "other_output_tokens")
"""Whole numbers that a ledger may state and a record does not keep: they tell whether
cached tokens and the like are inside the input and the output, or beside them. The
other ones are all parts but the cache and the reasoning."""

MONEY = ("cost", "input_cost", "output_cost", "fee_cost")
"""What a ledger can record of a cost: the total, or its parts."""

FIELDS = (
    "record_id", "covers", "start", "end", *NAMES, *ATTRIBUTES, *COUNTS, *UNSTORED,
    *MONEY, "currency", "extra",
)  # fmt: skip
"""All that a ledger's column can fill."""

OPTIONAL = (
    "speed", "geography", "region", "session", "end_user", "input_audio_tokens",
    "input_image_tokens", "output_audio_tokens", "output_image_tokens", "searches",
    "tool_calls", "context_tokens", "first_token_ms", "fee_cost", "extra",
)  # fmt: skip
"""The fields that few ledgers have; one that no ledger has takes no room."""

COST_PARTS = ("input_cost", "output_cost", "unsplit_cost", "fee_cost")
"""The parts of a record's cost, which is their sum; all null where it is unpriced."""

COST = "coalesce(input_cost + output_cost + unsplit_cost, 0) + coalesce(fee_cost, 0)"
"""SQL text of the cost of a priced record; 0 for an unpriced one."""


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
