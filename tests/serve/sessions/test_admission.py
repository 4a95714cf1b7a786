"""The queue of pages that wait for their sessions."""

from __future__ import annotations

import asyncio

from meterwidgets.serve.sessions.admission import StartQueue


def test_a_page_whose_turn_comes_while_its_place_is_told_starts() -> None:
    async def wait() -> list[int]:
        queue = StartQueue(starting=1, waiting=9)
        first, second = queue.turn("alice"), queue.turn("bob")
        told = []
        with first, second:
            async for before in second.places():
                told.append(before)
                queue.leave(first)  # while the page is being sent
        return told

    async def in_time() -> list[int]:
        async with asyncio.timeout(5):
            return await wait()

    assert asyncio.run(in_time()) == [0]
