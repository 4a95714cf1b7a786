"""``/metrics``: for scrapers that have its token, and for signed-in operators."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from tornado.web import HTTPError, authenticated

from meterwidgets.errors import MeterError
from meterwidgets.serve.health.observer import OBSERVER, Observer
from meterwidgets.serve.responses import PlainErrors

TOKEN_VARIABLE = "METERWIDGETS_METRICS_TOKEN"
"""The environment variable of the token that scrapers send."""
METRICS_TOKEN = "meterwidgets_metrics_token"
"""The setting that holds it."""
_SHORTEST = 16


def metrics_token(environ: Mapping[str, str] = os.environ) -> str:
    """The token that opens ``/metrics``; empty if none does.

    Raises:
        MeterError: It is easy to guess.
    """
    token = environ.get(TOKEN_VARIABLE, "")
    if token and len(token) < _SHORTEST:
        raise MeterError(
            f"{TOKEN_VARIABLE}: has {len(token)} characters, which are easy to guess; "
            f"use at least {_SHORTEST}, such as those of: openssl rand -hex 16"
        )
    return token


class MetricsPage(PlainErrors, JupyterHandler):
    """Answers with the metrics of the server."""

    def _has_token(self) -> bool:
        token: str = self.settings[METRICS_TOKEN]
        given = self.request.headers.get("Authorization", "")
        expected = f"Bearer {token}".encode()
        return bool(token) and hmac.compare_digest(given.encode(), expected)

    async def prepare(self, **options: Any) -> None:
        """Look at who asks, unless the token says it: scrapers use any host."""
        if not self._has_token():
            await super().prepare(**options)

    async def get(self) -> None:
        """Answer with the metrics.

        Raises:
            HTTPError: 403 to those who are no operators.
        """
        if self._has_token():
            self._answer()
        else:
            self._answer_operator()

    head = get

    @authenticated
    def _answer_operator(self) -> None:
        scope = getattr(self.current_user, "scope", None)
        if scope is None or not scope.is_all:
            raise HTTPError(403)
        self._answer()

    def _answer(self) -> None:
        observer: Observer = self.settings[OBSERVER]
        self.set_header("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
        self.set_header("Cache-Control", "no-store")
        self.finish(observer.metrics.text())
