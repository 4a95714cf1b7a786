"""An issuer of assertions with a key set of its own, as a company has one."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Mapping
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

AUDIENCE = "meterwidgets"
HEADER = "X-Assertion"
PEOPLE = {
    "root": {"groups": ["admins"], "email": "root@acme.test"},
    "ada": {"groups": ["staff"], "email": "ada@acme.test"},
    "eve": {"groups": []},
}
"""Who can sign in at the proxy."""
CONFIG = """
[identity]
way = "proxy"
header = "X-Assertion"
issuer = "{issuer}"
audience = "meterwidgets"
keys = "{issuer}/keys"
leeway = 5

[roles]
operator = {{ when = {{ groups = ["admins"] }}, sees = "all" }}
acme_admin = {{ when = {{ groups = ["acme-admins"] }}, sees = {{ org = ["Acme"] }} }}
end_user = {{ when = {{ groups = ["staff"] }}, sees = {{ user = "claim:email" }} }}
"""


class Issuer:
    """Signs assertions; leaving the context takes its key set down.

    Attributes:
        asked: How often the key set was asked for.
        answer: What the key set answers instead of the keys.
        lasts: Seconds that the assertions of `PEOPLE` last; 0 signs nobody in.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.answer: tuple[int, bytes] | None = None
        self.lasts = 300
        self._keys: dict[str, Any] = {}
        self.rotate("first")
        issuer = self

        class Keys(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/oauth2/auth":
                    self.authenticate()
                    return
                issuer.asked += 1
                status, body = issuer.answer or (200, issuer.key_set())
                self.reply(status, body)

            def authenticate(self) -> None:
                """Sign who somebody is, as oauth2-proxy does for nginx."""
                cookies = SimpleCookie(self.headers.get("Cookie", ""))
                who = cookies["who"].value if "who" in cookies else ""
                if who in PEOPLE and issuer.lasts:
                    ends = int(time.time()) + issuer.lasts
                    assertion = issuer.sign(sub=who, exp=ends, **PEOPLE[who])
                    self.reply(200, b"", assertion)
                else:
                    self.reply(401, b"")

            def reply(self, status: int, body: bytes, assertion: str = "") -> None:
                self.send_response(status)
                if assertion:
                    self.send_header("Authorization", f"Bearer {assertion}")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def rotate(self, kid: str, *, keep: bool = False) -> None:
        """Sign with a new key from now on."""
        kept = self._keys if keep else {}
        self._keys = {**kept, kid: rsa.generate_private_key(65537, 2048)}

    def key_set(self) -> bytes:
        """The public keys as a JSON Web Key Set."""
        return json.dumps({"keys": [*map(public, self._keys.items())]}).encode()

    def pem(self) -> bytes:
        """The newest public key, which everybody may know."""
        key = [*self._keys.values()][-1].public_key()
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of somebody of the staff, or with changes; None leaves one out."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "u-1",
            "email": "ada@acme.test",
            "groups": ["staff"],
            "iat": now,
            "exp": now + 300,
        }
        return {k: v for k, v in {**usual, **changes}.items() if v is not None}

    def sign(
        self, *, kid: Any = "", key: Any = None, alg: str = "RS256", **changes: Any
    ) -> str:
        """An assertion of these claims by the newest key."""
        newest, private = [*self._keys.items()][-1]
        headers = {"kid": newest if kid == "" else kid}
        return jwt.encode(self.claims(**changes), key or private, alg, headers)

    def forge(
        self, header: Mapping[str, Any], signature: bytes = b"", **changes: Any
    ) -> str:
        """An assertion by hand, as no library would make it."""
        parts = [json.dumps(p).encode() for p in (header, self.claims(**changes))]
        return ".".join(map(encoded, [*parts, signature]))


def public(entry: tuple[str, Any]) -> dict[str, Any]:
    """A key as it stands in a key set."""
    kid, key = entry
    kind = (
        jwt.algorithms.ECAlgorithm
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else jwt.algorithms.RSAAlgorithm
    )
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}


def encoded(part: bytes) -> str:
    """In the base64 of assertions."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
