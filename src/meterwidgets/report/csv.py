"""``report --format csv``: the breakdowns, one row a value."""

from __future__ import annotations

import csv
from io import StringIO

from meterwidgets.frame.selection import Selection
from meterwidgets.report.json import report

COLUMNS = (
    "by", "id", "name", "cost", "input_cost", "output_cost", "currency", "tokens",
    "input_tokens", "output_tokens", "requests", "unpriced_tokens", "share",
    "pricing", "fee_cost", "cost_without_tokens", "negative_cost", "credits",
)  # fmt: skip


def dumps(selection: Selection) -> str:
    """The total and every breakdown of a selection as CSV text.

    Text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    figures = report(selection)
    share = 1.0 if selection.sums()["records"] else None
    total = figures["totals"] | {"id": None, "name": "Total", "share": share}
    out = StringIO()
    plain, quoted = (
        csv.DictWriter(
            out, COLUMNS, extrasaction="ignore", lineterminator="\n", quoting=quoting
        )
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
    )
    plain.writeheader()
    shared = {"currency": figures["currency"], "pricing": figures["pricing"]}
    rows = [("total", total)]
    rows += [(by, row) for by, rows_by in figures["by"].items() for row in rows_by]
    for by, row in rows:
        values = {"by": by, **shared, **row}
        # a carriage return ends a row for most readers unless it is quoted
        writer = quoted if "\r" in f"{row['id']}{row['name']}" else plain
        writer.writerow({key: harmless(value) for key, value in values.items()})
    return out.getvalue()


def harmless(value: object) -> object:
    """Names come from outside; a spreadsheet must not run them.

    Examples:
        >>> harmless("=HYPERLINK(1)"), harmless("qwen"), harmless(5)
        ("'=HYPERLINK(1)", 'qwen', 5)
    """
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}:
        return "'" + value
    return value
