"""A page of a few words: why there is nothing else to see, and what to do."""

from __future__ import annotations

from functools import cache
from html import escape
from string import Template

from meterwidgets.serve.paths import TEMPLATE_FOLDER, template_root


def notice_page(title: str, body: str) -> str:
    """The HTML of such a page.

    Args:
        title: Its heading, as text.
        body: What stands below, as HTML.
    """
    return _template().substitute(title=escape(title), body=body)


@cache
def _template() -> Template:
    path = template_root() / TEMPLATE_FOLDER / "notice.html"
    return Template(path.read_text("utf-8"))
