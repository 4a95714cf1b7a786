"""A trend as a CSV file of exact values, made when a user downloads it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from meterwidgets.metrics.text import formats
from meterwidgets.widgets.trend_series import Series, Value, sum_known


def csv_file(
    series: Sequence[Series], labels: Sequence[str], *, unit: str, title: str
) -> dict[str, object]:
    """Return the name and text of a file of all series, with a total per bucket.

    Args:
        series: The series, hidden ones too.
        labels: The name of each bucket.
        unit: The currency of values in nano-units; "" for counts.
        title: The name of the file, without ``.csv``.

    Examples:
        >>> file = csv_file([Series("a", "A", "c1", (5, None))], ["Mon", "Tue"],
        ...     unit="", title="Tokens")
        >>> file["name"], file["text"].splitlines()
        ('Tokens.csv', ['Time,A,Total', 'Mon,5,5', 'Tue,,'])
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    suffix = f" ({unit})" if unit else ""
    names = [*(line.name for line in series), "Total"]
    writer.writerow(["Time", *(_no_formula(f"{name}{suffix}") for name in names)])
    for i, label in enumerate(labels):
        values = [line.values[i] for line in series]
        exact = [_exact_text(value, unit) for value in (*values, sum_known(values))]
        writer.writerow([_no_formula(label), *exact])
    return {"name": f"{title or 'Trend'}.csv", "text": out.getvalue()}


def _exact_text(value: Value, unit: str) -> str:
    if value is None:
        return ""
    if unit:
        return formats.decimal_text(value) or ""
    return formats.count_exact(value).replace(",", "")


def _no_formula(text: str) -> str:
    """Return text that a spreadsheet doesn't run: names come from outside.

    Examples:
        >>> _no_formula("=HYPERLINK(1)"), _no_formula("qwen")
        ("'=HYPERLINK(1)", 'qwen')
    """
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text
