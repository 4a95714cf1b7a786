"""The terms that set a price, and the rates that hold for them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

NANO = 1_000_000_000
"""Nano-units per currency unit."""

STANDARD = "standard"
"""The service tier, speed and geography of requests that name none."""

Rate = int | Fraction
"""Nano-units per 1,000,000 tokens: a fraction where a list price has more decimals."""

KINDS = (
    "input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning",
    "input_audio", "output_audio", "input_image", "output_image",
)  # fmt: skip
"""What tokens are priced by, in nano-units per 1,000,000 tokens."""

FEES = ("request_fee", "search_fee", "tool_call_fee")
"""What is paid besides tokens, in nano-units for each."""

_STANDARD_WORDS = {
    "service_tier": ("default", "on_demand", "on-demand"),
    "speed": ("normal", "default"),
    "geography": ("global", "default", "not_available", "not available"),
}
"""What else ledgers write for the standard term."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a ledger states of a request that sets its price, besides its time.

    Attributes:
        provider: As the ledger reports it; None, here and below, is not reported.
        deployment: What was served.
        model: What was trained.
        service_tier: Such as "batch".
        speed: Such as "fast".
        geography: Where the ledger says that the request was served, such as "us".

    Examples:
        >>> Terms(model="m", geography="Global").geography
        'standard'
    """

    provider: str | None = None
    deployment: str | None = None
    model: str | None = None
    service_tier: str | None = None
    speed: str | None = None
    geography: str | None = None

    def __post_init__(self) -> None:
        for name in _STANDARD_WORDS:
            object.__setattr__(self, name, term_name(name, getattr(self, name)))


def term_name(term: str, value: str | None) -> str:
    """A service tier, speed or geography in the words of the prices.

    Examples:
        >>> term_name("service_tier", "Default"), term_name("speed", "fast")
        ('standard', 'fast')
    """
    name = (value or STANDARD).lower()
    return STANDARD if name in _STANDARD_WORDS.get(term, ()) else name


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates that hold for some terms at a moment, and where they come from.

    A rate that is None is not known. Rates of tokens are nano-units per 1,000,000, fees
    are nano-units each.

    Attributes:
        basis: rate_table or catalogue.
        currency: Of the rates.
        any_service: Whether they hold for every service tier, since they name none.
        is_cached_media_apart: Whether audio or images from a cache have rates of their
            own, so that a request with both has no price unless they are told apart.
        context_window: The most input tokens that one request can have; None is not
            known.
    """

    basis: str
    currency: str
    input: Rate | None = None
    output: Rate | None = None
    cache_read: Rate | None = None
    cache_write: Rate | None = None
    cache_write_1h: Rate | None = None
    reasoning: Rate | None = None
    input_audio: Rate | None = None
    output_audio: Rate | None = None
    input_image: Rate | None = None
    output_image: Rate | None = None
    request_fee: int | None = None
    search_fee: int | None = None
    tool_call_fee: int | None = None
    any_service: bool = False
    is_cached_media_apart: bool = False
    context_window: int | None = None

    def applied(self) -> dict[str, Rate | None]:
        """Kind of token -> the rate that it is charged at; None is unknown.

        What is written to a cache for an hour costs as what is written, and what is
        read from or written to it, or thought, costs as other tokens, where it has no
        rate of its own. Images are read at the rate of input. Audio, and images that a
        model makes, cost many times as much as text: nothing stands in for their rates.
        """
        write = _first(self.cache_write, self.input)
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": _first(self.cache_read, self.input),
            "cache_write": write,
            "cache_write_1h": _first(self.cache_write_1h, write),
            "reasoning": _first(self.reasoning, self.output),
            "input_audio": self.input_audio,
            "output_audio": self.output_audio,
            "input_image": _first(self.input_image, self.input),
            "output_image": self.output_image,
        }


def _first(rate: Rate | None, substitute: Rate | None) -> Rate | None:
    return substitute if rate is None else rate
