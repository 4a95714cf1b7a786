"""What the server answers, and what it gives away: nothing but its pages."""

from __future__ import annotations

import html
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psutil
import pytest

import meterwidgets as mw
from meterwidgets.frame.saved import save
from meterwidgets.serve.kernels.fork_server import can_fork
from meterwidgets.serve.sessions.limits import Limits

from .running import SERVE, Answer, Running, until, write_notebook

STARTING = Limits().starting
WIRE = "v1.kernel.websocket.jupyter.org"
REPORT = """
import json, os, sys
mark = "seen-" + "by-the-kernel"
history = get_ipython().history_manager.enabled
print(json.dumps({"env": dict(os.environ), "voila": "voila" in sys.modules,
                  "python": sys.executable, "mark": mark, "history": history}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("notebooks")
    env = {"DATABASE_URL": "postgres://hunter2", "JUPYTER_TOKEN": "hunter2"}
    with Running.notebook(folder, REPORT, env=env) as running:
        yield running


@pytest.fixture(scope="module")
def overview(server: Running) -> Answer:
    return server.ask("/overview?org=Acme")


@pytest.fixture
def fresh(server: Running) -> Answer:
    """A page whose session has not ended yet, for want of a browser that connects."""
    return server.ask("/overview")


def kernel_id(page: Answer) -> str:
    found = re.search(r'mwPage\.kernel\("([^"]+)"\)', page.text)
    assert found, page.text
    return found.group(1)


def asking(running: Running) -> bytes:
    """The request for a page, for a reader who sends no more."""
    cookie = f"Cookie: {running.cookie}\r\n"
    return f"GET /overview HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode()


def test_the_one_line_it_prints_is_its_address(server: Running) -> None:
    address = rf"http://{server.host}/overview\?token=[\w-]{{43}}"
    assert re.fullmatch(rf"Serving {address} \(Ctrl\+C stops\)", server.line)


def test_it_listens_on_the_loopback_only(server: Running) -> None:
    listening = [
        each.laddr.ip
        for each in psutil.Process(server.process.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


def test_the_bare_address_leads_to_the_overview_with_its_query(server: Running) -> None:
    answer = server.ask("/?org=Acme")
    assert (answer.status, answer.headers["Location"]) == (302, "/overview?org=Acme")


def test_the_overview_runs_its_notebook_in_our_template(overview: Answer) -> None:
    assert overview.status == 200
    assert '<html lang="en">' in overview.text
    assert "<title>Usage Metering</title>" in overview.text
    assert '<main id="rendered_cells"' in overview.text
    assert "seen-by-the-kernel" in overview.text


def test_a_page_holds_no_source_and_names_no_other_host(overview: Answer) -> None:
    assert '"by-the-kernel"' not in html.unescape(overview.text)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", overview.text)


def test_a_kernel_sees_only_what_it_needs(overview: Answer) -> None:
    printed = re.findall(r'\{"env".*\}', html.unescape(overview.text))
    told = json.loads(printed[0])
    assert not [name for name, value in told["env"].items() if "hunter2" in value]
    assert told["env"]["METERWIDGETS_FRAME"]
    assert told["env"]["QUERY_STRING"] == "org=Acme"
    assert told["env"]["PATH"]
    assert told["python"] == sys.executable
    assert not told["voila"]
    assert not told["history"]  # which is the operator's own


def test_nor_does_the_process_know_more(server: Running, fresh: Answer) -> None:
    assert kernel_id(fresh)
    for each in (*server.kernels(), *server.fork_servers()):
        assert "hunter2" not in "".join(each.environ().values())


SCAN = r"""
import re
def found():
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, *_, = line.split()
            if rights.startswith("rw"):
                start, end = (int(each, 16) for each in place.split("-"))
                memory.seek(start)
                yield len(re.findall(rb"first[-]reader", memory.read(end - start)))
