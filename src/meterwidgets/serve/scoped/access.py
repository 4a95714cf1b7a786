"""Which pages are whose: end users have their own, operators those over their rows."""

from __future__ import annotations

from meterwidgets.frame.scope import Scope
from meterwidgets.present.pages import PAGES, PageSpec


def first_page(scope: Scope) -> PageSpec:
    """The page that somebody is led to who names none."""
    is_operator = "user" not in scope.rows
    return next(page for page in PAGES.values() if page.for_operators is is_operator)


def may_open(scope: Scope, page: PageSpec) -> bool:
    """Whether a page is for somebody.

    My Usage is for operators, too, unless people are hidden from them: they choose
    there whose usage they look at.

    Examples:
        >>> ann, acme = Scope({"user": ["ann"]}), Scope({"org": ["Acme"]})
        >>> [page.key for page in PAGES.values() if may_open(ann, page)]
        ['token-usage', 'my-usage']
        >>> first_page(ann).key, first_page(acme).key
        ('my-usage', 'overview')
    """
    if "user" in scope.rows:
        return page.for_end_users
    return page.for_operators or scope.personal
