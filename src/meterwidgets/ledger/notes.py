"""What the reader should know of a ledger as a whole, one sentence each."""

from __future__ import annotations

import duckdb

from meterwidgets.ledger import sources
from meterwidgets.ledger.prices import PriceBook, has_catalogue
from meterwidgets.ledger.quality import counted
from meterwidgets.ledger.sources.base import Source

_DAY_US = 86_400_000_000


def of_ledger(con: duckdb.DuckDBPyConnection) -> list[str]:
    """What is known of the sources of ``ledger``, before it is priced."""
    said = []
    for name, count in con.execute(
        "SELECT source, count(*) FROM ledger WHERE grain = 'bucket' "
        f"AND end_us - start_us >= {_DAY_US} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        buckets = counted(count, "bucket is", "buckets are")
        said.append(
            f"{name}: {buckets} a whole day of UTC; they can't be cut into days of "
            "another zone"
        )
    for source in sources.ALL:
        if source.bills:
            said += _billed(con, source)
    return said + _families(con)


def _billed(con: duckdb.DuckDBPyConnection, costs: Source) -> list[str]:
    (apart, cost_rows) = con.execute(
        "SELECT count(*) FILTER (WHERE source = ? AND billed), "
        "count(*) FILTER (WHERE source = ?) FROM ledger",
        [costs.bills, costs.name],
    ).fetchone() or (0, 0)
    if not apart:
        return []
    rows = counted(cost_rows, "cost row stands", "cost rows stand")
    records = counted(apart, "record", "records")
    return [
        f"{costs.name} and {costs.bills} are both given: {rows} apart, without tokens, "
        f"and {records} of usage on those days get no price of their own, so that "
        "nothing is paid for twice"
    ]


def _families(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Sources that tell of the same usage on the same days."""
    said = []
    families: dict[str, list[str]] = {}
    for source in sources.ALL:
        if source.family:
            families.setdefault(source.family, []).append(source.name)
    for names in families.values():
        found = con.execute(
            f"SELECT count(*), min(names) FROM (SELECT start_us // {_DAY_US} AS day, "
            "string_agg(DISTINCT source, ' and ' ORDER BY source) AS names, "
            "count(DISTINCT source) AS many FROM ledger "
            "WHERE list_contains(?, source) GROUP BY day) WHERE many > 1",
            [names],
        ).fetchone()
        if found and found[0]:
            days = counted(found[0], "day", "days")
            said.append(
                f"{found[1]} both tell of {days} and were added; of one proxy they are "
                "the same usage, so read one of them"
            )
    return said


def of_prices(
    con: duckdb.DuckDBPyConnection, book: PriceBook, billed: int = 0
) -> list[str]:
    """Where the costs come from, with exact sums, one sentence a basis.

    Args:
        con: A connection with ``records``.
        book: What priced them.
        billed: So many records have no price because costs of their own pay them.
    """
    words = {
        "recorded": "recorded in the ledger",
        "rate_table": "from the rate table",
        "catalogue": "from the catalogue (genai-prices)",
    }
    notes = []
    for basis, currency, count, nano in con.execute(
        "SELECT cost_basis, currency, count(*), "
        "CAST(sum(input_cost + output_cost + unsplit_cost) AS VARCHAR) FROM records "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        if basis == "unpriced":
            if count == billed:
                continue
            hint = "; add a [[price]] to meterwidgets.toml"
            if book.catalogue and not has_catalogue():
                hint += ", or install meterwidgets[prices], a catalogue"
            records = counted(count - billed, "record has", "records have")
            notes.append(f"{records} no price{hint}")
        else:
            amount = nano.rjust(10, "0")
            notes.append(
                f"{counted(count, 'record costs', 'records cost')} "
                f"{amount[:-9]}.{amount[-9:]} {currency}, {words[basis]}"
            )
    return notes