print("found", sum(found()))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="reads its memory as Linux shows it"
)
def test_a_session_holds_nothing_of_another_reader_s(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Running.notebook(tmp_path_factory.mktemp("notebooks"), SCAN) as running:
        own = running.ask("/overview?org=first-reader").text
        other = running.ask("/overview").text
    assert re.search(r"found [1-9]", own)
    assert re.search(r"found 0\b", other)


@pytest.mark.slow
@pytest.mark.skipif(not can_fork(), reason="nothing is forked here")
def test_sessions_start_and_go_on_when_what_they_are_forked_from_has_ended(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Running.notebook(tmp_path_factory.mktemp("notebooks"), "1") as running:
        running.ask("/overview")
        (forked,) = running.kernels()
        for each in running.fork_servers():
            each.kill()
        assert until(lambda: not running.fork_servers())
        assert "mwPage.drawing()" in running.ask("/overview").text
        assert len(running.kernels()) == 1
        assert "sessions start slower" in running.errors()
        assert forked.is_running()  # its reader hears of nothing
        running.process.kill()
        assert until(lambda: not forked.is_running())


@pytest.mark.slow
def test_a_server_that_is_killed_leaves_no_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Running.notebook(tmp_path_factory.mktemp("notebooks"), "1") as running:
        running.ask("/overview")
        below = running.below()
        assert below
        running.process.kill()
        assert until(lambda: not any(each.is_running() for each in below))


def test_every_answer_has_a_strict_policy(server: Running, overview: Answer) -> None:
    for answer in (overview, server.ask("/nope"), server.ask("/voila/static/page.js")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_stay_on_this_site(overview: Answer) -> None:
    assert "SameSite=Strict" in overview.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/overview/",
        "/overview.ipynb",
        "/tree",
        "/voila/tree",
        "/voila/render/overview.ipynb",
        "/voila/files/overview.ipynb",
        "/voila/files/favicon.svg",
        "/voila/api/contents",
        "/voila/templates/lab/static/index.css",
        "/api",
        "/api/contents",
        "/api/kernels",
        "/api/kernelspecs",
        "/api/sessions",
        "/api/terminals",
        "/login",
        "/static/favicon.ico",
    ],
)
def test_there_is_nothing_else(server: Running, path: str) -> None:
    answer = server.ask(path)
    assert answer.status == 404
    assert "Page not found" in answer.text


@pytest.mark.parametrize("path", ["/overview", "/nope", "/api/kernels"])
def test_nothing_can_be_posted_there(server: Running, path: str) -> None:
    assert server.ask(path, method="POST").status in {403, 404, 405}


@pytest.mark.parametrize(
    "path",
    [
        "/voila/static/../index.html.j2",
        "/voila/static/%2e%2e/index.html.j2",
        "/voila/static//etc/passwd",
        "/voila/labextensions/bqplot/static/../../../../../../../../../etc/passwd",
        "/voila/labextensions/bqplot/static/%2e%2e/package.json",
        "/voila/labextensions/bqplot/static/..%2f..%2fbqscales/package.json",
    ],
)
def test_static_files_end_at_their_folder(server: Running, path: str) -> None:
    answer = server.ask(path)
    assert answer.status in {403, 404}
    assert "root:" not in answer.text


def test_a_query_can_not_choose_a_template_or_a_theme(server: Running) -> None:
    attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
    answer = server.ask(f"/overview?template=compatibility&theme={attack}")
    assert answer.status == 200
    assert "<script>alert(1)" not in answer.text
    assert "mwPage.drawing()" in answer.text


@pytest.mark.slow
def test_a_name_in_the_ledger_is_no_markup_of_the_first_words(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    name = "<script>alert(1)</script>"
    usage = mw.read_usage(
        {"time": ["2026-02-22"], "model": [name], "cost": [1]},
        prices=mw.PriceBook(catalogue=False),
        rejects=None,
    )
    save(usage, folder / "frame")
    write_notebook(folder / "frame" / "overview.ipynb", "1")
    with Running("-c", SERVE, str(folder / "frame"), "0") as running:
        shown = running.ask("/overview?page=model-analytics&range=%3Cscript%3E").text
    assert "<script>alert(1)" not in shown
    assert html.escape(name) in shown


def test_a_page_under_another_name_is_refused(server: Running) -> None:
    answer = server.ask("/overview", headers={"Host": "evil.example"})
    assert answer.status == 403


def test_a_kernel_can_not_be_ended_from_another_site(
    server: Running, fresh: Answer
) -> None:
    path = f"/voila/api/shutdown/{kernel_id(fresh)}"
    assert server.ask(path, method="POST").status == 403
    assert server.ask(f"/api/kernels/{kernel_id(fresh)}").status == 200


def connect(
    server: Running, page: Answer, *, origin: str = "", wire: str = WIRE
) -> Answer:
    """Ask for the websocket of a page's kernel."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": wire,
        "Origin": origin or f"http://{server.host}",
    }
    path = f"/api/kernels/{kernel_id(page)}/channels?session_id=1"
    return server.ask(path, headers=headers)


def test_a_websocket_from_another_site_is_refused(
    server: Running, fresh: Answer
) -> None:
    assert connect(server, fresh, origin="http://evil.example").status == 403


def test_a_websocket_without_the_wire_that_is_filtered_is_refused(
    server: Running, fresh: Answer
) -> None:
    assert connect(server, fresh, wire="legacy").status == 400
    assert connect(server, fresh).status == 101
    assert "ping" not in server.errors()  # what is no concern of an operator's


def test_a_page_that_works_logs_nothing(server: Running) -> None:
    before = server.errors()
    assert server.ask("/overview").status == 200
    assert server.ask("/nope").status == 404
    assert server.errors() == before


@pytest.mark.slow
def test_a_taken_port_is_named_with_the_way_out(
    server: Running, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "overview.ipynb").touch()
    command = [sys.executable, "-c", SERVE, str(folder), str(server.port)]
    done = subprocess.run(
        command, capture_output=True, check=False, text=True, timeout=60
    )
    assert done.returncode == 1
    assert f"port {server.port} of 127.0.0.1 is in use" in done.stderr
    assert "--port" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_process(
    tmp_path_factory: pytest.TempPathFactory, by: signal.Signals
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with Running.notebook(folder, "import time", "1") as running:
        running.ask("/overview")
        assert running.kernels()
        below = running.below()
        running.process.send_signal(by)
        assert running.process.wait(5) == 0
        assert until(lambda: not any(each.is_running() for each in below))
        assert running.errors() == ""
        with (
            pytest.raises(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", running.port)),
        ):
            pass


@pytest.mark.slow
def test_a_cell_that_fails_shows_neither_its_source_nor_its_traceback(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    cells = ("1", "secret = 'hunter2'\nraise ValueError(secret)", "print('later')")
    with Running.notebook(folder, *cells) as running:
        answer = running.ask("/overview")
        assert 'mwPage.fail("")' in answer.text
        assert not re.search("hunter2|Traceback|ValueError|later", answer.text)
        assert "ValueError: hunter2" in running.errors()
        assert until(lambda: not running.kernels())


UNTIL_GO = """
import pathlib, time
while not pathlib.Path("go").exists():
    time.sleep(0.02)
"""


@pytest.mark.slow
def test_sessions_start_in_turn_so_that_the_first_need_not_wait_for_the_last(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with (
        Running.notebook(folder, UNTIL_GO) as running,
        ThreadPoolExecutor(STARTING + 2) as readers,
    ):
        pages = [readers.submit(running.ask, "/overview") for _ in range(STARTING + 2)]
        assert until(lambda: len(running.kernels()) == STARTING)
        assert not until(lambda: len(running.kernels()) > STARTING, seconds=1)
        (folder / "go").touch()
        assert all("mwPage.drawing()" in page.result().text for page in pages)


@pytest.mark.slow
def test_a_reader_who_leaves_while_waiting_for_a_start_holds_up_nobody(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with (
        Running.notebook(folder, "import time; time.sleep(60)") as running,
        ExitStack() as wires,
    ):
        for _ in range(2 * STARTING):
            wire = socket.create_connection(("127.0.0.1", running.port))
            wires.enter_context(wire)
            wire.sendall(asking(running))
        assert until(lambda: len(running.kernels()) == STARTING)
        wires.close()
        assert until(lambda: not running.kernels())
        write_notebook(folder / "overview.ipynb", "1")
        assert "mwPage.drawing()" in running.ask("/overview").text


@pytest.mark.slow
def test_a_reader_who_takes_nothing_holds_up_nobody(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "overview.ipynb", "print('x' * 20_000_000)")
    soon = "import meterwidgets.serve.page as page\npage.FLUSH_TIMEOUT_S = 1\n"
    with (
        Running("-c", soon + SERVE, str(folder), "0") as running,
        socket.socket() as wire,
    ):
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.connect(("127.0.0.1", running.port))
        wire.sendall(asking(running))
        assert until(lambda: bool(running.kernels()))
        assert until(lambda: not running.kernels())


@pytest.mark.slow
def test_a_reader_who_leaves_early_takes_the_kernel_along(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("notebooks")
    with Running.notebook(folder, "import time; time.sleep(60)") as running:
        with socket.create_connection(("127.0.0.1", running.port)) as wire:
            wire.sendall(asking(running))
            got = b""
            while b"Starting a session" not in got:
                got += wire.recv(4096)
            assert until(lambda: bool(running.kernels()))
        assert until(lambda: not running.kernels())
