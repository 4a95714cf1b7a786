"""Numbers of tests, as text and as random values."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from hypothesis import settings

from meterwidgets.metrics.text.formats import NANO

steady = settings(derandomize=True, deadline=None, max_examples=400)


def nano(text: str) -> Fraction:
    return Fraction(Decimal(text)) * NANO


def number(text: str) -> Decimal:
    """The number that a text shows, without sign, unit and guard."""
    return Decimal(re.sub(r"[^0-9.]", "", text))
