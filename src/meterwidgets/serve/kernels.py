"""The kernels behind the pages: what they may see, and what they may say.

A kernel belongs to one open page. It gets an environment from an allow-list, dies
once and for good, and nothing that it prints reaches a browser.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
)
from jupyter_server.services.kernels.connection.channels import (
    ZMQChannelsWebsocketConnection,
)
from nbconvert.filters import strip_ansi
from tornado.web import HTTPError
from traitlets.config import Config
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from meterwidgets.serve.assets import Plain
from meterwidgets.serve.standby import SESSION

KERNEL = "meterwidgets"
SESSION_ENDED = 4001  # the websocket's close code for a kernel that is gone
WIRE = "v1.kernel.websocket.jupyter.org"

_PRINTED = {"stream", "error"}
_ALLOWED = {
    *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "OMP_NUM_THREADS"),
    *("JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"),
    *("JUPYTER_RUNTIME_DIR", "JUPYTER_PREFER_ENV_PATH", "JUPYTER_PLATFORM_DIRS"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA", "COMSPEC", "PATHEXT"),  # Windows
}
_ALLOWED_STARTS = ("LC_", "PYTHON")


def kernel_env(
    environ: Mapping[str, str], *, frame_dir: Path, query: str = "", user: str = ""
) -> dict[str, str]:
    """Return the environment of one page's kernel.

    Only what Python and Jupyter need is taken over from the server: passwords and
    tokens in the server's environment stay there.

    Args:
        environ: The server's environment.
        frame_dir: The folder with the usage that the page shows.
        query: The query string of the page's address: its view state.
        user: Whose own usage the page shows, if it shows one's own.

    Examples:
        >>> here = {"PATH": "/bin", "LC_ALL": "C.UTF-8", "DATABASE_URL": "secret"}
        >>> sorted(kernel_env(here, frame_dir=Path("usage")))
        ['LC_ALL', 'METERWIDGETS_FRAME', 'OPENBLAS_NUM_THREADS', 'PATH', 'QUERY_STRING']
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name.upper() in _ALLOWED or name.upper().startswith(_ALLOWED_STARTS)
    }
    ours = {
        "METERWIDGETS_FRAME": str(frame_dir),
        "QUERY_STRING": query,
        # We multiply no matrices; else numpy has a thread, and its memory, per core.
        "OPENBLAS_NUM_THREADS": "1",
    }
    return {**kept, **ours, **({"METERWIDGETS_USER": user} if user else {})}


def kernel_config(connection_dir: str) -> Config:
    """Return the settings of the kernels' managers.

    Args:
        connection_dir: The folder for connection files and sockets.
    """
    # A socket's path holds the folder, "/kernel-<uuid>-ipc-1" and at most 103
    # characters in all. Over ipc many pages at once find no port taken.
    ipc = sys.platform != "win32" and len(connection_dir) < 50
    return Config(
        KernelManager={"transport": "ipc" if ipc else "tcp", "shutdown_wait_time": 1.0},
        # An emptied kernel behind a page that looks alive is worse than none.
        KernelRestarter={"restart_limit": 0, "time_to_dead": 1.0},
        MappingKernelManager={
            "cull_idle_timeout": 600,
            "cull_interval": 30,
            "default_kernel_name": KERNEL,
        },
    )


class OwnInterpreter(KernelSpecManager):
    """Knows one kernel: the interpreter that the server runs on."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel that there is."""
        return {KERNEL: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how that kernel is started."""
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        server: Any = self.parent
        # Nobody's history, and no lock on it.
        options = ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
        return KernelSpec(
            argv=[*SESSION, *options],
            display_name="Python",
            language="python",
            metadata=server.kernel_metadata,
        )


class PageConnection(ZMQChannelsWebsocketConnection):
    """The wire between a page and its kernel, cut when the kernel is gone."""

    def on_restart_failed(self) -> None:
        """Tell the page that its session has ended."""
        self.websocket_handler.close(SESSION_ENDED, "session ended")


class PageWebsocket(Plain, VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """Lets widgets through and keeps the kernel's prints and errors in the log."""

    async def pre_get(self) -> None:
        """Refuse the older wire format, which the filter below can't read."""
        if WIRE not in self.request.headers.get("Sec-WebSocket-Protocol", ""):
            raise HTTPError(400, f"expected the websocket protocol {WIRE}")
        await super().pre_get()

    async def open(self, kernel_id: str) -> None:
        """Send small replies at once: they stall for 40 ms otherwise."""
        self.set_nodelay(True)
        await super().open(kernel_id)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send a message on, unless it is text that the kernel printed."""
        kind, content = _read(message)
        if kind in _PRINTED:
            if kind == "error":
                trace = "\n".join(content.get("traceback", []))
                trace = strip_ansi(trace)  # type: ignore[no-untyped-call]
                self.log.error("a page's callback failed:\n%s", trace)
            else:
                self.log.info("a page's kernel said: %s", content.get("text", ""))
            return None
        return super().write_message(message, binary)


def _read(message: Any) -> tuple[str, dict[str, Any]]:
    """Return the type of a message on the wire, and the content of a printed one."""
    if not isinstance(message, bytes):
        return "", {}
    _channel, parts = deserialize_msg_from_ws_v1(message)  # type: ignore[no-untyped-call]
    kind = json.loads(parts[0]).get("msg_type", "")
    return kind, json.loads(parts[3]) if kind in _PRINTED else {}
