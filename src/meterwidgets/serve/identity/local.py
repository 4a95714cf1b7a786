"""Local identity: whoever opens the address that was printed, with its token.

The token is exchanged for a cookie and cut off the address, so that no history, Referer
or log keeps it.
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from typing import Any

from tornado.httputil import url_concat
from tornado.websocket import WebSocketHandler

from meterwidgets.frame.scope import Scope
from meterwidgets.serve.identity.provider import MeterIdentity, principal_id
from meterwidgets.serve.identity.refused import RefusalLog, Refused
from meterwidgets.serve.identity.signed_in import SignedIn

SIGNED_IN_DAYS = 30
"""Days that a browser stays signed in, if it is not closed before."""
TOKEN_ARGUMENT = "token"
_NOBODY = (
    "Sign in with the address that was printed when this server started: it ends in "
    "a token."
)
_WRONG_TOKEN = (
    "The token in this address is wrong, perhaps of an earlier start of the server. "
    "Open the address that was printed last."
)


class LocalIdentity(MeterIdentity):
    """Signs in whoever has the token of this start of the server.

    Args:
        user: The end user that they are signed in as; without one they see every row.
        cookie: The name of the session cookie; servers on one host must not share it.
        path: The path that the pages are under.
        secure: Whether browsers reach the server by HTTPS.
    """

    def __init__(
        self, *, user: str = "", cookie: str, path: str, secure: bool, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._token = secrets.token_urlsafe(32)
        self._user = user
        self._cookie = cookie
        self._cookie_attributes = {
            "path": path,
            "secure": secure,
            "httponly": True,
            # Strict would not sign in those who follow a link to a page.
            "samesite": "Lax",
        }
        self._refusals = RefusalLog()

    def address_with_token(self, address: str) -> str:
        """An address that signs in whoever opens it."""
        return url_concat(address, {TOKEN_ARGUMENT: self._token})

    def get_user(self, handler: Any) -> SignedIn:
        """Whoever has the cookie or the token; the token is cut off the address.

        Raises:
            Refused: Neither is right.
        """
        expires = self._cookie_expiry(handler)
        tokens = handler.request.query_arguments.get(TOKEN_ARGUMENT, [])
        can_redirect = handler.request.method in {"GET", "HEAD"}
        if tokens and can_redirect and not isinstance(handler, WebSocketHandler):
            if len(tokens) == 1 and hmac.compare_digest(
                tokens[0], self._token.encode()
            ):
                expires = self._set_cookie(handler)
            elif expires is None:
                self._refusals.add("a token that is not that of this server's address")
                raise Refused(401, _WRONG_TOKEN)
            _redirect_without_token(handler)
        if expires is None:
            raise Refused(401, _NOBODY)
        return SignedIn(
            username=self._user or "local",
            principal_id=principal_id("local", self._user),
            role="end_user" if self._user else "operator",
            scope=Scope({"user": (self._user,)} if self._user else {}),
            expires=expires,
        )

    def _cookie_expiry(self, handler: Any) -> float | None:
        """When a request's cookie ends; None without one that is ours and still holds.

        Only a cookie with our signature is parsed.
        """
        signed = handler.get_signed_cookie(
            self._cookie, max_age_days=SIGNED_IN_DAYS, min_version=2
        )
        if signed is None:
            return None
        expires = float(json.loads(signed)["expires"])
        return expires if expires > time.time() else None

    def _set_cookie(self, handler: Any) -> float:
        """Set the session cookie; return when it ends."""
        expires = time.time() + SIGNED_IN_DAYS * 24 * 3600
        handler.set_signed_cookie(
            self._cookie,
            json.dumps({"expires": expires}),
            expires_days=None,  # the browser forgets it when it closes
            **self._cookie_attributes,
        )
        return expires


def _redirect_without_token(handler: Any) -> None:
    """Redirect to the same address without its token.

    The target is relative: a proxy may have cut off a part of the path.
    """
    page = handler.request.path.rpartition("/")[2]
    kept = [
        (name, value)
        for name, values in handler.request.query_arguments.items()
        for value in values
        if name != TOKEN_ARGUMENT
    ]
    handler.set_header("Cache-Control", "no-store")
    handler.set_status(302)
    handler.set_header("Location", url_concat(f"./{page}", kept))
    handler.finish()
