"""A server that would not know who a reader is does not start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from meterwidgets.cli.main import main
from meterwidgets.config.identity import Identity
from meterwidgets.config.roles import Roles, parse
from meterwidgets.errors import MeterError
from meterwidgets.serve.identity.choose import SignIn
from meterwidgets.serve.identity.hub_service import service_options
from meterwidgets.serve.net.addresses import addresses

ROLES: Roles = parse({"operator": {"sees": "all"}})
PUBLIC = {"public_url": "https://usage.example.com"}


def check(sign_in: SignIn, host: str = "127.0.0.1", **options: Any) -> None:
    sign_in.check(addresses(host=host, port=0, **options))


@pytest.mark.parametrize("way", ["proxy", "hub"])
def test_without_roles_nobody_could_see_anything(way: Any) -> None:
    with pytest.raises(MeterError, match=r"there is no \[roles\]") as refused:
        check(SignIn(identity=Identity(way=way)))
    assert 'end_user = { sees = { user = "claim:email" } }' in str(refused.value)
    check(SignIn(identity=Identity(way=way), roles=ROLES))


@pytest.mark.parametrize("way", ["proxy", "hub"])
def test_one_user_for_everyone_contradicts_readers_of_their_own(way: Any) -> None:
    with pytest.raises(MeterError, match="--user ada: signs everyone in as one user"):
        check(SignIn(identity=Identity(way=way), roles=ROLES, user="ada"))


def test_roles_without_an_identity_are_not_ignored() -> None:
    with pytest.raises(MeterError, match="nothing says who a reader is"):
        check(SignIn(roles=ROLES))
    check(SignIn(roles=ROLES, identity=Identity(way="local")))
    check(SignIn(roles=ROLES, user="ada"))


@pytest.mark.parametrize("way", ["proxy", "hub"])
def test_beyond_loopback_the_address_that_readers_open_has_to_be_named(
    way: Any,
) -> None:
    sign_in = SignIn(identity=Identity(way=way), roles=ROLES)
    with pytest.raises(MeterError, match="name the address that readers open"):
        check(sign_in, "0.0.0.0")
    check(sign_in, "0.0.0.0", **PUBLIC)


def test_a_public_address_does_not_make_a_token_enough() -> None:
    with pytest.raises(MeterError, match="a token is all that signs readers in"):
        check(SignIn(), "0.0.0.0", **PUBLIC)
    check(SignIn(), "unix:/run/meter.sock", **PUBLIC)


def test_a_hub_needs_the_package_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupyterhub", None)
    with pytest.raises(MeterError, match=r"pip install 'meterwidgets\[hub\]'"):
        check(SignIn(identity=Identity(way="hub"), roles=ROLES))


def test_it_is_refused_before_the_ledger_is_read(tmp_path: Path) -> None:
    for options in (["--host", "0.0.0.0"], ["--base-url", "/../"], ["--host", "unix:"]):
        result = CliRunner().invoke(main, ["serve", "no-such-ledger.csv", *options])
        assert result.exit_code == 1
        assert "--" in result.output
        assert "no-such-ledger" not in result.output


def test_a_hub_is_asked_for_only_where_one_started_the_server(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('[identity]\nway = "hub"\n[roles]\na = { sees = "all" }\n')
    command = ["serve", "no-such-ledger.csv", "--config", str(config)]
    result = CliRunner().invoke(main, command, env={"JUPYTERHUB_API_TOKEN": ""})
    assert result.exit_code == 1
    assert "no JupyterHub started this server" in result.output


def test_a_hub_s_environment_that_is_no_address_is_refused() -> None:
    environ = {"JUPYTERHUB_API_TOKEN": "x", "JUPYTERHUB_SERVICE_URL": "http://[x:y"}
    with pytest.raises(MeterError, match="JUPYTERHUB_SERVICE_URL is no address"):
        service_options(environ)
