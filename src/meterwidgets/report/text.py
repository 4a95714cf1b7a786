"""``report --format text``: the figures as a page for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import insights
from meterwidgets.metrics.notes import notes_of
from meterwidgets.metrics.text import times
from meterwidgets.present.cards.card import Card
from meterwidgets.present.cards.context import CardContext
from meterwidgets.present.filters.chosen import sentences
from meterwidgets.present.pages import REPORT_CARDS
from meterwidgets.present.sections.breakdowns import MOST_ROWS, ReportRow, report_rows
from meterwidgets.present.sections.splits import SplitPart, split_bar
from meterwidgets.present.vocabulary.words import printable


def dumps(selection: Selection) -> str:
    """The figures of a selection, for people."""
    frame, window, currency = selection.frame, selection.window, selection.currency
    context = CardContext.of(selection, {})
    tokens, cost = (split_bar(selection, measure) for measure in ("tokens", "cost"))
    lines = [
        f"{frame.name}{' (demo data)' if frame.demo else ''}",
        f"{times.window(window)} · {window.tz} · {times.data_status(frame, window.tz)}",
        *sentences(selection),
        "",
        *(_card(spec.present(context)) for spec in REPORT_CARDS),
        _line("Token split", _split(tokens["parts"])),
        _line("Cost split", _split(cost["parts"])),
    ]
    lines += [_line("Note", cost["note"])] if cost["note"] else []
    for by, dimension in frame.dimensions.breakdowns.items():
        rows = report_rows(breakdown(selection, by), currency, most=MOST_ROWS)
        if rows:
            lines += ["", *_table(rows, dimension.label)]
    if not selection.sums()["records"]:
        lines += ["", "No usage in this selection."]
    for insight in insights(selection):
        lines += ["", f"{insight.title}: {insight.text}"]
    if notes := notes_of(selection):
        lines += ["", "About the ledger:"]
        lines += [f"  {note}" for note in notes]
    return "\n".join(map(printable, lines)) + "\n"


def _line(label: str, text: str) -> str:
    return f"{label:<12} {text}"


def _card(card: Card) -> str:
    caption = " · ".join(text for text in (card.caption, card.note) if text)
    return _line(card.label, f"{card.value}  ({caption})" if caption else card.value)


def _split(parts: Sequence[SplitPart]) -> str:
    return ", ".join(
        f"{part['label'].lower()} {part['value']} ({part['share']}; {part['caption']})"
        for part in parts
    )


def _table(rows: Sequence[ReportRow], title: str) -> Sequence[str]:
    cells = [(title, "Cost", "Tokens", "Share")] + [
        (row["name"], row["cost"], row["tokens"], row["share"]) for row in rows
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(4)]
    return [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{row[n]:>{widths[n]}}" for n in range(1, 4))
        for row in cells
    ]
