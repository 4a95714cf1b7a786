"""A page that begins to listen hears of a widget only after the widget's parts."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from .readers import Reader, heard, kernel_of, serving

pytestmark = pytest.mark.slow

MAKING = """
import asyncio, time
from ipywidgets import IntSlider, VBox
async def keep_making():
    while True:
        part = IntSlider()
        time.sleep(0.3)
        VBox([part])
        await asyncio.sleep(0.1)
making = asyncio.ensure_future(keep_making())
"""


def test_a_page_that_joins_amid_the_making_of_widgets_misses_none_of_their_parts(
    tmp_path: Path,
) -> None:
    async def listen(reader: Reader, kernel: str) -> None:
        async with reader.connected(kernel) as wire:
            known: set[str] = set()
            for _ in range(6):
                opened = await heard(wire, "comm_open")
                assert opened is not None
                state = json.dumps(opened["data"]["state"])
                assert set(re.findall(r"IPY_MODEL_(\w+)", state)) <= known
                known.add(opened["comm_id"])

    with serving(tmp_path, MAKING) as running:
        reader = Reader(running, "alice")
        kernel = kernel_of(reader.open_page())
        for _ in range(4):
            asyncio.run(listen(reader, kernel))
