"""Fifty readers who open a page in the same moment: is each served, and when?

    python benchmarks/crowd.py [SOURCE|STORE ...] [--readers N]

"text" is until a reader has the figures of the first words, "page" until the whole page
with its session is there. The readers are plain connections: fifty browsers would
measure themselves. It loads the machine for as long as it takes; what all of them took
of the processors says how long that would be on an idle one.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from urllib.parse import urlsplit

import psutil
from served import Measured, serving, sessions

TEXT, PAGE, END = b'class="mw-first', b"mwPage.drawing()", b"\r\n0\r\n\r\n"
TARGETS = {
    "first reader: page, ms": "<= 3000",
    "last reader: page, ms": "<= 35000",
    "session: memory of its own, MB": "<= 85",
}


async def reader(url: str) -> dict[str, float]:
    """Sign in and read a page to its end; when it had its text, and was whole."""
    address = urlsplit(url)
    begun = time.monotonic()
    wire, send = await asyncio.open_connection(address.hostname, address.port)
    host = f"Host: {address.netloc}\r\n"
    asked = f"GET {address.path}?{address.query} HTTP/1.1\r\n{host}\r\n"
    send.write(asked.encode())
    answer = (await wire.readuntil(b"\r\n\r\n")).decode()
    cookie = re.search(r"(?i)^set-cookie: (meterwidgets-[^;]+)", answer, re.MULTILINE)
    assert cookie, "the token in the printed address was not taken"
    asked = f"GET {address.path} HTTP/1.1\r\n{host}Cookie: {cookie[1]}\r\n\r\n"
    send.write(asked.encode())
    got, found = b"", {}
    while not got.endswith(END):  # who leaves earlier takes the session along
        part = await wire.read(1 << 16)
        if not part:
            raise ConnectionError("a page ended before it was whole")
        got += part
        if TEXT in got:
            found.setdefault("text, ms", 1000 * (time.monotonic() - begun))
    if PAGE not in got:
        raise ConnectionError("a page could not be made")
    found["page, ms"] = 1000 * (time.monotonic() - begun)
    send.close()
    return found


async def crowd(url: str, readers: int) -> list[dict[str, float]]:
    """What so many readers at once measured, the first who was served first."""
    found = await asyncio.gather(*(reader(url) for _ in range(readers)))
    return sorted(found, key=lambda one: one["page, ms"])


def processor(server: psutil.Process) -> float:
    """What the server and its kernels took of the processors so far, in ms."""
    running = [server, *server.children(recursive=True)]
    return sum(1000 * sum(each.cpu_times()[:2]) for each in running)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("ledgers", nargs="*", metavar="SOURCE|STORE")
    options.add_argument("--readers", type=int, default=50)
    given = options.parse_args()
    into = Measured(TARGETS)
    with serving(*given.ledgers) as (url, server):
        asyncio.run(reader(url))
        before = processor(server)
        found = asyncio.run(crowd(url, given.readers))
        into.add("all of them", {"CPU, ms": processor(server) - before})
        for one in found:
            into.add("a reader", one)
        into.add("first reader", found[0])
        into.add("last reader", found[-1])
        for memory in sessions(server):
            into.add("session", {"memory of its own, MB": memory})
    print(f"{len(found)} of {given.readers} readers were served")
    into.table()


if __name__ == "__main__":
    main()
