"""The registry of pages: who sees each, its cards, and the widgets of its grid.

The dashboards, the tabs of the app, the addresses of the server and the first HTML are
made from it. A new page is an entry here, its name in `PageName`, and its notebook.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, TypeAlias

from meterwidgets.errors import MeterError, unknown
from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.amounts import UsageMeasure
from meterwidgets.present.cards import models, usage
from meterwidgets.present.cards.card import CardRow
from meterwidgets.present.cards.context import CardContext
from meterwidgets.present.cards.spec import CardSpec
from meterwidgets.present.vocabulary.colors import Slots

PageName = Literal["overview", "token_usage", "model_analytics", "my_usage"]
_COLUMNS = 12
"""Of the page grid; the skeleton divides each into five."""


@dataclass(frozen=True, kw_only=True)
class _Section:
    """A widget of a page's grid."""

    columns: int = _COLUMNS

    @property
    def is_full_width(self) -> bool:
        """Whether nothing stands beside it."""
        return self.columns == _COLUMNS


@dataclass(frozen=True, kw_only=True)
class SplitBarSection(_Section):
    """A bar of input against output."""

    measure: UsageMeasure


@dataclass(frozen=True, kw_only=True)
class DonutSection(_Section):
    """A breakdown as ring and table."""

    by: str


@dataclass(frozen=True, kw_only=True)
class TrendSection(_Section):
    """A measure over time."""

    measure: UsageMeasure
    by: str = "deployment"
    title: str = ""
    brief: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelListSection(_Section):
    """The models by cost."""

    title: str = ""


Section: TypeAlias = SplitBarSection | DonutSection | TrendSection | ModelListSection

_SKELETONS: dict[type[Section], str] = {
    SplitBarSection: "bar",
    DonutSection: "ring",
    TrendSection: "plot",
    ModelListSection: "list",
}
"""Kind of a section -> the shape that holds its place in the first HTML."""


@dataclass(frozen=True)
class Skeleton:
    """Places that the first HTML holds for widgets to come.

    Attributes:
        shape: figure, bar, ring, plot or list.
        count: How many.
        columns: The width of each, of 60.
    """

    shape: str
    count: int
    columns: int


@dataclass(frozen=True, kw_only=True)
class PageSpec:
    """What a page is made of.

    Attributes:
        name: In Python, and of its notebook: ``token_usage``.
        title: On its tab: "Token Usage".
        for_operators: Whether it is a tab of those who see everybody's usage.
        for_end_users: Whether it is a tab of those who see their own usage only.
        cards: Its row of cards.
        cards_title: What stands above that row.
        cards_subtitle: A few words beside it.
        has_banner: Whether the insights stand below the cards.
        sections: The widgets of its grid.
        has_records_list: Whether the requests behind the figures can be listed below.
    """

    name: PageName
    title: str
    for_operators: bool = True
    for_end_users: bool = False
    cards: tuple[CardSpec, ...]
    cards_title: str = ""
    cards_subtitle: str = ""
    has_banner: bool = False
    sections: tuple[Section, ...]
    has_records_list: bool = False

    @property
    def key(self) -> str:
        """Its name in an address: ``token-usage``."""
        return self.name.replace("_", "-")

    @property
    def notebook(self) -> str:
        """The file that the server runs for it."""
        return f"{self.name}.ipynb"

    @property
    def heading(self) -> str:
        """What stands above the filters, and on the browser's tab."""
        return "Usage Metering" if self.for_operators else self.title

    @property
    def skeletons(self) -> tuple[Skeleton, ...]:
        """The places of its cards, then of each kind of section."""
        figures = Skeleton("figure", len(self.cards), 60 // len(self.cards))
        return (figures, *self._section_skeletons())

    def _section_skeletons(self) -> Iterator[Skeleton]:
        def shape(section: Section) -> tuple[str, int]:
            return _SKELETONS[type(section)], section.columns * 60 // _COLUMNS

        for (name, columns), sections in groupby(self.sections, shape):
            yield Skeleton(name, len(list(sections)), columns)


PAGES: dict[PageName, PageSpec] = {
    page.name: page
    for page in (
        PageSpec(
            name="overview",
            title="Overview",
            cards=(
                usage.spend,
                usage.tokens,
                models.models,
                usage.rate,
                usage.efficiency,
            ),
            sections=(
                SplitBarSection(measure="tokens", columns=6),
                SplitBarSection(measure="cost", columns=6),
                DonutSection(by="org", columns=6),
                DonutSection(by="model", columns=6),
            ),
        ),
        PageSpec(
            name="token_usage",
            title="Token Usage",
            for_end_users=True,
            cards=(usage.total_tokens, usage.input_tokens, usage.output_tokens),
            sections=(TrendSection(measure="cost"), TrendSection(measure="tokens")),
            has_records_list=True,
        ),
        PageSpec(
            name="model_analytics",
            title="Model Analytics",
            cards=(models.total, models.concentrated, models.top, models.average),
            cards_title="Model Insights",
            cards_subtitle="Key metrics & recommendations",
            has_banner=True,
            sections=(
                TrendSection(
                    measure="cost",
                    by="model",
                    title="Usage Trend",
                    brief=True,
                    columns=7,
                ),
                ModelListSection(columns=5),
            ),
            has_records_list=True,
        ),
        PageSpec(
            name="my_usage",
            title="My Usage",
            for_operators=False,
            for_end_users=True,
            cards=(usage.spend, usage.tokens, usage.requests, usage.rate),
            sections=(
                TrendSection(
                    measure="cost",
                    by="model",
                    title="Usage Trend",
                    brief=True,
                    columns=7,
                ),
                ModelListSection(title="My Models", columns=5),
            ),
        ),
    )
}
"""Name -> page; the first is the one that a server opens with."""

REPORT_CARDS = (
    usage.spend,
    usage.tokens,
    usage.requests,
    models.models,
    usage.rate,
    usage.efficiency,
)
"""The cards at the head of a report."""


def page_of_key(key: str) -> PageSpec:
    """The page of an address.

    Raises:
        MeterError: When there is none.
    """
    for page in PAGES.values():
        if page.key == key:
            return page
    raise MeterError(unknown("page", key, [page.key for page in PAGES.values()]))


def tabs_of(page: PageSpec, *, is_end_user: bool = False) -> dict[str, PageSpec]:
    """The tabs of an app that opens on a page, by key.

    Args:
        page: One for operators stands among those for operators; one for end users
            only comes first, before the others that they see.
        is_end_user: Whether they are those of an end user, whichever it opens on.
    """
    if page.for_operators and not is_end_user:
        tabs = [each for each in PAGES.values() if each.for_operators]
    else:
        tabs = [each for each in PAGES.values() if each.for_end_users]
        tabs.sort(key=lambda each: each.for_operators)
    return {each.key: each for each in tabs}


def card_row(selection: Selection, page: PageSpec, slots: Slots) -> CardRow:
    """The row of cards of a page.

    Args:
        selection: What they show.
        page: The page.
        slots: Model -> its colour slot, in the order of the whole ledger.
    """
    context = CardContext.of(selection, slots)
    return CardRow(
        title=page.cards_title,
        subtitle=page.cards_subtitle,
        cards=tuple(card.present(context) for card in page.cards),
    )
