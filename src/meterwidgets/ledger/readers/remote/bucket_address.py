"""The address of a bucket, and the file system of pyarrow that opens it.

Credentials come from the environment, as the providers' own tools take them; an address
never has any, since it ends up in shell histories, notes and stores.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from meterwidgets.errors import LedgerError

_KINDS = {
    **dict.fromkeys(("s3", "s3a", "s3n"), "s3"),
    **dict.fromkeys(("gs", "gcs"), "gs"),
    **dict.fromkeys(("abfs", "abfss", "az"), "abfs"),
}
_OPTIONS = {
    "s3": {"region", "endpoint_override", "scheme", "anonymous"},
    "gs": {"endpoint_override", "scheme", "anonymous"},
    "abfs": {"account_name"},
}
_SECRETS = (
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
)  # fmt: skip
_PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True)
class BucketAddress:
    """A bucket, and what of it is read.

    Attributes:
        name: The address up to the bucket, such as ``s3://usage``.
        kind: s3, gs or abfs.
        bucket: The bucket, or the container of Azure.
        key: An object, the start of its name, or a pattern with ``*``, ``?`` or ``[``.
        options: How to reach it, without credentials.
    """

    name: str
    kind: str
    bucket: str
    key: str
    options: Mapping[str, str] = field(default_factory=dict)


def parse_bucket_address(source: str) -> BucketAddress | None:
    """The bucket that an address names; None for anything else.

    Raises:
        LedgerError: When it has credentials in it, or options that are unknown.

    Examples:
        >>> parse_bucket_address("s3://usage/2026/*.jsonl").key
        '2026/*.jsonl'
        >>> parse_bucket_address("usage.csv")
    """
    match = re.fullmatch(r"(\w+)://([^/?]*)/?(.*?)(?:\?((?:\w+=[^&]*&?)+))?", source)
    if match is None or match[1].lower() not in _KINDS:
        return None
    kind, (scheme, place, key, query) = _KINDS[match[1].lower()], match.groups("")
    options = dict(parse_qsl(query, keep_blank_values=True))
    user, at, host = place.rpartition("@")
    if kind == "abfs" and at and ":" not in user:
        place, options["account_name"] = user, host.split(".")[0]
    elif at:
        raise LedgerError(
            f"the address {scheme}://...@{host} holds credentials; leave them to the "
            "environment or the provider's own configuration"
        )
    unknown = options.keys() - _OPTIONS[kind]
    if not place or unknown:
        problem = f"has the unknown option {min(unknown)!r}" if unknown else "is empty"
        raise LedgerError(
            f"{scheme}://{place}: {problem}; expected {scheme}://bucket/key, with "
            f"{', '.join(sorted(_OPTIONS[kind]))} behind a ?"
        )
    return BucketAddress(f"{scheme}://{place}", kind, place, unquote(key), options)


def file_system(address: BucketAddress) -> Any:
    """The file system of pyarrow that opens a bucket.

    Raises:
        LedgerError: When it can't be set up.
    """
    make = {"s3": _s3, "gs": _gs, "abfs": _abfs}[address.kind]
    try:
        return _opened(make, tuple(sorted(address.options.items())), _environment())
    except (ImportError, OSError, ValueError, TypeError) as error:
        raise LedgerError(
            f"{address.name}: can't be opened ({without_secrets(str(error))})"
        ) from None


def without_secrets(text: str) -> str:
    """The first line of a client's message, with credentials masked."""
    line = text.strip().splitlines()[0] if text.strip() else "no reason given"
    for name in _SECRETS:
        if secret := os.environ.get(name):
            line = line.replace(secret, "***")
    return re.sub(r"(sig|Signature|token)=[^&\s'\"]+", r"\1=***", line)[:500]


def _environment() -> int:
    """A number that changes with the credentials in the environment."""
    prefixes = ("AWS_", "AZURE_", "GOOGLE_", "STORAGE_")
    return hash(
        tuple(
            sorted(pair for pair in os.environ.items() if pair[0].startswith(prefixes))
        )
    )


@cache
def _opened(make: Any, options: tuple[tuple[str, str], ...], _: int) -> Any:
    return make(dict(options))


def _s3(options: dict[str, str]) -> Any:
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    get = os.environ.get
    endpoint = options.get("endpoint_override") or get("AWS_ENDPOINT_URL_S3")
    region = options.get("region") or get("AWS_REGION") or get("AWS_DEFAULT_REGION")
    return S3FileSystem(
        **_endpoint(endpoint or get("AWS_ENDPOINT_URL"), options.get("scheme")),
        region=region,
        anonymous=_is_set(options.get("anonymous")),
        connect_timeout=10,
        request_timeout=60,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=3),
    )


def _gs(options: dict[str, str]) -> Any:
    from pyarrow.fs import GcsFileSystem

    emulator = os.environ.get("STORAGE_EMULATOR_HOST")
    endpoint = options.get("endpoint_override") or emulator
    return GcsFileSystem(
        anonymous=_is_set(options.get("anonymous")) or bool(emulator),
        retry_time_limit=_PATIENCE,
        **_endpoint(endpoint, options.get("scheme") or ("http" if emulator else None)),
    )


def _abfs(options: dict[str, str]) -> Any:
    from pyarrow.fs import AzureFileSystem

    get = os.environ.get
    pairs = (get("AZURE_STORAGE_CONNECTION_STRING") or "").split(";")
    said = dict(pair.partition("=")[::2] for pair in pairs)
    account = (
        options.get("account_name")
        or get("AZURE_STORAGE_ACCOUNT_NAME")
        or said.get("AccountName")
    )
    if not account:
        raise ValueError(
            "no account; name abfs://container@account.dfs.core.windows.net/..., or "
            "set AZURE_STORAGE_ACCOUNT_NAME"
        )
    words: dict[str, str] = {}
    if blob := said.get("BlobEndpoint"):
        scheme, _, rest = blob.partition("://")
        authority = rest.split("/")[0]
        words = {
            "blob_storage_authority": authority,
            "dfs_storage_authority": authority,
            "blob_storage_scheme": scheme,
            "dfs_storage_scheme": scheme,
        }
    key = get("AZURE_STORAGE_ACCOUNT_KEY") or said.get("AccountKey")
    token = get("AZURE_STORAGE_SAS_TOKEN") or said.get("SharedAccessSignature")
    if key:
        words["account_key"] = key
    elif token:
        words["sas_token"] = token
    return AzureFileSystem(account, **words)


def _endpoint(endpoint: str | None, scheme: str | None) -> dict[str, str]:
    """The words for a server other than the provider's own."""
    if not endpoint:
        return {"scheme": scheme} if scheme else {}
    found, _, host = endpoint.rpartition("://")
    words = {"endpoint_override": host.rstrip("/")}
    return words | ({"scheme": scheme or found} if scheme or found else {})


def _is_set(word: str | None) -> bool:
    return (word or "").lower() in ("1", "true", "yes")
