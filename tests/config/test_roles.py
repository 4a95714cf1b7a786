"""Roles: who sees what, by claims; whatever is odd in them is nobody's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterwidgets.config import config
from meterwidgets.config.roles import Roles, RoleScope, parse
from meterwidgets.errors import ConfigError
from meterwidgets.frame.scope import Scope

ROLES = """
[labels.org]
"a1b2c3" = "Acme"
"g7" = "Globex"
"g8" = "Globex"

[roles]
operator = { when = { groups = ["platform-admins", "on-call"] }, sees = "all" }
acme_admin = { when = { groups = ["acme-admins"], email_verified = true }, sees = { org = ["Acme", "b2"] }, personal = false }
project_admin = { when = { kind = "project" }, sees = { project = "claim:projects" } }
end_user = { sees = { user = "claim:email" } }
"""


@pytest.fixture
def roles(tmp_path: Path) -> Roles:
    path = tmp_path / "meterwidgets.toml"
    path.write_text(ROLES, "utf-8")
    parsed = config.roles(config.load(path))
    assert parsed is not None
    return parsed


ANN = {"email": "ann@acme.test"}


@pytest.mark.parametrize(
    ("claims", "name", "scope"),
    [
        (ANN, "end_user", Scope({"user": ["ann@acme.test"]})),
        ({**ANN, "groups": ["staff"]}, "end_user", Scope({"user": ["ann@acme.test"]})),
        ({**ANN, "groups": ["x", "on-call"]}, "operator", Scope()),
        ({"groups": "platform-admins"}, "operator", Scope()),
        (
            {"groups": ["acme-admins"], "email_verified": True},
            "acme_admin",
            Scope({"org": ["a1b2c3", "b2"]}, personal=False),
        ),
        (
            {**ANN, "groups": ["acme-admins"], "email_verified": False},
            "end_user",
            Scope({"user": ["ann@acme.test"]}),
        ),
        (
            {"kind": "project", "projects": ["p1", "p2"]},
            "project_admin",
            Scope({"project": ["p1", "p2"]}),
        ),
        (
            {"kind": "project", "projects": "p1"},
            "project_admin",
            Scope({"project": ["p1"]}),
        ),
    ],
)
def test_the_first_role_that_claims_meet_says_what_is_seen(
    roles: Roles, claims: dict[str, Any], name: str, scope: Scope
) -> None:
    assert roles.scope_of(claims) == RoleScope(name, scope)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": None},
        {"email": ""},
        {"email": "  "},
        {"email": ["ann@acme.test"]},
        {"email": 1042},
        {"email": True},
        {"email": {"value": "ann@acme.test"}},
        {"email": "<script>alert(1)</script>"},
        {"email": "ann@acme.test\nbob@acme.test"},
        {"email": "ann\x00"},
        {"email": "a" * 300},
        {**ANN, "groups": 7},
        {**ANN, "groups": {"platform-admins": True}},
        {**ANN, "groups": ["staff", 7]},
        {**ANN, "groups": ["g"] * 1001},
        {**ANN, "groups": ["acme-admins"], "email_verified": "true"},
        {**ANN, "groups": ["acme-admins"], "email_verified": 1},
        {**ANN, "kind": ["project"]},
        {**ANN, "kind": "project"},
        {**ANN, "kind": "project", "projects": []},
        {**ANN, "kind": "project", "projects": ["p1", None]},
        {**ANN, "kind": "project", "projects": ["p1", "<b>"]},
        {**ANN, "kind": "project", "projects": ["p1", ["p2"]]},
    ],
)
def test_odd_claims_see_nothing(roles: Roles, claims: dict[str, Any]) -> None:
    assert roles.scope_of(claims) is None


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["groups", "kind", "projects"]), _json))
def test_no_claim_makes_an_operator_of_somebody_who_is_none(
    claims: dict[str, Any],
) -> None:
    roles = parse(
        {
            "operator": {"when": {"groups": ["platform-admins"]}, "sees": "all"},
            "project": {"sees": {"project": "claim:projects"}},
        }
    )
    found = roles.scope_of(claims)
    assert found is None or (found.name == "project" and not found.scope.is_all)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[roles]", "roles: names no role"),
        ("[roles]\na = 1", "roles.a: expected a table"),
        ("[roles]\na = {}", "roles.a: expected a table"),
        ("[roles.a]\nwhen = {groups = ['x']}", "roles.a.sees: is missing"),
        ("[roles]\na = {sees = 'everything'}", 'roles.a.sees: expected "all"'),
        ("[roles]\na = {sees = {}}", "roles.a.sees: expected a table"),
        ("[roles]\na = {sees = 'all', if = 1}", "roles.a: key 'if' not found"),
        (
            "[roles]\na = {sees = {tenant = ['x']}}",
            "roles.a.sees: dimension 'tenant' not found",
        ),
        ("[roles]\na = {sees = {org = []}}", "roles.a.sees.org: expected a list"),
        ("[roles]\na = {sees = {org = 'Acme'}}", "roles.a.sees.org: expected a list"),
        ("[roles]\na = {sees = {org = [1]}}", "roles.a.sees.org: expected a list"),
        ("[roles]\na = {sees = {org = 'claim:'}}", "roles.a.sees.org: expected a list"),
        (
            "[roles]\na = {sees = 'all', personal = 'no'}",
            "roles.a.personal: expected true or false",
        ),
        (
            "[roles]\na = {sees = 'all', when = {}}",
            "roles.a.when: expected a table",
        ),
        (
            "[roles]\na = {sees = 'all', when = {groups = []}}",
            "roles.a.when.groups: is empty",
        ),
        (
            "[roles]\na = {sees = 'all', when = {level = 3}}",
            "roles.a.when.level: expected a text",
        ),
        (
            "[roles]\na = {sees = 'all', when = {groups = [['x']]}}",
            "roles.a.when.groups: expected a text",
        ),
        ("[roles]\n'a b' = {sees = 'all'}", "roles: 'a b' is no name of a role"),
        (
            "[roles]\na = {sees = 'all'}\nb = {sees = 'all'}",
            "roles.b: never holds, since everyone signed in has roles.a",
        ),
        (
            "[labels.org]\ng7 = 'Globex'\ng8 = 'Globex'\n"
            "[roles]\na = {sees = {org = ['Globex']}}",
            "roles.a.sees.org: 'Globex' is the label of g7 and g8; name the ids",
        ),
        (
            "[roles]\na = {sees = {user = ['ann', 'bob']}}",
            "roles.a.sees.user: names 2 users",
        ),
        (
            "[roles]\na = {sees = {user = 'claim:email'}, personal = false}",
            "roles.a.personal: people can't be hidden",
        ),
        ("roles = 'all'", "roles: Expected"),
        ("[[roles]]\nsees = 'all'", "roles: Expected"),
        ("[roles]\na = {sees = 'all'}\na = {sees = 'all'}", "is not TOML"),
    ],
)
def test_roles_that_can_t_hold_are_refused_with_their_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "meterwidgets.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        config.load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert problem in str(error.value)


def test_a_config_without_roles_has_none() -> None:
    assert config.roles(config.Config()) is None
