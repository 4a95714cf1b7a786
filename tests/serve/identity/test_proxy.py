"""A proxy's signed assertion says who a reader is; nothing else does."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from serve.running import Answer, Running, until, write_notebook

from .issuer import CONFIG, HEADER, Issuer, encoded
from .test_local import KERNEL, UPGRADE

SERVE = """
import sys
from pathlib import Path
from meterwidgets.config import config
from meterwidgets.serve.app import serve
from meterwidgets.serve.identity import key_set
from meterwidgets.serve.identity.choose import SignIn
key_set.RETRY_S, key_set.FRESH_S, key_set.LAST_GOOD_S = map(float, sys.argv[2:5])
folder = Path(sys.argv[1])
read = config.load(folder / "meterwidgets.toml")
serve(folder, notebooks=folder, port=0, public_url="https://usage.example.com",
      sign_in=SignIn(identity=read.identity, roles=config.roles(read)))
"""


@contextmanager
def serving(
    folder: Path,
    config: str,
    *,
    retry: float = 0.1,
    fresh: float = 300,
    good: float = 99,
    env: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """A server that reads its key set anew after so many seconds."""
    write_notebook(folder / "overview.ipynb", "1")
    (folder / "meterwidgets.toml").write_text(config, "utf-8")
    times = map(str, (retry, fresh, good))
    with Running("-c", SERVE, str(folder), *times, env=env) as running:
        yield running


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def server(
    issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("notebooks")
    names = ("REMOTE_USER", "USER", "JUPYTER_TOKEN", "HTTP_X_ASSERTION")
    env = dict.fromkeys(names, issuer.sign())
    with serving(folder, CONFIG.format(issuer=issuer.url), env=env) as running:
        yield running


def ask(server: Running, assertion: str, path: str = KERNEL) -> Answer:
    return server.ask(path, headers={HEADER: assertion})


def is_in(server: Running, assertion: str) -> bool:
    """Whether an assertion signs in: whoever is in hears that there is no such kernel."""
    answer = ask(server, assertion)
    assert answer.status in {401, 403, 404}
    return answer.status == 404


def test_an_assertion_of_the_issuer_signs_in(server: Running, issuer: Issuer) -> None:
    assert is_in(server, issuer.sign())
    assert is_in(server, f"Bearer {issuer.sign()}")
    assert (
        "mwPage.drawing()"
        in ask(server, issuer.sign(groups=["admins"]), "/overview").text
    )


def test_the_printed_address_is_the_proxy_s_and_signs_nobody_in(
    server: Running,
) -> None:
    assert server.address == "https://usage.example.com/overview"
    assert server.cookie == ""


SPOOFED = [
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Auth-Request-User",
    "X-Auth-Request-Groups",
    "Remote-User",
    "X-Remote-User",
    "Cf-Access-Authenticated-User-Email",
    "X-Goog-Authenticated-User-Email",
    "Authorization",
]


@pytest.mark.parametrize("name", SPOOFED)
def test_a_plain_header_is_nobody(server: Running, issuer: Issuer, name: str) -> None:
    answer = server.ask(KERNEL, headers={name: "root"})
    assert answer.status == 401
    assert "did not say who you are" in answer.text
    assert server.ask(KERNEL, headers={name: issuer.sign()}).status == 401


def test_the_server_s_own_environment_is_nobody(
    server: Running, issuer: Issuer
) -> None:
    assert server.ask(KERNEL).status == 401
    assert server.ask(f"{KERNEL}?token={issuer.sign()}").status == 401


def bad(issuer: Issuer, kind: str) -> str:
    """An assertion that must not sign in."""
    now = int(time.time())
    other = rsa.generate_private_key(65537, 2048)
    head = {"alg": "HS256", "kid": "first", "typ": "JWT"}
    signed = issuer.sign()
    body, _, signature = signed.rpartition(".")
    by_public_key = issuer.forge(head).rpartition(".")[0]
    mac = hmac.new(issuer.pem(), by_public_key.encode(), hashlib.sha256).digest()
    more = {"groups": ["admins"]}
    return {
        "expired": lambda: issuer.sign(exp=now - 60, iat=now - 120),
        "without an end": lambda: issuer.sign(exp=None),
        "without a beginning": lambda: issuer.sign(iat=None),
        "of the future": lambda: issuer.sign(iat=now + 60, exp=now + 120),
        "not yet valid": lambda: issuer.sign(nbf=now + 60),
        "an end that is no number": lambda: issuer.forge(head, exp=[1]),
        "an end beyond all time": lambda: issuer.sign(exp=10**400),
        "a principal with control characters": lambda: issuer.sign(sub="a\nb"),
        "unsigned": lambda: issuer.forge({"alg": "none", "kid": "first"}, **more),
        "unsigned, in capitals": lambda: issuer.forge({"alg": "NONE", "kid": "first"}),
        "without an algorithm": lambda: issuer.forge({"kid": "first"}, **more),
        "HS256 with the public key": lambda: f"{by_public_key}.{encoded(mac)}",
        "signed by another key": lambda: issuer.sign(key=other, **more),
        "another key of its own": lambda: issuer.sign(key=other, kid="mine"),
        "a signature cut off": lambda: f"{body}.",
        "another signature": lambda: f"{body}.{signature[::-1]}",
        "other claims": lambda: signed.replace(
            signed.split(".")[1], issuer.sign(**more).split(".")[1]
        ),
        "for another audience": lambda: issuer.sign(aud="other"),
        "for no audience": lambda: issuer.sign(aud=None),
        "an audience that is a number": lambda: issuer.forge(head, aud=7),
        "by another issuer": lambda: issuer.sign(iss="https://evil.example"),
        "without a kid": lambda: issuer.forge({"alg": "RS256"}, **more),
        "a kid that is a path": lambda: issuer.sign(kid="../../etc/passwd"),
        "a kid that is a URL": lambda: issuer.sign(kid="https://evil.example/k"),
        "a kid that is a list": lambda: issuer.forge(
            {"alg": "RS256", "kid": ["first"]}
        ),
        "a kid of 4 KB": lambda: issuer.sign(kid="k" * 4096),
        "a principal that is a list": lambda: issuer.sign(sub=None, email=["a"]),
        "without a principal": lambda: issuer.sign(sub=None),
        "a principal of 4 KB": lambda: issuer.sign(sub="s" * 4096),
        "9 KB": lambda: issuer.sign(more="x" * 7000),
        "nothing": lambda: "",
        "no assertion": lambda: "root",
        "three dots": lambda: "...",
        "deep JSON": lambda: f"{encoded(b'[' * 5000)}.{encoded(b'{}')}.x",
        "no JSON": lambda: f"{encoded(b'{')}.{encoded(b'{}')}.x",
        "markup": lambda: "<script>alert(1)</script>",
        "an encrypted one": lambda: "a.b.c.d.e",
    }[kind]()


KINDS = [
    *("expired", "without an end", "without a beginning", "of the future"),
    *("not yet valid", "an end that is no number", "unsigned", "unsigned, in capitals"),
    *("an end beyond all time", "a principal with control characters"),
    *("without an algorithm", "HS256 with the public key", "signed by another key"),
    *("another key of its own", "a signature cut off", "another signature"),
    *("other claims", "for another audience", "for no audience"),
    *("an audience that is a number", "by another issuer", "without a kid"),
    *("a kid that is a path", "a kid that is a URL", "a kid that is a list"),
    *("a kid of 4 KB", "a principal that is a list", "without a principal"),
    *("a principal of 4 KB", "9 KB", "nothing", "no assertion", "three dots"),
    *("deep JSON", "no JSON", "markup", "an encrypted one"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_proves_nothing_is_refused_in_plain_words(
    server: Running, issuer: Issuer, kind: str
) -> None:
    answer = ask(server, bad(issuer, kind))
    assert answer.status == 401
    assert answer.text.startswith("401 Unauthorized. What says who you are could not")
    assert len(answer.text.splitlines()) == 1


def test_an_assertion_of_100_kb_is_refused_before_it_is_read(
    server: Running, issuer: Issuer
) -> None:
    begun = time.monotonic()
    with suppress(ConnectionError):  # it may be cut instead
        assert ask(server, issuer.sign(more="x" * 75_000)).status in {400, 401, 431}
    assert time.monotonic() - begun < 2
    assert is_in(server, issuer.sign())


def test_two_proxies_are_nobody(server: Running, issuer: Issuer) -> None:
    mine, theirs = issuer.sign(), issuer.sign(sub="u-2", groups=["admins"])
    assert ask(server, f"{mine},{theirs}").status == 401
    assert ask(server, f"{mine}, {mine}").status == 401
    wire = http.client.HTTPConnection("127.0.0.1", server.port)
    wire.putrequest("GET", KERNEL)
    for assertion in (mine, theirs):
        wire.putheader(HEADER, assertion)
    wire.endheaders()
    assert wire.getresponse().status == 401
    wire.close()
    assert "X-Assertion twice: the proxy has to replace it" in server.errors()


def test_who_has_no_role_is_told_so(server: Running, issuer: Issuer) -> None:
    for groups in ([], ["others"], "nobody", None, ["<b>admins</b>"]):
        answer = ask(server, issuer.sign(groups=groups), "/overview")
        assert answer.status == 403
        assert "You are signed in, but have no role here" in answer.text


@pytest.mark.parametrize(
    "odd", [7, True, {"admins": 1}, [["admins"]], [None], [7, "staff"]]
)
def test_claims_of_another_kind_give_no_role(
    server: Running, issuer: Issuer, odd: Any
) -> None:
    assert ask(server, issuer.sign(groups=odd)).status == 403


@pytest.mark.parametrize("odd", [7, [], ["a@b.c"], {}, "", "<script>", "a\nb", None])
def test_an_end_user_without_a_plain_name_has_no_role(
    server: Running, issuer: Issuer, odd: Any
) -> None:
    assert ask(server, issuer.sign(email=odd)).status == 403


@pytest.mark.parametrize("verified", [False, "false", 0, "no", [True], {}])
def test_an_address_that_nobody_has_verified_names_nobody(
    server: Running, issuer: Issuer, verified: Any
) -> None:
    assert ask(server, issuer.sign(email_verified=verified)).status == 403
    assert is_in(server, issuer.sign(email_verified=True))


def test_clocks_may_differ_by_the_leeway_and_no_more(
    server: Running, issuer: Issuer
) -> None:
    now = int(time.time())
    assert is_in(server, issuer.sign(iat=now + 3, nbf=now + 3))
    assert is_in(server, issuer.sign(iat=now - 60, exp=now - 2))
    assert not is_in(server, issuer.sign(iat=now + 30))
    assert not is_in(server, issuer.sign(iat=now - 60, exp=now - 30))


def test_an_assertion_is_of_no_use_once_it_has_expired(
    server: Running, issuer: Issuer
) -> None:
    assertion = issuer.sign(exp=int(time.time()) - 4)
    assert is_in(server, assertion)
    assert until(lambda: not is_in(server, assertion), seconds=5)


def test_a_websocket_needs_an_assertion_of_its_own(
    server: Running, issuer: Issuer
) -> None:
    path = f"{KERNEL}/channels"
    own = {**UPGRADE, "Origin": "https://usage.example.com"}
    expired = issuer.sign(exp=int(time.time()) - 60)
    assert server.ask(path, headers=own).status == 401
    assert server.ask(path, headers={**own, HEADER: expired}).status == 401
    assert server.ask(path, headers={**own, HEADER: issuer.sign()}).status == 404


def page_of(server: Running, assertion: str) -> str:
    """Open a page; the address of its session."""
    page = ask(server, assertion, "/overview").text
    found = re.search(r'mwPage\.kernel\("([^"]+)"\)', page)
    assert found, page
    return f"/api/kernels/{found[1]}"


@pytest.mark.slow
def test_a_session_lasts_as_long_as_the_newest_assertion(
    server: Running, issuer: Issuer
) -> None:
    admin = {"groups": ["admins"]}
    soon = issuer.sign(sub="ada", exp=int(time.time()) - 1, **admin)
    renewed, other = page_of(server, soon), page_of(server, soon)
    assert ask(server, issuer.sign(sub="ada", **admin), renewed).status == 200
    assert (
        ask(server, issuer.sign(sub="bob", **admin), other).status == 404
    )  # not theirs
    ada = issuer.sign(sub="ada", **admin)
    assert until(lambda: len(server.kernels()) == 1, seconds=12)
    assert ask(server, ada, renewed).status == 200
    assert ask(server, ada, other).status == 404


def test_a_session_ends_when_its_owner_may_see_something_else(
    server: Running, issuer: Issuer
) -> None:
    session = page_of(server, issuer.sign(sub="ada", groups=["admins"]))
    before = len(server.kernels())
    assert ask(server, issuer.sign(sub="ada"), session).status == 404
    assert until(lambda: len(server.kernels()) == before - 1)


@pytest.mark.slow
def test_a_key_that_is_new_is_fetched_and_one_that_is_gone_does_not_count(
    issuer: Issuer, tmp_path: Path
) -> None:
    config = CONFIG.format(issuer=issuer.url)
    with serving(tmp_path, config, fresh=0.3) as running:
        old = issuer.sign()
        assert is_in(running, old)
        issuer.rotate("second")
        assert until(lambda: is_in(running, issuer.sign()), seconds=3)
        assert until(lambda: not is_in(running, old), seconds=3)


@pytest.mark.slow
def test_a_flood_of_unknown_keys_does_not_flood_the_issuer_or_the_log(
    issuer: Issuer, tmp_path: Path
) -> None:
    with serving(tmp_path, CONFIG.format(issuer=issuer.url), retry=30) as running:
        assert is_in(running, issuer.sign())
        asked, other = issuer.asked, rsa.generate_private_key(65537, 2048)
        for number in range(300):
            assert not is_in(running, issuer.sign(key=other, kid=f"{number}"))
        assert issuer.asked == asked
        assert is_in(running, issuer.sign())
        assert len(running.errors().splitlines()) == 1
        assert "names no key of identity.keys" in running.errors()


ANSWERS = {
    "is gone": (404, b""),
    "fails": (500, b"{}"),
    "leads elsewhere": (302, b""),
    "is no JSON": (200, b"<html>"),
    "is a list": (200, b"[]"),
    "has no keys": (200, b'{"keys": []}'),
    "has keys that are none": (200, b'{"keys": [1, {"kty": "RSA"}, {"kid": "first"}]}'),
    "has shared secrets": (
        200,
        b'{"keys": [{"kty": "oct", "kid": "first", "k": "AAAA", "alg": "HS256"}]}',
    ),
    "is deep": (200, b"[" * 100_000),
    "is huge": (200, b'{"keys": []}' + b" " * 1_000_000),
    "has very many keys": (200, b'{"keys": [' + b"{}," * 5000 + b"{}]}"),
}


@pytest.mark.slow
def test_while_the_key_set_is_down_last_good_keys_count_for_a_while(
    tmp_path: Path,
) -> None:
    with Issuer() as issuer:
        config = CONFIG.format(issuer=issuer.url)
        with serving(tmp_path, config, fresh=0.1, good=3) as running:
            issuer.answer = (500, b"")
            assert not is_in(running, issuer.sign())  # and none was known before
            issuer.answer = None
            assert until(lambda: is_in(running, issuer.sign()), seconds=3)
            for answer in ANSWERS.values():
                issuer.answer, asked = answer, issuer.asked
                assert until(
                    lambda asked=asked: (
                        is_in(running, issuer.sign()) and issuer.asked > asked
                    ),
                    seconds=3,
                )
                assert not is_in(running, issuer.sign(kid="unknown"))
            assert until(lambda: not is_in(running, issuer.sign()), seconds=8)
            assert "can't be read (HTTP 404)" in running.errors()
            assert "can't be read (it is no JSON Web Key Set)" in running.errors()
            issuer.answer = None
            assert until(lambda: is_in(running, issuer.sign()), seconds=3)
            assert "Traceback" not in running.errors()


@pytest.mark.slow
def test_keys_may_be_a_file_and_the_assertion_a_cookie(
    issuer: Issuer, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").write_bytes(issuer.key_set())
    config = CONFIG.format(issuer=issuer.url)
    config = config.replace(
        f'keys = "{issuer.url}/keys"', f'keys = "{tmp_path}/keys.json"'
    )
    config = config.replace('header = "X-Assertion"', 'cookie = "CF_Authorization"')
    asked = issuer.asked
    with serving(tmp_path, config) as running:
        cookie = f"other=1; CF_Authorization={issuer.sign()}"
        assert running.ask(KERNEL, headers={"Cookie": cookie}).status == 404
        twice = f"{cookie}; CF_Authorization={issuer.sign(groups=['admins'])}"
        assert running.ask(KERNEL, headers={"Cookie": twice}).status == 401
        assert running.ask(KERNEL, headers={HEADER: issuer.sign()}).status == 401
        issuer.rotate("in the file")
        (tmp_path / "keys.json").write_bytes(issuer.key_set())
        cookie = f"CF_Authorization={issuer.sign()}"
        headers = {"Cookie": cookie}
        assert until(lambda: running.ask(KERNEL, headers=headers).status == 404)
    assert issuer.asked == asked
