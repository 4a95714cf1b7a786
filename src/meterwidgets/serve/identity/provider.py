"""What all ways to sign in have in common."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from jupyter_server.auth import IdentityProvider

from meterwidgets.config.roles import Roles
from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.identity.signed_in import SignedIn

NO_ROLE = (
    "You are signed in, but have no role here. Ask whoever runs this server to give "
    "you one."
)


class MeterIdentity(IdentityProvider):
    """An identity provider whose answer is a `SignedIn`, or a refusal in plain words.

    Nothing of jupyter_server's own sign-in is left: no password, no token in a header,
    no configuration, and no request that counts as one of a script.
    """

    token = ""

    @abstractmethod
    def get_user(self, handler: Any) -> Any:
        """Whoever sent a request.

        Raises:
            Refused: Nobody who is signed in.
        """

    def address_with_token(self, address: str) -> str:
        """An address, with whatever signs in those who open it; mostly nothing."""
        return address

    def should_check_origin(self, handler: Any) -> bool:
        """Every request has to come from our own pages, however it is signed."""
        return True

    def is_token_authenticated(self, handler: Any) -> bool:
        """Never: such requests would escape the checks against forgery."""
        return False

    @property
    def login_available(self) -> bool:
        """There is no form to sign in."""
        return False

    def get_handlers(self) -> list[Any]:
        """The routes of this way to sign in."""
        return []


def signed_in_by_role(
    roles: Roles,
    claims: Mapping[str, Any],
    *,
    principal_id: str,
    username: str,
    expires: float | None,
    refusals: RefusalLog,
) -> SignedIn:
    """Whoever has these claims, with the role that they give.

    Args:
        roles: Of the config.
        claims: What the identity provider says.
        principal_id: Of the person.
        username: Of the person.
        expires: When the claims end.
        refusals: Where it is said that nobody has such a role.

    Raises:
        Refused: No role holds.
    """
    found = roles.scope_of(claims)
    if found is None:
        refusals.add("somebody signed in has claims that no role of [roles] admits")
        raise Refused(403, NO_ROLE)
    return SignedIn(
        username=username,
        principal_id=principal_id,
        role=found.name,
        scope=found.scope,
        expires=expires,
    )


def principal_id(*names: str) -> str:
    """A short id of a person, which holds no name.

    Args:
        names: What tells them from everyone else, such as issuer and subject.
    """
    text = "".join(f"{len(name)}:{name}" for name in names)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
