"""Numbers as text: every rule and example of METRICS, and its boundaries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meterwidgets.frame.window import Window
from meterwidgets.metrics import axes, formats, percentages, times
from meterwidgets.metrics.formats import NANO
from meterwidgets.zones import midnight

steady = settings(derandomize=True, deadline=None, max_examples=400)
nanos = st.one_of(
    st.integers(-(10**18), 10**18),
    st.integers(0, 2000),
    st.fractions(min_value=0, max_value=10**12, max_denominator=10**6),
)
counts = st.one_of(st.integers(0, 10**16), st.fractions(0, 10**7, max_denominator=999))


def nano(text: str) -> Fraction:
    return Fraction(Decimal(text)) * NANO


def number(text: str) -> Decimal:
    """The number that a text shows, without sign, unit and guard."""
    return Decimal(re.sub(r"[^0-9.]", "", text))


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
        # from one cent up two decimals
        ("0", "$0.00"),
        ("0.01", "$0.01"),
        ("0.0149", "$0.01"),
        ("0.015", "$0.02"),
        ("0.056", "$0.06"),
        ("0.104", "$0.10"),
        ("0.995", "$1.00"),
        ("999.994", "$999.99"),
        ("1234.5", "$1,234.50"),
        ("9999.99", "$9,999.99"),
        # below a cent two significant digits, at most six decimals
        ("0.0099999", "$0.01"),
        ("0.00995", "$0.01"),
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
    if exact >= Fraction(1, 100):
        half = max(Fraction(5, 1000), exact / 200)
    assert abs(Fraction(shown) - exact) <= max(half, exact / 20)


@given(nanos)
@steady
def test_below_a_cent_no_more_than_two_significant_digits(
    amount: Fraction | int,
) -> None:
    if 0 < abs(Fraction(amount)) / NANO < Fraction(1, 100):
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
    [("0.119", "11.9%"), ("-0.119", "11.9%"), ("0.0004", "<0.1%"), ("12.5", "1,250%")],
)
def test_a_change_is_a_percentage_without_its_sign(part: str, text: str) -> None:
    assert percentages.change(Fraction(part)) == text


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [
        (["0", "0.005", "0.010", "0.015"], ["$0", "$0.005", "$0.010", "$0.015"]),
        (["0", "5", "10"], ["$0", "$5", "$10"]),
        (["0", "2.5", "5"], ["$0", "$2.5", "$5.0"]),
        (["0", "5000", "10000", "15000"], ["$0", "$5,000", "$10K", "$15K"]),
        (["-5", "0", "5"], ["-$5", "$0", "$5"]),
        (["10000", "10001"], ["$10,000", "$10,001"]),
        (["0.5", "1.5"], ["$0.5", "$1.5"]),
    ],
)
def test_axis_labels(ticks: list[str], texts: list[str]) -> None:
    assert axes.number_labels([nano(tick) for tick in ticks], "USD") == texts


def test_axis_labels_of_counts() -> None:
    assert axes.number_labels([0, 10**7, 2 * 10**7]) == ["0", "10M", "20M"]
    assert axes.number_labels([1_000_000, 1_001_000]) == ["1,000,000", "1,001,000"]


@given(
    st.integers(0, 10**17),
    st.integers(1, 10**15),
    st.integers(2, 6),
    st.sampled_from([None, "USD", "CHF"]),
)
@steady
def test_axis_labels_are_distinct(
    first: int, step: int, size: int, currency: str | None
) -> None:
    labels = axes.number_labels([first + n * step for n in range(size)], currency)
    assert len(set(labels)) == size
    zeros = [label for label in labels if not number(label)]
    assert len(zeros) == (first == 0)


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=29, hours=19), "29.8 days"),
        (timedelta(days=30), "30 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=1, minutes=30), "1.5 hours"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(0), "0 minutes"),
    ],
)
def test_lengths_of_time(span: timedelta, text: str) -> None:
    assert times.duration(span) == text


def test_counts_with_their_noun() -> None:
    assert formats.plural(1, "model") == "1 model"
    assert formats.plural(7, "model") == "7 models"
    assert formats.plural(0, "model") == "0 models"
    assert formats.plural(12_345, "entry", "entries") == "12.3K entries"


def test_whole_days_print_inclusively_and_never_as_a_midnight() -> None:
    def of(first: date, end: date, tz: str = "UTC") -> str:
        return times.window(Window(midnight(first, tz), midnight(end, tz), tz))

    assert of(date(2026, 2, 22), date(2026, 2, 23)) == "Feb 22, 2026"
    assert of(date(2026, 1, 24), date(2026, 2, 23)) == "Jan 24 – Feb 22, 2026"
    assert of(date(2025, 12, 30), date(2026, 1, 2)) == "Dec 30, 2025 – Jan 1, 2026"
    kolkata = of(date(2026, 2, 22), date(2026, 2, 23), "Asia/Kolkata")
    assert kolkata == "Feb 22, 2026"


def test_other_windows_print_their_times() -> None:
    def utc(*at: int) -> datetime:
        return datetime(*at, tzinfo=UTC)  # type: ignore[arg-type, misc]

    here = Window(utc(2026, 2, 22, 5), utc(2026, 2, 23, 4, 30), "America/New_York")
    assert times.window(here) == "Feb 22, 2026, 12:00 AM – 11:30 PM"
    longer = Window(utc(2026, 2, 22, 12), utc(2026, 2, 24), "UTC")
    assert times.window(longer) == "Feb 22, 12:00 PM – Feb 23, 2026"
    evening = Window(utc(2026, 2, 22, 12), utc(2026, 2, 23), "UTC")
    assert times.window(evening) == "Feb 22, 2026, 12:00 PM – midnight"


@pytest.mark.parametrize(
    ("tz", "day"),
    [
        ("UTC", date(2026, 2, 22)),
        ("America/New_York", date(2026, 3, 7)),
        # on the next day there, the clock goes from 11:59 PM to 1:00 AM
        ("America/Santiago", date(2026, 9, 5)),
        ("Africa/Cairo", date(2026, 4, 23)),
        # there, midnight comes twice
        ("America/Havana", date(2026, 10, 31)),
    ],
)
def test_data_until_the_end_of_a_day_names_that_day(tz: str, day: date) -> None:
    as_of = midnight(day + timedelta(days=1), tz)
    assert times.data_until(as_of, tz) == f"Data until {times.day(day)}"


def test_data_until_a_moment_names_it() -> None:
    as_of = datetime(2026, 2, 22, 17, 5, tzinfo=UTC)
    assert (
        times.data_until(as_of, "America/New_York")
        == "Data until Feb 22, 2026, 12:05 PM"
    )


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
