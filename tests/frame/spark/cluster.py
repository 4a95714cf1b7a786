"""A Spark cluster for the tests: a master and two workers on loopback, in processes."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WORKERS = 2
_START = 120  # seconds; a busy machine is slow


@contextmanager
def running() -> Iterator[SparkSession]:
    """Start a cluster and end it; skips where there is no Java that Spark runs on."""
    pyspark = pytest.importorskip("pyspark", reason="pip install '.[spark]'")
    java = _java_version()
    if java < 17:
        pytest.skip(
            f"Spark needs Java 17 or newer on the path; there is {java or 'none'}"
        )
    home = Path(pyspark.__file__).parent
    folder = Path(tempfile.mkdtemp(prefix="meterwidgets-spark-"))
    here = {
        "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"), "PYSPARK_PYTHON": sys.executable,
    }  # fmt: skip
    before = {name: os.environ.get(name) for name in here}
    os.environ.update(here)
    processes: list[subprocess.Popen[bytes]] = []
    session = None

    def start(name: str, kind: str, *words: str) -> Path:
        log = folder / f"{name}.log"
        with log.open("wb") as stream:
            processes.append(subprocess.Popen(
                [home / "bin" / "spark-class", f"org.apache.spark.deploy.{kind}",
                 "--host", "127.0.0.1", "--webui-port", "0", *words],
                stdout=stream, stderr=stream, cwd=folder,
            ))  # fmt: skip
        return log

    try:
        port = _free_port()
        master = f"spark://127.0.0.1:{port}"
        log = start("master", "master.Master", "--port", str(port))
        for number in range(WORKERS):
            work = folder / f"work-{number}"
            start(f"worker-{number}", "worker.Worker", "--cores", "1", "--memory", "1g",
                  "--work-dir", str(work), master)  # fmt: skip
        _until(log, "Registering worker", WORKERS, processes)
        session = _session(master, folder)
        yield session
    finally:
        if session is not None:
            _end(session)
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(60)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(folder, ignore_errors=True)


def _session(master: str, folder: Path) -> SparkSession:
    from pyspark.sql import SparkSession

    words = {
        "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
        "spark.executor.memory": "1g", "spark.executor.cores": "1",
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4", "spark.sql.session.timeZone": "Asia/Kolkata",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }  # fmt: skip
    builder = SparkSession.builder.master(master).appName("meterwidgets tests")
    for name, value in words.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _end(session: SparkSession) -> None:
    """Stop the session and the Java process behind it, which Spark leaves running."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    session.stop()
    if gateway is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gateway.shutdown()
            process = getattr(gateway, "proc", None)
            if process is not None:
                process.stdin.close()
                process.wait(60)
        SparkContext._gateway = SparkContext._jvm = None


def _java_version() -> int:
    program = shutil.which("java")
    if program is None:
        return 0
    said = subprocess.run(
        [program, "-version"], capture_output=True, text=True, check=False
    )
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(
    log: Path, line: str, times: int, processes: list[subprocess.Popen[bytes]]
) -> None:
    """Wait until a log says something so often, or say what it said instead."""
    end = time.monotonic() + _START
    while time.monotonic() < end and all(each.poll() is None for each in processes):
        if log.read_text("utf-8", "replace").count(line) >= times:
            return
        time.sleep(0.1)
    pytest.fail(f"Spark did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
