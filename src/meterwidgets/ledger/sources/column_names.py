# long: mostly the words themselves
"""What the name of a column says: tokens of a kind, money, a time, a model.

A name is taken apart into its words, and means a field only where all of its words are
understood: ``total_cost_usd`` is a cost, ``cost_per_token`` and ``max_tokens`` are not.
"""

from __future__ import annotations

import re
from functools import cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+[a-zA-Z]*")

_TOKEN = {"token", "tokens", "tok", "toks"}
_COST = {
    "cost", "costs", "spend", "spent", "spending", "charge", "charges", "charged",
    "expense", "expenses", "billed",
}  # fmt: skip
_BILLED = {"billed", "charged", "spent"}
_PRICE = {"price", "amount"}
"""Words of money only beside one that says of what: a total, a currency."""
_DOLLARS = {"usd", "dollar", "dollars", "us"}
_CURRENCIES = {"eur": "EUR", "euro": "EUR", "euros": "EUR", "gbp": "GBP", "cny": "CNY",
               "rmb": "CNY", "jpy": "JPY", "inr": "INR", "chf": "CHF",
               "cad": "CAD", "aud": "AUD"}  # fmt: skip
_INPUT = {"input", "prompt", "context", "in", "inputs", "prompts", "evaluated"}
_OUTPUT = {
    "output", "outputs", "completion", "completions", "generated", "generation", "out",
    "candidates", "predicted",
}  # fmt: skip
_CACHE = {"cache", "cached"}
_READ = {"read", "reads", "hit", "hits", "content"}
_WRITE = {"write", "writes", "written", "creation", "create", "created"}
_OF_CACHE = {"read", "reads", "write", "writes", "creation", "5m", "1h"}
_UNCACHED = {"uncached", "noncached", "fresh", "miss", "no", "non", "not", "without"}
_SCALES = {
    "k": 3, "thousand": 3, "thousands": 3, "m": 6, "million": 6, "millions": 6,
    "cent": -2, "cents": -2, "milli": -3, "millis": -3, "mills": -3, "millicents": -5,
    "micro": -6, "micros": -6, "millionths": -6, "microdollars": -6, "microusd": -6,
    "microcents": -8, "nano": -9, "nanos": -9, "nanodollars": -9, "nanousd": -9,
}  # fmt: skip
"""The word for a unit -> its power of ten."""
_SURE, _UNSURE = {"actual", "final", "net", "billed", "charged"}, {
    "estimated", "estimate", "gross", "calculated", "computed",
}  # fmt: skip
"""Words of costs that are likelier, or less likely, to be what was paid."""
_WHAT_FOR = {"total", *_DOLLARS, *_CURRENCIES, *_SURE, *_UNSURE}
_REASONING = {"reasoning", "thinking", "thought", "thoughts"}
_REQUEST = {"request", "requests", "call", "calls", "invocation", "invocations"}
_COUNT = {"n", "num", "number", "no", "count", "counts", "total", "of"}
_FILLER = {
    *("usage", "used", "llm", "gen", "ai", "model", "api", "the", "details", "detail"),
    *("billable", "consumed", "processed"),
    *("sum", "all", "overall", "metrics", "in", "of", "request", "response"),
}
_COST_FILLER = {
    "total", "estimated", "estimate", "actual", "net", "gross", "final", "calculated",
    "computed", "provider", "upstream", "token", "tokens", "billing", "currency",
    "inference",
    *_FILLER,
}  # fmt: skip
_TIME = {"time", "timestamp", "datetime", "date", "ts", "at", "when", "day", "on"}
_TIME_FILLER = {
    "start", "started", "begin", "began", "created", "create", "creation", "request",
    "requested", "event", "utc", "invocation", "invoked", "usage", "call", "called",
    "logged", "log", "occurred", "recorded", "sent", "iso", "unix", "epoch", "ms",
    "local", "datetime", "date", "time", "timestamp", "api", "billing", "aggregation",
}  # fmt: skip
_MODEL_FILLER = {
    "name", "id", "used", "llm", "ai", "request", "requested", "response", "served",
    "main", "gen", "slug", "permaslug", "the", "provided", "language",
}  # fmt: skip

_NO_USAGE = {
    "max", "maximum", "min", "minimum", "limit", "limits", "budget", "remaining", "per",
    "rate", "rates", "avg", "average", "mean", "median", "center", "centre", "code",
    "id", "ids", "type", "types", "basis", "category", "tier", "key", "auth", "access",
    "refresh", "bearer", "csrf", "saved", "savings", "unit", "name", "window", "p50",
    "p95", "p99", "ms", "second", "seconds", "latency", "time", "hash", "version",
    "price", "temperature", "top", "percent", "pct", "ratio", "share", "text",
}  # fmt: skip
"""Words of columns that look like usage and are none: a limit, a rate, a mean."""
_RUNNING = {"accumulated", "accumulative", "accum", "cumulative", "cumul", "running"}
"""Words of running totals: each row repeats those before it."""
_LISTED = {
    "pricing", "prices", "rates", "limit", "limits", "quota", "quotas", "budget",
    "budgets", "remaining", "ratelimit", "ratelimits",
}  # fmt: skip
"""Words of what holds prices or limits, whatever is called so in it."""
_OTHER_USAGE = {
    "estimated", "estimate", "estimates", "expected", "planned", "previous", "prev",
    "prior", "before", "baseline", "session", "sessions", "lifetime", "max",
}  # fmt: skip
"""Words of what holds usage of other times than a record's own, or a guess of it."""
_SIDES = {"prompt", "completion", "input", "output"}
_TEXTS = {
    "chars", "characters", "char", "words", "length", "len", "size", "bytes", "index",
    "hash", "number", "images", "files", "messages", "turns", "schema", "format",
}  # fmt: skip
"""What numbers of a prompt or an answer count, where it isn't tokens."""


