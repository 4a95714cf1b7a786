"""The URL of a PostgreSQL database, and a name for it that holds no password.

The URL is parsed here and not by the driver, whose errors repeat what they could not
parse, passwords included.
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
_LIBPQ_OPTIONS = {
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
"""The options of libpq that may follow the question mark."""

_PRISMA_OPTIONS = {
    "connection_limit", "pgbouncer", "pool_timeout", "socket_timeout", "sslaccept",
    "sslidentity", "statement_cache_size",
}  # fmt: skip
"""Options that LiteLLM's own DATABASE_URL may have; they are ignored here."""

_OPTIONS = _LIBPQ_OPTIONS | _PRISMA_OPTIONS | {"schema", "table", "query"}
_WAY_OUT = (
    "write special characters of a user or password as percent codes (/ as %2F, ? as "
    "%3F, @ as %40), or leave the password to $VARIABLE or a pgpass file"
)


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database; neither its text nor its repr holds a password.

    Attributes:
        name: Its URL without user, password and options.
        schema: The schema of its tables, where one was named.
        options: What the driver needs, including the password.
        table: The table to read, where one was named.
        query: The query to run, where one was named.

    Examples:
        >>> database = parse_database_url("postgres://reader:s3cret@db.example.com/litellm")
        >>> database
        Database(name='postgresql://db.example.com/litellm', schema=None, table='', \
query='')
        >>> print(database)
        postgresql://db.example.com/litellm
    """

    name: str
    schema: str | None = None
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    table: str = ""
    query: str = ""

    @property
    def has_rows(self) -> bool:
        """Whether its address names a table or a query, rather than LiteLLM's own."""
        return bool(self.table or self.query)

    def __str__(self) -> str:
        return self.name

    def conninfo(self) -> str:
        """The driver's connection string, which holds the password: never show it."""
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
        """A text of the driver with every password masked.

        A password that equals the name of the user, host or database stays: masking
        it would only show that it does.
        """
        options = self.options
        public = {options.get(key) for key in ("user", "host", "dbname")}
        for secret in (options.get("password"), options.get("sslpassword")):
            if secret and secret not in public:
                text = text.replace(secret, "***")
        return text


def parse_database_url(source: Any) -> Any:
    """The database that a URL names; anything else is returned unchanged.

    Args:
        source: What a user named as a ledger. ``$NAME`` is replaced by the environment
            variable of that name, as a whole, or as the user or password of a URL.

    Raises:
        LedgerError: When a URL can't be parsed; the error does not repeat it.

    Examples:
        >>> parse_database_url("usage.csv")
        'usage.csv'
        >>> parse_database_url("postgresql://reader:a/b@db/litellm")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.LedgerError: the address of the database can't be read: \
the port is not a number; write special characters of a user or password as percent \
codes (/ as %2F, ? as %3F, @ as %40), or leave the password to $VARIABLE or a pgpass \
file
    """
    if not isinstance(source, str):
        return source
    text = source
    if source.startswith("$"):
        name, mark, options = source[1:].partition("?")
        text = os.environ.get(name, source)
        if mark and text != source:  # a table behind the variable
            text += ("&" if "?" in text else "?") + options
    return _parse(text) if _SCHEME.match(text) else source


def _parse(url: str) -> Database:
    location, _, query = url.split("://", 1)[1].partition("?")
    authority, _, path = location.partition("/")
    credentials, _, hosts = authority.rpartition("@")
    options = _parse_hosts(hosts)
    if "@" in path:
        raise _invalid("there is an @ after the host")
    user, _, password = credentials.partition(":")
    options |= {
        "dbname": unquote(path),
        "user": _expand(user),
        "password": _expand(password),
    }
    schema, named = None, {"table": "", "query": ""}
    for pair in filter(None, query.split("&")):
        key, equals, value = pair.partition("=")
        if not equals or key not in _OPTIONS:
            raise _invalid("it has an unknown option")
        if key == "schema":
            schema = unquote(value)
        elif key in named:
            named[key] = unquote(value)
        elif key in _LIBPQ_OPTIONS:
            options[key] = _expand(value) if "password" in key else unquote(value)
    options = {key: value for key, value in options.items() if value}
    name = _public_name(options)
    if schema and any(named.values()):
        name += f"?schema={schema}"
    for key, text in named.items():
        if text:
            name += f"{'&' if '?' in name else '?'}{key}={' '.join(text.split())}"
    return Database(name, schema, options, **named)


def _parse_hosts(text: str) -> dict[str, str]:
    """One or several hosts and ports, as the driver expects them."""
    hosts, ports = [], []
    for address in text.split(","):
        match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(.*))?", address)
        if match is None or not re.fullmatch(r"\d*", match[2] or ""):
            raise _invalid("the port is not a number")
        hosts.append(unquote(match[1].strip("[]")))
        ports.append(match[2] or "")
    return {"host": ",".join(hosts), "port": ",".join(ports) if any(ports) else ""}


def _public_name(options: Mapping[str, str]) -> str:
    hosts = options.get("host", "").split(",")
    ports = options.get("port", "").split(",")
    if len(ports) < len(hosts):
        ports = (ports * len(hosts))[: len(hosts)]
    addresses = ",".join(
        (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports, strict=False)
    )
    database = options.get("dbname") or options.get("service") or ""
    return f"postgresql://{addresses}/{database}"


def _expand(text: str) -> str:
    """A user or password, literal or from the environment."""
    if not text.startswith("$"):
        return unquote(text)
    value = os.environ.get(text[1:])
    if value is None:
        raise _invalid("it names a $VARIABLE that is not set")
    return value


def _invalid(reason: str) -> LedgerError:
    return LedgerError(
        f"the address of the database can't be read: {reason}; {_WAY_OUT}"
    )
