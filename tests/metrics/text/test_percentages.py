"""Shares and changes as text: they add up, and guard what is not all or nothing."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterwidgets.metrics.text import percentages

from .numbers import number, steady


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("0.52", "52.0%"),
        ("0.3333333", "33.3%"),
        ("0.0001", "<0.1%"),
        ("0.0009999", "<0.1%"),
        ("0.001", "0.1%"),
        ("0.999", "99.9%"),
        ("0.9991", ">99.9%"),
        ("0.99999", ">99.9%"),
        ("1", "100.0%"),
        ("0", "0.0%"),
    ],
)
def test_shares_have_one_decimal_and_guards(part: str, text: str) -> None:
    assert percentages.share(Fraction(part)) == text


parts = st.lists(
    st.one_of(st.integers(0, 10**15), st.integers(0, 50)), min_size=1, max_size=40
)


@given(parts)
@steady
def test_the_shown_shares_of_a_breakdown_add_up(values: list[int]) -> None:
    texts = percentages.shares(values)
    whole = sum(values)
    if not whole:
        assert texts == ["–"] * len(values)
        return
    guarded = [text for text in texts if text[0] in "<>"]
    shown = sum((number(t) for t in texts if t[0] not in "<>"), Decimal(0))
    exact = [Fraction(value, whole) for value in values]
    hidden = sum(
        (part for part, text in zip(exact, texts, strict=True) if text[0] in "<>"),
        Fraction(0),
    )
    if not guarded:
        assert shown == 100
    assert abs(Fraction(shown) - (1 - hidden) * 100) <= Fraction(1, 20)
    for part, text in zip(exact, texts, strict=True):
        assert (text == "0.0%") == (part == 0)
        assert (text == "100.0%") == (part == 1)
        if text[0] not in "<>":
            assert abs(Fraction(number(text)) - part * 100) < Fraction(1, 10)


@given(st.lists(st.integers(0, 10**15), min_size=2, max_size=3))
@steady
def test_the_labels_of_a_split_add_up(values: list[int]) -> None:
    texts = percentages.split_shares(values)
    whole = sum(values)
    if not whole:
        assert texts == ["–"] * len(values)
        return
    if not any(text[0] in "<>" for text in texts):
        assert sum(number(text) for text in texts) == 100
    for value, text in zip(values, texts, strict=True):
        assert "." not in text
        assert (text == "0%") == (value == 0)
        assert (text == "100%") == (value == whole)
        assert abs(Fraction(number(text)) - Fraction(100 * value, whole)) <= 1


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([28_000, 26_000], ["52%", "48%"]),
        ([56, 104], ["35%", "65%"]),
        ([1, 1, 1], ["34%", "33%", "33%"]),
        ([5, 0], ["100%", "0%"]),
        ([1, 10**9], ["<1%", ">99%"]),
        ([1, 199], ["1%", "99%"]),
        ([0, 0], ["–", "–"]),
    ],
)
def test_split_labels(values: list[int], texts: list[str]) -> None:
    assert percentages.split_shares(values) == texts


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("0.119", "11.9%"),
        ("-0.119", "11.9%"),
        ("0.0009", "<0.1%"),
        ("-0.99996", ">99.9%"),
        ("-1", "100.0%"),
        ("0.99996", "100.0%"),
        ("9", "900.0%"),
        ("9.01", "x10"),
        ("31", "x32"),
        ("22388", "x22.4K"),
    ],
)
def test_a_change_is_a_percentage_without_its_sign(part: str, text: str) -> None:
    assert percentages.change(Fraction(part)) == text
