"""``[identity]``: what can't be used is refused, with its key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from meterwidgets.config import config
from meterwidgets.config.identity import ALGORITHMS, located
from meterwidgets.errors import ConfigError

Write = Callable[..., Path]
GOOD = {
    "way": '"proxy"',
    "header": '"X-Assertion"',
    "issuer": '"https://idp.example.com"',
    "audience": '"meterwidgets"',
    "keys": '"https://idp.example.com/keys"',
}


def load(write: Write, **changes: str | None) -> config.Config:
    """A config whose ``[identity]`` is a good one with changes."""
    values = {**GOOD, **changes}
    lines = [f"{key} = {value}\n" for key, value in values.items() if value is not None]
    return config.load(write("[identity]\n" + "".join(lines), "meterwidgets.toml"))


def test_a_good_one_is_read(write: Write) -> None:
    identity = load(write).identity
    assert (identity.way, identity.header) == ("proxy", "X-Assertion")
    assert identity.algorithms == ALGORITHMS
    assert not [name for name in ALGORITHMS if name.startswith(("HS", "none"))]


def test_without_the_table_nothing_is_chosen(write: Write) -> None:
    assert config.load(write("", "meterwidgets.toml")).identity.way is None


def test_a_file_of_keys_lies_beside_the_config(write: Write, tmp_path: Path) -> None:
    identity = load(write, keys='"keys.json"').identity
    assert located(identity, tmp_path).keys == str(tmp_path / "keys.json")
    assert (
        located(load(write).identity, tmp_path).keys == "https://idp.example.com/keys"
    )


BAD: list[tuple[dict[str, str | None], str]] = [
    ({"way": '"open"'}, "identity.way: Invalid enum value 'open'"),
    ({"way": "1"}, "identity.way: "),
    ({"wayy": '"proxy"'}, "key 'wayy' not found; did you mean 'way'?"),
    ({"way": '"local"'}, 'identity.header: belongs to way = "proxy"'),
    ({"way": '"hub"'}, 'identity.header: belongs to way = "proxy"'),
    ({"way": None}, 'identity.header: belongs to way = "proxy"'),
    ({"header": None}, "identity.header: name the header"),
    ({"cookie": '"c"'}, "identity.header: name the header"),
    ({"header": '"X Assertion"'}, "identity.header: 'X Assertion' is no name"),
    ({"header": '"X\\r\\nY"'}, "identity.header: 'X\\r\\nY' is no name"),
    ({"header": '""'}, "identity.header: '' is no name"),
    ({"header": None, "cookie": '"a;b"'}, "identity.cookie: 'a;b' is no name"),
    ({"issuer": None}, "identity.issuer: expected a text"),
    ({"issuer": '""'}, "identity.issuer: expected a text"),
    ({"issuer": '["a"]'}, "identity.issuer: Expected"),
    ({"audience": None}, "identity.audience: expected a text"),
    ({"audience": '" "'}, "identity.audience: expected a text"),
    ({"keys": None}, "identity.keys: expected a text"),
    ({"keys": '"http://idp.example.com/keys"'}, "could be changed on the way"),
    ({"keys": '"file:///etc/passwd"'}, "is no address of a key set"),
    ({"keys": '"https://"'}, "is no address of a key set"),
    ({"keys": '"https://[x"'}, "is no address of a key set"),
    ({"algorithms": "[]"}, "identity.algorithms: is empty"),
    ({"algorithms": '["HS256"]'}, "algorithm 'HS256' not found"),
    ({"algorithms": '["none"]'}, "algorithm 'none' not found"),
    ({"principal": '""'}, "identity.principal: expected a claim"),
    ({"leeway": "-1"}, "identity.leeway: expected 0 to 300 seconds"),
    ({"leeway": "86400"}, "identity.leeway: expected 0 to 300 seconds"),
    ({"leeway": '"30"'}, "identity.leeway: Expected `int`"),
    ({"password": '"secret"'}, "key 'password' not found"),
]


@pytest.mark.parametrize(("changes", "problem"), BAD)
def test_what_cannot_be_used_is_named(
    write: Write, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write, **changes)
    assert problem in str(refused.value)
    assert "meterwidgets.toml" in str(refused.value)
