"""A cloud's bill as a source: a line is a meter of a service in an hour or a day.

Only lines of models are read; their credits, taxes and purchases are no usage, and are
summed up beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meterwidgets.ledger.sources.base import NOT_COUNTED, Field, Source
from meterwidgets.ledger.sources.meters import (
    SOLD,
    TIER,
    WRITE,
    is_cached,
    sides,
    tokens_a_unit,
)
from meterwidgets.ledger.sources.sql import first_of

Names = Sequence[str]
_CANNOT_TELL = (
    "requests; API keys",
    "credits, taxes, purchases and refunds: their sum stands beside the spend",
    "tokens of a meter whose name says neither input nor output, or whose unit is not "
    "of tokens",
)


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The columns of a bill, each by its names in several exports.

    Attributes:
        start: When a line begins.
        end: SQL text of when it ends.
        cost: Its cost.
        quantity: How many units.
        unit: The unit.
        kind: The kind of charge.
        currency: The currency.
        meter: What names the meter.
        org: The account.
        project: SQL text of the project.
        model: SQL text of the model.
        service: What names the service.
        models: Regular expression of the services and meters of models.
        usage: The kinds of charges that are usage, in small letters.
        tokens: Regular expression of what units of tokens are called.
        machines: SQL condition of other meters of these services, over ``{}``.
    """

    start: str
    end: str
    cost: Names
    quantity: Names
    unit: Names
    kind: Names
    currency: Names
    meter: Names
    org: Names
    project: str
    model: str
    service: Names
    models: str
    usage: Names
    tokens: str = "tok(en)?s?"
    machines: str = ""


def first_column(names: Names) -> str:
    """SQL text of the first of several columns that is filled."""
    return first_of(*(f"{{{name}}}" for name in names))


def _all(names: Names) -> str:
    return f"lower(concat_ws(' ', {', '.join(f'{{{name}}}' for name in names)}))"


# long: a field a line
def bill_source(
    name: str, title: str, bill: Bill, part: str = "", **keys: object
) -> Source:
    """The source of a bill.

    Args:
        name: Its name.
        title: What it is, for people.
        bill: Its columns.
        part: SQL text of the amount of a credit inside a line.
        keys: Further keys of the source.
    """
    meter, unit = _all(bill.meter), f"trim(lower({first_column(bill.unit)}))"
    is_whole = "{@part} IS NULL AND " if part else ""
    derived = {"@side": sides(meter), "@cached": is_cached(meter)}
    sold = f"regexp_extract({meter}, '{SOLD}', 1)"
    derived["@tokens"] = (
        f"CAST(TRY_CAST({first_column(bill.quantity)} AS DECIMAL(26, 9)) * CASE "
        f"WHEN coalesce({unit}, '') IN ('', 'unit', 'units') THEN CASE {sold} "
        "WHEN 'thousand' THEN 1000 WHEN 'million' THEN 1000000 "
        "WHEN 'billion' THEN 1000000000 END "
        f"ELSE {tokens_a_unit(unit, bill.tokens)} END::BIGINT AS VARCHAR)"
    )
    kind = f"coalesce(lower({first_column(bill.kind)}), 'usage')"
    is_usage = f"{kind} IN ({', '.join(repr(each) for each in bill.usage)})"
    is_model = f"regexp_matches({_all(bill.service)}, '{bill.models}')"
    if bill.machines:
        is_model = f"({is_model} AND NOT ({bill.machines.format(_all(bill.meter))}))"
    cost = first_column(bill.cost)
    cost = f"CASE WHEN {{@part}} IS NULL THEN {cost} ELSE {part} END" if part else cost
    is_in, is_out = (f"{is_whole}{{@side}} = '{each}'" for each in ("input", "output"))
    quantity = f"{bill.quantity[0]} in {bill.unit[0]}"

    def tokens(condition: str, of: str) -> Field:
        return Field(f"CASE WHEN {condition} THEN {{@tokens}} END", f"{quantity}, {of}")

    write = f"regexp_matches({meter}, '{WRITE}')"
    credit = f"{is_model} AND (NOT {is_usage}{' OR {@part} IS NOT NULL' * bool(part)})"
    return Source(
        name=name,
        title=title,
        timezone="UTC",
        grain="bucket",
        derived=derived,
        where=f"{is_whole}{is_usage} AND {is_model}",
        credit=credit,
        cannot_tell=_CANNOT_TELL,
        fields={
            "start": Field(bill.start, "the start of the line"),
            "end": Field(bill.end, "its end"),
            "org": Field(first_column(bill.org), ", else ".join(bill.org)),
            "project": Field(bill.project, "tags or labels: project, else team"),
            "endpoint": Field(first_column(bill.service), bill.service[0]),
            "model": Field(bill.model, bill.meter[0]),
            "service_tier": Field(
                f"nullif(regexp_extract({meter}, '{TIER}', 2), '')",
                "batch, flex or priority where the meter's name says so",
            ),
            "requests": NOT_COUNTED,
            "input_tokens": tokens(is_in, "of a meter of input"),
            "cache_read_tokens": tokens(
                f"{is_in} AND {{@cached}} AND NOT {write}", "of one of cache reads"
            ),
            "cache_write_tokens": tokens(
                f"{is_in} AND {{@cached}} AND {write}", "of one of cache writes"
            ),
            "output_tokens": tokens(is_out, "of one of output"),
            "cost": Field(cost, ", else ".join(bill.cost)),
            "input_cost": Field(f"CASE WHEN {is_in} THEN {cost} END"),
            "output_cost": Field(f"CASE WHEN {is_out} THEN {cost} END"),
            "currency": Field(
                first_column(bill.currency), ", else ".join(bill.currency)
            ),
        },
        **keys,  # type: ignore[arg-type]
    )
