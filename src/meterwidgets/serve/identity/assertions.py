"""Signed assertions of who a reader is (JWT), checked by PyJWT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import jwt

from meterwidgets.config.identity import Identity
from meterwidgets.serve.identity.key_set import KeySet
from meterwidgets.serve.identity.refused import RefusalLog

MAX_BYTES = 8 * 1024
"""The longest assertion that is parsed."""
_MAX_NAME = 256
_REQUIRED = ("exp", "iat", "iss", "aud")
_REASONS: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "an assertion has expired",
    jwt.ImmatureSignatureError: "an assertion is of the future; compare the clocks, or "
    "raise identity.leeway",
    jwt.InvalidAudienceError: "an assertion is for another audience than "
    "identity.audience",
    jwt.InvalidIssuerError: "an assertion is by another issuer than identity.issuer",
    jwt.InvalidAlgorithmError: "an assertion is signed by no algorithm of "
    "identity.algorithms, or by another than its key is for",
    jwt.InvalidSignatureError: "an assertion has a wrong signature",
    jwt.MissingRequiredClaimError: "an assertion lacks one of the claims "
    + ", ".join(_REQUIRED),
}


class NotAssertedError(Exception):
    """An assertion that proves nothing; its text is for the log alone."""


class Assertions:
    """Checks assertions and returns what they claim.

    Args:
        identity: The ``[identity]`` of a config.
        refusals: Where it is said that the keys can't be read.
    """

    def __init__(self, identity: Identity, refusals: RefusalLog) -> None:
        self._identity = identity
        self._keys = KeySet(identity.keys or "", refusals)

    async def claims(self, assertion: str) -> dict[str, Any]:
        """What an assertion claims; its principal and its end are checked, too.

        Raises:
            NotAssertedError: It is not signed by the issuer, for us and for now.
        """
        if len(assertion) > MAX_BYTES:
            raise NotAssertedError(f"an assertion has more than {MAX_BYTES:,} bytes")
        key = await self._key(assertion)
        try:
            claims: dict[str, Any] = jwt.decode(
                assertion,
                key,
                algorithms=list(self._identity.algorithms),
                audience=self._identity.audience,
                issuer=self._identity.issuer,
                leeway=self._identity.leeway,
                options={
                    "require": list(_REQUIRED),
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.PyJWTError as error:
            reason = _REASONS.get(type(error), "an assertion can't be read")
            raise NotAssertedError(reason) from None
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise NotAssertedError("an assertion can't be read") from None
        return self._checked(claims)

    async def _key(self, assertion: str) -> Any:
        """The issuer's key that an assertion names; it is asked of nobody else.

        Raises:
            NotAssertedError: There is none.
        """
        try:
            header = jwt.get_unverified_header(assertion)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise NotAssertedError("an assertion can't be read") from None
        kid = header.get("kid")
        if header.get("alg") not in self._identity.algorithms:
            raise NotAssertedError(_REASONS[jwt.InvalidAlgorithmError])
        key = None
        if isinstance(kid, str) and len(kid) <= _MAX_NAME:
            key = await self._keys.get(kid)
        if key is None:
            raise NotAssertedError("an assertion names no key of identity.keys")
        return key

    def _checked(self, claims: dict[str, Any]) -> dict[str, Any]:
        if claims.get("email_verified", True) not in (True, "true"):
            claims.pop("email", None)  # whoever signs up could name anybody's
        if not is_name(claims.get(self._identity.principal)):
            raise NotAssertedError(
                f"an assertion's claim {self._identity.principal!r} is no text that "
                "could tell people apart"
            )
        try:
            claims["exp"] = float(claims["exp"]) + self._identity.leeway
        except OverflowError:
            raise NotAssertedError("an assertion can't be read") from None
        return claims


def is_name(value: object) -> TypeGuard[str]:
    """Whether a claim can name somebody."""
    is_short = isinstance(value, str) and 0 < len(value) <= _MAX_NAME
    return is_short and str(value).isprintable()
