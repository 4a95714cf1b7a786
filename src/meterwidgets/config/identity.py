"""``[identity]``: how readers sign in to the served pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import msgspec

from meterwidgets.errors import ConfigError, unknown

Way = Literal["local", "proxy", "hub"]
WAYS: tuple[str, ...] = get_args(Way)
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""How assertions may be signed: only with a key that nobody needs to check them."""
MAX_LEEWAY_S = 300
_REQUIRED = ("issuer", "audience", "keys")
_PROXY_KEYS = ("header", "cookie", *_REQUIRED)
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
"""What HTTP allows as the name of a header or a cookie."""
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of ``[identity]``.

    Attributes:
        way: A token in the printed address, a proxy's assertions, or a JupyterHub.
        header: The request header that holds the assertion; or else
        cookie: The cookie that does.
        issuer: Whose assertions count: their ``iss``.
        audience: Whom they are for: their ``aud``.
        keys: The issuer's public keys, as a JSON Web Key Set: a URL or a file.
        algorithms: How they may be signed.
        principal: The claim that tells people apart.
        leeway: Seconds that the issuer's clock may differ.
    """

    way: Way | None = None
    header: str | None = None
    cookie: str | None = None
    issuer: str | None = None
    audience: str | None = None
    keys: str | None = None
    algorithms: tuple[str, ...] = ALGORITHMS
    principal: str = "sub"
    leeway: int = 30


def check(identity: Identity) -> None:
    """Check what types can't express.

    Raises:
        ConfigError: With the key and the fix.
    """
    given = [key for key in _PROXY_KEYS if getattr(identity, key) is not None]
    if identity.way != "proxy":
        if given:
            way = identity.way or "local"
            raise ConfigError(
                f'identity.{given[0]}: belongs to way = "proxy", but the way is {way}; '
                "leave one of them out"
            )
        return
    for key in _REQUIRED:
        value = getattr(identity, key)
        if not value or not value.isprintable() or value != value.strip():
            raise ConfigError(f"identity.{key}: expected a text, got {value!r}")
    _check_place(identity)
    _check_keys(identity.keys or "")
    if not identity.algorithms:
        raise ConfigError("identity.algorithms: is empty; leave it out for all")
    for algorithm in identity.algorithms:
        if algorithm not in ALGORITHMS:
            raise ConfigError(
                f"identity.algorithms: {unknown('algorithm', algorithm, ALGORITHMS)}"
            )
    if not identity.principal.strip():
        raise ConfigError('identity.principal: expected a claim, such as "sub"')
    if not 0 <= identity.leeway <= MAX_LEEWAY_S:
        raise ConfigError(
            f"identity.leeway: expected 0 to {MAX_LEEWAY_S} seconds, got "
            f"{identity.leeway}"
        )


def _check_place(identity: Identity) -> None:
    """Check that one header or one cookie holds the assertion."""
    if (identity.header is None) == (identity.cookie is None):
        raise ConfigError(
            "identity.header: name the header that holds the assertion, or else with "
            "identity.cookie the cookie that does"
        )
    key = "header" if identity.cookie is None else "cookie"
    name = identity.header or identity.cookie or ""
    if not _TOKEN.fullmatch(name):
        raise ConfigError(f"identity.{key}: {name!r} is no name of a {key}")


def _check_keys(keys: str) -> None:
    """Check that nobody on the way can change the keys."""
    if "://" not in keys:
        return
    try:
        parts = urlsplit(keys)
        host, scheme = parts.hostname, parts.scheme
    except ValueError:
        host, scheme = None, ""
    if not host or scheme not in {"http", "https"}:
        raise ConfigError(
            f"identity.keys: {keys!r} is no address of a key set; expected https:// or "
            "a file"
        )
    if scheme == "http" and host not in _LOOPBACK:
        raise ConfigError(
            f"identity.keys: {keys!r} could be changed on the way; use https://, or a "
            "file"
        )


def located(identity: Identity, folder: Path) -> Identity:
    """The same, with a file of keys by its whole path.

    Args:
        identity: The ``[identity]`` of a config.
        folder: That of the config, which paths are relative to.
    """
    if identity.keys is None or "://" in identity.keys:
        return identity
    path = (folder / Path(identity.keys).expanduser()).absolute()
    return msgspec.structs.replace(identity, keys=str(path))
