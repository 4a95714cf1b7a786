"""A reconciliation as text for the terminal, as JSON and as CSV."""

from __future__ import annotations

import csv as csv_writer
import json as json_writer
from collections.abc import Iterator, Sequence
from fractions import Fraction
from io import StringIO
from typing import Any

from meterwidgets.frame.window import Window
from meterwidgets.metrics import formats, percentages, times
from meterwidgets.metrics.formats import decimal_text
from meterwidgets.metrics.reconcile.results import Line, Reconciliation
from meterwidgets.report.csv import harmless
from meterwidgets.text import plain
from meterwidgets.zones import midnight

_ROWS = 40
_COLUMNS = ("day", "model", "ledger", "invoice", "difference", "currency", "reason")


def headline(found: Reconciliation) -> str:
    """The result in one sentence.

    Examples:
        >>> import meterwidgets as mw
        >>> def one(cost): return mw.read_usage({"time": ["2026-02-22"],
        ...     "model": ["m"], "cost": [cost]}, rejects=None)
        >>> headline(mw.reconcile(one("1.00"), one("1.25")))
        'The invoice is $0.25 (25.0%) higher than the ledger over 1 day; nothing of \
it is explained (1 line).'
    """
    span = times.duration(found.end - found.start)
    amounts = (found.difference, found.explained, found.unexplained)
    shown = formats.money_column([abs(each) for each in amounts], found.currency)
    if found.agrees:
        whole = formats.plural(len(found.lines), "line")
        apart = f"; together they differ by {shown[0]}" if found.difference else ""
        return f"The invoice and the ledger agree over {span}, in all {whole}{apart}."
    said = f"The totals of invoice and ledger are equal over {span}"
    if found.difference:
        way = "higher" if found.difference > 0 else "lower"
        part = (
            f" ({percentages.change(Fraction(found.difference, found.ledger))})"
            if found.ledger
            else ""
        )
        said = f"The invoice is {shown[0]}{part} {way} than the ledger over {span}"
    if not found.open_lines:
        return f"{said}; all of it is explained."
    lines = formats.plural(found.open_lines, "line")
    if not found.reasons:
        return f"{said}; nothing of it is explained ({lines})."
    texts = formats.change_column(amounts, found.currency)
    return f"{said}; {texts[1]} explained, {texts[2]} not ({lines})."


def text(found: Reconciliation) -> str:
    """A reconciliation for people: headline, reasons, lines that differ."""
    window = Window(midnight(found.start, "UTC"), midnight(found.end, "UTC"), "UTC")
    tolerance = formats.money(found.tolerance, found.currency)
    per = f"{found.step} and model" if found.by_model else found.step
    ours, theirs = plain(found.ledger_name), plain(found.invoice_name)
    lines = [
        f"{ours} (ledger) and {theirs} (invoice)",
        f"{times.window(window)} · UTC · per {per} · {found.currency}, "
        f"tolerance {tolerance} a line",
        "",
        headline(found),
        "",
        *_table(["", ""], _totals(found)),
    ]
    if found.reasons:
        lines += ["", *_reasons(found)]
    lines += ["", *_lines(found)]
    for match in found.matches:
        names = [", ".join(side) for side in (match.ledger, match.invoice)]
        said = f"Taken for one model: {names[0]} (ledger), {names[1]} (invoice)"
        lines.append(plain(said))
    lines += [plain(f"Note: {each}") for each in found.notices]
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
    """A line a reason, and below it what to do."""
    amounts = [each.amount for each in found.reasons]
    texts = formats.change_column(amounts, found.currency)
    width = max(map(len, texts))
    for reason, amount in zip(found.reasons, texts, strict=True):
        lines = formats.plural(reason.lines, "line")
        yield f"{amount:>{width}}  {reason.title} ({lines})"
        yield f"{'':{width}}  -> {reason.advice}"


def _lines(found: Reconciliation) -> Iterator[str]:
    """The lines that differ, and how many do not."""
    differing = found.differing
    shown = differing[:_ROWS]
    if shown:
        names = ("ledger", "invoice", "difference")
        columns = [[getattr(line, name) for line in shown] for name in names]
        # one precision for all three, so that what stands beside can be subtracted
        flat = [amount for column in columns for amount in column]
        texts = formats.money_column(flat, found.currency)
        signed = formats.change_column(flat, found.currency)
        n = len(shown)
        yield from _table(
            ["Day", "Model", "Ledger", "Invoice", "Difference", "Why"],
            [
                (
                    f"{line.day:%Y-%m}" if found.step == "month" else f"{line.day}",
                    plain(line.model or ("(none)" if found.by_model else "(all)")),
                    texts[place],
                    texts[n + place],
                    signed[2 * n + place],
                    _why(line),
                )
                for place, line in enumerate(shown)
            ],
        )
    more = len(differing) - len(shown)
    if more:
        yield f"and {formats.plural(more, 'line')} more; --format csv has all"
    agree = len(found.lines) - len(differing)
    yield f"{formats.plural(agree, 'line')} {'agrees' if agree == 1 else 'agree'}."


def _why(line: Line) -> str:
    """The reason of a line in a word or two."""
    return "unexplained" if line.reason is None else line.reason.replace("_", " ")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of text: amounts to the right, the others to the left."""
    cells = [head, *rows] if any(head) else rows
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = {"Ledger", "Invoice", "Difference"}
    for row in cells:
        yield "  ".join(
            f"{cell:>{width}}"
            if head[place] in right or (place and not any(head))
            else f"{cell:<{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()


def json(found: Reconciliation) -> str:
    """A reconciliation as JSON text: stable names, exact values."""
    return json_writer.dumps(document(found), indent=1, ensure_ascii=False)


def document(found: Reconciliation) -> dict[str, Any]:
    """A reconciliation as JSON values.

    Returns:
        Money is decimal text with nine decimals, null is unknown; what is unexplained
        first, the largest difference first.
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
            "unexplained_lines": found.open_lines,
        },
        "reasons": [
            {
                "kind": each.kind,
                "amount": decimal_text(each.amount),
                "lines": each.lines,
                "title": each.title,
                "advice": each.advice,
            }
            for each in found.reasons
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
                "model": each.model,
                "ledger": list(each.ledger),
                "invoice": list(each.invoice),
            }
            for each in found.matches
        ],
        "notices": list(found.notices),
    }


def csv(found: Reconciliation) -> str:
    """The lines of a reconciliation as CSV text, those that agree last."""
    out = StringIO()
    writer = csv_writer.DictWriter(out, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for line in document(found)["lines"]:
        named = {"model": harmless(line["model"]), "currency": found.currency}
        writer.writerow({**line, **named})
    return out.getvalue()
