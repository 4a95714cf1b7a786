"""What a page begins with: its range and its cards as text, without a widget.

The server puts it into the first words of a page, long before a kernel is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from meterwidgets.context import own, user_of
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.metrics import times
from meterwidgets.present import address, cards
from meterwidgets.present.words import Traits

OPERATORS = ("overview", "token-usage", "model-analytics")
END_USERS = ("my-usage", "token-usage")
FIGURE = 12
"""Characters of the longest figure; what is longer is a name."""


@dataclass(frozen=True)
class First:
    """What a page shows before its widgets do, and what they then show.

    Attributes:
        page: The key of the tab that it opens on.
        demo: Whether the usage is made up.
        when: The range, its zone, and until when there is data.
        title: The heading of the cards, if they have one.
        subtitle: A few words beside it.
        cards: The cards, as `KpiCards` takes them.
    """

    page: str
    demo: bool
    when: tuple[str, ...]
    title: str
    subtitle: str
    cards: tuple[Traits, ...]

    @property
    def names(self) -> bool:
        """Whether a card holds a name, which needs more room than a figure."""
        return any(len(card["value"]) > FIGURE for card in self.cards)


def first(usage: UsageFrame, page: str, query: str, *, user: str = "") -> First:
    """What the app begins with at an address.

    Args:
        usage: The ledger.
        page: The page of the address; "my-usage" is cut to its user.
        query: The filters of the address; hostile. What can't be used is left out.
        user: Whose own usage that is.

    Raises:
        NobodyError: When it is nobody's.

    Examples:
        >>> import meterwidgets as mw
        >>> shown = first(mw.demo_usage(), "overview", "range=7d")
        >>> shown.when[0], shown.cards[0]["label"], shown.cards[0]["value"]
        ('Feb 16 – Feb 22, 2026', 'Total Spend', '$171.24')
    """
    mine = page not in OPERATORS
    if mine:
        usage = own(usage, user_of(usage, user))
    asked = address.parse(query, usage, usage.first_filters(None))
    selection = usage.select(asked.filters)
    wanted = asked.others.get("page", page)
    key = wanted if wanted in (END_USERS if mine else OPERATORS) else page
    drawn = cards.kpi_cards(selection, key.replace("-", "_"), {})
    return First(
        page=key,
        demo=usage.demo,
        when=(
            times.window(selection.window),
            asked.filters.tz,
            times.data_status(usage, asked.filters.tz),
        ),
        title=drawn["title"],
        subtitle=drawn["subtitle"],
        cards=tuple(drawn["cards"]),
    )
