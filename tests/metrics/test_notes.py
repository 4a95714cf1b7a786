"""The notes of a selection tell nothing of the usage that it leaves out."""

from __future__ import annotations

from pathlib import Path

from meterwidgets.context import demo_usage
from meterwidgets.frame.saved import open_frame, save
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


def test_a_sentence_before_a_colon_is_no_file_name() -> None:
    notes = notes_of(selected(demo_usage(), orgs=["Acme"]))
    assert not any("tokens read from a cache" in note for note in notes)


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


def test_one_s_own_usage_has_notes_of_its_own_and_none_of_others(
    tmp_path: Path,
) -> None:
    rows = [
        request("2026-01-01", user="me", cost="5.00"),
        request("2026-01-01", user="me", cost="-2.00", input_tokens=None,
                output_tokens=None),
        request("2026-01-02", "new", user="me"),
        request("2026-01-01", user="you", cost="-77.00"),
        request("2099-01-01", user="you", cost="1.00"),
    ]  # fmt: skip
    usage = usage_of(rows, name="you.csv", written="2026-01-03T00:00:00Z")
    assert any("dated after" in note for note in notes_of(usage.select()))
    for own in (
        usage.of_user("me"),
        open_frame(save(usage.of_user("me"), tmp_path / "me")),
    ):
        notes = notes_of(own.select())
        assert "150 tokens have no price and are in no spend" in notes
        assert any(note.startswith("-$2.00 of the spend is negative") for note in notes)
        assert not any(word in " ".join(notes) for word in ("you", "77", "2099"))
