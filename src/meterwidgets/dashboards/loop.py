"""The loop of a kernel: what does work later, when nobody waits for it."""

from __future__ import annotations

import asyncio


def kernel_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs here; None in a script, where nothing would be done later."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
