"""JupyterHub identity: the Hub says who a reader is, by its OAuth."""

from __future__ import annotations

import logging
import time
from typing import Any

from jupyterhub.services.auth import HubOAuth
from jupyterhub.singleuser.extension import (
    JupyterHubIdentityProvider,
    JupyterHubOAuthCallbackHandler,
)

from meterwidgets.config.roles import Roles
from meterwidgets.serve.identity.provider import (
    MeterIdentity,
    principal_id,
    signed_in_by_role,
)
from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.identity.signed_in import SignedIn

CONFIRMED_S = 900.0
"""Seconds that a session lasts after the Hub has confirmed its owner."""
_NO_PERSON = "Only people may read these pages, by signing in at the JupyterHub."
_CLAIMS = ("name", "admin", "groups")
_XSRF_NOTE = "Skipping XSRF check"
"""jupyterhub logs it for each request of a client that is no modern browser."""


class HubIdentity(JupyterHubIdentityProvider, MeterIdentity):  # type: ignore[misc]
    """Signs in whoever the Hub knows and lets use this service.

    Args:
        roles: The ``[roles]`` of the config.
    """

    def __init__(self, *, roles: Roles, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hub_auth = HubOAuth(parent=self)
        self._roles = roles
        self._refusals = RefusalLog()
        logging.getLogger("tornado.application").addFilter(
            lambda record: not record.getMessage().startswith(_XSRF_NOTE)
        )

    async def get_user(self, handler: Any) -> SignedIn | None:
        """Whoever the Hub says sent a request; None sends them there to sign in.

        Raises:
            Refused: No role holds, or it is no person.
        """
        hub_user = await super().get_user(handler)
        if hub_user is None:
            return None
        model = hub_user.hub_user
        if model.get("kind") != "user":
            self._refusals.add("a service of the Hub asked for a page")
            raise Refused(403, _NO_PERSON)
        return signed_in_by_role(
            self._roles,
            {name: model.get(name) for name in _CLAIMS},
            principal_id=principal_id("hub", model["name"]),
            username=model["name"],
            expires=time.time() + CONFIRMED_S,
            refusals=self._refusals,
        )

    def get_handlers(self) -> list[Any]:
        """The route that a reader comes back to from the Hub."""
        arguments = {"hub_auth": self.hub_auth}
        return [("oauth_callback", JupyterHubOAuthCallbackHandler, arguments)]
