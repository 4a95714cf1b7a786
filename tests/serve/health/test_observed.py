"""What operators learn of a running server: its metrics, and who saw what."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from meterwidgets.errors import MeterError
from meterwidgets.serve.health.access_log import MAX_LINE, AccessLog, line
from meterwidgets.serve.health.metrics_page import metrics_token

from ..running import Answer, Running, until, write_notebook

TOKEN = "0123456789abcdef-of-a-scraper"
SERVE = """
import sys
from pathlib import Path
from meterwidgets.serve.app import serve
folder = Path(sys.argv[1])
serve(folder, notebooks=folder, port=0, access_log=str(folder / "access.log"))
"""


@dataclass
class Observed:
    """A server with an access log."""

    running: Running
    log: Path

    def entries(self, path: Path | None = None) -> list[dict[str, Any]]:
        """What it has logged."""
        lines = (path or self.log).read_text("ascii").splitlines()
        return [json.loads(text) for text in lines]

    def ask(self, path: str, **options: Any) -> tuple[Answer, dict[str, Any]]:
        """Send a request; return the answer and what is logged of it after that."""
        before = len(self.entries())
        answer = self.running.ask(path, **options)

        def new() -> list[dict[str, Any]]:
            """Those of this request: earlier ones may end meanwhile."""
            asked = {"event": "request", "path": path.partition("?")[0]}
            entries = self.entries()[before:]
            return [each for each in entries if asked.items() <= each.items()]

        assert until(lambda: bool(new()))
        return answer, new()[0]

    def metrics(self) -> dict[str, float]:
        """Its metrics, as a scraper reads them."""
        bearer = {"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8866"}
        answer = self.running.ask("/metrics", headers=bearer, signed_in=False)
        assert answer.status == 200
        lines = [one for one in answer.text.splitlines() if not one.startswith("#")]
        pairs = [one.rpartition(" ") for one in lines]
        return {name: float(value) for name, _, value in pairs}


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    folder = tmp_path_factory.mktemp("observed")
    write_notebook(folder / "overview.ipynb", "1")
    env = {"METERWIDGETS_METRICS_TOKEN": TOKEN}
    with Running("-c", SERVE, str(folder), env=env) as running:
        yield Observed(running, folder / "access.log")


def test_the_log_says_who_saw_which_rows_when(observed: Observed) -> None:
    page, found = observed.ask("/overview?range=7d&org=Acme")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["time"])
    assert (found["method"], found["path"]) == ("GET", "/overview")
    assert found["query"] == "range=7d&org=Acme"
    assert (found["status"], found["client"]) == (200, "127.0.0.1")
    assert (found["role"], found["scope"]) == ("operator", "all")
    assert found["principal"] and found["session"] in page.text


def test_the_log_says_when_a_page_was_connected_to_its_session(
    observed: Observed,
) -> None:
    running, session = observed.running, observed.ask("/overview")[1]["session"]
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org",
        "Origin": f"http://{running.host}",
    }
    running.ask(f"/api/kernels/{session}/channels?session_id=1", headers=headers)

    def events() -> list[str]:
        mine = [one for one in observed.entries() if one.get("session") == session]
        return [one["event"] for one in mine if one["event"] != "request"]

    assert until(lambda: events() == ["connected", "disconnected"]), events()


def test_a_refused_reader_is_nobody_in_the_log(observed: Observed) -> None:
    _, found = observed.ask("/overview", signed_in=False)
    assert (found["status"], found["principal"]) == (401, None)


def test_the_log_holds_no_secret(observed: Observed) -> None:
    running = observed.running
    token = running.address.rpartition("token=")[2]
    _, found = observed.ask(f"/overview?token={token}&org=Acme", signed_in=False)
    assert found["query"] == "token=...&org=Acme"
    log = observed.log.read_text("ascii")
    assert token not in log
    assert running.cookie.partition("=")[2] not in log


def test_no_request_forges_a_line_of_the_log_or_stretches_it(
    observed: Observed,
) -> None:
    attack = "%0a%7b%22event%22%3a1%7d%1b%5b2J%e2%80%ae%00"
    before = len(observed.entries())
    observed.running.ask(f"/{attack}?{attack}")
    observed.running.ask(f"/{'a' * 9000}", headers={"X-Forwarded-For": "b" * 9000})
    assert until(lambda: len(observed.entries()) >= before + 2)
    events = {entry["event"] for entry in observed.entries()}
    assert events <= {"request", "connected", "disconnected"}
    raw = observed.log.read_bytes()
    assert max(map(len, raw.splitlines())) <= MAX_LINE
    assert all(byte == 10 or 32 <= byte < 127 for byte in raw)


@pytest.mark.parametrize("text", ["\U0001f600" * 500, "\x00" * 9000])
def test_a_line_is_bounded_whatever_is_in_it(text: str) -> None:
    entry = {"event": "request", "scope": {"user": [text] * 90}, "path": text}
    assert len(line(entry)) <= MAX_LINE
    assert json.loads(line(entry))["event"] == "request"


def test_the_log_is_for_its_owner_and_goes_on_in_a_new_file_after_a_hangup(
    observed: Observed,
) -> None:
    assert stat.S_IMODE(observed.log.stat().st_mode) == 0o600
    moved = observed.log.with_name("access.log.1")
    observed.log.rename(moved)
    observed.running.ask("/healthz")
    assert until(lambda: observed.entries(moved)[-1]["path"] == "/healthz")
    os.kill(observed.running.process.pid, signal.SIGHUP)
    assert until(observed.log.exists)
    _, found = observed.ask("/readyz")
    assert [found] == observed.entries()


def test_a_log_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeterError, match=r"--access-log .*none/log: can't be written"):
        AccessLog(str(tmp_path / "none" / "log"))


def test_metrics_count_requests_refusals_and_sessions(observed: Observed) -> None:
    before = observed.metrics()
    observed.running.ask("/overview")
    observed.running.ask("/overview", signed_in=False)
    after = observed.metrics()

    def added(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert added('meterwidgets_requests_total{route="overview",status="200"}') == 1
    assert added('meterwidgets_refusals_total{kind="not_signed_in"}') == 1
    assert added("meterwidgets_session_starts_total") == 1
    assert added("meterwidgets_session_start_seconds_count") == 1
    assert added("meterwidgets_first_html_seconds_count") == 1
    assert after["meterwidgets_sessions"] >= 1
    assert after["meterwidgets_waiting_pages"] == 0
    assert after["meterwidgets_sessions_resident_memory_bytes"] > 10e6
    assert after["process_resident_memory_bytes"] > 10e6


def test_no_address_becomes_a_label(observed: Observed) -> None:
    for path in ("/secret-model", "/overview?org=secret-org", "/api/kernels/secret"):
        observed.running.ask(path)
    assert "secret" not in " ".join(observed.metrics())


def test_metrics_are_for_scrapers_with_the_token_and_for_operators(
    observed: Observed,
) -> None:
    ask = observed.running.ask
    assert ask("/metrics", signed_in=False).status == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert ask("/metrics", headers=wrong, signed_in=False).status == 401
    assert "meterwidgets_sessions" in ask("/metrics").text


def test_a_token_that_is_easy_to_guess_is_refused() -> None:
    with pytest.raises(MeterError, match="8 characters, which are easy to guess"):
        metrics_token({"METERWIDGETS_METRICS_TOKEN": "tok12345"})
    assert metrics_token({}) == ""
