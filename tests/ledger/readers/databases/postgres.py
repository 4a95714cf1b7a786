"""A PostgreSQL server for the tests: its own folder, its own port, LiteLLM's tables."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import pytest

PASSWORD = "s3cret/p@ss?w'ord\\"
ENCODED = "s3cret%2Fp%40ss%3Fw'ord%5C"

LOGS = """
CREATE TABLE "LiteLLM_SpendLogs" (
  "request_id" TEXT NOT NULL, "call_type" TEXT NOT NULL,
  "api_key" TEXT NOT NULL DEFAULT '', "spend" DOUBLE PRECISION NOT NULL DEFAULT 0.0,
  "total_tokens" INTEGER NOT NULL DEFAULT 0,
  "prompt_tokens" INTEGER NOT NULL DEFAULT 0,
  "completion_tokens" INTEGER NOT NULL DEFAULT 0,
  "startTime" TIMESTAMP(3) NOT NULL, "endTime" TIMESTAMP(3) NOT NULL,
  "request_duration_ms" INTEGER, "completionStartTime" TIMESTAMP(3),
  "model" TEXT NOT NULL DEFAULT '', "model_id" TEXT DEFAULT '',
  "model_group" TEXT DEFAULT '', "custom_llm_provider" TEXT DEFAULT '',
  "api_base" TEXT DEFAULT '', "user" TEXT DEFAULT '', "metadata" JSONB DEFAULT '{}',
  "cache_hit" TEXT DEFAULT '', "cache_key" TEXT DEFAULT '',
  "request_tags" JSONB DEFAULT '[]', "team_id" TEXT, "organization_id" TEXT,
  "end_user" TEXT, "requester_ip_address" TEXT, "messages" JSONB DEFAULT '{}',
  "response" JSONB DEFAULT '{}', "session_id" TEXT, "status" TEXT,
  "proxy_server_request" JSONB DEFAULT '{}',
  CONSTRAINT "LiteLLM_SpendLogs_pkey" PRIMARY KEY ("request_id"));
CREATE INDEX "LiteLLM_SpendLogs_startTime_idx" ON "LiteLLM_SpendLogs"("startTime");
"""

DAYS = """
CREATE TABLE "LiteLLM_Daily{who}Spend" (
  "id" TEXT NOT NULL PRIMARY KEY, "{who_id}" TEXT, "date" TEXT NOT NULL,
  "api_key" TEXT NOT NULL, "model" TEXT, "model_group" TEXT,
  "custom_llm_provider" TEXT, "mcp_namespaced_tool_name" TEXT, "endpoint" TEXT,
  "prompt_tokens" BIGINT NOT NULL DEFAULT 0,
  "completion_tokens" BIGINT NOT NULL DEFAULT 0,
  "cache_read_input_tokens" BIGINT NOT NULL DEFAULT 0,
  "cache_creation_input_tokens" BIGINT NOT NULL DEFAULT 0,
  "spend" DOUBLE PRECISION NOT NULL DEFAULT 0.0,
  "api_requests" BIGINT NOT NULL DEFAULT 0,
  "successful_requests" BIGINT NOT NULL DEFAULT 0,
  "failed_requests" BIGINT NOT NULL DEFAULT 0);
"""

NAMES = """
CREATE TABLE "LiteLLM_OrganizationTable" (
  "organization_id" TEXT PRIMARY KEY, "organization_alias" TEXT NOT NULL);
CREATE TABLE "LiteLLM_TeamTable" ("team_id" TEXT PRIMARY KEY, "team_alias" TEXT);
CREATE TABLE "LiteLLM_ProjectTable" (
  "project_id" TEXT PRIMARY KEY, "project_alias" TEXT);
CREATE TABLE "LiteLLM_UserTable" (
  "user_id" TEXT PRIMARY KEY, "user_alias" TEXT, "user_email" TEXT);
CREATE TABLE "LiteLLM_VerificationToken" (
  "token" TEXT PRIMARY KEY, "key_name" TEXT, "key_alias" TEXT);
"""


class Server:
    """A running server; SQL goes in over its socket, readers come over TCP."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def run(self, *statements: str, schema: str = "public") -> list[dict[str, Any]]:
        """Run statements as the superuser; the rows of the last one."""
        words = f"host={self.folder} port={self.port} user=postgres dbname=postgres"
        rows: list[dict[str, Any]] = []
        with (
            driver.connect(words, autocommit=True) as connection,
            connection.cursor() as cursor,
        ):
            for text in (f'SET search_path = "{schema}"', *statements):
                for each in filter(str.strip, text.split(";\n")):
                    cursor.execute(each)
                    if cursor.description:
                        rows = cursor.fetch_arrow_table().to_pylist()
        return rows

    def url(
        self, schema: str = "public", user: str = "reader", password: str = ENCODED
    ) -> str:
        """The address that a reader would write."""
        host = f"127.0.0.1:{self.port}"
        query = f"?schema={schema}&connection_limit=5"
        return f"postgresql://{user}:{password}@{host}/postgres{query}"

    @property
    def name(self) -> str:
        """The address as it may be shown."""
        return f"postgresql://127.0.0.1:{self.port}/postgres"

    def schema(self, name: str, *statements: str) -> str:
        """A schema of LiteLLM's tables that the reader may read; its address."""
        self.run(f'DROP SCHEMA IF EXISTS "{name}" CASCADE', f'CREATE SCHEMA "{name}"')
        self.run(*statements, schema=name)
        self.run(
            f'GRANT USAGE ON SCHEMA "{name}" TO reader',
            f'GRANT SELECT ON ALL TABLES IN SCHEMA "{name}" TO reader',
        )
        return self.url(name)


@contextmanager
def running() -> Iterator[Server]:
    """Start a server and stop it; skips where PostgreSQL is not installed."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: neither initdb on the path nor in "
                    "/usr/lib/postgresql")  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="meterwidgets-pg-"))
    process = None
    try:
        who = _unprivileged(folder)
        data, words = folder / "data", folder / "words"
        words.write_text(PASSWORD)
        words.chmod(0o644)
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "postgres", "--pwfile", words,
             "--auth-host=scram-sha-256", "--auth-local=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, cwd=folder, **who,
        )  # fmt: skip
        port = _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", folder, "-p", str(port),
                 "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off",
                 "-c", "max_parallel_workers_per_gather=0"],
                stdout=log, stderr=log, cwd=folder, **who,
            )  # fmt: skip
        server = Server(folder, port)
        quoted = PASSWORD.replace("'", "''")
        _until_ready(process, server, folder / "log")
        server.run(f"CREATE ROLE reader LOGIN PASSWORD '{quoted}'")
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # fast: without waiting for sessions
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    on_path = shutil.which("initdb")
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = [*places, *([Path(on_path)] if on_path else [])]
    return found[-1].resolve().parent if found else None


def _unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root; who it runs as, the folder being theirs."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_ready(process: Any, server: Server, log: Path) -> None:
    """Wait until it answers, or say what it said when it ended."""
    while process.poll() is None:
        try:
            server.run("SELECT 1")
        except driver.Error:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL ended: {log.read_text('utf-8', 'replace')}")
