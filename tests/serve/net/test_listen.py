"""Sockets that the server listens on."""

from __future__ import annotations

import http.client
import socket
import sys
from pathlib import Path

import pytest

from meterwidgets.errors import MeterError
from meterwidgets.serve.net.addresses import Addresses, addresses
from meterwidgets.serve.net.listen import bind, remove_socket
from serve.running import Running, write_notebook

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no unix sockets in Python"
)
SERVE = """
import sys
from pathlib import Path
from meterwidgets.serve.app import serve
folder = Path(sys.argv[1])
serve(folder, notebooks=folder, host=f"unix:{folder}/meter.sock",
      public_url="https://usage.example.com/meter", base_url=sys.argv[2] or None)
"""


def at(path: Path) -> Addresses:
    url = "https://usage.example.com"
    return addresses(host=f"unix:{path}", port=0, public_url=url)


def test_a_socket_is_for_this_user_and_group(tmp_path: Path) -> None:
    own = at(tmp_path / "meter.sock")
    (wire,) = bind(own)
    assert (tmp_path / "meter.sock").stat().st_mode & 0o777 == 0o660
    wire.close()
    remove_socket(own)
    assert not list(tmp_path.iterdir())


def test_a_socket_that_a_server_has_left_is_replaced(tmp_path: Path) -> None:
    own = at(tmp_path / "meter.sock")
    bind(own)[0].close()
    bind(own)[0].close()


def test_a_socket_that_is_served_is_left_alone(tmp_path: Path) -> None:
    own = at(tmp_path / "meter.sock")
    (wire,) = bind(own)
    with wire:
        with pytest.raises(MeterError, match=r"meter\.sock is served already"):
            bind(own)
        remove_socket(own)
        assert (tmp_path / "meter.sock").exists()


@pytest.mark.parametrize(
    "name", ["file", "folder", "file/below", "no/such/folder", "x" * 200]
)
def test_what_can_be_no_socket_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "folder").mkdir()
    with pytest.raises(MeterError, match="can't be a socket"):
        bind(at(tmp_path / name))
    assert (tmp_path / "file").read_text() == "content"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def status(folder: Path, path: str, host: str) -> tuple[int, str]:
    """Ask over the socket; the status, and where it leads."""
    wire = UnixConnection(folder / "meter.sock")
    wire.request("GET", path, headers={"Host": host})
    answer = wire.getresponse()
    answer.read()
    wire.close()
    return answer.status, answer.headers.get("Location", "")


def test_the_path_may_be_cut_off_or_kept_and_the_host_is_checked(
    tmp_path: Path,
) -> None:
    write_notebook(tmp_path / "overview.ipynb", "1")
    with Running("-c", SERVE, str(tmp_path), "") as running:
        query = running.address.partition("?")[2]
        assert running.url == "https://usage.example.com/meter/overview"
        assert running.line.endswith(
            f"proxy to unix:{tmp_path}/meter.sock (Ctrl+C stops)"
        )
        for path in ("/overview", "/meter/overview"):
            for host in ("usage.example.com", "localhost", "127.0.0.1"):
                assert status(tmp_path, path, host)[0] == 401
                asked = status(tmp_path, f"{path}?{query}", host)
                assert asked == (302, "./overview")
            for host in ("evil.example", "meter", "192.0.2.1"):
                assert status(tmp_path, f"{path}?{query}", host) == (403, "")
        assert status(tmp_path, f"/?{query}", "localhost") == (302, "./")
        assert status(tmp_path, "/other/overview", "localhost")[0] == 404
        assert "proxy_set_header Host $host" in running.errors()
        assert running.errors().count("\n") == 1
    assert not (tmp_path / "meter.sock").exists()


def test_a_path_of_its_own_is_the_only_one(tmp_path: Path) -> None:
    write_notebook(tmp_path / "overview.ipynb", "1")
    with Running("-c", SERVE, str(tmp_path), "/in.here") as running:
        assert running.url == "https://usage.example.com/meter/overview"
        assert status(tmp_path, "/in.here/overview", "localhost")[0] == 401
        for path in ("/overview", "/meter/overview", "/inxhere/overview"):
            assert status(tmp_path, path, "localhost")[0] == 404
