"""The folders of scopes: cut once, cut again when the store moves, and removed."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import psutil
import pytest

from meterwidgets.context import open_usage
from meterwidgets.frame.saved import save
from meterwidgets.frame.scope import Scope
from meterwidgets.frame.store.scoped import SOCKET, generations, socket_address
from meterwidgets.frame.store.store import open_store, touch_heartbeat
from meterwidgets.serve.scoped import frames as scoped_frames
from meterwidgets.serve.scoped.frames import ScopedFrames

from .tenants import CANARY, add, rows_of

ANN, ACME = Scope({"user": ["ann@acme.test"]}), Scope({"org": ["acme"]})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    add(tmp_path, "acme", rows_of("acme", 1))
    add(tmp_path, "other", rows_of(CANARY, 1))
    return tmp_path / "usage.meter"


@asynccontextmanager
async def following(
    store: Path, *in_use: Scope, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ScopedFrames]:
    """The scopes of a store, some of them in use, looked at in quick turns."""
    monkeypatch.setattr(scoped_frames, "FOLLOW_S", 0.05)
    frames = ScopedFrames(store, store.parent / "cache", lambda: in_use)
    task = asyncio.ensure_future(frames.follow())
    try:
        yield frames
    finally:
        task.cancel()
        frames.close()


async def until_newest(folder: Path, generation: int) -> None:
    """Wait for a generation in the folder of a scope."""
    end = time.monotonic() + 20
    while max(generations(folder), default=0) < generation:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def test_everybody_of_a_scope_waits_for_one_cut(store: Path, tmp_path: Path) -> None:
    async def ask() -> None:
        frames = ScopedFrames(store, tmp_path / "cache")
        with closing(frames):
            cuts = await asyncio.gather(*(frames.get(ANN) for _ in range(20)))
            assert {(cut.folder, cut.generation) for cut in cuts} == {
                (tmp_path / "cache" / ANN.key, 1)
            }
            assert generations(cuts[0].folder) == [1]

    asyncio.run(ask())


def test_whoever_sees_everything_is_given_the_store_itself(
    store: Path, tmp_path: Path
) -> None:
    async def ask() -> None:
        with closing(ScopedFrames(store, tmp_path / "cache")) as frames:
            assert await frames.folder(Scope()) == store
            assert not (tmp_path / "cache").exists()

    asyncio.run(ask())


def test_only_scopes_in_use_are_cut_again_as_the_store_moves(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> None:
        async with following(store, ANN, monkeypatch=monkeypatch) as frames:
            ann, acme = await frames.get(ANN), await frames.get(ACME)
            add(store.parent, "later", rows_of("acme", 2))
            await until_newest(ann.folder, 2)
            assert generations(acme.folder) == [1]
            assert open_usage(ann.folder).quality.records == 40
            again = await frames.get(ACME)  # a page of it is opened now
            assert again.generation == 2
            assert open_usage(again.folder).quality.records == 80
            for number in (3, 4):
                add(store.parent, f"later-{number}", rows_of("acme", number))
                await until_newest(ann.folder, number)
            assert generations(ann.folder) == [3, 4]

    asyncio.run(ask())


def test_a_store_that_was_read_again_moves_what_is_covered_and_copies_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask() -> None:
        async with following(store, ANN, monkeypatch=monkeypatch) as frames:
            folder = (await frames.get(ANN)).folder
            read = open_store(store).coverage.written
            touch_heartbeat(store, read.replace(year=read.year + 1))
            await until_newest(folder, 2)
            assert (
                open_usage(folder).coverage.written
                == open_store(store).coverage.written
            )
            cube = "cube.arrow"
            assert (folder / "2" / cube).samefile(folder / "1" / cube)

    asyncio.run(ask())


def test_scopes_that_nobody_looks_at_are_removed_and_cut_anew_when_asked_for(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoped_frames, "_IDLE_S", 0.3)

    async def ask() -> None:
        async with following(store, ANN, monkeypatch=monkeypatch) as frames:
            ann, acme = await frames.folder(ANN), await frames.folder(ACME)
            end = time.monotonic() + 20
            while acme.exists() or len(list(acme.parent.iterdir())) > 1:
                assert time.monotonic() < end
                await asyncio.sleep(0.02)
            assert ann.is_dir()
            assert generations(await frames.folder(ACME)) == [1]

    asyncio.run(ask())


def test_there_is_a_most_of_scopes_at_once(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoped_frames, "_MOST", 3)

    async def ask() -> None:
        async with following(store, ANN, monkeypatch=monkeypatch) as frames:
            await frames.get(ANN)
            for number in range(10):
                await frames.get(Scope({"user": [f"somebody-{number}"]}))
            end = time.monotonic() + 20
            while len(list((store.parent / "cache").iterdir())) > 3:
                assert time.monotonic() < end
                await asyncio.sleep(0.02)

    asyncio.run(ask())


def test_a_saved_frame_has_scopes_without_records(store: Path, tmp_path: Path) -> None:
    folder = save(open_store(store), tmp_path / "frame")

    async def ask() -> None:
        with closing(ScopedFrames(folder, tmp_path / "cache")) as frames:
            usage = open_usage(await frames.folder(ANN))
            assert usage.quality.records == 20
            assert usage.store is None

    asyncio.run(ask())


TOLD = [b"cut " + b"x" * 5000, b"../usage.meter\n", b"SELECT 1;\n", b"", b"CUT\n"]


def test_a_kernel_can_say_one_word_to_the_server_and_hears_no_more(
    store: Path, tmp_path: Path
) -> None:
    def say(path: Path, words: bytes) -> bytes:
        with closing(socket.socket(socket.AF_UNIX)) as kernel:
            kernel.settimeout(20)
            with socket_address(path) as address:
                kernel.connect(address)
            try:
                kernel.sendall(words)
                kernel.shutdown(socket.SHUT_WR)
                return kernel.recv(100)
            except (BrokenPipeError, ConnectionResetError):
                return b""

    async def ask() -> None:
        with closing(ScopedFrames(store, tmp_path / "cache")) as frames:
            folder = await frames.folder(ANN)
            for words in TOLD:
                answer = await asyncio.to_thread(say, folder / SOCKET, words)
                assert answer == b""
                assert not (folder / "1" / "records").exists()
            before = psutil.Process().num_fds()
            answers = await asyncio.gather(
                *(asyncio.to_thread(say, folder / SOCKET, b"cut\n") for _ in range(50))
            )
            assert set(answers) == {b"cut.\n"}
            assert (folder / "1" / "records").is_dir()
            await asyncio.sleep(0.1)
            assert psutil.Process().num_fds() <= before + 5

    asyncio.run(ask())
