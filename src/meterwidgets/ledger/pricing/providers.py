"""Which provider of the catalogue a ledger means, and by which name it sells a model.

A provider that a ledger states, as such or in front of a model's name
(``openrouter/...``), decides: its price or none. One's own machine has no list price.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_NAMES = {
    "anthropic": "anthropic-text claude",
    "aws": "amazon bedrock",
    "azure": "az-ai-openai az-ai-inference azure-ai azure-ai-foundry "
    "azure-ai-inference azure-ai-openai azure-ai-studio azure-foundry "
    "azure-openai azure-openai-service azure-text azureopenai microsoft-azure "
    "microsoft-foundry",
    "cerebras": "cerebras-ai",
    "cloudflare": "cloudflare-workers-ai workers-ai",
    "cohere": "cohere-chat",
    "databricks": "databricks-model-serving",
    "fireworks": "fireworks-ai fireworksai",
    "github-copilot": "copilot",
    "google": "gcp gcp-gemini gcp-gen-ai gcp-vertex-ai gemini google-ai "
    "google-ai-studio google-genai google-generative-ai google-generativeai "
    "google-gla google-vertex google-vertex-ai googleai googlevertexai vertex "
    "vertex-ai vertexai",
    "groq": "groq-cloud groqcloud",
    "minimax": "minimax-ai minimaxai",
    "mistral": "codestral mistral-ai mistralai text-completion-codestral",
    "moonshotai": "moonshot moonshot-ai kimi",
    "novita": "novita-ai novitaai",
    "openai": "chatgpt open-ai openai-chat openai-completions openai-responses "
    "text-completion-openai",
    "openrouter": "open-router openrouter-ai",
    "perplexity": "perplexity-ai perplexityai pplx",
    "together": "together-ai togetherai",
    "voyageai": "voyage voyage-ai",
    "x-ai": "xai grok",
    "zai": "z-ai",
    "zhipuai": "bigmodel zhipu zhipu-ai",
}
_IDS = {name: provider for provider, names in _NAMES.items() for name in names.split()}
"""What else ledgers call a provider -> its id in the catalogue."""

_PREFIXES = (("vertex-ai", "google"), ("bedrock", "aws"), ("aws-bedrock", "aws"),
             ("amazon-bedrock", "aws"))  # fmt: skip
"""How gateways begin the names of their clients, such as ``vertex_ai-anthropic``."""

_OWN_MACHINE_NAMES = (
    "gpt4all hosted-vllm huggingface-local jan jan-ai koboldcpp litert llama-cpp "
    "llama-cpp-python llama-server llamacpp llamafile lm-studio lmstudio local "
    "local-ai localai localhost mlx mlx-lm mlx-vlm mlc-llm ollama ollama-chat "
    "oobabooga self-hosted selfhosted sglang tabby tabbyapi tensorrt-llm "
    "text-generation-inference text-generation-webui tgi transformers triton trtllm "
    "vllm xinference"
)
_OWN_MACHINE = frozenset(_OWN_MACHINE_NAMES.split())
"""What serves models on one's own machine: there is no list price."""

_GATEWAY_NAMES = (
    "custom custom-llm gateway helicone langfuse langsmith litellm litellm-proxy "
    "llm-gateway portkey proxy unknown"
)
_NOT_A_PROVIDER = frozenset(_GATEWAY_NAMES.split())
"""What only passes requests on: the name of the model says to whom."""

_PATHS = ("accounts", "models", "projects", "publishers", "tunedmodels")
"""How a provider's own names may begin; no provider is meant."""

_LOCAL_MODEL = re.compile(
    r":(latest|[a-z]*\d+(\.\d+)?x?\d*[bm]\b.*)$|\.gguf$|^(https?://)?(localhost|127\.)",
    re.IGNORECASE,
)
"""How Ollama and llama.cpp name models: ``llama3.1:8b``, ``qwen.Q4_K_M.gguf``."""


