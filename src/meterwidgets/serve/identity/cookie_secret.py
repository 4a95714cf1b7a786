"""The secret that signs cookies: kept, so that readers outlive a restart."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

_BYTES = 64


def cookie_secret(folder: Path | None = None) -> bytes:
    """The secret of this user's servers, made at the first start.

    Where it can't be kept, readers have to sign in again after a restart.

    Args:
        folder: Where it is kept; None takes Jupyter's runtime folder.
    """
    path = (folder or Path(jupyter_runtime_dir())) / "meterwidgets_cookie_secret"
    new = secrets.token_bytes(_BYTES)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _read(path) or _write(path, new)
    except OSError:
        return new


def _read(path: Path) -> bytes | None:
    """The secret in a file; None without one that is whole and this user's alone."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            is_private = os.name == "nt" or (
                state.st_uid == os.getuid() and not state.st_mode & 0o077
            )
            secret = file.read(_BYTES + 1)
    except FileNotFoundError:
        return None
    return secret if is_private and len(secret) == _BYTES else None


def _write(path: Path, secret: bytes) -> bytes:
    """Put a secret in place whole, readable by this user alone."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    part.replace(path)
    return secret
