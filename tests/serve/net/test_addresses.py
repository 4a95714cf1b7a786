"""Where readers reach a server, and which requests are for it."""

from __future__ import annotations

import pytest

from meterwidgets.errors import MeterError
from meterwidgets.serve.net.addresses import Addresses, addresses


def at(**options: object) -> Addresses:
    given: dict[str, object] = {"host": "127.0.0.1", "port": 8866, **options}
    return addresses(**given)  # type: ignore[arg-type]


PUBLIC = at(public_url="https://Usage.Example.com/meter")


@pytest.mark.parametrize(
    ("options", "url", "bases"),
    [
        ({}, "http://127.0.0.1:8866/overview", ("/",)),
        ({"host": "::1"}, "http://[::1]:8866/overview", ("/",)),
        ({"base_url": "meter"}, "http://127.0.0.1:8866/meter/overview", ("/meter/",)),
        (
            {"public_url": "https://a.example/meter"},
            "https://a.example/meter/overview",
            ("/meter/", "/"),
        ),
        ({"public_url": "https://a.example"}, "https://a.example/overview", ("/",)),
        (
            {"public_url": "https://a.example/meter", "base_url": "/meter/"},
            "https://a.example/meter/overview",
            ("/meter/",),
        ),
        (
            {"public_url": "https://a.example:444/out/", "base_url": "/in/"},
            "https://a.example:444/out/overview",
            ("/in/",),
        ),
        (
            {"host": "0.0.0.0", "public_url": "https://a.example"},
            "https://a.example/overview",
            ("/",),
        ),
    ],
)
def test_a_page_has_the_address_that_readers_open(
    options: dict[str, object], url: str, bases: tuple[str, ...]
) -> None:
    assert at(**options).url("overview", port=8866) == url
    assert at(**options).route_bases == bases


@pytest.mark.parametrize(
    "host",
    [
        "usage.example.com",
        "USAGE.example.com:443",
        "127.0.0.1:8866",
        "[::1]:1",
        "localhost",
    ],
)
def test_the_public_host_and_loopback_are_its_own(host: str) -> None:
    assert PUBLIC.is_own_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "usage.example.com.evil.example",
        "evil.usage.example.com",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "evil.example@127.0.0.1.evil.example",
        "192.168.1.1",
        "0.0.0.0",
        "",
        "[",
        "usage.example.com, evil.example",
        "usage.example.com evil",
    ],
)
def test_any_other_host_is_not(host: str) -> None:
    assert not PUBLIC.is_own_host(host)


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://usage.example.com", "usage.example.com", True),
        ("https://usage.example.com", "127.0.0.1:8866", True),
        ("https://usage.example.com:443", "localhost", True),
        ("http://127.0.0.1:8866", "127.0.0.1:8866", True),
        ("http://usage.example.com", "usage.example.com", False),
        ("https://usage.example.com:8443", "usage.example.com", False),
        ("https://evil.example", "usage.example.com", False),
        ("https://evil.example", "evil.example", False),
        ("http://127.0.0.1:9999", "127.0.0.1:8866", False),
        ("http://localhost:8866", "127.0.0.1:8866", False),
        ("null", "usage.example.com", False),
        ("file://", "", False),
        ("ftp://127.0.0.1", "127.0.0.1", False),
        ("https://[", "usage.example.com", False),
    ],
)
def test_only_its_own_pages_are_its_own(origin: str, host: str, is_own: bool) -> None:
    assert PUBLIC.is_own_origin(origin, host) is is_own


@pytest.mark.parametrize(
    "options",
    [
        {"public_url": "usage.example.com"},
        {"public_url": "ftp://usage.example.com"},
        {"public_url": "https://"},
        {"public_url": "https://root:secret@usage.example.com"},
        {"public_url": "https://usage.example.com/?a=b"},
        {"public_url": "https://usage.example.com/#a"},
        {"public_url": "https://usage.example.com:port"},
        {"public_url": "https://usage.exa mple.com"},
        {"public_url": 'https://usage.example.com"onload="'},
        {"public_url": "http://0.0.0.0:8866"},
        {"public_url": "https://usage.example.com/../etc"},
        {"base_url": "/a/../b/"},
        {"base_url": "/<script>/"},
        {"base_url": "/a(b/"},
        {"host": "unix:"},
        {"host": "unix:/run/meter.sock"},
    ],
)
def test_what_is_no_address_is_refused_by_its_option(
    options: dict[str, object],
) -> None:
    with pytest.raises(MeterError) as refused:
        at(**options)
    assert str(refused.value).startswith("--")


def test_cookies_of_a_public_address_are_for_https_and_that_host_alone() -> None:
    assert at().cookie_name(1).startswith("meterwidgets-")
    assert PUBLIC.cookie_name(1).startswith("__Secure-meterwidgets-")
    whole = at(public_url="https://usage.example.com")
    assert whole.cookie_name(1).startswith("__Host-meterwidgets-")
    names = {each.cookie_name(n) for each in (at(), PUBLIC, whole) for n in (1, 2)}
    assert len(names) == 4  # a public address is one, whatever is behind it
