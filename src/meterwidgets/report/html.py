"""``report --format html``: a page without a kernel, in one file.

No script, no request to anywhere: it can be mailed, archived and printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

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
from meterwidgets.present.sections.splits import Split, split_bar
from meterwidgets.present.vocabulary.words import printable

_STYLE = """
:root { color-scheme: light dark;
  --surface: #fff; --base: #000; --page: #f7f7f7; --edge: 11%;
  --c1: #3b4cd6; --c2: #b8540a; --c3: #2f9aa0; --other: #6f7785;
  --info: #1d4ed8; --warn: #9a5b00; }
@media screen and (prefers-color-scheme: dark) { :root {
  --surface: #111; --base: #fff; --page: #000; --edge: 14%;
  --c1: #727afb; --c2: #f0912a; --c3: #73e0c6; --other: #9aa3b2;
  --info: #8ab4ff; --warn: #f0a33c; } }
:root {
  --text: color-mix(in srgb, var(--base) 88%, var(--surface));
  --label: color-mix(in srgb, var(--base) 68%, var(--surface));
  --line: color-mix(in srgb, var(--base) var(--edge), var(--surface)); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 13px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px; display: grid;
  gap: 16px; }
h1 { font-size: 20px; line-height: 28px; margin: 0; overflow-wrap: anywhere; }
h2, caption { font-size: 14px; line-height: 20px; font-weight: 600; margin: 0 0 8px;
  text-align: start; }
p { margin: 0; }
header p, dd.caption, .muted { color: var(--label); font-size: 12px; }
section, .insight { background: var(--surface); border: 1px solid var(--line);
  border-radius: 10px; padding: 16px; min-width: 0; }
.grid { display: grid; gap: 16px; }
.cards { grid-template-columns: repeat(3, minmax(0, 1fr)); margin: 0; }
@media (max-width: 759px) {
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.halves { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr));
  align-items: start; }
.cards > div { background: var(--surface); border: 1px solid var(--line);
  border-radius: 10px; padding: 16px; overflow-wrap: anywhere; }
dt { color: var(--label); } dd { margin: 0; }
dd.value { font-size: 26px; line-height: 32px; font-weight: 600; }
.insight { border-inline-start: 4px solid var(--info); }
.insight.warning { border-inline-start-color: var(--warn); }
.bar { display: flex; gap: 2px; height: 12px; margin-bottom: 12px; }
.bar span { min-width: 3px; border-radius: 3px; background: var(--other); }
.key { display: inline-block; width: 10px; height: 10px; border-radius: 3px;
  margin-inline-end: 6px; background: var(--other); }
.bar .input, .key.input { background: var(--c1); }
.bar .output, .key.output { background: var(--c2); }
.bar .fees, .key.fees { background: var(--c3); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 6px 8px; border-top: 1px solid var(--line); text-align: end;
  white-space: nowrap; font-weight: 400; }
thead th { color: var(--label); border-top: 0; }
th:first-child { text-align: start; }
tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 128px; }
summary { cursor: pointer; padding: 8px; min-height: 24px; color: var(--info); }
ul { margin: 0; padding-inline-start: 18px; overflow-wrap: anywhere; }
@media print {
  :root { color-scheme: light; --page: #fff; }
  main { max-width: none; padding: 0; }
  section, .insight, .cards > div, tr { break-inside: avoid; }
  .bar span, .key { print-color-adjust: exact; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def dumps(selection: Selection) -> str:
    """The figures of a selection as one HTML document."""
    frame, window = selection.frame, selection.window
    name, range_text = _text(frame.name), _text(times.window(window))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name} · {range_text}</title>\n<style>{_STYLE}</style>\n"
        "</head>\n<body>\n<main>\n"
        + "\n".join(part for part in _body(selection) if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _body(selection: Selection) -> Iterable[str]:
    """The parts of the page in their order; some are empty."""
    frame, window = selection.frame, selection.window
    demo = " (demo data)" if frame.demo else ""
    yield f"<header><h1>{_text(frame.name)}{demo}</h1>"
    until = times.data_status(frame, window.tz)
    yield f"<p>{_text(f'{times.window(window)} · {window.tz} · {until}')}</p>"
    for sentence in sentences(selection):
        yield f"<p>{_text(sentence)}</p>"
    yield "</header>"
    for each in insights(selection):
        yield (
            f'<div class="insight {_text(each.severity)}"><h2>{_text(each.title)}</h2>'
            f"<p>{_text(each.text)}</p></div>"
        )
    context = CardContext.of(selection, {})
    yield _cards(spec.present(context) for spec in REPORT_CARDS)
    yield '<div class="grid halves">'
    yield _split(split_bar(selection, "tokens"))
    cost = split_bar(selection, "cost")
    yield _split(cost)
    yield "</div>"
    if cost["note"]:
        yield f'<p class="muted">{_text(cost["note"])}</p>'
    if not selection.sums()["records"]:
        yield "<p>No usage in this selection.</p>"
    yield '<div class="grid halves">'
    for by in frame.dimensions.breakdowns:
        yield _breakdown(selection, by)
    yield "</div>"
    yield _notes(notes_of(selection))


def _text(value: str) -> str:
    return escape(printable(value))


def _cards(cards: Iterable[Card]) -> str:
    items = "\n".join(
        f'<div><dt>{_text(card.label)}</dt><dd class="value" '
        f'title="{_text(card.title)}">{_text(card.value)}</dd>'
        f'<dd class="caption">{_text(_caption(card))}</dd></div>'
        for card in cards
    )
    return f'<dl class="grid cards">\n{items}\n</dl>'


def _caption(card: Card) -> str:
    return " · ".join(text for text in (card.caption, card.note) if text)


def _split(split: Split) -> str:
    bar = "".join(
        f'<span class="{part["key"]}" style="flex: {part["fraction"]:.6f}"></span>'
        for part in split["parts"]
        if part["fraction"]
    )
    rows = "\n".join(
        f'<tr><th scope="row"><span class="key {part["key"]}"></span>'
        f"{_text(part['label'])}</th>"
        f'<td title="{_text(part["title"])}">{_text(part["value"])}</td>'
        f"<td>{part['share']}</td><td>{_text(part['caption'])}</td></tr>"
        for part in split["parts"]
    )
    return (
        f"<section><h2>{_text(split['title'])}</h2>"
        f'<div class="bar" aria-hidden="true">{bar}</div>'
        f"<table><tbody>\n{rows}\n</tbody></table></section>"
    )


def _breakdown(selection: Selection, by: str) -> str:
    """The first rows and what the others add up to, and all of them on request."""
    ranked, currency = breakdown(selection, by), selection.currency
    label = selection.frame.dimensions.named(by).label
    rows = report_rows(ranked, currency, most=MOST_ROWS)
    if not rows:
        return ""
    tables = _table(f"By {label.lower()}", label, rows)
    if len(ranked.rows) > MOST_ROWS:
        all_rows = report_rows(ranked, currency)
        count = f"{len(all_rows):,}"
        table = _table(f"All {count}", label, all_rows)
        tables += f"<details><summary>Show all {count}</summary>\n{table}\n</details>"
    return f"<section>{tables}</section>"


def _table(caption: str, title: str, rows: Sequence[ReportRow]) -> str:
    columns = (title, "Cost", "Tokens", "Requests", "Share")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(
        f'<tr><th scope="row">{_text(row["name"])}</th>'
        f'<td title="{_text(row["exact_cost"])}">{_text(row["cost"])}</td>'
        f'<td title="{_text(row["exact_tokens"])}">{_text(row["tokens"])}</td>'
        f"<td>{_text(row['requests'])}</td><td>{_text(row['share'])}</td></tr>"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table><caption>{caption}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _notes(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    items = "\n".join(f"<li>{_text(note)}</li>" for note in notes)
    return f"<section><h2>About the ledger</h2><ul>\n{items}\n</ul></section>"
