"""A reconciliation as text for the terminal, as JSON and as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

from meterwidgets.frame.window import Window
from meterwidgets.metrics.reconcile.results import Line, Reconciliation
from meterwidgets.metrics.text import formats, percentages, times
from meterwidgets.metrics.text.formats import decimal_text
from meterwidgets.report.csv import harmless
from meterwidgets.text import plain
from meterwidgets.zones import midnight

_MAX_LINES = 40
_COLUMNS = ("day", "model", "ledger", "invoice", "difference", "currency", "reason")


def headline(found: Reconciliation) -> str:
    """The result in one sentence.

    Examples:
        >>> import meterwidgets as mw
        >>> def one(cost): return mw.read_usage({"time": ["2026-02-22"],
        ...     "model": ["m"], "cost": [cost]}, rejects=None)
        >>> headline(mw.reconcile(one("1.00"), one("1.25")))
        'The invoice is $0.25 (25.0%) higher than the ledger over 1 day; none of it is \
explained (1 line).'
    """
    span = times.duration(found.end - found.start)
    amounts = (found.difference, found.explained, found.unexplained)
    sizes = formats.money_column([abs(amount) for amount in amounts], found.currency)
    if found.agrees:
        lines = formats.plural(len(found.lines), "line")
        total = f"; together they differ by {sizes[0]}" if found.difference else ""
        return f"The invoice and the ledger agree over {span}, in all {lines}{total}."
    start = f"The totals of invoice and ledger are equal over {span}"
    if found.difference:
        direction = "higher" if found.difference > 0 else "lower"
        percent = ""
        if found.ledger:
            fraction = Fraction(found.difference, found.ledger)
            percent = f" ({percentages.change(fraction)})"
        start = (
            f"The invoice is {sizes[0]}{percent} {direction} than the ledger over "
            f"{span}"
        )
    if not found.unexplained_lines:
        return f"{start}; all of it is explained."
    lines = formats.plural(found.unexplained_lines, "line")
    if not found.reasons:
        return f"{start}; none of it is explained ({lines})."
    changes = formats.change_column(amounts, found.currency)
    return f"{start}; {changes[1]} is explained, {changes[2]} is not ({lines})."


def text(found: Reconciliation) -> str:
    """A reconciliation as text: headline, reasons and the lines that differ."""
    window = Window(midnight(found.start, "UTC"), midnight(found.end, "UTC"), "UTC")
    tolerance = formats.money(found.tolerance, found.currency)
    per = f"{found.step} and model" if found.by_model else found.step
    ledger, invoice = plain(found.ledger_name), plain(found.invoice_name)
    lines = [
        f"{ledger} (ledger) and {invoice} (invoice)",
        f"{times.window(window)} · UTC · per {per} · {found.currency}, "
        f"tolerance {tolerance} a line",
        "",
        headline(found),
        "",
        *_table(("", ""), _totals(found)),
    ]
    if found.reasons:
        lines += ["", *_reasons(found)]
    lines += ["", *_lines(found)]
    for match in found.matches:
        names = [", ".join(side) for side in (match.ledger, match.invoice)]
        lines.append(
            plain(f"Treated as one model: {names[0]} (ledger), {names[1]} (invoice)")
        )
    lines += [plain(f"Note: {notice}") for notice in found.notices]
    return "\n".join(lines) + "\n"


def _totals(found: Reconciliation) -> list[Sequence[str]]:
    amounts = [found.ledger, found.invoice]
    changes = [found.difference, found.explained, found.unexplained]
    names = ["Ledger", "Invoice", "Difference", "  explained", "  unexplained"]
    if found.credits is not None:
        changes.append(found.credits)
        names.append("Credits, in no total")
    texts = formats.money_column([*amounts, *changes], found.currency)
    signed = formats.change_column([*amounts, *changes], found.currency)
    return list(zip(names, [*texts[:2], *signed[2:]], strict=True))


def _reasons(found: Reconciliation) -> Iterator[str]:
    """A line per reason, and below it what to do."""
    amounts = [reason.amount for reason in found.reasons]
    texts = formats.change_column(amounts, found.currency)
    width = max(map(len, texts))
    for reason, amount in zip(found.reasons, texts, strict=True):
        lines = formats.plural(reason.lines, "line")
        yield f"{amount:>{width}}  {reason.title} ({lines})"
        yield f"{'':{width}}  -> {reason.advice}"


def _lines(found: Reconciliation) -> Iterator[str]:
    """The lines that differ, and the number of those that do not."""
    differing = found.differing
    if differing:
        yield from _table(_HEADER, _rows(found, differing[:_MAX_LINES]))
    more = len(differing) - _MAX_LINES
    if more > 0:
        yield f"and {formats.plural(more, 'more line')}; --format csv has all"
    agree = len(found.lines) - len(differing)
    yield f"{formats.plural(agree, 'line')} {'agrees' if agree == 1 else 'agree'}."


_HEADER = ("Day", "Model", "Ledger", "Invoice", "Difference", "Why")
_RIGHT_ALIGNED = {"Ledger", "Invoice", "Difference"}


def _rows(found: Reconciliation, lines: Sequence[Line]) -> list[Sequence[str]]:
    ledger = [line.ledger for line in lines]
    invoice = [line.invoice for line in lines]
    difference = [line.difference for line in lines]
    # One precision for all three columns, so that people can subtract them.
    amounts = [*ledger, *invoice, *difference]
    texts = formats.money_column(amounts, found.currency)
    signed = formats.change_column(amounts, found.currency)
    n = len(lines)
    day_format = "%Y-%m" if found.step == "month" else "%Y-%m-%d"
    no_model = "(none)" if found.by_model else "(all)"
    return [
        (
            f"{line.day:{day_format}}",
            plain(line.model or no_model),
            texts[index],
            texts[n + index],
            signed[2 * n + index],
            (line.reason or "unexplained").replace("_", " "),
        )
        for index, line in enumerate(lines)
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned columns of text: amounts to the right, the others to the left.

    Without words in the header it is left out, and only the first column is not an
    amount.
    """
    has_header = any(header)
    right = [
        name in _RIGHT_ALIGNED or (index > 0 and not has_header)
        for index, name in enumerate(header)
    ]
    table = [header, *rows] if has_header else rows
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(
            f"{cell:>{width}}" if is_right else f"{cell:<{width}}"
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()


def as_json(found: Reconciliation) -> str:
    """A reconciliation as JSON text: stable names, exact values."""
    return json.dumps(document(found), indent=1, ensure_ascii=False)


# long: one key a line
def document(found: Reconciliation) -> dict[str, Any]:
    """A reconciliation as JSON values.

    Returns:
        Money as decimal text with nine decimals, null where unknown; unexplained lines
        first, then the largest difference.
    """
    return {
        "ledger": found.ledger_name,
        "invoice": found.invoice_name,
        "window": {
            "start": f"{found.start}T00:00:00Z",
            "end": f"{found.end}T00:00:00Z",
            "tz": "UTC",
        },
        "step": found.step,
        "by_model": found.by_model,
        "currency": found.currency,
        "tolerance": decimal_text(found.tolerance),
        "agrees": found.agrees,
        "headline": headline(found),
        "totals": {
            "ledger": decimal_text(found.ledger),
            "invoice": decimal_text(found.invoice),
            "difference": decimal_text(found.difference),
            "explained": decimal_text(found.explained),
            "unexplained": decimal_text(found.unexplained),
            "credits": decimal_text(found.credits),
            "lines": len(found.lines),
            "differing": len(found.differing),
            "unexplained_lines": found.unexplained_lines,
        },
        "reasons": [
            {
                "kind": reason.kind,
                "amount": decimal_text(reason.amount),
                "lines": reason.lines,
                "title": reason.title,
                "advice": reason.advice,
            }
            for reason in found.reasons
        ],
        "lines": [
            {
                "day": str(line.day),
                "model": line.model,
                "ledger": decimal_text(line.ledger),
                "invoice": decimal_text(line.invoice),
                "difference": decimal_text(line.difference),
                "reason": line.reason,
            }
            for line in found.lines
        ],
        "matches": [
            {
                "model": match.model,
                "ledger": list(match.ledger),
                "invoice": list(match.invoice),
            }
            for match in found.matches
        ],
        "notices": list(found.notices),
    }


def as_csv(found: Reconciliation) -> str:
    """The lines of a reconciliation as CSV text, those that agree last."""
    out = StringIO()
    writer = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for line in document(found)["lines"]:
        names = {"model": harmless(line["model"]), "currency": found.currency}
        writer.writerow({**line, **names})
    return out.getvalue()
