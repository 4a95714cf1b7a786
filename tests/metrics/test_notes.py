"""The notes of a selection tell nothing of the usage that it leaves out."""

from __future__ import annotations

from meterwidgets.metrics.notes import LEFT_OUT, notes_of

from .ledgers import request, selected, usage_of


def test_the_notes_of_one_organization_hold_no_figure_of_the_whole() -> None:
    usage = usage_of(
        [
            request("2026-01-01", org="Acme", cost="1.00"),
            request("2026-01-01", org="Other", cost="8765.43"),
            request("2026-01-01", org="Other", cost="-3.00", input_tokens=None),
        ],
        name="l.csv",
    )
    assert any("8763.43" in note for note in usage.quality.notes)
    notes = notes_of(selected(usage, orgs=["Acme"]))
    assert notes[-1] == LEFT_OUT
    assert not any(figure in " ".join(notes) for figure in ("876", " 2 ", " 3 "))


def test_the_notes_of_the_whole_are_those_of_the_ledger() -> None:
    usage = usage_of([request("2026-01-01", cost="1.00")])
    assert notes_of(usage.select()) == list(usage.quality.notes)


def test_cost_without_tokens_is_told_of_the_selection() -> None:
    usage = usage_of(
        [
            request("2026-01-01", org="Acme", cost="1.00"),
            request("2026-01-01", org="Acme", cost="0.25", input_tokens=None,
                    output_tokens=None),
            request("2026-01-01", org="Other", cost="7.00", input_tokens=None,
                    output_tokens=None),
        ]
    )  # fmt: skip
    told = "$0.25 of the spend is for no known tokens and in no rate"
    assert notes_of(selected(usage, orgs=["Acme"]))[0] == told


def test_usage_without_a_currency_is_told_apart_from_several() -> None:
    rows = [
        request("2026-01-01", cost="1.00", currency="USD"),
        request("2026-01-01", cost="1.00", currency="EUR"),
        request("2026-01-01", "new"),
    ]
    usage = usage_of(rows)
    for currency in usage.currencies:
        (note, *_) = notes_of(selected(usage, currency=currency))
        assert note.startswith("150 tokens have no price and so no currency")
    assert "no currency" not in " ".join(notes_of(usage_of(rows[1:]).select()))
