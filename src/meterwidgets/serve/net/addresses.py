"""Where the server listens, where readers reach it, and which requests are for it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from meterwidgets.errors import MeterError

UNIX = "unix:"
"""What the ``--host`` that names a socket begins with."""
_BASE = re.compile(r"/(?:(?!\.{1,2}/)[\w.~-]+/)*", re.ASCII)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Addresses:
    """The addresses of a server.

    Attributes:
        host: The address to listen on, or ``unix:`` and the path of a socket.
        port: The port to listen on; 0 takes any free one.
        route_bases: The paths that the routes are under; each begins and ends with a
            slash.
        link_base: The path that readers' browsers see the pages under.
        public: Where readers reach the server, if that is not where it listens.
    """

    host: str
    port: int
    route_bases: tuple[str, ...]
    link_base: str
    public: SplitResult | None

    @property
    def socket(self) -> Path | None:
        """The unix socket to listen on, if it is one."""
        is_socket = self.host.startswith(UNIX)
        return Path(self.host.removeprefix(UNIX)) if is_socket else None

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        return self.socket is not None or is_loopback(self.host)

    @property
    def is_https(self) -> bool:
        """Whether readers reach the server by HTTPS."""
        return self.public is not None and self.public.scheme == "https"

    def url(self, page: str, *, port: int) -> str:
        """A page's address, as readers open it.

        Args:
            page: Its key.
            port: The port that the server listens on.
        """
        if self.public is not None:
            origin = f"{self.public.scheme}://{self.public.netloc}"
        else:
            origin = f"http://{self.listening(port)}"
        return f"{origin}{self.link_base}{page}"

    def listening(self, port: int) -> str:
        """Where the server listens, as logs and proxies write it.

        Args:
            port: The port that it listens on.
        """
        if self.socket is not None:
            return self.host
        return f"[{self.host}]:{port}" if ":" in self.host else f"{self.host}:{port}"

    def cookie_name(self, port: int) -> str:
        """A name of cookies that no other server on this host has.

        Browsers send the cookies of a host to all of its ports.

        Args:
            port: The port that the server listens on.
        """
        digest = hashlib.sha256(f"{self.host} {self.url('', port=port)}".encode())
        prefix = ""
        if self.is_https:
            prefix = "__Host-" if self.link_base == "/" else "__Secure-"
        return f"{prefix}meterwidgets-{digest.hexdigest()[:16]}"

    def is_own_host(self, host: str) -> bool:
        """Whether a ``Host`` header names this server; any port will do.

        Others are refused: a name that somebody else controls could lead here.
        """
        name = _hostname(f"//{host}")
        is_public = self.public is not None and name == self.public.hostname
        return bool(name) and (is_public or is_loopback(name))

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page of this server sent a request.

        Args:
            origin: The ``Origin`` header.
            host: The ``Host`` header.
        """
        if self.public is not None and _origin(origin) == _origin(self.public.geturl()):
            return True
        page = _origin(origin)
        return (
            page is not None
            and is_loopback(page[1])
            and urlsplit(origin.lower()).netloc == host.lower()
        )


def addresses(
    *, host: str, port: int, base_url: str | None = None, public_url: str | None = None
) -> Addresses:
    """The addresses that options name.

    Args:
        host: ``--host``.
        port: ``--port``.
        base_url: ``--base-url``; None where a proxy may cut the path off or keep it.
        public_url: ``--public-url``.

    Raises:
        MeterError: When one of them can't be used; the text names the option.
    """
    public = None if public_url is None else _parse_public_url(public_url)
    if host.startswith(UNIX):
        if not host.removeprefix(UNIX):
            raise MeterError("--host: name a path, such as unix:/run/meter.sock")
        if public is None:
            raise MeterError(
                f"--host {host}: browsers can't open a socket; name the address that "
                "the proxy answers at with --public-url"
            )
    public_path = _base("--public-url", public.path) if public else None
    bases = [_base("--base-url", base_url or public_path or "/")]
    if base_url is None and public_path not in {None, "/"}:
        bases.append("/")
    return Addresses(host, port, tuple(bases), public_path or bases[0], public)


def _parse_public_url(url: str) -> SplitResult:
    problem = f"--public-url {url!r}: expected an address, such as https://example.com"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise MeterError(problem) from None
    if (
        parts.scheme not in _PORTS
        or not parts.hostname
        or parts.username is not None
        or parts.query
        or parts.fragment
        or not re.fullmatch(r"[\w.:\[\]-]+", parts.netloc, re.ASCII)
    ):
        raise MeterError(problem)
    if parts.hostname in {"0.0.0.0", "::"}:
        raise MeterError(f"--public-url {url!r}: nobody can open that address")
    return parts


def _base(option: str, path: str) -> str:
    base = f"/{path.strip('/')}/".replace("//", "/")
    if not _BASE.fullmatch(base):
        raise MeterError(
            f"{option} {path!r}: expected a path of letters, digits and -._~, such as "
            "/meter/"
        )
    return base


def is_loopback(host: str) -> bool:
    """Whether an address is that of this machine alone.

    Examples:
        >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0")]
        [True, True, True, False]
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hostname(url: str) -> str:
    """The host of an address, in lower case; nothing if it is malformed."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
