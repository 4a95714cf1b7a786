"""JupyterHub identity: the Hub says who a reader is, by its OAuth."""

from __future__ import annotations

import logging
import time
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyterhub.services.auth import HubOAuth
from jupyterhub.singleuser.extension import (
    JupyterHubIdentityProvider,
    JupyterHubOAuthCallbackHandler,
)
from tornado.web import HTTPError

from meterwidgets.config.roles import Roles
from meterwidgets.serve.identity.provider import (
    MeterIdentity,
    principal_id,
    signed_in_by_role,
)
from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.identity.signed_in import SignedIn
from meterwidgets.serve.responses import SECURITY_HEADERS, PlainErrors

CONFIRMED_S = 900.0
"""Seconds that a session lasts after the Hub has confirmed its owner."""
_NOT_SIGNED_IN = (
    "Signing in at the JupyterHub did not work. Open the page again; if that does not "
    "help, ask whoever runs this server."
)
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
        hub_user = await JupyterHubIdentityProvider.get_user(self, handler)
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
        return [("oauth_callback", OAuthCallback, {"hub_auth": self.hub_auth})]


class OAuthCallback(PlainErrors, JupyterHubOAuthCallbackHandler):  # type: ignore[misc]
    """Where a reader comes back to from the Hub, with a code that says who they are."""

    def set_default_headers(self) -> None:
        """Set the headers that every answer has."""
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        """Answer at our own address only."""
        self.check_host()

    @allow_unauthenticated
    async def get(self) -> None:
        """Exchange the code for a cookie, and lead back to the page.

        Raises:
            Refused: The code is not for this reader, or nothing at all.
        """
        try:
            await super().get()
        except HTTPError as error:
            if error.status_code >= 500:
                raise
            raise Refused(error.status_code, _NOT_SIGNED_IN) from None
