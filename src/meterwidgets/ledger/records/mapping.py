"""The column mapping: which column of any table fills which field of the record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from meterwidgets.errors import LedgerError, unknown

GUESSES: Mapping[str, tuple[str, ...]] = {
    "record_id": ("request_id", "record_id", "generation_id", "event_id", "uuid", "id"),
    "start": (
        "start", "start_time", "timestamp", "window_start", "bucket_start",
        "starting_at", "created_at", "time", "ts", "datetime", "created",
        "request_time", "event_time", "date", "day",
    ),
    "end": ("end", "end_time", "window_end", "bucket_end", "ending_at"),
    "org": (
        "org", "organization", "tenant", "tenant_org", "organization_id", "org_id",
        "tenant_id", "customer", "account",
    ),
    "project": (
        "project", "project_id", "project_name", "team", "team_id", "workspace",
        "workspace_id", "app_name", "application",
    ),
    "user": ("user", "user_id", "username", "user_name", "user_email", "end_user"),
    "api_key": ("api_key", "api_key_id", "api_key_name", "key_alias"),
    "endpoint": ("endpoint", "route", "path", "call_type", "operation"),
    "deployment": (
        "deployment", "deployment_name", "model_deployment", "model_group",
        "served_model",
    ),
    "provider": ("provider", "provider_name", "custom_llm_provider", "vendor"),
    "model": ("model", "model_name", "main_model", "model_id", "model_permaslug"),
    "status": ("status",),
    "service_tier": ("service_tier",),
    "requests": (
        "requests", "num_model_requests", "api_requests", "request_count", "calls",
    ),
    "input_tokens": (
        "input_tokens", "prompt_tokens", "context_tokens", "tokens_prompt",
        "tokens_in", "input",
    ),
    "cache_read_tokens": (
        "cache_read_tokens", "cached_tokens", "cache_read_input_tokens",
        "input_cached_tokens", "tokens_cached",
    ),
    "cache_write_tokens": (
        "cache_write_tokens", "cache_creation_input_tokens",
        "input_cache_write_tokens",
    ),
    "cache_write_1h_tokens": (
        "cache_write_1h_tokens", "ephemeral_1h_input_tokens",
    ),
    "output_tokens": (
        "output_tokens", "completion_tokens", "generated_tokens",
        "tokens_completion", "tokens_out", "output",
    ),
    "reasoning_tokens": ("reasoning_tokens", "tokens_reasoning"),
    "cost": (
        "cost", "spend", "cost_usd", "total_cost", "cost_total", "usd", "amount",
    ),
    "input_cost": ("input_cost", "prompt_cost"),
    "output_cost": ("output_cost", "completion_cost"),
    "currency": ("currency", "billing_currency"),
    "latency_ms": (
        "latency_ms", "request_duration_ms", "duration_ms", "generation_time_ms",
    ),
}  # fmt: skip
"""Our field -> its usual names, the likeliest first; case and "_" don't count."""

_BUCKET_ENDS = {"windowend", "bucketend", "endingat"}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].lower())


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Guess from the usual names which column fills which field.

    Args:
        columns: The names that the table has; nested ones with dots.

    Returns:
        Our field -> its column; each column is used once.

    Examples:
        >>> guess(["TIMESTAMP", "ContextTokens", "GeneratedTokens"])
        {'start': 'TIMESTAMP', 'input_tokens': 'ContextTokens', \
'output_tokens': 'GeneratedTokens'}
    """
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(_plain(column), column)
    found: dict[str, str] = {}
    for field, names in GUESSES.items():
        columns_named = (by_name.get(_plain(name)) for name in names)
        free = (each for each in columns_named if each and each not in found.values())
        if chosen := next(free, None):
            found[field] = chosen
    return found


def check(
    given: Mapping[str, str] | None, columns: Sequence[str], *, where: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Complete a given mapping with guesses, and check it.

    Args:
        given: Our field -> column, as the reader named them, or nothing.
        columns: The names that the table has.
        where: The ledger, for the error.

    Returns:
        The whole mapping, and the part of it that was guessed.

    Raises:
        LedgerError: When a field or column is not known, or when there is no time
            or neither tokens nor a cost.

    Examples:
        >>> check({"start": "when"}, ["when", "prompt_tokens"], where="a.csv")
        ({'start': 'when', 'input_tokens': 'prompt_tokens'}, \
{'input_tokens': 'prompt_tokens'})
        >>> check({}, ["model", "n"], where="a.csv")
        Traceback (most recent call last):
        ...
        meterwidgets.errors.LedgerError: a.csv: no column for 'start' (when the \
request began); name it with columns={'start': '...'}, in meterwidgets.toml as \
columns = { start = "..." } of a [[source]]; columns: model, n
    """
    named = dict(given or {})
    for field, column in named.items():
        if field not in GUESSES:
            raise LedgerError(f"{where}: {unknown('field', field, GUESSES)}")
        if column not in columns:
            raise LedgerError(f"{where}: {unknown('column', column, columns)}")
    free = [column for column in columns if column not in named.values()]
    guessed = {
        field: column for field, column in guess(free).items() if field not in named
    }
    if "cost" in guessed and {"input_cost", "output_cost"} & named.keys():
        del guessed["cost"]  # the reader chose the split; a total would count twice
    mapping = named | guessed
    way = f"; columns: {', '.join(columns)}"
    if "start" not in mapping:
        raise LedgerError(
            f"{where}: no column for 'start' (when the request began); "
            f"{_name_it('start')}{way}"
        )
    amounts = {"input_tokens", "output_tokens", "cost", "input_cost", "output_cost"}
    if not amounts & mapping.keys():
        raise LedgerError(
            f"{where}: no column for tokens or a cost; {_name_it('input_tokens')}{way}"
        )
    return mapping, guessed


def _name_it(field: str) -> str:
    """The way out, in Python and on the command line."""
    return (
        f"name it with columns={{'{field}': '...'}}, in meterwidgets.toml as "
        f'columns = {{ {field} = "..." }} of a [[source]]'
    )


def is_bucketed(mapping: Mapping[str, str]) -> bool:
    """Whether a row of the mapped table is a bucket of requests rather than one.

    Examples:
        >>> is_bucketed({"start": "window_start", "requests": "n"})
        True
        >>> is_bucketed({"start": "start_time", "end": "end_time"})
        False
    """
    return "requests" in mapping or _plain(mapping.get("end", "")) in _BUCKET_ENDS
