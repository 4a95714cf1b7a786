"""A served store of two tenants, and people who may see parts of it."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

import meterwidgets as mw
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.records.plan import LedgerSpec

from ..identity.issuer import HEADER, Issuer
from ..running import Answer, Running, write_notebook
from ..sessions.readers import WIRE

CANARY = "canary7f3a"
"""Stands in every name of the second tenant."""
SERVE = """
import sys
from pathlib import Path
from meterwidgets.config import config
from meterwidgets.serve.app import serve
from meterwidgets.serve.identity.choose import SignIn
folder = Path(sys.argv[1])
read = config.load(folder / "meterwidgets.toml")
serve(folder / "usage.meter", notebooks=folder, port=0,
      sign_in=SignIn(identity=read.identity, roles=config.roles(read)))
"""
CONFIG = """
[identity]
way = "proxy"
header = "{header}"
issuer = "{issuer}"
audience = "meterwidgets"
keys = "{issuer}/keys"

[roles]
operator = {{ when = {{ groups = ["admins"] }}, sees = "all" }}
org_admin = {{ when = {{ groups = ["org"] }}, sees = {{ org = ["acme"] }} }}
finance = {{ when = {{ groups = ["finance"] }}, sees = {{ org = ["acme"] }}, personal = false }}
lead = {{ when = {{ groups = ["lead"] }}, sees = {{ project = "claim:projects" }} }}
end_user = {{ sees = {{ user = "claim:email" }} }}
"""
CLAIMS: dict[str, dict[str, Any]] = {
    "root": {"groups": ["admins"]},
    "olga": {"groups": ["org"]},
    "fin": {"groups": ["finance"]},
    "lee": {"groups": ["lead"], "projects": ["acme-project-0", "acme-project-1"]},
    "ann": {"groups": [], "email": "ann@acme.test"},
    "bob": {"groups": [], "email": "bob@acme.test"},
    "odd": {"groups": [], "email": ["ann@acme.test"]},
}
REPORT = """
import json, os
sums = usage.select().sums()
rows = usage.select().records(order="cost").to_pylist()
names = ("user", "api_key", "session", "end_user", "extra", "file", "row", "org")
print("REPORT" + json.dumps({
    "sums": [sums["records"], sums["input_tokens"]],
    "tokens": [row["input_tokens"] for row in rows],
    "values": {name: sorted({str(row[name]) for row in rows}) for name in names},
    "env": dict(os.environ), "pid": os.getpid(),
}) + "/REPORT")
"""
FOLLOW = """
import time
from meterwidgets.context import open_newer
end = time.monotonic() + 30
newer = None
while newer is None and time.monotonic() < end:
    time.sleep(0.1)
    newer = open_newer(usage)
print("REPORT" + json.dumps({"before": usage.quality.records,
    "after": newer and newer.quality.records,
    "records": newer and newer.select().records().num_rows}) + "/REPORT")
"""


def rows_of(tenant: str, day: int, count: int = 40) -> list[dict[str, Any]]:
    """Requests of a tenant on a day, by two users and in three projects."""
    domain = f"{tenant}.test"
    return [
        {
            "time": f"2026-02-{day:02}T{n % 24:02}:00:{n:02}Z",
            "org": tenant,
            "user": f"{('ann', 'bob')[n % 2]}@{domain}",
            "project": f"{tenant}-project-{n % 3}",
            "model": f"{tenant}-model-{n % 2}",
            "api_key": f"{tenant}-key-{n % 4}",
            "session": f"{tenant}-session-{n}",
            "input_tokens": 1000 + 100 * n + day,
            "output_tokens": 10,
            "cost": f"{0.01 * (n + 1):.2f}",
            "currency": "USD",
        }
        for n in range(count)
    ]


def add(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Ingest rows into the store."""
    path = folder / f"{name}.csv"
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\nnever,broken\n", "utf-8")
    prices = mw.PriceBook(catalogue=False)
    ingest([LedgerSpec([path])], folder / "usage.meter", prices=prices)


@dataclass
class Person:
    """Somebody whom the proxy has signed in."""

    running: Running
    issuer: Issuer
    name: str
    claims: dict[str, Any] = field(default_factory=dict)
    xsrf: str = field(default="", init=False)

    @property
    def headers(self) -> dict[str, str]:
        """What the proxy and the browser send."""
        assertion = self.issuer.sign(
            sub=self.name, **{"email": None, **CLAIMS[self.name], **self.claims}
        )
        return {HEADER: assertion, "Cookie": f"_xsrf={self.xsrf}"}

    def ask(self, path: str, method: str = "GET") -> Answer:
        """Send a request."""
        wire = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=90)
        try:
            wire.request(method, path, headers=self.headers)
            answer = wire.getresponse()
            for value in answer.headers.get_all("Set-Cookie", []):
                if found := re.match(r"_xsrf=([^;]+)", value):
                    self.xsrf = found.group(1)
            text = answer.read().decode()
            return Answer(answer.status, dict(answer.getheaders()), text)
        finally:
            wire.close()

    @asynccontextmanager
    async def connected(self, kernel: str) -> AsyncIterator[WebSocketClientConnection]:
        """The websocket of a session."""
        host = self.running.host
        path = f"ws://{host}/api/kernels/{kernel}/channels?session_id=1"
        headers = {**self.headers, "Origin": f"http://{host}"}
        request = HTTPRequest(path, headers=headers)
        wire = await websocket_connect(request, subprotocols=[WIRE])
        try:
            yield wire
        finally:
            wire.close()


@dataclass(frozen=True)
class Tenants:
    """A server of the store, its folder, and its issuer."""

    running: Running
    issuer: Issuer
    folder: Path

    def person(self, name: str, **claims: Any) -> Person:
        """Somebody, with other claims than usual."""
        return Person(self.running, self.issuer, name, claims)


@contextmanager
def serving(folder: Path) -> Iterator[Tenants]:
    """Serve both tenants' store with the product's cells, and one that reports."""
    for tenant in ("acme", CANARY):
        add(folder, f"usage-{tenant}", rows_of(tenant, 1))
    for page in ("overview", "token_usage", "model_analytics", "my_usage"):
        key = page.replace("_", "-")
        app = f"import meterwidgets as mw\nusage = mw.current_usage()\nmw.app(usage, page={key!r})"
        more = (REPORT,) if page != "model_analytics" else (REPORT, FOLLOW)
        write_notebook(folder / f"{page}.ipynb", app, *more)
    with Issuer() as issuer:
        config = CONFIG.format(header=HEADER, issuer=issuer.url)
        (folder / "meterwidgets.toml").write_text(config, "utf-8")
        with Running("-c", SERVE, str(folder)) as running:
            yield Tenants(running, issuer, folder)


def reports(page: Answer) -> list[dict[str, Any]]:
    """What the cells of a page reported."""
    import html

    texts = re.findall(r"REPORT(\{.*?\})/REPORT", html.unescape(page.text), re.DOTALL)
    return [json.loads(text) for text in texts]
