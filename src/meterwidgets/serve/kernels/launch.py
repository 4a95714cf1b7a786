"""How the pages' kernels start and end, and what they see of the server.

A kernel belongs to one open page. Its environment comes from an allow-list, and it is
never restarted.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from traitlets.config import Config

from meterwidgets.context import FRAME_VARIABLE, USER_VARIABLE
from meterwidgets.serve.kernels.fork_server import SESSION_COMMAND

KERNEL_NAME = "meterwidgets"

_ALLOWED_VARIABLES = {
    *("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "OMP_NUM_THREADS"),
    *("JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"),
    *("JUPYTER_RUNTIME_DIR", "JUPYTER_PREFER_ENV_PATH", "JUPYTER_PLATFORM_DIRS"),
    *("SYSTEMROOT", "USERPROFILE", "APPDATA", "COMSPEC", "PATHEXT"),  # Windows
}
_ALLOWED_PREFIXES = ("LC_", "PYTHON")


def kernel_env(
    environ: Mapping[str, str],
    *,
    frame_dir: Path | None = None,
    query: str = "",
    user: str = "",
) -> dict[str, str]:
    """The environment of a page's kernel.

    It takes over what Python and Jupyter need: passwords and tokens in the server's
    environment stay there.

    Args:
        environ: The server's environment.
        frame_dir: The folder of the usage that the page shows; None for what has no
            page yet.
        query: The query string of the page's address: its view state.
        user: The end user whose usage that is; empty for operators.

    Examples:
        >>> server = {"PATH": "/bin", "LC_ALL": "C.UTF-8", "DATABASE_URL": "secret"}
        >>> sorted(kernel_env(server, frame_dir=Path("usage")))
        ['LC_ALL', 'METERWIDGETS_FRAME', 'OPENBLAS_NUM_THREADS', 'PATH', 'QUERY_STRING']
    """
    inherited = {
        name: value
        for name, value in environ.items()
        if name.upper() in _ALLOWED_VARIABLES
        or name.upper().startswith(_ALLOWED_PREFIXES)
    }
    added = {
        "QUERY_STRING": query,
        # numpy starts a thread per core for matrix products, of which we have none.
        "OPENBLAS_NUM_THREADS": "1",
    }
    if frame_dir is not None:
        added[FRAME_VARIABLE] = str(frame_dir)
    return {**inherited, **added, **({USER_VARIABLE: user} if user else {})}


def kernel_config(connection_dir: str) -> Config:
    """The settings of the kernel managers.

    Args:
        connection_dir: The folder for connection files and sockets.
    """
    # Over ipc no port can be taken already, however many pages start at once. A
    # socket's path is the folder and "/kernel-<uuid>-ipc-1", at most 103 characters.
    ipc = sys.platform != "win32" and len(connection_dir) < 50
    return Config(
        KernelManager={"transport": "ipc" if ipc else "tcp", "shutdown_wait_time": 1.0},
        # A restarted kernel is empty, and its page would look alive.
        KernelRestarter={"restart_limit": 0, "time_to_dead": 1.0},
        MappingKernelManager={"default_kernel_name": KERNEL_NAME},
    )


class OwnInterpreter(KernelSpecManager):
    """Offers one kernel: the interpreter that the server runs on."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel that there is."""
        return {KERNEL_NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how that kernel is started."""
        if kernel_name != KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        server: Any = self.parent
        # The history is the operator's own, and a lock that kernels would wait for.
        options = ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
        return KernelSpec(
            argv=[*SESSION_COMMAND, *options],
            display_name="Python",
            language="python",
            metadata=server.kernel_metadata,
        )
