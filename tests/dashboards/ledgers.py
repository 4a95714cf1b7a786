"""Ledgers of every shape: raw rows, and the same as an Arrow table or a CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

import meterwidgets as mw

Row = dict[str, Any]
COLUMNS = (
    "start", "org", "deployment", "model", "user", "input_tokens", "output_tokens",
    "input_cost", "output_cost", "cost", "currency",
)  # fmt: skip
BEGUN = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
ME = "u-1"

LONG = "a-model-whose-name-goes-on-and-on-" * 8 + "until-it-has-300-characters!"
ARABIC = "نموذج اللغة الكبير"
HEBREW = "מודל שפה (גדול) v2"
MIXED = "شركة Acme بيانات"
EMOJI = "👩🏽‍🚀 rocket 🚀🇩🇪"
SCRIPT = (
    "<script>document.title='hit'</script><img src=x onerror=\"document.title='hit'\">"
)
ODD = ("</td><b>bold", "&amp; &lt;", "a\u202eb\u202c", "=1+1", "{{7*7}}", "other", '"')
NAMES = (LONG, ARABIC, HEBREW, MIXED, EMOJI, SCRIPT, *ODD, "null\u200b", "Ω≈ç√∫ ﷽")
"""Names as ledgers have them, good and ill."""


def row(at: datetime | int = 0, **values: Any) -> Row:
    """One request, so many hours after the first moment; what is left out is null."""
    start = BEGUN + timedelta(hours=at) if isinstance(at, int) else at
    row: Row = dict.fromkeys(COLUMNS)
    row |= {"start": start, "model": "m", "input_tokens": 100, "output_tokens": 50}
    row |= values
    row["model"] = row["model"] or row["deployment"]
    row["deployment"] = row["deployment"] or row["model"]
    return row


def paid(read: str | int, made: str | int, currency: str = "USD") -> Row:
    """Recorded costs of both sides."""
    return {
        "input_cost": Decimal(read),
        "output_cost": Decimal(made),
        "currency": currency,
    }


def nano(number: int) -> Decimal:
    """So many billionths, as a ledger writes them."""
    return Decimal(number).scaleb(-9)


def models(count: int) -> list[Row]:
    """So many models over four days, two users; costs fall, and some are equal."""
    return [
        row(
            3 * n,
            model=f"model-{n % count:02d}",
            deployment=f"served-{n % (count + 1):02d}",
            org=f"org {n % 3}",
            user=f"u-{n % 2}",
            input_tokens=1000 + 37 * n,
            output_tokens=n % 7,
            **paid(nano(7_000_000_001 // (1 + n % count // 2)), nano(n * 1_234_567)),
        )
        for n in range(max(count, 30))
    ]


def orgs(count: int) -> list[Row]:
    """So many tenants, each with a request or two."""
    return [
        row(
            n % 500,
            org=f"tenant-{n % count:03d}",
            user=f"u-{n % 5}",
            **paid(nano(1_000_000_007 * (n + 1) % 13_000_000_001), 0),
        )
        for n in range(count * 3 // 2)
    ]


def days(count: int) -> list[Row]:
    """So many days with two models, one of which is there every third day only."""
    first = datetime(2025, 2, 22, 13, tzinfo=UTC)
    return [
        row(
            first + timedelta(days=n),
            model=model,
            user=ME,
            input_tokens=500 + n,
            **paid(nano(1_000_000 * (n % 11) + n), "0.25"),
        )
        for n in range(count)
        for model in ("daily", "third")[: 1 + (n % 3 == 0)]
    ]


def named(names: Iterable[str | None] = (*NAMES, "", None)) -> list[Row]:
    """A request or more for each name, in all places where a name stands."""
    return [
        row(
            n,
            model=name,
            org=name,
            user=name,
            deployment=name,
            input_tokens=100 + n,
            **paid(nano(9_876_543_210 // (n + 1)), "0.01"),
        )
        for n, name in enumerate(names)
    ]


def around(moment: datetime, hours: int = 60) -> list[Row]:
    """A request each half hour around a moment, say when clocks change."""
    return [
        row(
            moment + timedelta(minutes=30 * n + 7),
            model=("a", "b")[n % 2],
            user=ME,
            input_tokens=1000 + n,
            **paid(nano(1_000_000 + n), nano(3 * abs(n))),
        )
        for n in range(-hours, hours)
    ]


def me(rows: Iterable[Row]) -> str:
    """Whose own usage is looked at."""
    return next((row["user"] for row in rows if row["user"] == ME), ARABIC)


def _mine(rows: list[Row]) -> list[Row]:
    return [each | {"user": ME} for each in rows]


KINDS: Mapping[str, tuple[Callable[[], list[Row]], str]] = {
    "one model": (lambda: _mine(models(1)), "UTC"),
    "seven models": (lambda: models(7), "UTC"),
    "nine models": (lambda: models(9), "UTC"),
    "thirty models": (lambda: models(30), "UTC"),
    "one org": (lambda: _mine(orgs(1)), "UTC"),
    "366 orgs": (lambda: orgs(366), "UTC"),
    "one request": (lambda: [row(user=ME, org="Acme", **paid("0.1", "0.2"))], "UTC"),
    "one request of nothing": (
        lambda: [row(user=ME, input_tokens=0, output_tokens=0, **paid(0, 0))],
        "UTC",
    ),
    "a year": (lambda: days(366), "UTC"),
    "three years": (lambda: days(1096), "Europe/Berlin"),
    "a nano": (
        lambda: [row(user=ME, input_tokens=1, output_tokens=0, **paid(nano(1), 0))],
        "UTC",
    ),
    "900 million": (
        lambda: [
            row(
                n,
                user=ME,
                model=f"m{n}",
                input_tokens=10**15,
                output_tokens=1,
                **paid(900_000_000, nano(1)),
            )
            for n in range(3)
        ],
        "UTC",
    ),
    "a nano beside 900 million": (
        lambda: [
            row(0, user=ME, model="dear", org="x", **paid(900_000_000 - 1, "0.5")),
            row(1, user=ME, model="cheap", org="y", input_tokens=1, **paid(nano(1), 0)),
            row(2, user=ME, model="cheap", org="z", input_tokens=10**15),
        ],
        "UTC",
    ),
    "input only": (
        lambda: [
            row(n, user=ME, model=f"m{n % 3}", output_tokens=None, **paid("1.5", 0))
            for n in range(20)
        ],
        "UTC",
    ),
    "output only": (
        lambda: [
            row(n, user=ME, model=f"m{n % 3}", input_tokens=0, **paid(0, "1.5"))
            for n in range(20)
        ],
        "UTC",
    ),
    "totals only": (
        lambda: [
            row(n, user=ME, model=f"m{n % 3}", cost=nano(n + 1), currency="USD")
            for n in range(20)
        ],
        "UTC",
    ),
    "some totals": (
        lambda: [
            row(
                n,
                user=ME,
                model=f"m{n % 3}",
                **({"cost": Decimal(n), "currency": "USD"} if n % 2 else paid(1, 2)),
            )
            for n in range(20)
        ],
        "UTC",
    ),
    "names": (named, "UTC"),
    "nothing priced": (
        lambda: [
            row(7 * n, model=f"m{n % 9}", org=f"o{n % 9}", user=ME, input_tokens=n)
            for n in range(90)
        ],
        "UTC",
    ),
    "partly priced": (
        lambda: [
            row(n, user=ME, model=f"m{n % 4}", **(paid(1, 1) if n % 4 else {}))
            for n in range(40)
        ],
        "UTC",
    ),
    "all free": (
        lambda: [row(n, user=ME, model=f"m{n % 3}", **paid(0, 0)) for n in range(20)],
        "UTC",
    ),
    "no tokens": (
        lambda: [
            row(n, user=ME, input_tokens=None, output_tokens=None, **paid(1, 0))
            for n in range(5)
        ],
        "UTC",
    ),
    "two currencies": (
        lambda: [
            row(
                n,
                user=ME,
                model=f"m{n % 3}",
                org=f"o{n % 2}",
                **paid(n, "0.5", ("USD", "EUR")[n % 3 == 1]),
            )
            for n in range(30)
        ],
        "UTC",
    ),
    "Berlin in March": (
        lambda: around(datetime(2026, 3, 29, 1, tzinfo=UTC)),
        "Europe/Berlin",
    ),
    "New York in November": (
        lambda: around(datetime(2025, 11, 2, 6, tzinfo=UTC)),
        "America/New_York",
    ),
    "New York in November, by the day": (
        lambda: around(datetime(2025, 11, 2, 6, tzinfo=UTC), 700),
        "America/New_York",
    ),
    "Kathmandu": (lambda: around(datetime(2026, 1, 1, tzinfo=UTC)), "Asia/Kathmandu"),
    "Lord Howe in April": (
        lambda: around(datetime(2026, 4, 4, 15, tzinfo=UTC), 30),
        "Australia/Lord_Howe",
    ),
}
"""Kind of ledger -> its rows, and the zone it is read in."""


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return None if value is None else str(value)


def table(rows: Iterable[Row]) -> pa.Table:
    """The rows as text, as a file would have them; columns that say nothing go."""
    listed = list(rows)
    used = [name for name in COLUMNS if any(row[name] is not None for row in listed)]
    return pa.table(
        {name: pa.array([_text(r[name]) for r in listed], pa.string()) for name in used}
    )


def usage(rows: Iterable[Row], tz: str = "UTC") -> mw.UsageFrame:
    """The rows as a frame, written after the last of them, at recorded costs only."""
    read, book = table(rows), mw.PriceBook(catalogue=False)
    columns = {name: name for name in read.column_names}
    return mw.read_usage(
        read, prices=book, columns=columns, rejects=None, tz=tz, written="2099-01-01"
    )


def write(rows: Iterable[Row], path: Path) -> Path:
    """The rows as a CSV."""
    read = table(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(read.column_names)
        for each in read.to_pylist():
            writer.writerow(["" if v is None else v for v in each.values()])
    return path
