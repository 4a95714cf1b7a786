"""Counters of inference servers and gateways, in every export of Prometheus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, read, sums

Write = Callable[..., Path]
Series = dict[str, Any]

T0 = 1_767_225_600
POD = {"model_name": "Qwen/Qwen3-8B", "engine": "0", "pod": "a", "namespace": "team-a"}


def series(name: str, *values: float, **labels: str) -> Series:
    """A series as the HTTP API answers it, a sample an hour."""
    samples = [[T0 + 3600 * n, str(value)] for n, value in enumerate(values)]
    return {"metric": {"__name__": name, **labels}, "values": samples}


VLLM = [
    series("vllm:prompt_tokens_total", 1000, 1500, 200, 900, **POD),
    series("vllm:generation_tokens_total", 100, 300, 50, 250, **POD),
    series("vllm:request_success_total", 10, 12, 1, 5, **POD, finished_reason="stop"),
    series("vllm:request_success_total", 1, 1, 0, 2, **POD, finished_reason="length"),
    # the same once more, and no usage at all
    series("vllm:request_prompt_tokens_sum", 1000, 1500, 200, 900, **POD),
    series("vllm:iteration_tokens_total_sum", 1100, 1800, 250, 1150, **POD),
    series("vllm:prompt_tokens_created", T0, T0, T0 + 7000, T0 + 7000, **POD),
    series("vllm:num_requests_running", 1, 2, 3, 4, **POD),
]


def labels(metric: dict[str, str], *, named: bool = False) -> str:
    """Labels as text, with a comma at the end, which is allowed."""
    pairs = (f'{k}="{v}"' for k, v in metric.items() if named or k != "__name__")
    return "{" + ",".join(pairs) + ",}"


def scrape(number: int, *, timed: bool = False) -> str:
    """What ``/metrics`` answers the nth time."""
    text = ""
    for each in VLLM:
        name, (time, value) = each["metric"]["__name__"], each["values"][number]
        text += f"# HELP {name} Help.\n# TYPE {name} counter\n{name}"
        text += f"{labels(each['metric'])} {float(value)}"
        text += f" {time * 1000}\n" if timed else "\n"
    return text


def answer(found: list[Series]) -> str:
    """An answer to a query of a range."""
    data = {"resultType": "matrix", "result": found}
    return json.dumps({"status": "success", "data": data})


def exported(each: Series) -> dict[str, Any]:
    """A series as VictoriaMetrics exports it."""
    times, values = zip(*each["values"], strict=True)
    return {
        "metric": each["metric"],
        "values": [float(value) for value in values],
        "timestamps": [time * 1000 for time in times],
    }


def dumped(each: Series) -> str:
    """A series as promtool dumps it."""
    name = labels(each["metric"], named=True)
    return "".join(f"{name} {value} {time * 1000}\n" for time, value in each["values"])


def open_metrics(each: Series) -> str:
    """A series as OpenMetrics, with times in seconds."""
    name = each["metric"]["__name__"] + labels(each["metric"])
    rows = "".join(f"{name} {value} {time}.0\n" for time, value in each["values"])
    return f"# TYPE {each['metric']['__name__'].removesuffix('_total')} counter\n{rows}"


EXPORTS = {
    "a range": {"a.json": answer(VLLM)},
    "its result alone": {"a.json": json.dumps(VLLM)},
    "an answer a metric": {"a.json": answer(VLLM[:1]), "b.json": answer(VLLM[1:])},
    "VictoriaMetrics": {"a.jsonl": lines(map(exported, VLLM))},
    "OpenMetrics": {"a.txt": "".join(map(open_metrics, VLLM)) + "# EOF\n"},
    "a dump": {"a.txt": "".join(map(dumped, VLLM))},
    "scrapes": {"a.txt": "".join(map(scrape, range(4)))},
    "scrapes with times": {"a.prom": "".join(scrape(n, timed=True) for n in range(4))},
    "scrapes below a date": {
        "a.txt": "".join(f"# 2026-01-01T0{n}:00:00Z\n{scrape(n)}" for n in range(4))
    },
    "a file each": {f"metrics-{n + 8}.txt": scrape(n) for n in range(4)},
}


@pytest.mark.parametrize("export", EXPORTS)
def test_what_counters_grew_by_is_the_usage(tmp_path: Path, export: str) -> None:
    paths = []
    for name, text in EXPORTS[export].items():
        (tmp_path / name).write_text(text)
        paths.append(tmp_path / name)
    usage = read(paths)
    found = sums(usage)
    # 500 + (a restart) 200 + 700, 200 + 50 + 200, and 2 + 1 + 4 beside 0 + 0 + 2
    assert (found["input_tokens"], found["output_tokens"]) == (1400, 450)
    assert found["requests"] == 9
    assert by(usage, "model", "input_tokens") == {"Qwen/Qwen3-8B": 1400}
    assert by(usage, "org", "input_tokens") == {"team-a": 1400}


def test_a_single_scrape_says_what_was_used_since_the_start(write: Write) -> None:
    found = sums(read(write(scrape(1), "metrics.txt")))
    assert (found["input_tokens"], found["output_tokens"]) == (1500, 300)


def test_a_counter_that_appears_later_began_at_0(write: Write) -> None:
    late = series("vllm:prompt_tokens_total", 0, 70, **POD | {"pod": "b"})
    late["values"] = late["values"][1:]
    found = sums(read(write(answer([VLLM[0], late]))))
    assert found["input_tokens"] == 1470


OWNER = {"model": "gpt-4o", "team": "t1", "team_alias": "Search", "user": "u1"}
KONG = {"ai_model": "gpt-4o", "ai_provider": "openai"}
GATEWAYS = {
    "LiteLLM": (
        [
            series("litellm_input_tokens_metric_total", 100, 400, **OWNER),
            series("litellm_output_tokens_metric_total", 10, 60, **OWNER),
            series("litellm_total_tokens_metric_total", 110, 460, **OWNER),
            series("litellm_spend_metric_total", 0.5, 0.75, **OWNER),
            series("litellm_requests_metric_total", 1, 5, **OWNER),
            series("litellm_proxy_total_requests_metric_total", 1, 5, **OWNER),
        ],
        (300, 50, 4, 250_000_000),
    ),
    "Kong": (
        [
            series("kong_ai_llm_tokens_total", 0, 30, **KONG, token_type="prompt_tokens"),
            series("kong_ai_llm_tokens_total", 0, 12, **KONG, token_type="completion_tokens"),
            series("kong_ai_llm_tokens_total", 0, 42, **KONG, token_type="total_tokens"),
            series("kong_ai_llm_cost_total", 0, 0.02, **KONG),
            series("kong_ai_llm_requests_total", 0, 2, **KONG),
        ],
        (30, 12, 2, 20_000_000),
    ),
    "Envoy": (
        [
            series(f"gen_ai_client_token_usage_token_{part}", 0, value,
                   gen_ai_token_type=kind, gen_ai_request_model="m")
            for part, kind, value in (("sum", "input", 30), ("sum", "output", 12),
                                      ("count", "input", 2), ("count", "output", 2))
        ],
        (30, 12, 2, 0),
    ),
    "SGLang": (
        [
            series("sglang:prompt_tokens_total", 0, 812, model_name="m"),
            series("sglang:generation_tokens_total", 0, 755, model_name="m"),
            series("sglang:num_requests_total", 0, 4, model_name="m"),
            series("sglang:num_used_tokens", 100, 900, model_name="m"),
        ],
        (812, 755, 4, 0),
    ),
    "TGI": (
        [
            series("tgi_request_input_length_sum", 0, 30),
            series("tgi_request_generated_tokens_sum", 0, 12),
            series("tgi_request_success", 0, 2),
            series("tgi_request_count", 0, 3),
        ],
        (30, 12, 2, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_a_gateways_counters_are_counted_once(write: Write, gateway: str) -> None:
    found, right = GATEWAYS[gateway]
    usage = read(write(answer(found)))
    total = sums(usage)
    assert right == tuple(
        total[name] for name in ("input_tokens", "output_tokens", "requests", "cost")
    )
    # money and tokens of one model are one record, so that no price is added
    assert sum(by(usage, "model", "records").values()) == 1
