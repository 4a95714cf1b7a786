"""The users of a ledger, for an operator who looks at the usage of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, urlencode
from weakref import WeakKeyDictionary

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.text import counted

MOST_FOUND = 50
_LONGEST = 200
"""Characters of a search; names are no longer on screens."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        users: User -> the name to show, the best matches first, at most `MOST_FOUND`.
        count: How many there are.
    """

    users: Mapping[str, str]
    count: int


class People:
    """The users of one frame; a search looks at each name once, whatever it is.

    Args:
        usage: The frame.

    Examples:
        >>> import meterwidgets as mw
        >>> people = People(mw.demo_usage())
        >>> people.search("U-100").count, list(people.search("u-1001").users)
        (10, ['u-1001'])
        >>> people.user("u-1001"), people.user("u-9")
        ('u-1001', None)
    """

    def __init__(self, usage: UsageFrame) -> None:
        cube = usage.user_cube
        users = sorted(filter(None, cube.names["user"])) if cube else []
        self._names = dict(zip(users, usage.display_names("user", users), strict=True))
        self._user_of_name = {name: user for user, name in self._names.items()}
        self._texts = [
            (name.casefold(), user.casefold(), user)
            for user, name in self._names.items()
        ]

    def __len__(self) -> int:
        return len(self._names)

    def user(self, name: str) -> str | None:
        """The user of an id or a name; None where there is none."""
        return name if name in self._names else self._user_of_name.get(name)

    def search(self, text: str) -> Found:
        """The users whose id or name holds a text; those that begin with it first."""
        sought = text.strip().casefold()[:_LONGEST]
        first, others = [], []
        for name, folded_user, user in self._texts:
            if name.startswith(sought) or folded_user.startswith(sought):
                first.append(user)
            elif sought in name or sought in folded_user:
                others.append(user)
        best = [*first[:MOST_FOUND], *others[:MOST_FOUND]][:MOST_FOUND]
        users = {user: self._names[user] for user in best}
        return Found(users, len(first) + len(others))


class PeopleCache:
    """The users of the frames that operators have searched, while those are open."""

    def __init__(self) -> None:
        self._of_frame: WeakKeyDictionary[object, People] = WeakKeyDictionary()

    def of(self, usage: UsageFrame) -> People:
        """The users of a frame."""
        key = usage.user_cube or usage.cube  # compared by identity
        if key not in self._of_frame:
            self._of_frame[key] = People(usage)
        return self._of_frame[key]


def search_page(people: People, text: str) -> str:
    """The part of a page that finds a user: a form, and what it has found.

    Args:
        people: The users that may be seen.
        text: What was searched for; hostile.
    """
    if not len(people):
        return "<p>No users are reported here, so there is nobody to look up.</p>"
    found = people.search(text)
    items = "".join(
        f'<li dir="auto"><a href="?{urlencode({"user": user}, quote_via=quote)}">'
        f"{escape(name)}</a></li>"
        for user, name in found.users.items()
    )
    more = found.count - len(found.users)
    return (
        '<form role="search"><label for="q">User</label> '
        f'<input id="q" name="q" type="search" maxlength="{_LONGEST}" autofocus '
        f'value="{escape(text[:_LONGEST])}"> <button>Search</button></form>'
        f'<p role="status">{escape(_status(found, text))}</p><ul>{items}</ul>'
        + (f"<p>and {more:,} more: type more of the name</p>" if more else "")
    )


def _status(found: Found, text: str) -> str:
    users = counted(found.count, "user", "users")
    if not text.strip():
        return users
    return f"{users} found for “{text.strip()[:_LONGEST]}”"
