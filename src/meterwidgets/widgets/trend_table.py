"""A trend as a table: exact values as CSV text, made when a reader asks for it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from meterwidgets.metrics import formats
from meterwidgets.widgets.trend_plot import Line, Value, total


def table(
    lines: Sequence[Line], labels: Sequence[str], *, unit: str, title: str
) -> dict[str, object]:
    """The values of all series, hidden ones too, and their total per bucket.

    Args:
        lines: The series.
        labels: The name of each bucket.
        unit: The currency of values in nano-units; "" for counts.
        title: What the file is called.

    Examples:
        >>> found = table([Line("a", "A", "c1", (5, None))], ["Mon", "Tue"],
        ...     unit="", title="Tokens")
        >>> found["name"], found["text"].splitlines()
        ('Tokens.csv', ['Time,A,Total', 'Mon,5,5', 'Tue,,'])
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    named = [*(line.name for line in lines), "Total"]
    suffix = f" ({unit})" if unit else ""
    writer.writerow(["Time", *(_harmless(f"{name}{suffix}") for name in named)])
    for i, label in enumerate(labels):
        values = [line.values[i] for line in lines]
        exact = [_exact(value, unit) for value in (*values, total(values))]
        writer.writerow([_harmless(label), *exact])
    return {"name": f"{title or 'Trend'}.csv", "text": out.getvalue()}


def _exact(value: Value, unit: str) -> str:
    if value is None:
        return ""
    if unit:
        return formats.decimal_text(value) or ""
    return formats.count_exact(value).replace(",", "")


def _harmless(name: str) -> str:
    """Names come from outside; a spreadsheet must not run them.

    Examples:
        >>> _harmless("=HYPERLINK(1)"), _harmless("qwen")
        ("'=HYPERLINK(1)", 'qwen')
    """
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else name
