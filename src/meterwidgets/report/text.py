"""``report --format text``: the figures as a page for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics import times
from meterwidgets.metrics.breakdown import breakdown
from meterwidgets.metrics.insights import insights
from meterwidgets.present.headline import (
    Line,
    Part,
    chosen,
    cost_split,
    figures,
    notices,
    table,
    token_split,
)
from meterwidgets.text import plain

_ROWS = 8


def dumps(selection: Selection) -> str:
    """The figures of a selection, for people."""
    frame, window, unit = selection.frame, selection.window, selection.currency
    lines = [
        f"{plain(frame.name)}{' (demo data)' if frame.demo else ''}",
        f"{times.window(window)} · {window.tz} · {times.data_status(frame, window.tz)}",
        *chosen(selection),
        "",
    ]
    for figure in figures(selection):
        caption = f"  ({figure.caption})" if figure.caption else ""
        lines.append(f"{figure.label:<12} {figure.value}{caption}")
    lines.append(f"{'Token split':<12} {_split(token_split(selection))}")
    lines.append(f"{'Cost split':<12} {_split(cost_split(selection))}")
    lines += [f"{'Note':<12} {each}" for each in notices(selection)]
    for by, dimension in frame.dimensions.breakdowns.items():
        rows = table(breakdown(selection, by), unit, _ROWS)
        if rows:
            lines += ["", *_table(rows, dimension.label)]
    if not selection.sums()["records"]:
        lines += ["", "No usage in this selection."]
    for each in insights(selection):
        lines += ["", plain(f"{each.title}: {each.text}")]
    if frame.quality.notes:
        notes = (f"  {plain(note)}" for note in frame.quality.notes)
        lines += ["", "About the ledger:", *notes]
    return "\n".join(lines) + "\n"


def _split(parts: Sequence[Part]) -> str:
    return ", ".join(
        f"{part.label.lower()} {part.value} ({part.share})" for part in parts
    )


def _table(rows: Sequence[Line], title: str) -> Sequence[str]:
    cells = [(title, "Cost", "Tokens", "Share")] + [
        (row.name, row.cost, row.tokens, row.share) for row in rows
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(4)]
    return [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{row[n]:>{widths[n]}}" for n in range(1, 4))
        for row in cells
    ]
