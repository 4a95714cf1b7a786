"""``[identity]``: how readers sign in to the served pages."""

from __future__ import annotations

from typing import Literal

import msgspec

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
"""How assertions may be signed: only by a key that the reader does not have."""
_PROXY_KEYS = ("issuer", "audience", "keys")


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of ``[identity]``.

    Attributes:
        way: A token in the printed address, a proxy's assertions, or a JupyterHub.
        header: The request header that holds the assertion; or else
        cookie: the cookie that does.
        issuer: Whose assertions count.
        audience: Whom they are for.
        keys: The issuer's public keys, as a JSON Web Key Set: a URL or a file.
        algorithms: How they may be signed.
        principal: The claim that tells people apart.
        leeway: Seconds that the issuer's clock may differ.
    """

    way: Literal["local", "proxy", "hub"] = "local"
    header: str | None = None
    cookie: str | None = None
    issuer: str | None = None
    audience: str | None = None
    keys: str | None = None
    algorithms: tuple[str, ...] = ALGORITHMS
    principal: str = "sub"
    leeway: int = 30
