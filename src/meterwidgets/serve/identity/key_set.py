"""An issuer's public keys: read when needed, kept for a while, never in a flood."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError
from tornado.httpclient import HTTPClientError
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from meterwidgets.serve.identity.refused import RefusalLog

FRESH_S = 300.0
"""Seconds until keys are read again."""
LAST_GOOD_S = 3600.0
"""Seconds that keys count while their source can't be read."""
RETRY_S = 10.0
"""Seconds between two readings, however many unknown keys are asked for."""
TIMEOUT_S = 5.0
MAX_BYTES = 1 << 18
MAX_KEYS = 100
_ASYMMETRIC = {"RSA", "EC", "OKP"}


class KeySet:
    """The keys of an issuer, by their ``kid``.

    One reading is under way at most, and one begins every `RETRY_S` at most. While the
    source can't be read, the keys of the last good reading count for `LAST_GOOD_S`.

    Args:
        source: The URL or the file of a JSON Web Key Set.
        refusals: Where it is said that the source can't be read.
    """

    def __init__(self, source: str, refusals: RefusalLog) -> None:
        self._source = source
        self._refusals = refusals
        self._keys: Mapping[str, Any] = {}
        self._read_at = self._tried_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def get(self, kid: str) -> Any:
        """A public key; None where the issuer has no such key, or can't be asked."""
        age = time.monotonic() - self._read_at
        if kid not in self._keys or age > LAST_GOOD_S:
            await self._read()
        elif age > FRESH_S:
            self._start_reading()  # the known key does meanwhile
        if time.monotonic() - self._read_at > LAST_GOOD_S:
            return None
        return self._keys.get(kid)

    async def _read(self) -> None:
        self._start_reading()
        if self._reading:
            await asyncio.shield(self._reading)

    def _start_reading(self) -> None:
        now = time.monotonic()
        if self._reading is None and now - self._tried_at >= RETRY_S:
            self._tried_at = now
            self._reading = asyncio.ensure_future(self._replace_keys())

    async def _replace_keys(self) -> None:
        """Read the source; keep the keys that there are if that fails."""
        try:
            keys = _public_keys(await self._fetch())
        except Exception as error:  # noqa: BLE001 - whatever it is, no key changes
            self._refusals.add(
                f"the key set {self._source} can't be read ({_reason(error)}); "
                "readers whose key is not known are refused"
            )
        else:
            self._keys, self._read_at = keys, time.monotonic()
        finally:
            self._reading = None

    async def _fetch(self) -> bytes:
        if "://" not in self._source:
            return await asyncio.to_thread(_read_file, Path(self._source))
        client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=MAX_BYTES)
        try:
            answer = await client.fetch(
                self._source,
                connect_timeout=TIMEOUT_S,
                request_timeout=TIMEOUT_S,
                follow_redirects=False,
                decompress_response=False,
            )
            return answer.body
        finally:
            client.close()


def _reason(error: Exception) -> str:
    """Why a source can't be read, in words that it has no part in."""
    if isinstance(error, HTTPClientError):
        return f"HTTP {error.code}"
    if type(error) is ValueError:
        return str(error)
    return getattr(error, "strerror", None) or type(error).__name__


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
    return content


def _public_keys(content: bytes) -> dict[str, Any]:
    """The keys of a JSON Web Key Set that are for asymmetric signatures.

    Raises:
        ValueError: It is no key set, or has no such key.
    """
    try:
        entries = json.loads(content)["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("it is no JSON Web Key Set") from None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError(f"its keys are no list of up to {MAX_KEYS}")
    keys = {}
    for entry in entries:
        if (
            isinstance(entry, dict)
            and entry.get("kty") in _ASYMMETRIC
            and entry.get("use", "sig") == "sig"
            and isinstance(kid := entry.get("kid"), str)
        ):
            try:
                keys[kid] = PyJWK.from_dict(entry)
            except (PyJWTError, ValueError, TypeError):
                continue  # a kind of key that is newer than we are
    if not keys:
        raise ValueError("it has no key for signatures")
    return keys