_PIECES = {"images", "image", "characters", "chars", "searches", "search", "grounding",
           "interpreter"}  # fmt: skip
_OF_PIECES = {"calls", "requests", "queries", "sessions", "generated", "input",
              "output", "web", "file", "code", "tool", "google"}  # fmt: skip
"""Words of what is paid by the piece, and words beside them."""


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters.

    Examples:
        >>> words("promptTokenCount"), words("total_cost_usd"), words("Spend ($)")
        (('prompt', 'token', 'count'), ('total', 'cost', 'usd'), ('spend',))
    """
    return tuple(word.lower() for word in _WORD.findall(name))


@cache
def field_named(column: str) -> str | None:
    """The field of the record, or the part of one, that a name says; None if none.

    Parts are ``fresh_input_tokens`` (input that no cache served), ``total_tokens`` and
    ``cache_write_5m_tokens``. What unit it counts in: ``scale_named``.

    Examples:
        >>> field_named("usage.inputTokenCount"), field_named("response_cost")
        ('input_tokens', 'cost')
        >>> field_named("prompt_cache_miss_tokens"), field_named("cost.total")
        ('fresh_input_tokens', 'cost')
        >>> field_named("max_tokens"), field_named("cost_per_token")
        (None, None)
    """
    *parents, last = column.split(".")
    said = set(words(last))
    if is_of_no_usage(column):
        return None
    if "cache" in parents[-1:] and said <= _READ | _WRITE:
        said |= {"cache", "tokens"}
    if said & _CACHE and said <= _CACHE | _OF_CACHE:
        said.add("tokens")
    if parents and (said & {"audio", "image"} or not said & (_TOKEN | _COST | _PRICE)):
        above = set(words(parents[-1]))
        if above & (_TOKEN | _COST):
            said |= above
    said, units = said - _SCALES.keys(), said & _SCALES.keys()
    if "tokens" in said and said & _COST <= _BILLED:
        said -= _BILLED  # tokens that were billed are no money
    if said & _COST or (said & _PRICE and (units or said & _WHAT_FOR)):
        return _money(said)
    if said & _TOKEN:
        field = _tokens(said - _TOKEN)
        # a single token is a secret
        is_count = said & {"tokens", "toks", "count", "counts", "total", "num"}
        return field if is_count or field != "total_tokens" else None
    if "usage" in said and said & _SIDES and len(said) == 2:
        return _tokens(said)
    return _other(said)


@cache
def is_of_no_usage(column: str) -> bool:
    """Whether a column stands among limits, prices or running totals.

    Examples:
        >>> is_of_no_usage("pricing.input"), is_of_no_usage("rate_limits.tokens")
        (True, True)
        >>> is_of_no_usage("usage.input"), is_of_no_usage("price.total_cost")
        (False, False)
    """
    parents = column.split(".")[:-1]
    is_listed = any(_LISTED.intersection(words(part)) for part in parents)
    return is_listed or is_running_total(column)


@cache
def is_of_other_usage(column: str) -> bool:
    """Whether a column stands among what was used before, or may be used.

    Examples:
        >>> is_of_other_usage("previous.usage.input"), is_of_other_usage("usage.input")
        (True, False)
    """
    return any(_OTHER_USAGE.intersection(words(p)) for p in column.split(".")[:-1])


@cache
def is_running_total(column: str) -> bool:
    """Whether a name says that each row repeats those before it.

    Examples:
        >>> is_running_total("metrics.accumulated_usage.prompt_tokens")
        True
        >>> is_running_total("usage.prompt_tokens")
        False
    """
    return any(_RUNNING.intersection(words(part)) for part in column.split("."))


@cache
def scale_named(column: str) -> int:
    """The power of ten that the unit in a name says.

    Examples:
        >>> scale_named("cost_cents"), scale_named("Tokens (K)"), scale_named("cost")
        (-2, 3, 0)
    """
    return sum(_SCALES.get(word, 0) for word in set(words(column.rsplit(".", 1)[-1])))


def likelihood(column: str) -> tuple[bool, int]:
    """Sorts columns of one meaning: the plain unit first, then what was paid.

    Examples:
        >>> sorted(["estimated_cost", "cost_cents", "net_cost"], key=likelihood)
        ['net_cost', 'estimated_cost', 'cost_cents']
    """
    said = set(words(column.rsplit(".", 1)[-1]))
    return scale_named(column) != 0, bool(said & _UNSURE) - bool(said & _SURE)


def is_cost_name(column: str) -> bool:
    """Whether the parent or the name of a nested column says money.

    Examples:
        >>> is_cost_name("cost_details.input"), is_cost_name("usage.input")
        (True, False)
    """
    return any(set(words(part)) & (_COST | _PRICE) for part in column.split(".")[-2:])


def currency_named(column: str) -> str | None:
    """The currency that the name of a cost says.

    Examples:
        >>> currency_named("cost_eur"), currency_named("spend_usd")
        ('EUR', 'USD')
    """
    said = set(words(column.rsplit(".", 1)[-1]))
    if said & (_DOLLARS - {"us"}) or "$" in column:
        return "USD"
    named = {_CURRENCIES[word] for word in said & _CURRENCIES.keys()}
    return named.pop() if len(named) == 1 else "EUR" if "€" in column else None


def is_usage_like(column: str) -> str:
    """Whether a name speaks of ``"tokens"``, ``"money"`` or what is paid by the piece.

    The latter is ``"pieces"``; ``""`` is none of them.

    Examples:
        >>> is_usage_like("input_audio_tokens"), is_usage_like("cache_read_cost")
        ('tokens', 'money')
        >>> is_usage_like("max_tokens"), is_usage_like("weather")
        ('', '')
    """
    *parents, last = column.split(".")
    said = set(words(last)) - _SCALES.keys()
    if is_of_no_usage(column) and not is_running_total(column):
        return ""
    if said & {"audio", "video"} and said & {"seconds", "minutes", "hours"}:
        return "pieces"
    is_price = said & _PRICE and not said - _PRICE - _DOLLARS - {"total"}
    if said & _NO_USAGE and not is_price:
        return ""
    if said & (_COST | _PRICE | {"usd", "dollars", "credit", "credits", "fee", "fees"}):
        return "money"
    above = set(words(parents[-1])) if parents else set()
    if said & _TOKEN or above & (_TOKEN | {"usage"}):
        return "tokens"
    if above & _COST:
        return "money"
    if said & _SIDES and not said & _TEXTS:
        return "tokens"
    if said & _PIECES and not said - _PIECES - _OF_PIECES - _COUNT:
        return "pieces" if said != {"search"} and said != {"image"} else ""
    return "tokens" if said == {"usage"} else ""


def _money(said: set[str]) -> str | None:
    rest = said - _COST - _PRICE - _DOLLARS - _CURRENCIES.keys() - _COST_FILLER
    if not rest:
        return "cost"
    if rest <= _INPUT:
        return "input_cost"
    return "output_cost" if rest <= _OUTPUT else None


def _tokens(said: set[str]) -> str | None:
    if sort := said & {"audio", "image"}:
        side = "input" if said & _INPUT else "output" if said & _OUTPUT else ""
        rest = said - sort - _INPUT - _OUTPUT - _COUNT - _FILLER
        return f"{side}_{sort.pop()}_tokens" if side and not rest else None
    said = said - _COUNT if not said & _CACHE else said - (_COUNT - {"no"})
    if said & _CACHE or said & {"uncached", "noncached", "fresh", "miss"}:
        return _cached(said)
    if said & _REASONING:
        rest = said - _REASONING - _OUTPUT - _FILLER
        return None if rest else "reasoning_tokens"
    if (rest := said & _INPUT) and not said - _INPUT - (_FILLER - {"in"}):
        return "input_tokens" if rest else None
    if said & _OUTPUT and not said - _OUTPUT - _FILLER:
        return "output_tokens"
    return "total_tokens" if not said - (_FILLER - {"in"}) else None


def _cached(said: set[str]) -> str | None:
    rest = said - _CACHE - _INPUT - _FILLER
    if said & _UNCACHED:
        return None if rest - _UNCACHED else "fresh_input_tokens"
    if rest & _WRITE:
        kinds: dict[frozenset[str], str] = {
            frozenset(): "cache_write_tokens",
            frozenset({"1h"}): "cache_write_1h_tokens",
            frozenset({"5m"}): "cache_write_5m_tokens",
        }
        return kinds.get(frozenset(rest - _WRITE - {"ephemeral"}))
    return None if rest - _READ else "cache_read_tokens"


def _other(said: set[str]) -> str | None:
    if said & {"requests", "calls", "invocations"} and not said - _REQUEST - (
        _COUNT | _FILLER
    ):
        return "requests"
    if said & _REQUEST and said & {"count", "num", "n", "number"}:
        return None if said - _REQUEST - (_COUNT | _FILLER) else "requests"
    if "model" in said and not said - {"model"} - _MODEL_FILLER:
        return "model"
    is_length = "ms" in said and not said & {"timestamp", "ts", "epoch"}
    if said & _TIME and not is_length and not said - _TIME - _TIME_FILLER:
        return "start"
    return None
