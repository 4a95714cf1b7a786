"""Debian's nginx as a reverse proxy, with a configuration as its users write it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Self

import pytest

from serve.running import until

CONFIG = """
daemon off;
{user}
pid {folder}/pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
  server {{
    listen 127.0.0.1:{port};
    {locations}
  }}
}}
"""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Nginx:
    """A running nginx; skips the test where there is none, in CI fails it.

    Args:
        folder: Where it keeps its files.
        port: What it listens on.
        locations: Its ``location`` blocks.
    """

    def __init__(self, folder: Path, port: int, locations: str) -> None:
        self._program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        if self._program is None:
            give_up = pytest.fail if os.environ.get("CI") else pytest.skip
            give_up("no nginx: apt-get install nginx-light")
        folder.mkdir(exist_ok=True)
        self._config = folder / "nginx.conf"
        self._config.write_text(
            CONFIG.format(
                folder=folder,
                port=port,
                locations=locations,
                user="user root;" if os.getuid() == 0 else "",
            )
        )
        self._folder, self._port = folder, port

    def __enter__(self) -> Self:
        command = [
            self._program,
            "-e",
            "stderr",
            "-p",
            self._folder,
            "-c",
            self._config,
        ]
        self._process = subprocess.Popen(list(map(str, command)))
        assert until(self._answers)
        return self

    def _answers(self) -> bool:
        with socket.socket() as wire:
            return wire.connect_ex(("127.0.0.1", self._port)) == 0

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
