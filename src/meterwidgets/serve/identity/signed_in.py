"""The person behind a request, and what they may do."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from jupyter_server.auth import Authorizer, User

from meterwidgets.frame.scope import Scope


@dataclass(kw_only=True)
class SignedIn(User):
    """Whoever is signed in; the ``current_user`` of every handler.

    Attributes:
        principal_id: The same for all requests of one person, and of nobody else. It
            holds no name: sessions are owned by it, and logs may have it.
        role: The name of the role that holds for them.
        scope: The rows that they may see.
        expires: When their assertion ends, in seconds since 1970; None never.
    """

    principal_id: str
    role: str
    scope: Scope = field(default_factory=Scope)
    expires: float | None = None

    @property
    def is_operator(self) -> bool:
        """Whether their role is not that of one end user."""
        return "user" not in self.scope.rows

    @property
    def has_expired(self) -> bool:
        """Whether their assertion has ended since."""
        return self.expires is not None and self.expires <= time.time()


class SignedInAuthorizer(Authorizer):
    """Lets those who are signed in do what the routes offer, and nobody else.

    Which kernels are theirs, the sessions know; which rows, the scope has decided.
    """

    def is_authorized(
        self, handler: Any, user: User, action: str, resource: str
    ) -> bool:
        """Whether this is somebody whose assertion still holds."""
        return isinstance(user, SignedIn) and not user.has_expired