_BEDROCK_ARN = re.compile(
    r"(?:[a-z_]+/)*arn:aws[a-z-]*:bedrock:[^/]*"
    r":(?:inference-profile|foundation-model)/(.+)"
)
"""A resource of Bedrock that names the model; one's own names say nothing."""

_BEDROCK_ID = re.compile(
    r"(?:(?:apac|au|ca|eu|global|jp|sa|uk|us|us-gov)\.)?(ai21|amazon|anthropic|cohere|"
    r"deepseek|google|meta|minimax|mistral|moonshotai|nvidia|openai|qwen|writer|zai)"
    r"\.[a-z][\w.:-]*"
)
"""A model's id on Bedrock, such as ``us.anthropic.claude-...-v1:0``: its maker, who
sells it under another name, is not its provider."""


def references(
    provider: str | None, name: str, catalogued: Collection[str]
) -> Iterator[tuple[str | None, str]]:
    """The names by which the catalogue may know a model, the surest first.

    Args:
        provider: As the ledger reports it.
        name: Of the model, also as gateways write it.
        catalogued: The ids of the catalogue's providers.

    Yields:
        Provider, or None where the ledger states none, and model. Nothing for what has
        no list price.

    Examples:
        >>> list(references(None, "openrouter/openai/gpt-5", {"openrouter", "openai"}))
        [('openrouter', 'openai/gpt-5')]
        >>> list(references("ollama", "gpt-oss", {"openai"}))
        []
    """
    if arn := _BEDROCK_ARN.match(name):
        provider, name = provider or "aws", arn[1]
    stated = _key(provider) if provider else ""
    if stated in _NOT_A_PROVIDER:
        stated = ""
    if (sold := _BEDROCK_ID.fullmatch(name)) and stated in ("", sold[1]):
        yield "aws", name
    front, slash, rest = name.partition("/")
    prefix = _key(front) if slash else ""
    if {stated, prefix} & _OWN_MACHINE or (not stated and _LOCAL_MODEL.search(name)):
        return
    if stated:
        if known := _provider_id(stated, catalogued):
            yield known, name
            yield from _without_prefix(known, name, catalogued)
        return
    if not slash or prefix in _PATHS or prefix.startswith("@"):
        yield None, name
    elif prefix in _NOT_A_PROVIDER:
        yield from references(None, rest, catalogued)
    elif known := _provider_id(prefix, catalogued):
        yield known, rest
        yield from _without_prefix(known, rest, catalogued)


def _without_prefix(
    known: str, name: str, catalogued: Collection[str]
) -> Iterator[tuple[str, str]]:
    """A model's name without what stands in front of it for the same provider.

    Examples:
        >>> list(_without_prefix("aws", "bedrock/eu-west-1/anthropic.claude", {"aws"}))
        [('aws', 'eu-west-1/anthropic.claude'), ('aws', 'anthropic.claude')]
    """
    while "/" in name:
        front, name = name.split("/", 1)
        place = re.fullmatch(r"[a-z]{2}-[a-z-]+\d|converse|invoke|global", front)
        if not place and _provider_id(_key(front), catalogued) != known:
            return
        yield known, name


def _key(name: str) -> str:
    """A provider's name without what ledgers write in several ways.

    Examples:
        >>> _key("Vertex_AI"), _key("gcp.vertex_ai"), _key("https://localhost:8000/v1")
        ('vertex-ai', 'gcp-vertex-ai', 'localhost')
    """
    host = re.sub(r"^https?://", "", name.strip().lower())
    if re.match(r"(localhost|127\.|0\.0\.0\.0|\[?::1)", host):
        return "localhost"
    return re.sub(r"[\s._]+", "-", host)


def _provider_id(key: str, catalogued: Collection[str]) -> str | None:
    """The catalogue's id of a provider; None for one that it lacks."""
    if key in catalogued:
        return key
    if key in _IDS:
        return _IDS[key]
    for prefix, provider in _PREFIXES:
        if f"{key}-".startswith(f"{prefix}-"):
            return provider
    underscored = key.replace("huggingface-", "huggingface_", 1)
    return underscored if underscored in catalogued else None
