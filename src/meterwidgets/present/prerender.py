"""The first HTML of a page: its range and its cards as text, without a widget.

The server sends it long before a kernel runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.personal import named_user, personal_frame
from meterwidgets.metrics.text import times
from meterwidgets.present.cards.card import CardRow
from meterwidgets.present.filters import address
from meterwidgets.present.filters.panel import part_shown
from meterwidgets.present.pages import PageSpec, card_row, page_of_key, tabs_of
from meterwidgets.present.sections.about_data import TITLE, NoteGroup, about_data

_LONGEST_FIGURE = 12
"""Characters; a longer text on a card is a name."""


@dataclass(frozen=True, kw_only=True)
class Prerender:
    """What a page shows before its widgets do, and what they then show.

    Attributes:
        page: The tab that it opens on.
        demo: Whether the usage is made up.
        range_texts: The range, its zone, and until when there is data.
        part_shown: How much of the ledger the range shows, where that is little.
        all_query: The query that leads to all of it.
        about: The notes about the data.
        row: The cards, as `KpiCards` takes them.
    """

    page: PageSpec
    demo: bool
    range_texts: tuple[str, ...]
    part_shown: str
    all_query: str
    about: list[NoteGroup]
    row: CardRow

    @property
    def has_names(self) -> bool:
        """Whether a card holds a name, which needs more room than a figure."""
        return any(len(card.value) > _LONGEST_FIGURE for card in self.row.cards)

    @property
    def about_title(self) -> str:
        """The heading of the notes, with their number."""
        return f"{TITLE} ({sum(len(group['notes']) for group in self.about)})"


def prerender(usage: UsageFrame, key: str, query: str, *, user: str = "") -> Prerender:
    """What the app begins with at an address.

    Args:
        usage: The ledger.
        key: The page of the address.
        query: The filters of the address; hostile. What can't be used is left out.
        user: The end user whose usage that is; empty for operators.

    Raises:
        NobodyError: When it is nobody's.

    Examples:
        >>> import meterwidgets as mw
        >>> first = prerender(mw.demo_usage(), "overview", "range=7d")
        >>> first.range_texts[0]
        'Feb 16 – Feb 22, 2026'
        >>> first.row.cards[0].label, first.row.cards[0].value
        ('Total Spend', '$171.24')
    """
    page = page_of_key(key)
    is_end_user = page.for_end_users and bool(user)
    if not page.for_operators:
        usage = personal_frame(usage, named_user(usage, user))
    initial = usage.first_filters(None)
    parsed = address.parse(query, usage, initial)
    tabs = tabs_of(page, is_end_user=is_end_user)
    page = tabs.get(parsed.others.get("page", key), page)
    selection, tz = usage.select(parsed.filters), parsed.filters.tz
    return Prerender(
        page=page,
        demo=usage.demo,
        range_texts=(
            times.window(selection.window),
            tz,
            times.data_status(usage, tz),
        ),
        part_shown=part_shown(selection, initial),
        all_query=address.query(
            parsed.filters.replace(preset="all"), initial, parsed.others
        ),
        about=about_data(selection),
        row=card_row(selection, page, {}),
    )
