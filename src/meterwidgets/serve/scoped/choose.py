"""What a reader gets at a page's address: its usage, or a page that leads on."""

from __future__ import annotations

import asyncio
import logging
from html import escape
from typing import Any

from meterwidgets.errors import MeterError
from meterwidgets.frame.scope import Scope
from meterwidgets.present.pages import PageSpec
from meterwidgets.serve.notice import notice_page
from meterwidgets.serve.responses import SECURITY_HEADERS
from meterwidgets.serve.scoped.access import first_page, may_open
from meterwidgets.serve.scoped.frames import Cut, ScopedFrames
from meterwidgets.serve.scoped.people import People, PeopleCache, search_page

_POLICY = "Content-Security-Policy"
_log = logging.getLogger("meterwidgets")


class Chooser:
    """Chooses what a page is made of, by who has asked for it.

    Args:
        frames: The usage of each scope.
    """

    def __init__(self, frames: ScopedFrames) -> None:
        self._frames = frames
        self._people = PeopleCache()

    async def choose(self, handler: Any, page: PageSpec) -> Cut | None:
        """What the page of a request is made of.

        Args:
            handler: That of the request; who has sent it is its ``current_user``.
            page: The page of its address.

        Returns:
            None once the request is answered otherwise: with the way to a page that is
            for this reader, or with a search for the user to look at.
        """
        scope: Scope = handler.current_user.scope
        if not may_open(scope, page):
            _answer(handler, 403, *_not_yours(scope, page))
            return None
        try:
            if page.for_operators or scope.user is not None:
                return await self._frames.get(scope)
            return await self._of_chosen_user(handler, scope)
        except (MeterError, OSError) as error:
            _log.error("/%s could not be cut for its reader: %s", page.key, error)
            title = "The usage can’t be read right now"
            _answer(handler, 503, title, "<p>Reload this page in a moment.</p>")
            return None

    async def _of_chosen_user(self, handler: Any, scope: Scope) -> Cut | None:
        """The usage of the one user that an operator has chosen, or a search for one.

        The choice narrows the operator's own scope, and leads to nobody outside.
        """
        cut = await self._frames.get(scope)
        people = await asyncio.to_thread(self._people_of, cut)
        names = handler.get_query_arguments("user", strip=False)
        user = people.user(names[-1]) if names else None
        if user is not None:
            return await self._frames.get(Scope({**scope.rows, "user": (user,)}))
        text = handler.get_query_argument("q", names[-1] if names else "")
        # This is the one page with a form.
        policy = SECURITY_HEADERS[_POLICY].replace(
            "form-action 'none'", "form-action 'self'"
        )
        handler.set_header(_POLICY, policy)
        _answer(handler, 200, "Usage of one user", search_page(people, text))
        return None

    def _people_of(self, cut: Cut) -> People:
        return self._people.of(self._frames.usage(cut))


def _not_yours(scope: Scope, page: PageSpec) -> tuple[str, str]:
    """The title and the text for a reader whom a page is not for."""
    first = first_page(scope)
    why = "Your role shows no people, so it has no page of one user."
    if page.for_operators:
        why = "It shows the usage of many people; you see your own."
    link = f'<a href="{escape(first.key)}">Go to {escape(first.title)}</a>'
    return f"{page.title} is not for you", f"<p>{why} {link}</p>"


def _answer(handler: Any, status: int, title: str, body: str) -> None:
    """Answer with a page of a few words.

    Args:
        handler: That of the request.
        status: Of the answer.
        title: Its heading, as text.
        body: What stands below, as HTML.
    """
    handler.set_status(status)
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("Cache-Control", "no-store")
    handler.finish(notice_page(title, body))
