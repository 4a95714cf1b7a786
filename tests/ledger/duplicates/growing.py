"""Exports of buckets that grow, in every format whose records are buckets."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

Row = dict[str, Any]
State = list[Row]

FORMATS = ("openai", "openai_costs", "anthropic", "anthropic_costs", "litellm_daily",
           "litellm_activity", "litellm_ui")  # fmt: skip
_DAYS = 3


def growing(name: str, *, seed: int, states: int) -> list[State]:
    """States of one answer, each with all groups and counts of the one before.

    Args:
        name: The format; of costs only the money grows.
        seed: What the chance begins with.
        states: How many.
    """
    dice = random.Random(f"{name} {seed}")
    rows: State = []
    made = []
    for _ in range(states):
        for row in rows:
            if dice.random() < 0.5:
                count = dice.choice(["input", "output", "requests", "cost"])
                row[count] += dice.randrange(1, 900)
        for _ in range(dice.randrange(1, 5)):
            group = dice.randrange(_DAYS), dice.choice("xyz"), dice.choice(["p", "q"])
            if group not in [row["group"] for row in rows]:
                counts = {
                    count: dice.randrange(900)
                    for count in ("input", "output", "requests", "cost")
                }
                rows.append({"group": group, **counts})
        made.append([dict(row) for row in dice.sample(rows, len(rows))])
    return made


def export(name: str, state: State) -> str:
    """The text of a state in a format."""
    return _PAGES[name](state) if name in _PAGES else _by_day(name, state)


def _buckets(state: State, result: Any, start: str, end: str, times: list[Any]) -> str:
    data = [
        {
            start: times[day],
            end: times[day + 1],
            "results": [result(row) for row in state if row["group"][0] == day],
        }
        for day in range(_DAYS)
    ]
    return json.dumps({"data": data, "has_more": False, "next_page": None})


def _openai(state: State) -> str:
    def result(row: Row) -> Row:
        _, model, project = row["group"]
        return {
            "object": "organization.usage.completions.result", "model": model,
            "input_tokens": row["input"], "output_tokens": row["output"],
            "num_model_requests": row["requests"], "project_id": project,
            "user_id": None, "batch": model == "x",
        }  # fmt: skip

    times = [1_767_225_600 + day * 86_400 for day in range(_DAYS + 1)]
    return _buckets(state, result, "start_time", "end_time", times)


def _openai_costs(state: State) -> str:
    def result(row: Row) -> Row:
        amount = {"value": f"0.{row['cost']:09}", "currency": "usd"}
        _, model, project = row["group"]
        return {
            "object": "organization.costs.result", "amount": amount,
            "line_item": f"{model}, input_tokens", "project_id": project,
            "quantity": row["cost"],
        }  # fmt: skip

    times = [1_767_225_600 + day * 86_400 for day in range(_DAYS + 1)]
    return _buckets(state, result, "start_time", "end_time", times)


_DATES = [f"2026-01-0{day + 1}" for day in range(_DAYS + 1)]
_TIMES = [f"{date}T00:00:00Z" for date in _DATES]


def _anthropic(state: State) -> str:
    def result(row: Row) -> Row:
        _, model, workspace = row["group"]
        return {
            "uncached_input_tokens": row["input"], "output_tokens": row["output"],
            "cache_creation": {"ephemeral_1h_input_tokens": row["requests"],
                               "ephemeral_5m_input_tokens": 0},
            "cache_read_input_tokens": row["cost"], "model": model,
            "workspace_id": None if workspace == "p" else workspace,
            "server_tool_use": {"web_search_requests": row["requests"]},
        }  # fmt: skip

    return _buckets(state, result, "starting_at", "ending_at", _TIMES)


def _anthropic_costs(state: State) -> str:
    def result(row: Row) -> Row:
        _, model, workspace = row["group"]
        return {
            "amount": f"{row['cost']}.5", "currency": "USD", "cost_type": "tokens",
            "description": f"{model} usage", "workspace_id": workspace,
        }  # fmt: skip

    return _buckets(state, result, "starting_at", "ending_at", _TIMES)


def _activity(state: State) -> str:
    days = []
    for day in range(_DAYS):
        models: Row = {}
        for row in state:
            if row["group"][0] == day:
                _, model, key = row["group"]
                each = models.setdefault(model, {"api_key_breakdown": {}})
                each["api_key_breakdown"][key] = {"metrics": _counts(row)}
        days.append(
            {"date": _DATES[day], "metrics": {}, "breakdown": {"models": models}}
        )
    days = [day for day in days if day["breakdown"]["models"]]
    return json.dumps({"results": days, "metadata": {"page": 1, "total_pages": 1}})


def _counts(row: Row) -> Row:
    return {
        "spend": f"0.{row['cost']:09}", "prompt_tokens": row["input"],
        "completion_tokens": row["output"], "api_requests": row["requests"],
        "successful_requests": 0, "failed_requests": 0,
    }  # fmt: skip


def _by_day(name: str, state: State) -> str:
    rows = []
    for row in state:
        day, model, who = row["group"]
        counts = _counts(row)
        if name == "litellm_ui":
            counts = {
                "Spend ($)": counts["spend"], "Requests": row["requests"],
                "Successful Requests": 0, "Failed Requests": 0,
                "Prompt Tokens": row["input"], "Completion Tokens": row["output"],
            }  # fmt: skip
            names = {"Date": _DATES[day], "Team": who, "Team ID": who, "Model": model}
        else:
            names = {"date": _DATES[day], "user_id": who, "model": model}
        rows.append(names | counts)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


_PAGES = {
    "openai": _openai, "openai_costs": _openai_costs, "anthropic": _anthropic,
    "anthropic_costs": _anthropic_costs, "litellm_activity": _activity,
}  # fmt: skip
