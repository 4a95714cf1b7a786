"""Roles: who may see which rows, by what an identity provider says of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meterwidgets.errors import ConfigError, MeterError, unknown
from meterwidgets.frame.scope import Scope
from meterwidgets.schema import DIMENSIONS

_KEYS = ("when", "sees", "personal")
_CLAIM = "claim:"
_ROLE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST, _MOST = 256, 1000
"""The longest text of a claim, and the most of them in a list."""
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f<>\u2028\u2029\ud800-\udfff]")
"""Control characters and markup: no name that a claim gives has them."""

_Wanted = str | bool | tuple[str | bool, ...]
_Sees = str | tuple[str, ...]


@dataclass(frozen=True)
class RoleScope:
    """The role of somebody, and what they may see.

    Attributes:
        name: The role's name in the config.
        scope: What may be seen.
    """

    name: str
    scope: Scope


@dataclass(frozen=True)
class Role:
    """One entry of ``[roles]``.

    Attributes:
        name: Its key.
        when: Claim -> what it has to be, for all of them: a text or true or false;
            or one of several, where the claim may be a list, too.
        sees: Dimension -> the values, or ``"claim:NAME"``; None is every row.
        personal: Whether people may be seen.
    """

    name: str
    when: Mapping[str, _Wanted]
    sees: Mapping[str, _Sees] | None
    personal: bool


class _OddClaimError(Exception):
    """A claim is not of the kind that the roles expect."""


@dataclass(frozen=True)
class Roles:
    """The ``[roles]`` of a config, in the order of the file.

    Examples:
        >>> roles = parse({
        ...     "operator": {"when": {"groups": ["admins"]}, "sees": "all"},
        ...     "end_user": {"sees": {"user": "claim:email"}},
        ... })
        >>> roles.scope_of({"groups": ["staff", "admins"], "email": "ann@acme.test"})
        RoleScope(name='operator', scope=Scope({}))
        >>> roles.scope_of({"email": "ann@acme.test"})
        RoleScope(name='end_user', scope=Scope({'user': ('ann@acme.test',)}))
        >>> roles.scope_of({"email": ["ann@acme.test"]}) is None
        True
    """

    entries: tuple[Role, ...]

    def scope_of(self, claims: Mapping[str, Any]) -> RoleScope | None:
        """The role of whoever has these claims: the first whose ``when`` they meet.

        Args:
            claims: What the identity provider says, as parsed from JSON.

        Returns:
            None where no role holds, where a claim that a role asks for is not of the
            kind that it expects, or where the role is scoped by a claim that is
            missing, empty or odd. There is no second choice: a later role may see more.
        """
        try:
            for role in self.entries:
                if all(_is_met(claims, *each) for each in role.when.items()):
                    return RoleScope(role.name, _scope(role, claims))
        except _OddClaimError:
            pass
        return None


def _is_met(claims: Mapping[str, Any], name: str, wanted: _Wanted) -> bool:
    """Whether a claim is what a role wants it to be.

    Raises:
        _OddClaimError: When it is of another kind, such as a number.
    """
    given = claims.get(name)
    if given is None:
        return False
    if not isinstance(wanted, tuple):
        if type(given) is not type(wanted):
            raise _OddClaimError(name)
        return bool(given == wanted)
    values = given if isinstance(given, list) else [given]
    if len(values) > _MOST or not all(isinstance(v, str | bool) for v in values):
        raise _OddClaimError(name)
    return any(type(v) is type(w) and v == w for v in values for w in wanted)


def _scope(role: Role, claims: Mapping[str, Any]) -> Scope:
    """What a role sees, with claims for the values that it takes from them.

    Raises:
        _OddClaimError: When such a claim is missing, empty, no text or list of texts,
            or has markup in it.
    """
    rows = {
        dimension: _claimed(claims, sees.removeprefix(_CLAIM), dimension)
        if isinstance(sees, str)
        else sees
        for dimension, sees in (role.sees or {}).items()
    }
    return Scope(rows, personal=role.personal)


def _claimed(claims: Mapping[str, Any], name: str, dimension: str) -> list[str]:
    """The values that a claim gives for a dimension; who somebody is is one text."""
    given = claims.get(name)
    values = [given]
    if isinstance(given, list) and not DIMENSIONS.named(dimension).is_personal:
        values = given
    names = [each for each in values if isinstance(each, str) and _is_plain(each)]
    if not 0 < len(values) == len(names) <= _MOST:
        raise _OddClaimError(name)
    return names


def _is_plain(text: str) -> bool:
    """Whether a text may be a name: not empty, not long, without markup."""
    return bool(text.strip()) and len(text) <= _LONGEST and not _ODD.search(text)


Labels = Mapping[str, Mapping[str, str]]
"""Dimension -> id -> the name that the config gives it."""


def parse(table: Mapping[str, Any], labels: Labels | None = None) -> Roles:
    """The roles of the ``[roles]`` of a config.

    Args:
        table: Role -> what it says.
        labels: The config's own labels, which stand for their ids. Those of a ledger
            don't: whoever writes them could choose what a role sees.

    Raises:
        ConfigError: When one of them can't be used; the text names the key.
    """
    if not table:
        raise ConfigError("roles: names no role, so nobody could see anything; add one")
    roles: list[Role] = []
    for name, entry in table.items():
        for earlier in roles:
            if not earlier.when:
                raise ConfigError(
                    f"roles.{name}: never holds, since everyone signed in has "
                    f"roles.{earlier.name}; move that one to the end"
                )
        roles.append(_role(name, entry, labels or {}))
    return Roles(tuple(roles))


def _role(name: str, entry: object, labels: Labels) -> Role:
    if not _ROLE_NAME.fullmatch(name):
        raise ConfigError(
            f"roles: {name!r} is no name of a role; use up to 64 letters, digits, _ "
            "and -"
        )
    key = f"roles.{name}"
    values = _table(key, entry, 'such as { sees = "all" }')
    for given in values:
        if given not in _KEYS:
            raise ConfigError(f"{key}: {unknown('key', given, _KEYS)}")
    if "sees" not in values:
        raise ConfigError(
            f'{key}.sees: is missing; expected "all", or a table such as '
            '{ org = ["Acme"] }'
        )
    personal = values.get("personal", True)
    if not isinstance(personal, bool):
        raise ConfigError(f"{key}.personal: expected true or false, got {personal!r}")
    when = values.get("when")
    sees = None
    if values["sees"] != "all":
        sees = _parse_sees(f"{key}.sees", values["sees"], labels)
    if not personal and any(DIMENSIONS.named(each).is_personal for each in sees or ()):
        raise ConfigError(
            f"{key}.personal: people can't be hidden from a role that sees some of "
            "them; leave it out"
        )
    return Role(
        name=name,
        when={} if when is None else _parse_when(f"{key}.when", when),
        sees=sees,
        personal=personal,
    )


def _parse_when(key: str, value: object) -> dict[str, _Wanted]:
    """Claim -> what it has to be."""
    wanted: dict[str, _Wanted] = {}
    expected = 'such as { groups = ["admins"] }; leave it out for everyone signed in'
    for claim, given in _table(key, value, expected).items():
        if isinstance(given, list):
            wanted[claim] = tuple(_wanted_value(f"{key}.{claim}", v) for v in given)
            if not given:
                raise ConfigError(f"{key}.{claim}: is empty; name at least one value")
        else:
            wanted[claim] = _wanted_value(f"{key}.{claim}", given)
    return wanted


def _wanted_value(key: str, value: object) -> str | bool:
    if isinstance(value, bool) or (isinstance(value, str) and _is_plain(value)):
        return value
    raise ConfigError(
        f"{key}: expected a text without markup, true or false, or a list of them, "
        f"got {value!r}"
    )


def _parse_sees(key: str, value: object, labels: Labels) -> dict[str, _Sees]:
    """Dimension -> the values that may be seen, or the claim that gives them."""
    if isinstance(value, str):
        raise ConfigError(
            f'{key}: expected "all", or a table such as {{ org = ["Acme"] }}, got '
            f"{value!r}"
        )
    sees: dict[str, _Sees] = {}
    expected = 'such as { org = ["Acme"] }, or "all"'
    for dimension, given in _table(key, value, expected).items():
        try:
            DIMENSIONS.named(dimension)
        except MeterError as error:
            raise ConfigError(f"{key}: {error}") from None
        label_of_id = labels.get(dimension, {})
        sees[dimension] = _seen_values(f"{key}.{dimension}", given, label_of_id)
        if dimension == "user" and isinstance(given, list) and len(given) > 1:
            raise ConfigError(
                f"{key}.user: names {len(given)} users; name one, whose own page it "
                "is, or scope by org or project"
            )
    return sees


def _seen_values(key: str, given: object, label_of_id: Mapping[str, str]) -> _Sees:
    if isinstance(given, str) and given.startswith(_CLAIM) and given != _CLAIM:
        return given
    if (
        isinstance(given, list)
        and given
        and all(isinstance(value, str) and value for value in given)
    ):
        return tuple(_id(key, value, label_of_id) for value in given)
    raise ConfigError(
        f"{key}: expected a list of values as the ledger reports them, or a claim such "
        f'as "claim:email", got {given!r}'
    )


def _id(key: str, name: str, label_of_id: Mapping[str, str]) -> str:
    """The id that a name in the config stands for: an id, or a label of the config."""
    ids = [each for each, label in label_of_id.items() if label == name]
    if name in label_of_id or not ids:
        return name
    if len(ids) > 1:
        raise ConfigError(
            f"{key}: {name!r} is the label of {' and '.join(ids)}; name the ids"
        )
    return ids[0]


def _table(key: str, value: object, expected: str) -> Mapping[str, Any]:
    """A table of TOML that is not empty."""
    if not isinstance(value, Mapping) or not value:
        raise ConfigError(f"{key}: expected a table {expected}, got {value!r}")
    return value
