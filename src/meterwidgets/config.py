"""``meterwidgets.toml``: read, checked, and turned into a frame."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import tomli

from meterwidgets.errors import ConfigError, LedgerError, MeterError, unknown
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.read import read_requests, title
from meterwidgets.frame.store.store import is_store, open_store
from meterwidgets.ledger import sources
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.read import Progress, Request
from meterwidgets.ledger.readers.files import find_files
from meterwidgets.ledger.readers.postgres_url import Database, parse_database_url
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS
from meterwidgets.schema import NAMES
from meterwidgets.zones import zone

NAME = "meterwidgets.toml"


class SourceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[source]]``: where a ledger lies and how its columns are called.

    The path is a file, a folder, a glob or the address of a database.
    """

    path: str
    source: str | None = None
    columns: dict[str, str] | None = None
    timezone: str | None = None
    currency: str | None = None

    def __repr__(self) -> str:
        """The entry without the password that its path may hold."""
        return f"SourceEntry({str(parse_database_url(self.path))!r})"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of ``meterwidgets.toml``.

    Attributes:
        timezone: The zone pages start with, and of timestamps that carry none.
        currency: The currency of costs and rates that name none.
        catalogue: Whether to ask the bundled catalogue for prices.
        source: The ledgers; paths are relative to the file.
        price: The rate table; see ``PriceBook.parse``.
        labels: Dimension -> id -> name.
        budget: Read by a later version.
        roles: Read by a later version; nothing enforces them yet.
    """

    timezone: str = "UTC"
    currency: str = "USD"
    catalogue: bool = True
    source: tuple[SourceEntry, ...] = ()
    price: tuple[dict[str, Any], ...] = ()
    labels: dict[str, dict[str, str]] = {}
    budget: tuple[dict[str, Any], ...] = ()
    roles: dict[str, Any] = {}


def load(path: str | Path) -> Config:
    """Read and check a config file.

    Args:
        path: The file.

    Raises:
        ConfigError: With the key and the fix.
    """
    try:
        text = Path(path).read_text("utf-8")
        values = tomli.loads(text, parse_float=Decimal)
        config = msgspec.convert(values, Config)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror})") from None
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_explained(str(error))}") from None
    try:
        _check(config)
    except MeterError as error:
        raise ConfigError(f"{path}: {error}") from None
    return msgspec.structs.replace(config, currency=config.currency.upper())


def _explained(text: str) -> str:
    """Msgspec's words with our path and hint.

    Examples:
        >>> _explained("Object contains unknown field `tz`")
        "key 'tz' not found; keys: timezone, currency, catalogue, source, price, \
labels, budget, roles"
        >>> _explained("Expected `str`, got `int` - at `$.source[0].path`")
        'source[0].path: Expected `str`, got `int`'
    """
    what, _, where = text.partition(" - at `$")
    place = where.rstrip("`").lstrip(".").replace("[...]", ".*")
    known = re.search(r"unknown field `(.+)`", what)
    if known:
        keys = SourceEntry.__struct_fields__ if place else Config.__struct_fields__
        what = unknown("key", known[1], keys)
    return f"{place}: {what}" if place else what


def _check(config: Config) -> None:
    _check_words("", config.timezone, config.currency)
    PriceBook.parse(config.price, currency=config.currency)
    for number, entry in enumerate(config.source):
        where = f"source[{number}]."
        if entry.source is not None:
            _named(f"{where}source", sources.find, entry.source)
        for field in entry.columns or ():
            if field not in COLUMN_SYNONYMS:
                known = unknown("field", field, COLUMN_SYNONYMS)
                raise ConfigError(f"{where}columns: {known}")
        _check_words(where, entry.timezone, entry.currency)
    for dimension in config.labels:
        if dimension not in NAMES:
            raise ConfigError(f"labels: {unknown('dimension', dimension, NAMES)}")


def _check_words(where: str, timezone: str | None, currency: str | None) -> None:
    if timezone is not None:
        _named(f"{where}timezone", zone, timezone)
    if currency is not None and not re.fullmatch("[A-Za-z]{3}", currency):
        raise ConfigError(
            f'{where}currency: expected a code such as "USD", got {currency!r}'
        )


def _named(key: str, check: Callable[[str], object], value: str) -> None:
    try:
        check(value)
    except MeterError as error:
        raise ConfigError(f"{key}: {error}") from None


def warnings(config: Config) -> list[str]:
    """What stands in a config without effect in this version, one sentence each."""
    said = []
    if config.budget:
        said.append("[[budget]] is not read by this version")
    if config.roles:
        said.append(
            "[roles] is not enforced by this version: whoever reaches the address sees "
            "every row"
        )
    return said


def of_invoice(config: Config) -> Config:
    """The config that an invoice is read by: it has its own costs, in days of UTC."""
    return msgspec.structs.replace(config, price=(), catalogue=False, timezone="UTC")


def read(
    ledgers: Sequence[str | Path],
    *,
    config: Config | None = None,
    folder: Path | None = None,
    source: str | None = None,
    rejects: str | Path | None = "rejects.jsonl",
    progress: Progress | None = None,
) -> UsageFrame:
    """Read named ledgers, or those of a config, as one frame; or open a store.

    Args:
        ledgers: Files, folders, globs or addresses of databases, or one store; empty
            takes the ``[[source]]`` entries.
        config: Prices, labels, zone, and the columns of ledgers that an entry names.
        folder: What the paths of the config are relative to.
        source: The format of all named ledgers, when it shall not be recognised.
        rejects: Where rows that break a rule are kept.
        progress: See ``read_usage``.

    Raises:
        MeterError: When there is nothing to read, or something can't be read.
    """
    config = config or Config()
    if any(
        is_store(at)
        for at in map(parse_database_url, ledgers)
        if not isinstance(at, Database)
    ):
        return _stored(ledgers, config)
    wanted = requests(ledgers, config=config, folder=folder, source=source)
    names = list(map(parse_database_url, ledgers)) or [
        at for each in wanted for at in each.inputs
    ]
    return read_requests(
        wanted,
        prices=prices(config),
        tz=config.timezone,
        labels=config.labels,
        rejects=rejects,
        name=_name(list(dict.fromkeys(map(title, names)))),
        progress=progress,
    )


def _stored(ledgers: Sequence[str | Path], config: Config) -> UsageFrame:
    """The frame of the one store that is named, with the labels of the config."""
    if len(ledgers) > 1:
        names = " and ".join(str(parse_database_url(each)) for each in ledgers)
        raise LedgerError(
            f"{names}: a store is read by itself; ingest the others into it"
        )
    frame = open_store(ledgers[0])
    labels = {
        name: {**frame.labels.get(name, {}), **config.labels.get(name, {})}
        for name in {*frame.labels, *config.labels}
    }
    return dataclasses.replace(frame, labels=labels)


def prices(config: Config) -> PriceBook:
    """The rates of a config, and the catalogue if it wants that."""
    return PriceBook.parse(
        config.price, currency=config.currency, catalogue=config.catalogue
    )


def requests(
    ledgers: Sequence[str | Path],
    *,
    config: Config,
    folder: Path | None = None,
    source: str | None = None,
) -> list[Request]:
    """What to read for named ledgers, or for those of a config: a request a file.

    Args:
        ledgers: Files, folders, globs or addresses of databases; empty takes the
            ``[[source]]`` entries.
        config: The columns, zones and currencies of ledgers that an entry names.
        folder: What the paths of the config are relative to.
        source: The format of all named ledgers, when it shall not be recognised.

    Raises:
        MeterError: When there is nothing to read.
    """
    entries = _entries(config, folder or Path(), strict=not ledgers)
    wanted: list[Any] = [parse_database_url(each) for each in ledgers] or [
        part for _, parts in entries for part in parts
    ]
    if not wanted:
        raise LedgerError("the config names no [[source]]; add one, or name a ledger")
    by_part = {_place(part): entry for entry, parts in entries for part in parts}
    found = []
    for each in wanted:
        for part in [each] if isinstance(each, Database) else find_files(each):
            entry = by_part.get(_place(part))
            found.append(
                Request(
                    [part],
                    source or (entry.source if entry else None),
                    entry.columns if entry else None,
                    (entry and entry.timezone) or config.timezone,
                    ((entry and entry.currency) or config.currency).upper(),
                )
            )
    return found


def _entries(
    config: Config, folder: Path, *, strict: bool
) -> list[tuple[SourceEntry, list[Any]]]:
    """The entries with their files; where others are read, none may be there."""
    found: list[tuple[SourceEntry, list[Any]]] = []
    for entry in config.source:
        try:
            place = parse_database_url(entry.path)
            if isinstance(place, Database):
                found.append((entry, [place]))
            else:
                found.append((entry, find_files(folder / Path(place).expanduser())))
        except LedgerError:
            if strict:
                raise
    return found


def _place(part: Path | Database) -> str:
    """What tells a ledger from others: the entry of one that is named is found so."""
    return str(part if isinstance(part, Database) else part.resolve())


def _name(names: Sequence[str]) -> str:
    """What to call a ledger of several files.

    Examples:
        >>> _name(["a.csv", "b.csv"]), _name(["a.csv", "b.csv", "c.csv", "d.csv"])
        ('a.csv, b.csv', 'a.csv, b.csv and 2 more')
    """
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]}, {names[1]} and {len(names) - 2:,} more"
