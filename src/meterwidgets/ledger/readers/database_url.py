"""The address of a database: what connects, and what may be shown of it.

The address is taken apart here rather than by the driver, whose errors repeat what it
could not read, passwords too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from meterwidgets.errors import LedgerError

_SCHEME = re.compile(r"postgres(ql)?(\+\w+)?://", re.IGNORECASE)
_DRIVER = {
    "application_name", "channel_binding", "client_encoding", "connect_timeout",
    "dbname", "fallback_application_name", "gssdelegation", "gssencmode", "gsslib",
    "host", "hostaddr", "keepalives", "keepalives_count", "keepalives_idle",
    "keepalives_interval", "krbsrvname", "load_balance_hosts", "options", "passfile",
    "password", "port", "require_auth", "requirepeer", "service", "sslcert",
    "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey",
    "ssl_max_protocol_version", "ssl_min_protocol_version", "sslmode",
    "sslnegotiation", "sslpassword", "sslrootcert", "sslsni", "target_session_attrs",
    "tcp_user_timeout", "user",
}  # fmt: skip
"""What libpq takes after the question mark."""

_PRISMA = {
    "connection_limit", "pgbouncer", "pool_timeout", "socket_timeout", "sslaccept",
    "sslidentity", "statement_cache_size",
}  # fmt: skip
"""What LiteLLM's own DATABASE_URL may have besides, and means nothing to us."""

_ENCODE = (
    "write what is special in a user or password as a percent code (/ as %2F, ? as "
    "%3F, @ as %40), or leave the password to $VARIABLE or a pgpass file"
)


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database; neither its text nor its repr holds a password.

    Attributes:
        name: Its address without user, password and options.
        schema: Where its tables lie, if that was said.
        options: What the driver needs, the password included.

    Examples:
        >>> database = parse_database_url("postgres://reader:s3cret@db.example.com/litellm")
        >>> database
        Database(name='postgresql://db.example.com/litellm', schema=None)
        >>> print(database)
        postgresql://db.example.com/litellm
    """

    name: str
    schema: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return self.name

    def conninfo(self) -> str:
        """The words for the driver, the password among them: never show them."""
        defaults = {
            "application_name": "meterwidgets",
            "connect_timeout": "10",
            "client_encoding": "UTF8",
        }
        escaped = {
            key: re.sub(r"([\\'])", r"\\\1", value)
            for key, value in (defaults | dict(self.options)).items()
        }
        return " ".join(f"{key}='{value}'" for key, value in escaped.items())

    def without_secrets(self, text: str) -> str:
        """A text of the driver with every password taken out.

        A password that is the name of the user, host or base is in the open anyway.
        """
        given = self.options
        open_words = {given.get(key) for key in ("user", "host", "dbname")}
        for secret in (given.get("password"), given.get("sslpassword")):
            if secret and secret not in open_words:
                text = text.replace(secret, "***")
        return text


def parse_database_url(source: Any) -> Any:
    """The database that an address names; anything else comes back as it is.

    Args:
        source: What a reader named as a ledger. ``$NAME`` stands for the variable of
            the environment that holds an address, and as the user or the password of
            an address for theirs.

    Raises:
        LedgerError: When it is an address that can't be read, without repeating it.

    Examples:
        >>> parse_database_url("usage.csv")
        'usage.csv'
        >>> parse_database_url("postgresql://reader:a/b@db/litellm")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.LedgerError: the address of the database can't be read: \
the port is no number; write what is special in a user or password as a percent code \
(/ as %2F, ? as %3F, @ as %40), or leave the password to $VARIABLE or a pgpass file
    """
    if not isinstance(source, str):
        return source
    text = os.environ.get(source[1:], source) if source.startswith("$") else source
    return _parsed(text) if _SCHEME.match(text) else source


def _parsed(url: str) -> Database:
    before, _, query = url.split("://", 1)[1].partition("?")
    authority, _, path = before.partition("/")
    user, _, hosts = authority.rpartition("@")
    options = _hosts(hosts)
    if "@" in path:
        raise _refused("there is an @ behind the host")
    given_user, _, password = user.partition(":")
    given = {"user": _value(given_user), "password": _value(password)}
    options |= {"dbname": unquote(path)} | given
    schema = None
    for pair in filter(None, query.split("&")):
        key, equals, value = pair.partition("=")
        if not equals or key not in _DRIVER | _PRISMA | {"schema"}:
            raise _refused("it has an option that is not known")
        if key == "schema":
            schema = unquote(value)
        elif key in _DRIVER:
            options[key] = _value(value) if "password" in key else unquote(value)
    options = {key: value for key, value in options.items() if value}
    return Database(_name(options), schema, options)


def _hosts(text: str) -> dict[str, str]:
    """Hosts and ports, one or several, as the driver wants them."""
    hosts, ports = [], []
    for each in text.split(","):
        found = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", each)
        if found is None or not re.fullmatch(r"\d*", found[2] or ""):
            raise _refused("the port is no number")
        hosts.append(unquote(found[1].strip("[]")))
        ports.append(found[2] or "")
    return {"host": ",".join(hosts), "port": ",".join(ports) if any(ports) else ""}


def _name(options: Mapping[str, str]) -> str:
    hosts = options.get("host", "").split(",")
    ports = options.get("port", "").split(",")
    if len(ports) < len(hosts):
        ports = (ports * len(hosts))[: len(hosts)]
    where = ",".join(
        (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=False)
    )
    base = options.get("dbname") or options.get("service") or ""
    return f"postgresql://{where}/{base}"


def _value(text: str) -> str:
    """A user or password: as it stands, or from the environment."""
    if not text.startswith("$"):
        return unquote(text)
    value = os.environ.get(text[1:])
    if value is None:
        raise _refused("it names a $VARIABLE that is not set")
    return value


def _refused(why: str) -> LedgerError:
    return LedgerError(f"the address of the database can't be read: {why}; {_ENCODE}")
