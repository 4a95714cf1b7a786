"""``meterwidgets.toml``: its keys, read and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import tomli

from meterwidgets.config.identity import Identity
from meterwidgets.config.identity import check as check_identity
from meterwidgets.config.roles import Roles
from meterwidgets.config.roles import parse as parse_roles
from meterwidgets.errors import ConfigError, MeterError, unknown
from meterwidgets.ledger.pricing.book import PriceBook
from meterwidgets.ledger.readers.databases.postgres_url import parse_database_url
from meterwidgets.ledger.sources import registry
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS
from meterwidgets.ledger.sources.vocabulary.declaration import LEDGER_KEYS
from meterwidgets.schema import NAMES
from meterwidgets.zones import parse_instant, zone

NAME = "meterwidgets.toml"
_CURRENCY_CODE = re.compile("[A-Za-z]{3}")


class SourceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[source]]``; the keys below ``written`` are those of a declaration.

    Attributes:
        path: A file, a folder, a glob or the address of a database.
        source: The format, or the TOML file of a declaration; None recognises it.
        columns: Record field -> the ledger's column.
        timezone: Of timestamps without an offset; None takes that of the config.
        currency: Of costs without one; None takes that of the config.
        written: When the ledger was written; None takes the file's time of change.
    """

    path: str
    source: str | None = None
    columns: dict[str, str] | None = None
    timezone: str | None = None
    currency: str | None = None
    written: Any = None
    name: Any = None
    title: Any = None
    rows: Any = None
    where: Any = None
    fields: Any = None
    values: Any = None
    by: Any = None
    growth: Any = None
    leaf: Any = None
    grain: Any = None
    length: Any = None
    grows: Any = None
    bucket_key: Any = None
    beside: Any = None
    corrections: Any = None
    free_when: Any = None
    credit: Any = None
    left_out: Any = None
    remarks: Any = None
    labels: Any = None
    family: Any = None
    pays_for: Any = None
    cannot_tell: Any = None
    paginated: Any = None
    match: Any = None

    @property
    def declaration(self) -> dict[str, Any]:
        """The keys that declare the ledger, if there are any; see `vocabulary`."""
        given = {key: getattr(self, key) for key in LEDGER_KEYS}
        return {key: value for key, value in given.items() if value is not None}

    def named_source(self, where: str = "", folder: Path | None = None) -> str | None:
        """The name of its source, which can be found from now on.

        Args:
            where: What errors begin with.
            folder: What the path of a TOML file is relative to.

        Raises:
            ConfigError: When its declaration can't be used, with the key.
        """
        if self.declaration:
            return registry.declared(self.declaration, where=where, name=self._stem())
        if self.source is not None and self.source.endswith(".toml"):
            return registry.named((folder or Path()) / Path(self.source).expanduser())
        return self.source

    def _stem(self) -> str:
        """What to call its ledger: the first word of the name of the file."""
        word = re.search("[a-z][a-z0-9_]*", Path(self.path).stem.lower())
        return f"own_{word[0] if word else 'ledger'}"

    def __repr__(self) -> str:
        """Without the password that the path may hold."""
        return f"SourceEntry({str(parse_database_url(self.path))!r})"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of ``meterwidgets.toml``.

    Attributes:
        timezone: Of timestamps without an offset, of the days of the ledger and of
            its prices, and the one that pages start with.
        currency: Of costs and rates without one.
        catalogue: Whether the bundled catalogue prices what the ledgers do not.
        source: The ledgers; paths are relative to the file.
        price: The rate table; see ``PriceBook.parse``.
        labels: Dimension -> id -> name.
        budget: Ignored with a warning by this version.
        identity: How readers of the served pages sign in; see ``config.identity``.
        roles: Who may see which rows; see ``config.roles``. Without it, everyone sees
            every row.
    """

    timezone: str = "UTC"
    currency: str = "USD"
    catalogue: bool = True
    source: tuple[SourceEntry, ...] = ()
    price: tuple[dict[str, Any], ...] = ()
    labels: dict[str, dict[str, str]] = {}
    budget: tuple[dict[str, Any], ...] = ()
    identity: Identity = Identity()
    roles: dict[str, Any] | None = None


def load(path: str | Path) -> Config:
    """Read a config file.

    Raises:
        ConfigError: When it can't be used; the text names the key and the fix.
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
        raise ConfigError(f"{path}: {_explanation(str(error))}") from None
    try:
        _check(config)
    except MeterError as error:
        raise ConfigError(f"{path}: {error}") from None
    return msgspec.structs.replace(config, currency=config.currency.upper())


