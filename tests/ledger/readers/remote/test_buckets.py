"""Ledgers in buckets, against servers that run here: moto, Google's emulator, Azurite."""

from __future__ import annotations

import base64
import gzip
import io
import os
import shutil
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pyarrow.fs import FileSystem

import meterwidgets as mw
from ledger.figures import read, sums
from meterwidgets.frame.store.ingest import ingest
from meterwidgets.ledger.readers.remote import bucket
from meterwidgets.ledger.readers.remote.bucket_address import (
    file_system,
    parse_bucket_address,
)
from meterwidgets.ledger.records.plan import LedgerSpec

TEXT = "start,model,prompt_tokens,cost\n2026-02-22T10:00:00Z,a,5,0.25\n"
AZURE_KEY = base64.b64encode(b"a key of the tests" * 3).decode()


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.csv", TEXT.replace("T10", "T13"))
    return stream.getvalue()


OBJECTS = {
    "2026/01/a.csv": TEXT.encode(),
    "2026/02/b.csv": TEXT.replace("T10", "T11").encode(),
    "2026/02/c.jsonl": b'{"start":"2026-02-22T12:00:00Z","prompt_tokens":7}\n',
    "2026/02/_SUCCESS": b"",
    "archives/d.zip": zipped(),
    "delivered/logs-1-2026-02-22": b'{"start":"2026-02-22T14:00:00Z","prompt_tokens":7}',
    "parts/000000.gz": gzip.compress(TEXT.replace("T10", "T16").encode()),
}


def port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture(scope="module")
def s3() -> Iterator[Mapping[str, str]]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, number = server.get_host_and_port()
    yield {
        "address": "s3://usage",
        "AWS_ENDPOINT_URL": f"http://{host}:{number}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "s3cret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server.stop()


@pytest.fixture(scope="module")
def gs() -> Iterator[Mapping[str, str]]:
    from gcp_storage_emulator.server import create_server

    number = port()
    server = create_server("127.0.0.1", number, in_memory=True, default_bucket="usage")
    server.start()
    yield {
        "address": "gs://usage",
        "STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{number}",
    }
    server.stop()


@pytest.fixture(scope="module")
def abfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    number = port()
    folder = tmp_path_factory.mktemp("azurite")
    local = Path(__file__).parents[4] / "node_modules/.bin/azurite-blob"
    command = shutil.which("azurite-blob") or str(local)
    if not Path(command).exists():
        pytest.skip("Azurite is not installed: run npm install")
    process = subprocess.Popen(
        [command, "--blobPort", str(number), "--blobHost", "127.0.0.1", "--silent",
         "--skipApiVersionCheck", "--inMemoryPersistence", "--disableTelemetry"],
        cwd=folder,
        env=os.environ | {"AZURITE_ACCOUNTS": f"devaccount:{AZURE_KEY}"},
    )  # fmt: skip
    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", number)) == 0:
                break
        time.sleep(0.05)
    yield {
        "address": "abfs://usage",
        "AZURE_STORAGE_CONNECTION_STRING": f"AccountName=devaccount;AccountKey={AZURE_KEY};"
        f"BlobEndpoint=http://127.0.0.1:{number}/devaccount;",
    }
    process.terminate()
    process.wait()


@pytest.fixture(params=["s3", "gs", "abfs"])
def filled(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, FileSystem]:
    """An address whose bucket holds the objects, and its file system."""
    words = dict(request.getfixturevalue(request.param))
    address = words.pop("address")
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    parsed = parse_bucket_address(address)
    assert parsed
    system = file_system(parsed)
    writer = system
    if request.param == "s3":
        from pyarrow.fs import S3FileSystem

        writer = S3FileSystem(
            endpoint_override=words["AWS_ENDPOINT_URL"], allow_bucket_creation=True
        )
    if request.param != "gs":
        writer.create_dir("usage")
    for key, data in OBJECTS.items():
        with writer.open_output_stream(f"usage/{key}", compression=None) as stream:
            stream.write(data)
    return address, writer


def test_a_bucket_is_read_as_a_folder_is(
    filled: tuple[str, FileSystem], tmp_path: Path
) -> None:
    address, system = filled
    named = {
        "/2026/01/a.csv": 5,
        "/2026/02/": 12,
        "/2026/0": 17,
        "/2026/*/*.csv": 10,
        "/**/*.jsonl": 7,
        "/archives/d.zip": 5,
        "/delivered/": 7,
        "/parts/": 5,
        "": 27,
    }
    for key, tokens in named.items():
        assert sums(read(address + key))["input_tokens"] == tokens, key
    usage = read(f"{address}/2026/01/a.csv")
    (span,) = usage.quality.spans
    changed = system.get_file_info("usage/2026/01/a.csv").mtime
    assert (span.name, span.written) == (f"{address}/2026/01/a.csv", changed)
    for key in ("/none/", "/none.csv", "/2026/*.txt"):
        with pytest.raises(mw.MeterError, match=r"no ledger there|is not there"):
            read(address + key)


def test_a_store_takes_what_is_new_in_a_bucket(
    filled: tuple[str, FileSystem], tmp_path: Path
) -> None:
    address, system = filled
    spec = LedgerSpec([f"{address}/2026/"])
    first = ingest([spec], tmp_path / "store")
    assert (first.records, first.unchanged) == (3, 0)
    with system.open_output_stream("usage/2026/03/e.csv") as stream:
        stream.write(TEXT.replace("T10", "T15").encode())
    second = ingest([spec], tmp_path / "store")
    assert (second.records, second.unchanged) == (1, 3)
    system.delete_file("usage/2026/03/e.csv")


def test_an_object_that_changes_while_it_is_read_is_an_error(
    filled: tuple[str, FileSystem], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, system = filled
    chunks = bucket._chunks

    def changing(stream: Any) -> Iterator[bytes]:
        yield from chunks(stream)
        with system.open_output_stream("usage/2026/01/a.csv") as written:
            written.write(TEXT.replace(",5,", ",6,").encode())

    monkeypatch.setattr(bucket, "_chunks", changing)
    with pytest.raises(mw.MeterError, match="changed while it was read"):
        read(f"{address}/2026/01/a.csv")


class Refusing(BaseHTTPRequestHandler):
    """A server that lets nobody read."""

    def do_GET(self) -> None:
        self.send_response(403)
        body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_bucket_without_rights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
        end = f"?endpoint_override=http://127.0.0.1:{server.server_port}&region=x"
        for key in ("a.csv", "in/", "*.csv"):
            with pytest.raises(mw.MeterError, match="may not be read with") as caught:
                read(f"s3://usage/{key}{end}")
            assert "s3cret" not in str(caught.value)
        server.shutdown()


def test_a_bucket_that_nobody_answers_for_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    end = f"?endpoint_override=http://127.0.0.1:{port()}&region=us-east-1"
    with pytest.raises(mw.MeterError, match="no server answers"):
        read(f"s3://usage/a.csv{end}")


BAD: Mapping[str, str] = {
    "s3://key:s3cret@usage/a.csv": "holds credentials",
    "s3://usage/a.csv?secret_key=s3cret": "unknown option",
    "abfs://usage@acc:s3cret@x/a.csv": "holds credentials",
    "s3:///a.csv": "is empty",
    "abfs://usage/a.csv": "no account",
    "ftp://host/a.csv": "unknown kind",
}


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_can_not_be_used_says_why(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING", raising=False)
    with pytest.raises(mw.MeterError, match=BAD[address]) as caught:
        read(address)
    assert "s3cret" not in str(caught.value)
