"""What the server counts of itself, for Prometheus; no label names anybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The metrics of one server.

    Attributes:
        first_html: Seconds from a page's request to its first figures.
        session_start: Seconds that a page's session takes to start.
        starts: Sessions that were started.
    """

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Counter(
            "meterwidgets_requests",
            "Requests that were answered.",
            ["route", "status"],
            registry=registry,
        )
        self._refusals = Counter(
            "meterwidgets_refusals",
            "Requests and messages that were refused.",
            ["kind"],
            registry=registry,
        )
        self.starts = Counter(
            "meterwidgets_session_starts",
            "Sessions that were started.",
            registry=registry,
        )
        self.first_html = Histogram(
            "meterwidgets_first_html_seconds",
            "Time from a page's request to its first figures.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.session_start = Histogram(
            "meterwidgets_session_start_seconds",
            "Time that a session takes to start, once it is its turn.",
            buckets=_SECONDS,
            registry=registry,
        )

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a figure that is read when the metrics are.

        Args:
            name: Without the prefix.
            text: What it says.
            value: Reads it.
        """
        gauge = Gauge(f"meterwidgets_{name}", text, registry=self._registry)
        gauge.set_function(value)

    def count_request(self, route: str, status: int) -> None:
        """Count a request that was answered.

        Args:
            route: One of the server's own words: no part of an address.
            status: Of the answer.
        """
        self._requests.labels(route, str(status)).inc()
        if (kind := _REFUSALS.get(status)) is not None:
            self.refuse(kind)

    def refuse(self, kind: str) -> None:
        """Count a refusal.

        Args:
            kind: One of the server's own words.
        """
        self._refusals.labels(kind).inc()

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)


_REFUSALS = {
    400: "malformed",
    401: "not_signed_in",
    403: "forbidden",
    405: "malformed",
    413: "too_large",
    414: "too_large",
    429: "too_many",
}
"""Status -> the kind of refusal that it is."""


def resident_bytes(pids: Iterable[int]) -> int:
    """The memory of processes, with what they share counted for each; 0 off Linux.

    Args:
        pids: Their ids; those that have ended count nothing.
    """
    pages = 0
    for pid in pids:
        with suppress(OSError, ValueError):
            pages += int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") if pages else 0
