"""``report --reprice --beside``: recorded and repriced costs, a row a model."""

from __future__ import annotations

import csv
import json
from io import StringIO

from meterwidgets.frame.selection import Selection
from meterwidgets.metrics.compare import ComparedRow, Comparison, exact_values
from meterwidgets.metrics.notes import notes_of
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.present.filters.chosen import sentences
from meterwidgets.report.csv import harmless
from meterwidgets.report.json import time_range
from meterwidgets.text import plain


def text(found: Comparison) -> str:
    """The comparison as text."""
    selection, window = found.recorded, found.window
    frame = selection.frame
    lines = [
        f"{plain(frame.name)}{' (demo data)' if frame.demo else ''}",
        f"{times.window(window)} · {window.tz} · "
        f"{times.data_until(frame.coverage.end, window.tz)}",
        f"Recorded beside {found.pricing}",
        *sentences(selection),
        "",
        *_table(found),
    ]
    if any(not row.prices_same_tokens for row in (*found.rows, found.total)):
        lines += ["", *_different_tokens(found)]
    for side in (selection, found.repriced):
        lines += ["", f"{side.frame.pricing.capitalize()}:", *_notes(side)]
    return "\n".join(lines) + "\n"


def as_json(found: Comparison) -> str:
    """The comparison as JSON text, one key a line."""
    rows = [exact_values(found, row) for row in found.rows]
    sides = {"recorded": found.recorded.frame, "repriced": found.repriced.frame}
    whole = {
        **time_range(found.recorded),
        "currency": found.currency,
        "pricing": {name: frame.pricing for name, frame in sides.items()},
        "by": found.by,
        "total": exact_values(found, found.total),
        "rows": rows,
        "notes": {
            "recorded": notes_of(found.recorded),
            "repriced": notes_of(found.repriced),
        },
    }
    return json.dumps(whole, indent=1, ensure_ascii=False)


def as_csv(found: Comparison) -> str:
    """The total and the rows as CSV text."""
    out = StringIO()
    keys = ["by", *exact_values(found, found.total), "pricing"]
    writer = csv.DictWriter(out, keys, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for by, row in [("total", found.total), *((found.by, row) for row in found.rows)]:
        names = {"id": harmless(row.id), "name": harmless(row.name)}
        writer.writerow(
            {"by": by, **exact_values(found, row), **names, "pricing": found.pricing}
        )
    return out.getvalue()


def _table(found: Comparison) -> list[str]:
    rows, unit = [*found.rows, found.total], found.currency
    columns = [
        formats.money_column([row.recorded.cost for row in rows], unit),
        formats.money_column([row.repriced.cost for row in rows], unit),
        formats.money_column([row.difference for row in rows], unit),
    ]
    label = found.recorded.frame.dimensions.named(found.by).label
    cells = [(label, "Recorded", "Repriced", "Difference", "%")]
    cells += [
        (plain(row.name), *money, _change(row))
        for row, *money in zip(rows, *columns, strict=True)
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(5)]
    return [
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{row[place]:>{widths[place]}}" for place in range(1, 5))
        for row in cells
    ]


def _change(row: ComparedRow) -> str:
    """The change with its sign; a star where the sides price different tokens."""
    star = "" if row.prices_same_tokens else "*"
    if row.change is None:
        return formats.DASH + star
    sign = "-" if row.change < 0 else "+" if row.change else ""
    return f"{sign}{percentages.change(row.change)}{star}"


def _different_tokens(found: Comparison) -> list[str]:
    """The rows that compare the costs of different tokens."""
    return [
        "* compares the costs of different tokens:",
        *(
            f"  {plain(row.name)}: {formats.count_exact(row.recorded.unpriced_tokens)} "
            "have no price as recorded, "
            f"{formats.count_exact(row.repriced.unpriced_tokens)} as repriced"
            for row in (*found.rows, found.total)
            if not row.prices_same_tokens
        ),
    ]


def _notes(selection: Selection) -> list[str]:
    return [f"  {plain(note)}" for note in notes_of(selection)]