def _explanation(error: str) -> str:
    """The text of msgspec's error, led by the key as it stands in the file.

    Examples:
        >>> _explanation("Object contains unknown field `tz`")
        "key 'tz' not found; keys: timezone, currency, catalogue, source, price, \
labels, budget, identity, roles"
        >>> _explanation("Expected `str`, got `int` - at `$.source[0].path`")
        'source[0].path: Expected `str`, got `int`'
    """
    problem, _, location = error.partition(" - at `$")
    key = location.rstrip("`").lstrip(".").replace("[...]", ".*")
    unknown_field = re.search(r"unknown field `(.+)`", problem)
    if unknown_field:
        struct = {"": Config, "identity": Identity}.get(key, SourceEntry)
        problem = unknown("key", unknown_field[1], struct.__struct_fields__)
    return f"{key}: {problem}" if key else problem


def _check(config: Config) -> None:
    """Check what types can't express: names, codes and rates.

    Raises:
        MeterError: With the key and the fix.
    """
    _check_zone_and_currency("", config.timezone, config.currency)
    PriceBook.parse(config.price, currency=config.currency)
    named: dict[str, tuple[str, SourceEntry]] = {}
    for number, entry in enumerate(config.source):
        key = f"source[{number}]."
        _check_declaration(f"source[{number}]", entry, named)
        if entry.source is not None and not entry.source.endswith(".toml"):
            _check_value(f"{key}source", registry.find, entry.source)
        for field in entry.columns or ():
            if field not in COLUMN_SYNONYMS:
                raise ConfigError(
                    f"{key}columns: {unknown('field', field, COLUMN_SYNONYMS)}"
                )
        _check_zone_and_currency(key, entry.timezone, entry.currency)
        _check_value(
            f"{key}written", partial(parse_instant, "written", tz="UTC"), entry.written
        )
    for dimension in config.labels:
        if dimension not in NAMES:
            raise ConfigError(f"labels: {unknown('dimension', dimension, NAMES)}")
    check_identity(config.identity)
    roles(config)


def _check_declaration(
    where: str, entry: SourceEntry, named: dict[str, tuple[str, SourceEntry]]
) -> None:
    """Check the keys that declare a ledger; ``named`` has those of earlier entries."""
    if not entry.declaration:
        return
    for key in ("source", "columns"):
        if getattr(entry, key) is not None:
            raise ConfigError(
                f"{where}.{key}: the entry declares its ledger itself "
                f"({', '.join(entry.declaration)}); keep either"
            )
    name = entry.named_source(where) or ""
    first, other = named.setdefault(name, (where, entry))
    if other.declaration != entry.declaration:
        raise ConfigError(
            f"{where}.name: {name!r} is {first}'s, which declares something else; "
            "give each a name of its own"
        )


def _check_zone_and_currency(
    key: str, timezone: str | None, currency: str | None
) -> None:
    if timezone is not None:
        _check_value(f"{key}timezone", zone, timezone)
    if currency is not None and not _CURRENCY_CODE.fullmatch(currency):
        raise ConfigError(
            f'{key}currency: expected a code such as "USD", got {currency!r}'
        )


def _check_value(key: str, parse: Callable[[Any], object], value: object) -> None:
    try:
        parse(value)
    except MeterError as error:
        raise ConfigError(f"{key}: {error}") from None


def warnings(config: Config) -> list[str]:
    """The keys of a config that this version ignores, one sentence each."""
    sentences = []
    if config.budget:
        sentences.append("[[budget]] is not read by this version")
    return sentences


def prices(config: Config) -> PriceBook:
    """The price book of a config."""
    return PriceBook.parse(
        config.price,
        currency=config.currency,
        catalogue=config.catalogue,
        tz=config.timezone,
    )


def roles(config: Config) -> Roles | None:
    """The roles of a config; None where it has no ``[roles]``."""
    if config.roles is None:
        return None
    return parse_roles(config.roles, config.labels)


def for_invoice(config: Config) -> Config:
    """The config to read an invoice with: it has its own costs, by UTC day."""
    return msgspec.structs.replace(config, price=(), catalogue=False, timezone="UTC")
