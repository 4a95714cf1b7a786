"""A provider that a ledger names is never replaced by another one's price."""

from __future__ import annotations

import pytest

from ledger.pricing.test_prices import book, read, total
from meterwidgets.ledger.pricing.providers import references

CATALOGUED = frozenset(
    ["anthropic", "aws", "azure", "deepseek", "google", "groq", "mistral", "openai",
     "openrouter", "x-ai", "huggingface_groq"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "provider"),
    [("amazon-bedrock", "aws"), ("aws.bedrock", "aws"), ("Amazon Bedrock", "aws"),
     ("bedrock_converse", "aws"), ("gcp.vertex_ai", "google"), ("gemini", "google"),
     ("Google AI Studio", "google"), ("vertex_ai-anthropic_models", "google"),
     ("azure.ai.openai", "azure"), ("az.ai.inference", "azure"), ("xai", "x-ai"),
     ("x_ai", "x-ai"), ("mistral_ai", "mistral"), ("OpenAI", "openai"),
     ("text-completion-openai", "openai"), ("huggingface/groq", "huggingface_groq")],
)  # fmt: skip
def test_what_ledgers_call_a_provider(name: str, provider: str) -> None:
    stated = name.replace("/", "_")
    assert next(references(stated, "some-model", CATALOGUED)) == (
        provider,
        "some-model",
    )


@pytest.mark.parametrize(
    "name",
    ["deepinfra", "openai_compatible", "openai-like", "replicate", "sagemaker",
     "watsonx", "my-gateway", "nvidia_nim", "snowflake", "googleplex"],
)  # fmt: skip
def test_a_provider_that_the_catalogue_lacks_has_no_price(name: str) -> None:
    assert not [*references(name, "gpt-4o", CATALOGUED)]
    assert not [*references(None, f"{name}/gpt-4o", CATALOGUED)]


@pytest.mark.parametrize(
    ("provider", "model"),
    [("ollama", "gpt-oss"), ("vllm", "deepseek-chat"), ("hosted_vllm", "gpt-4o"),
     ("lm_studio", "gpt-4o"), ("LM Studio", "gpt-4o"), ("llama.cpp", "gpt-4o"),
     ("http://localhost:8000/v1", "gpt-4o"), ("127.0.0.1", "gpt-4o"),
     (None, "ollama/deepseek-chat"), (None, "hosted_vllm/gpt-4o"),
     (None, "deepseek-r1:7b"), (None, "mistral:latest"), ("litellm", "ollama/gpt-4o"),
     (None, "mixtral:8x7b-instruct"), (None, "deepseek-r1.Q4_K_M.gguf")],
)  # fmt: skip
def test_ones_own_machine_has_no_list_price(provider: str | None, model: str) -> None:
    assert not [*references(provider, model, CATALOGUED)]


@pytest.mark.parametrize(
    ("provider", "model", "first"),
    [(None, "gpt-4o", (None, "gpt-4o")),
     (None, "openrouter/deepseek/deepseek-chat",
      ("openrouter", "deepseek/deepseek-chat")),
     (None, "azure/gpt-4o", ("azure", "gpt-4o")),
     (None, "models/gemini-2.5-pro", (None, "models/gemini-2.5-pro")),
     (None, "litellm_proxy/openai/gpt-4o", ("openai", "gpt-4o")),
     ("portkey", "anthropic/claude-x", ("anthropic", "claude-x")),
     ("litellm", "gpt-4o", (None, "gpt-4o")),
     (None, "anthropic.claude-v2:1", ("aws", "anthropic.claude-v2:1")),
     ("anthropic", "us.anthropic.claude-x-v1:0", ("aws", "us.anthropic.claude-x-v1:0")),
     (None, "global.openai.gpt-x", ("aws", "global.openai.gpt-x")),
     (None, "meta.llama3-1-8b-instruct-v1:0", ("aws", "meta.llama3-1-8b-instruct-v1:0")),
     ("openrouter", "anthropic.claude-x", ("openrouter", "anthropic.claude-x"))],
)  # fmt: skip
def test_a_prefix_is_a_provider(
    provider: str | None, model: str, first: tuple[str | None, str]
) -> None:
    assert next(references(provider, model, CATALOGUED)) == first


def test_a_provider_in_front_of_its_own_model_is_left_out() -> None:
    assert ("anthropic", "claude-x") in references(
        "anthropic", "anthropic/claude-x", CATALOGUED
    )
    assert ("aws", "anthropic.claude-x") in references(
        None, "bedrock/us-east-1/anthropic.claude-x", CATALOGUED
    )


def test_a_model_of_another_provider_is_unpriced_and_said() -> None:
    pytest.importorskip("genai_prices", reason="the catalogue is an extra")
    row = {"model": "gpt-4o", "input_tokens": 1_000_000, "output_tokens": 0}
    prices = book(catalogue=True)
    assert total(read(row | {"provider": "azure"}, prices=prices)) == total(
        read(row, prices=prices)
    )
    for provider in ("deepinfra", "ollama", "anthropic"):
        usage = read(row | {"provider": provider}, prices=prices)
        assert usage.select().sums()["priced"] == 0
        assert any("1 record has no price" in each for each in usage.quality.notes)


@pytest.mark.parametrize("provider", [None, "bedrock"])
def test_a_resource_of_bedrock_is_the_model_that_it_names(provider: str | None) -> None:
    arn = "arn:aws:bedrock:us-east-1:0123:inference-profile/us.anthropic.claude-x"
    assert next(references(provider, arn, CATALOGUED)) == (
        "aws",
        "us.anthropic.claude-x",
    )
    own = arn.replace("inference-profile/us.anthropic", "provisioned-model/my")
    assert ("aws", "us.anthropic.claude-x") not in [
        *references(provider, own, CATALOGUED)
    ]
