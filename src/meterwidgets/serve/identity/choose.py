"""Which way readers sign in, and whether it may be used where the server listens."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from meterwidgets.config.identity import Identity
from meterwidgets.config.roles import Roles
from meterwidgets.errors import MeterError
from meterwidgets.serve.identity.local import LocalIdentity
from meterwidgets.serve.identity.provider import MeterIdentity
from meterwidgets.serve.identity.proxy import ProxyIdentity
from meterwidgets.serve.net.addresses import Addresses


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """How readers sign in, and what they may see then.

    Attributes:
        identity: The ``[identity]`` of the config.
        roles: Its ``[roles]``, if it has any.
        user: The end user that local readers are signed in as, if any.
    """

    identity: Identity = field(default_factory=Identity)
    roles: Roles | None = None
    user: str = ""

    def check(self, addresses: Addresses) -> None:
        """Refuse what would show rows to people who must not see them.

        Args:
            addresses: Where the server listens.

        Raises:
            MeterError: With the way out.
        """
        way = self.identity.way or "local"
        if way == "local":
            self._check_local(addresses)
        elif self.user:
            raise MeterError(
                f'--user {self.user}: signs everyone in as one user; way = "{way}" of '
                "[identity] says who a reader is. Leave one of them out"
            )
        elif self.roles is None:
            raise MeterError(
                f'[identity] has way = "{way}", but there is no [roles]: nobody could '
                "see anything. Add one, such as\n[roles]\n"
                'operator = { when = { groups = ["admins"] }, sees = "all" }\n'
                'end_user = { sees = { user = "claim:email" } }'
            )
        if way == "hub" and find_spec("jupyterhub") is None:
            raise MeterError(
                '[identity] has way = "hub", which needs jupyterhub: pip install '
                "'meterwidgets[hub]'"
            )
        if not addresses.is_local and addresses.public is None:
            raise MeterError(
                f"--host {addresses.host}: name the address that readers open with "
                "--public-url; requests for any other are refused"
            )

    def _check_local(self, addresses: Addresses) -> None:
        if not addresses.is_local:
            raise MeterError(
                f"--host {addresses.host}: others would reach this address, where a "
                "token is all that signs readers in. Let a reverse proxy do that "
                '(way = "proxy" in [identity]) or a JupyterHub (way = "hub"), or leave '
                "--host out"
            )
        if self.roles and not self.identity.way and not self.user:
            raise MeterError(
                "[roles] say who sees what, but nothing says who a reader is. Add "
                '[identity] with way = "proxy" or way = "hub"; or with way = "local" '
                "for yourself: whoever has the token in the address sees every row"
            )

    def provider(
        self, addresses: Addresses, *, port: int, parent: Any
    ) -> MeterIdentity:
        """The identity provider.

        Args:
            addresses: Of the server.
            port: The port that it listens on.
            parent: The server.
        """
        if self.identity.way == "proxy" and self.roles:
            return ProxyIdentity(
                identity=self.identity, roles=self.roles, parent=parent
            )
        if self.identity.way == "hub" and self.roles:
            from meterwidgets.serve.identity.hub import HubIdentity

            return HubIdentity(roles=self.roles, parent=parent)
        return LocalIdentity(
            user=self.user,
            cookie=addresses.cookie_name(port),
            path=addresses.link_base,
            secure=addresses.is_https,
            parent=parent,
        )
