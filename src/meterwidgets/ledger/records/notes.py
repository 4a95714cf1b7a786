"""Notes on a ledger as a whole, one sentence each, from tallies of its records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from meterwidgets.ledger.engine.workspace import Engine, Workspace
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.pricing.catalogue import has_catalogue
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.base import Source
from meterwidgets.schema import COST
from meterwidgets.text import counted

if TYPE_CHECKING:
    pass

_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Tally:
    """The number of records of one kind, and their cost.

    Attributes:
        source: The ledger's format.
        daily: Whether they are buckets of a whole day or more.
        billed: Whether provider costs pay for them.
        basis: Where their cost comes from.
        currency: None when they have no price.
        records: Their number.
        nano: Their cost in nano-units.
    """

    source: str
    daily: bool
    billed: bool
    basis: str
    currency: str | None
    records: int
    nano: int


_KINDS = tuple(field.name for field in fields(Tally))


def tallied(
    engine: Engine, records: str = Workspace.records, *, only: str = "true"
) -> list[Tally]:
    """Count the records of a relation by kind.

    Args:
        engine: What answers SQL over it.
        records: SQL text of priced records.
        only: SQL condition of the records that are counted.
    """
    return _tallies(engine, _kinds(records, f"WHERE {only}"))


def tally(
    ws: Workspace,
    records: str = Workspace.records,
    *,
    only: str = "true",
    extra_sums: Sequence[str],
    tell: Callable[[float], None] | None = None,
) -> list[Tally]:
    """Count the records of a relation by kind into ``tallies``, in one pass.

    Args:
        ws: The workspace.
        records: SQL text of priced records.
        only: SQL condition of the records that notes are about; ``tallies`` has all.
        extra_sums: SQL text of further columns, aggregated for each kind.
        tell: Called now and then with the completed part.

    Returns:
        The tallies that notes are about.
    """
    kinds = _kinds(records, "", f"{only} AS noted", *extra_sums)
    ws.create(ws.tallies, kinds, tell=tell)
    return read_tallies(ws)


def read_tallies(engine: Engine, tallies: str = Workspace.tallies) -> list[Tally]:
    """The tallies that notes are about.

    Args:
        engine: Where they were counted.
        tallies: SQL text of ``tallies``, or of some of its rows.
    """
    return _tallies(engine, f"SELECT * FROM {tallies} WHERE noted")


def _kinds(records: str, where: str, *extra_sums: str) -> str:
    """SQL text of a row for each kind of records."""
    extra = "".join(f", {column}" for column in extra_sums)
    return (
        "SELECT source, grain = 'bucket' AND coalesce(end_us - start_us, 0) >= "
        f"{_DAY_US} AS daily, billed, cost_basis AS basis, currency, count(*) AS "
        f"records, coalesce(sum({COST}), 0) AS nano{extra} FROM {records} {where} "
        "GROUP BY ALL"
    )


def _tallies(engine: Engine, kinds: str) -> list[Tally]:
    rows = engine.execute(f"SELECT {', '.join(_KINDS)} FROM ({kinds}) ORDER BY ALL")
    return [Tally(**dict(zip(_KINDS, row, strict=True))) for row in rows.fetchall()]


def combined(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """Tallies with each kind once, their counts and costs added up.

    Examples:
        >>> one = Tally("aider", False, False, "recorded", "USD", 2, 500)
        >>> combined([one, one])[0].records, combined([one, one])[0].nano
        (4, 1000)
    """
    found: dict[tuple[object, ...], Tally] = {}
    for each in tallies:
        kind = (each.source, each.daily, each.billed, each.basis, each.currency)
        before = found.get(kind, replace(each, records=0, nano=0))
        found[kind] = replace(
            each, records=before.records + each.records, nano=before.nano + each.nano
        )
    return tuple(found.values())


def of_tallies(tallies: Iterable[Tally], book: PriceBook) -> list[str]:
    """Notes on daily buckets, provider costs, and where costs come from.

    Args:
        tallies: Those of one ledger.
        book: What priced it.
    """
    tallies = list(tallies)
    return [*_daily(tallies), *_billed(tallies), *_prices(tallies, book)]


def _daily(tallies: list[Tally]) -> list[str]:
    days: dict[str, int] = {}
    for each in tallies:
        if each.daily:
            days[each.source] = days.get(each.source, 0) + each.records
    return [
        f"{name}: {counted(count, 'bucket is', 'buckets are')} a whole day of UTC; "
        "they can't be split into days of another time zone"
        for name, count in sorted(days.items())
    ]


def _billed(tallies: list[Tally]) -> list[str]:
    said = []
    for costs in registry.all_sources():
        if not costs.pays_for:
            continue
        apart = _records(t for t in tallies if t.source == costs.pays_for and t.billed)
        if not apart:
            continue
        count = _records(each for each in tallies if each.source == costs.name)
        said.append(_apart(costs, count, apart))
    return said


def _apart(costs: Source, count: int, apart: int) -> str:
    rows = counted(count, "cost row counts", "cost rows count")
    records = counted(apart, "record", "records")
    return (
        f"{costs.name} and {costs.pays_for} are both given: {rows} without tokens, and "
        f"{records} of usage on those days get no price of their own, so nothing is "
        "paid for twice"
    )


def _records(tallies: Iterable[Tally]) -> int:
    return sum(each.records for each in tallies)


def _prices(tallies: list[Tally], book: PriceBook) -> list[str]:
    """Where the costs come from, with exact sums, one sentence a basis."""
    words = {
        "recorded": "recorded in the ledger",
        "rate_table": "from the rate table",
        "catalogue": "from the catalogue (genai-prices)",
    }
    kinds = sorted({(each.basis, each.currency or "") for each in tallies})
    said = []
    for basis, currency in kinds:
        of_kind = [
            t for t in tallies if (t.basis, t.currency or "") == (basis, currency)
        ]
        if basis == "unpriced":
            count = _records(each for each in of_kind if not each.billed)
            if not count:
                continue
            hint = "; add a [[price]] to meterwidgets.toml"
            if book.catalogue and not has_catalogue():
                hint += ", or install the catalogue, meterwidgets[prices]"
            said.append(
                f"{counted(count, 'record has', 'records have')} no price{hint}"
            )
        else:
            nano = sum(each.nano for each in of_kind)
            cost = counted(_records(of_kind), "record costs", "records cost")
            sign, (units, rest) = "-" * (nano < 0), divmod(abs(nano), 10**9)
            said.append(f"{cost} {sign}{units}.{rest:09} {currency}, {words[basis]}")
    return said


def may_repeat(names: Iterable[str]) -> bool:
    """Whether sources of one family are among some, which may cover the same usage.

    Examples:
        >>> may_repeat({"litellm", "aider"}), may_repeat({"litellm", "litellm_daily"})
        (False, True)
    """
    names = set(names)
    families = [
        each.family
        for each in registry.all_sources()
        if each.family and each.name in names
    ]
    return len(families) > len(set(families))


def of_families(ws: Workspace, records: str = "") -> list[str]:
    """Notes on sources of one family that cover the same days.

    Args:
        ws: The workspace.
        records: SQL text of records; by default those that ``tallies`` counts.
    """
    there = ws.execute(f"SELECT DISTINCT source FROM {records or ws.tallies}")
    if not may_repeat(name for (name,) in there.fetchall()):
        return []
    records = records or ws.records
    said = []
    families: dict[str, list[str]] = {}
    for source in registry.all_sources():
        if source.family:
            families.setdefault(source.family, []).append(source.name)
    for names in families.values():
        found = ws.execute(
            f"SELECT count(*), min(names) FROM (SELECT start_us // {_DAY_US} AS day, "
            "string_agg(DISTINCT source, ' and ' ORDER BY source) AS names, "
            f"count(DISTINCT source) AS many FROM {records} "
            "WHERE list_contains(?, source) GROUP BY day) WHERE many > 1",
            [names],
        ).fetchone()
        if found and found[0]:
            days = counted(found[0], "day", "days")
            said.append(
                f"{found[1]} both cover {days}, and both are counted; if they are from "
                "one proxy they are the same usage, so read only one of them"
            )
    return said
