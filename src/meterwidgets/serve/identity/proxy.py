"""Proxy identity: a reverse proxy signs who a reader is; no plain header counts."""

from __future__ import annotations

from typing import Any

from meterwidgets.config.identity import Identity
from meterwidgets.config.roles import Roles
from meterwidgets.serve.identity.assertions import Assertions, NotAssertedError, is_name
from meterwidgets.serve.identity.provider import (
    MeterIdentity,
    principal_id,
    signed_in_by_role,
)
from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.identity.signed_in import SignedIn

_NAMES = ("email", "preferred_username", "name")
"""The claims by which logs name somebody; the principal else."""
_NOBODY = (
    "The proxy in front of this server did not say who you are. Sign in there again, "
    "by its own address."
)
_NOT_PROVEN = (
    "What says who you are could not be verified, or is no longer true. Sign in again; "
    "if that does not help, ask whoever runs this server."
)


class ProxyIdentity(MeterIdentity):
    """Signs in whoever an assertion names that the proxy's issuer has signed.

    Args:
        identity: The ``[identity]`` of the config.
        roles: Its ``[roles]``.
    """

    def __init__(self, *, identity: Identity, roles: Roles, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._identity = identity
        self._roles = roles
        self._refusals = RefusalLog()
        self._assertions = Assertions(identity, self._refusals)

    async def get_user(self, handler: Any) -> SignedIn:
        """Whoever the request's assertion names.

        Raises:
            Refused: It proves nothing, or there is none, or no role holds.
        """
        try:
            claims = await self._assertions.claims(self._assertion(handler))
        except NotAssertedError as error:
            self._refusals.add(str(error))
            raise Refused(401, _NOT_PROVEN) from None
        principal = claims[self._identity.principal]
        names = filter(is_name, map(claims.get, _NAMES))
        return signed_in_by_role(
            self._roles,
            claims,
            principal_id=principal_id("proxy", claims["iss"], principal),
            username=next(names, principal),
            expires=claims["exp"],
            refusals=self._refusals,
        )

    def _assertion(self, handler: Any) -> str:
        """The one assertion of a request.

        Raises:
            Refused: There is none.
            NotAssertedError: There are several: not all can be the proxy's.
        """
        headers = handler.request.headers
        if self._identity.header is not None:
            place = self._identity.header
            values: list[str] = headers.get_list(place)
        else:
            place = self._identity.cookie or ""
            values = _cookies(headers.get_list("Cookie"), place)
        if not values:
            self._refusals.add(f"a request without {place}: it went past the proxy")
            raise Refused(401, _NOBODY)
        if len(values) > 1 or "," in values[0]:
            raise NotAssertedError(
                f"a request with {place} twice: the proxy has to replace it"
            )
        scheme, _, assertion = values[0].partition(" ")
        is_bearer = scheme.lower() == "bearer" and assertion
        return assertion.strip() if is_bearer else values[0]


def _cookies(headers: list[str], name: str) -> list[str]:
    """All values of a cookie, of which browsers and parsers take one."""
    pairs = [pair.partition("=") for header in headers for pair in header.split(";")]
    return [value.strip() for key, _, value in pairs if key.strip() == name]
