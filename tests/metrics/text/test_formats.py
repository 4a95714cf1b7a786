"""Money and counts as text: every rule and example of METRICS, and its boundaries."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meterwidgets.metrics.text import formats, percentages
from meterwidgets.metrics.text.formats import NANO

from .numbers import nano, number, steady

nanos = st.one_of(
    st.integers(-(10**18), 10**18),
    st.integers(0, 2000),
    st.fractions(min_value=0, max_value=10**12, max_denominator=10**6),
)


counts = st.one_of(st.integers(0, 10**16), st.fractions(0, 10**7, max_denominator=999))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        # the examples
        ("0.16", "$0.16"),
        ("0.06", "$0.06"),
        ("0.002", "$0.0020"),
        ("0.00043", "$0.00043"),
        ("12.34", "$12.34"),
        ("12345", "$12.3K"),
        ("1230000", "$1.23M"),
        # from five cents up two decimals
        ("0", "$0.00"),
        ("0.05", "$0.05"),
        ("0.0549", "$0.05"),
        ("0.056", "$0.06"),
        ("0.104", "$0.10"),
        ("0.995", "$1.00"),
        ("999.994", "$999.99"),
        ("1234.5", "$1,234.50"),
        ("9999.99", "$9,999.99"),
        # below that two significant digits, at most six decimals
        ("0.0499", "$0.05"),
        ("0.0494", "$0.049"),
        ("0.015", "$0.015"),
        ("0.0149", "$0.015"),
        ("0.01", "$0.010"),
        ("0.0099999", "$0.010"),
        ("0.00995", "$0.010"),
        ("0.00994", "$0.0099"),
        ("0.00099", "$0.00099"),
        ("0.000999", "$0.0010"),
        ("0.000995", "$0.0010"),
        ("0.0000996", "$0.00010"),
        ("0.000012345", "$0.000012"),
        ("0.0000094", "$0.000009"),
        ("0.0000005", "$0.000001"),
        ("0.0000004999", "<$0.000001"),
        ("0.000000001", "<$0.000001"),
        # from 10,000 up compact
        ("9999.994", "$9,999.99"),
        ("9999.995", "$10K"),
        ("10000", "$10K"),
        ("10050", "$10.1K"),
        ("99949", "$99.9K"),
        ("99950", "$100K"),
        ("999499", "$999K"),
        ("999500", "$1M"),
        ("999999.6", "$1M"),
        ("9995000", "$10M"),
        ("1e9", "$1B"),
        ("1.5e12", "$1.5T"),
        ("9.9e15", "$9,900T"),
        # a minus stands before the currency
        ("-0.16", "-$0.16"),
        ("-0.002", "-$0.0020"),
        ("-12345", "-$12.3K"),
        ("-0.0000001", "-<$0.000001"),
    ],
)
def test_money_on_cards(amount: str, text: str) -> None:
    assert formats.money(nano(amount)) == text


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("EUR", "€0.16"),
        ("GBP", "£0.16"),
        ("CHF", "CHF\u00a00.16"),
        (None, "0.16"),
    ],
)
def test_money_names_its_currency(currency: str | None, text: str) -> None:
    assert formats.money(160_000_000, currency) == text
    assert formats.money(-160_000_000, currency) == f"-{text}"


def test_a_missing_amount_is_a_dash_and_a_zero_is_not() -> None:
    for shown in (formats.money, formats.rate):
        assert (shown(None), shown(0)) == ("–", "$0.00")
    assert (formats.money_exact(None), formats.money_exact(0)) == ("–", "$0.00")
    for shown_count in (formats.count, formats.count_exact):
        assert (shown_count(None), shown_count(0)) == ("–", "0")
    assert (percentages.share(None), percentages.share(Fraction(0))) == ("–", "0.0%")
    assert formats.money_column([None, 0]) == ["–", "$0.00"]
    assert formats.decimal_text(None) is None
    assert formats.decimal_text(0) == "0.000000000"


@given(nanos)
@steady
def test_a_nonzero_amount_never_prints_as_zero_nor_a_zero_as_missing(
    amount: Fraction | int,
) -> None:
    texts = [
        formats.money(amount),
        formats.money(amount, "CHF"),
        formats.rate(amount),
        formats.money_exact(amount),
        *formats.money_column([amount]),
        formats.money_column([amount, 10**15])[0],
    ]
    for text in texts:
        assert "–" not in text
        assert "E" not in text
        assert bool(number(text)) == bool(amount), text
        assert text.startswith("-") == (amount < 0)


@given(nanos)
@steady
def test_money_on_cards_is_near_the_amount(amount: Fraction | int) -> None:
    text = formats.money(amount)
    if "<" in text or not amount:
        return
    shown = number(text) * {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}.get(
        text[-1], 1
    )
    exact = abs(Fraction(amount)) / NANO
    half = Fraction(1, 2_000_000)
    if exact >= Fraction(1, 20):
        half = max(Fraction(5, 1000), exact / 200)
    assert abs(Fraction(shown) - exact) <= max(half, exact / 20)


@given(nanos)
@steady
def test_below_five_cents_no_more_than_two_significant_digits(
    amount: Fraction | int,
) -> None:
    if 0 < abs(Fraction(amount)) / NANO < Fraction(1, 20):
        digits = str(number(formats.money(amount))).replace(".", "").lstrip("0")
        assert len(digits) <= 2


@pytest.mark.parametrize(
    ("amounts", "texts"),
    [
        (["0.161", "0.099", "0.018"], ["$0.161", "$0.099", "$0.018"]),
        (["940.41", "171.99", "9.5"], ["$940.41", "$171.99", "$9.50"]),
        (["0.104", "0.056"], ["$0.104", "$0.056"]),
        (["12345.678", "1000000"], ["$12,345.68", "$1,000,000.00"]),
        # what is worth less than 1% of the largest does not set the precision
        (["100", "0.001"], ["$100.00", "<$0.01"]),
        (["1", "0.01", "0.0099"], ["$1.000", "$0.010", "$0.010"]),
        (["0.0000005", "0.000000001"], ["$0.00000050", "<$0.00000001"]),
        (["0", "0"], ["$0.00", "$0.00"]),
        ([], []),
    ],
)
def test_money_in_columns(amounts: list[str], texts: list[str]) -> None:
    assert formats.money_column([nano(each) for each in amounts]) == texts


@given(st.lists(st.one_of(st.none(), nanos), min_size=1, max_size=12))
@steady
def test_a_column_shares_one_precision_and_keeps_what_matters(
    amounts: list[Fraction | int | None],
) -> None:
    texts = formats.money_column(amounts)
    shown = [text for text in texts if text != "–"]
    decimals = {len(text.rsplit(".", 1)[1]) for text in shown}
    assert len(decimals) <= 1
    assert all(places >= 2 for places in decimals)
    known = [
        (text, abs(Fraction(a))) for text, a in zip(texts, amounts, strict=True) if a
    ]
    largest = max((size for _, size in known), default=0)
    for text, size in known:
        if size * 100 >= largest and size >= 10:  # ten billionths: two digits of them
            digits = str(number(text)).replace(".", "").lstrip("0")
            assert "<" not in text
            assert len(digits) >= 2
    assert [text == "–" for text in texts] == [each is None for each in amounts]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.16", "$0.16"),
        ("0.056", "$0.056"),
        ("10182.450558136", "$10,182.450558136"),
        ("5", "$5.00"),
        ("-0.002", "-$0.002"),
        ("0.000000001", "$0.000000001"),
        ("0.0000000004", "<$0.000000001"),
        ("-0.0000000004", "-<$0.000000001"),
    ],
)
def test_the_exact_amount_stands_in_the_title(amount: str, text: str) -> None:
    assert formats.money_exact(nano(amount)) == text


@given(st.integers(-(10**18), 10**18))
@steady
def test_decimal_text_is_the_exact_amount(amount: int) -> None:
    text = formats.decimal_text(amount) or ""
    assert re.fullmatch(r"-?\d+\.\d{9}", text)
    assert Fraction(Decimal(text)) == Fraction(amount, NANO)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.002", "$0.0020"),
        ("0.00296296296", "$0.0030"),
        ("0.00019", "$0.00019"),
        ("0.0005", "$0.0005"),
        ("0.00049", "$0.00049"),
        ("0.0000001", "<$0.000001"),
        ("0.168345535", "$0.1683"),
        ("1234.5", "$1,234.5000"),
        ("-0.002", "-$0.0020"),
        ("-0.00019", "-$0.00019"),
    ],
)
def test_rates_per_1k(amount: str, text: str) -> None:
    assert formats.rate(nano(amount)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9_999, "9,999"),
        (28_000, "28K"),
        (1_974_000, "1.97M"),
        (412 * 10**9, "412B"),
        (10_000, "10K"),
        (10_049, "10K"),
        (10_050, "10.1K"),
        (337_500, "338K"),
        (999_499, "999K"),
        (999_500, "1M"),
        (10**15, "1,000T"),
        (1, "1"),
        (Fraction(9_999), "9,999"),
        (Fraction("9999.5"), "10K"),
        (Fraction("9999.4"), "9,999"),
        (Fraction("999.96"), "1,000"),
        (Fraction("99.96"), "100"),
        (Fraction("1.5"), "1.5"),
        (Fraction("0.004"), "0.004"),
        (-28_000, "-28K"),
    ],
)
def test_counts(value: int | Fraction, text: str) -> None:
    assert formats.count(value) == text


@given(counts)
@steady
def test_a_nonzero_count_never_prints_as_zero(value: int | Fraction) -> None:
    for text in (formats.count(value), formats.count_exact(value)):
        assert bool(number(text)) == bool(value), text
        assert "E" not in text


def test_a_sliver_of_a_count_is_not_zero() -> None:
    assert formats.count_exact(Fraction(1, 10**8)) == "0.00000001"
    assert formats.count_exact(Fraction(675_001, 2)) == "337,500.5"


def test_counts_with_their_noun() -> None:
    assert formats.plural(1, "model") == "1 model"
    assert formats.plural(7, "model") == "7 models"
    assert formats.plural(0, "model") == "0 models"
    assert formats.plural(12_345, "entry", "entries") == "12.3K entries"


@given(st.lists(st.integers(1, 10**15), min_size=2, max_size=6, unique=True))
@steady
def test_compact_figures_keep_the_order(values: list[int]) -> None:
    ranked = sorted(values)
    power = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
    shown = [
        number(text) * power.get(text[-1], 1)
        for text in (formats.count(value) for value in ranked)
    ]
    assert all(low <= high for low, high in pairwise(shown))
