"""The demo ledger: made on the spot from a fixed seed and fixed dates.

A platform team with four organizations over 90 days: office hours and weekends, a
nightly batch, a few people who do most of the work, and one spike.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from meterwidgets.ledger.pricing.book import PriceBook

START = datetime(2025, 11, 25, tzinfo=UTC)
DAYS = 90
WRITTEN = START + timedelta(days=DAYS)
SEED = 20260222

# deployment: model, provider, input and output rate per 1M tokens
DEPLOYMENTS = {
    "qwen-cpu-deployment": ("qwen2.5-72b-instruct", "vllm", "2.00", "4.00"),
    "llama-3.3-70b-fp8": ("llama-3.3-70b", "vllm", "2.40", "5.60"),
    "mistral-small-24b": ("mistral-small-3.1", "vllm", "1.00", "3.00"),
    "gemma-3-27b-it": ("gemma-3-27b", "vllm", "0.90", "2.70"),
    "deepseek-r1-distill": ("deepseek-r1-distill-70b", "sglang", "3.00", "9.00"),
    "granite-3.3-8b": ("granite-3.3-8b", "vllm", "0.40", "1.20"),
    "phi-4-mini": ("phi-4-mini", "vllm", "0.30", "0.90"),
}

# project: org, requests per weekday, users, deployments with weights, input tokens
PROJECTS = {
    "search-prod": (
        "Acme", 520, 60, {"qwen-cpu-deployment": 7, "mistral-small-24b": 2}, 2600,
    ),
    "support-bot": (
        "Acme", 330, 45, {"llama-3.3-70b-fp8": 5, "qwen-cpu-deployment": 3}, 1500,
    ),
    "code-assist": (
        "Acme", 210, 30, {"qwen-cpu-deployment": 4, "granite-3.3-8b": 5}, 3900,
    ),
    "research-evals": (
        "Globex Research", 240, 12,
        {"llama-3.3-70b-fp8": 6, "deepseek-r1-distill": 2, "gemma-3-27b-it": 3}, 2400,
    ),
    "lab-notebooks": (
        "Globex Research", 110, 18, {"gemma-3-27b-it": 4, "phi-4-mini": 3}, 900,
    ),
    "back-office": (
        "Initech", 230, 25, {"mistral-small-24b": 5, "gemma-3-27b-it": 3}, 1300,
    ),
    "triage-notes": (
        "Umbrella Health", 170, 22, {"llama-3.3-70b-fp8": 4, "phi-4-mini": 2}, 1900,
    ),
}  # fmt: skip

_ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/responses")
_SPIKE_DAY, _SPIKE_PROJECT, _SPIKE_DEPLOYMENT = (
    DAYS - 1,
    "research-evals",
    "deepseek-r1-distill",
)


def prices() -> PriceBook:
    """The rate table of the demo's deployments."""
    return PriceBook.parse(
        [
            {"deployment": name, "input": rate_in, "output": rate_out}
            for name, (_, _, rate_in, rate_out) in DEPLOYMENTS.items()
        ],
        catalogue=False,
    )


def table() -> Any:
    """The requests of the demo as an Arrow table, the same on every machine.

    Returns:
        About 138,000 rows with the columns of the usage record.

    Examples:
        >>> demo = table()
        >>> demo.num_rows == table().num_rows > 100_000
        True
    """
    import pyarrow as pa

    random = np.random.RandomState(SEED)  # its stream is frozen for ever (NEP 19)
    parts = [_project(random, name) for name in PROJECTS]
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(columns["start"], kind="stable")
    arrays = {}
    for key, values in columns.items():
        sorted_values = values[order]
        arrays[key] = pa.array(
            sorted_values.tolist() if values.dtype.kind in "OU" else sorted_values
        )
    arrays["start"] = arrays["start"].cast(pa.timestamp("us", "UTC"))
    return pa.table(arrays)


def _project(random: np.random.RandomState, name: str) -> dict[str, Any]:
    org, per_day, users, deployments, prompt = PROJECTS[name]
    starts, in_spike = _times(random, per_day, name == _SPIKE_PROJECT)
    size = len(starts)
    names = list(deployments)
    weights = np.array(list(deployments.values()), float)
    chosen = random.choice(len(names), size, p=weights / weights.sum())
    deployment = np.array(names, object)[chosen]
    deployment[in_spike] = _SPIKE_DEPLOYMENT
    # a few people do most of the work
    user = np.minimum((random.pareto(1.3, size) * 2).astype(int), users - 1)
    tokens_in = np.maximum(random.lognormal(np.log(prompt), 0.7, size).astype(int), 8)
    tokens_out = np.maximum(
        random.lognormal(np.log(prompt * 0.8), 0.6, size).astype(int), 4
    )
    cached = (tokens_in * random.choice([0, 0, 0.25, 0.5], size)).astype(int)
    offset = 1000 + 100 * list(PROJECTS).index(name)
    return {
        "start": starts,
        "org": np.full(size, org, object),
        "project": np.full(size, name, object),
        "user": np.array([f"u-{offset + number}" for number in user], object),
        "endpoint": np.array(_ENDPOINTS, object)[
            random.choice(3, size, p=[0.82, 0.13, 0.05])
        ],
        "deployment": deployment,
        "provider": np.array([DEPLOYMENTS[each][1] for each in deployment], object),
        "model": np.array([DEPLOYMENTS[each][0] for each in deployment], object),
        "status": np.where(random.random_sample(size) < 0.99, "ok", "error").astype(
            object
        ),
        "input_tokens": tokens_in,
        "cache_read_tokens": cached,
        "output_tokens": tokens_out,
        "latency_ms": (400 + tokens_out * random.uniform(8, 22, size)).astype(int),
    }


def _times(
    random: np.random.RandomState, per_day: int, spikes: bool
) -> tuple[Any, Any]:
    """The start of each request in microseconds, and whether it is in the spike."""
    hours = np.exp(-(((np.arange(24) - 13.5) / 4.2) ** 2)) + 0.06
    hours[2] += 0.25  # the nightly batch
    starts, in_spike = [], []
    for day in range(DAYS):
        weekend = (START.weekday() + day) % 7 >= 5
        expected = per_day * (0.45 if weekend else 1) * (0.85 + 0.3 * day / DAYS)
        extra = int(per_day * 2.2) if spikes and day == _SPIKE_DAY else 0
        size = random.poisson(expected) + extra
        hour = random.choice(24, size, p=hours / hours.sum())
        second = hour * 3600 + random.randint(0, 3600, size)
        starts.append((day * 86_400 + second).astype(np.int64))
        in_spike.append(np.arange(size) >= size - extra)
    start = int(START.timestamp())
    return (start + np.concatenate(starts)) * 1_000_000, np.concatenate(in_spike)
