"""Whatever a reader's browser sends, no reply names anything outside their scope."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tornado.websocket import WebSocketClientConnection

from ..sessions.readers import ask_states, kernel_of, read, update
from .tenants import CANARY, Person, Tenants, serving

REPLIES = 10_000
PACE_S = 0.012
"""Seconds between two messages: a server cuts off who sends more for long."""
NEAR = (
    CANARY[:-1],
    f"{CANARY[:-1]}-model-1",
    f"ann@{CANARY[:-1]}.test",
    f"{CANARY[:4]}%",
    "*",
    ".*",
    "",
    "(none)",
    "' OR 1=1 --",
    "../usage.meter",
    "acme",
)
"""What leads to a name outside, if anything does; none of it is one."""


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with serving(tmp_path_factory.mktemp("tenants")) as served:
        yield served


def hostile(dice: random.Random, depth: int = 0) -> Any:
    """A value that a browser may send for a trait."""
    address = f"overview?org={dice.choice(NEAR)}&user={dice.choice(NEAR)}&range=all"
    kinds = [
        dice.choice(NEAR),
        dice.choice([True, False, None, -1, 0, 1, 1e308, 2**53]),
        {"n": dice.randrange(9999), "address": address},
        {
            "name": dice.choice(["orgs", "users", "models"]),
            "values": [dice.choice(NEAR)],
        },
        {"dimension": "org", "value": dice.choice(NEAR)},
    ]
    if depth < 2:
        kinds.append([hostile(dice, depth + 1) for _ in range(dice.randrange(3))])
        kinds.append({dice.choice(NEAR): hostile(dice, depth + 1)})
    return dice.choice(kinds)


async def models(wire: WebSocketClientConnection) -> dict[str, list[str]]:
    """Model -> the names of its traits, of all widgets of a page."""
    for sent in ask_states():
        await wire.write_message(sent, binary=True)
    while True:
        data = await asyncio.wait_for(wire.read_message(), 60)
        assert isinstance(data, bytes)
        assert CANARY.encode() not in data
        kind, content = read(data)
        if kind == "comm_msg" and content["data"].get("method") == "update_states":
            states = content["data"]["states"]
            return {model: [*state["state"]] for model, state in states.items()}


async def fuzz(person: Person, kernel: str, seed: int) -> int:
    """Send changes until enough replies have come; return how many did."""
    dice, replies = random.Random(seed), 0
    async with person.connected(kernel) as wire:
        traits = await models(wire)
        assert len(traits) > 10

        async def send() -> None:
            end = time.monotonic() + 300
            while replies < REPLIES and time.monotonic() < end:
                model = dice.choice([*traits])
                state = {dice.choice(traits[model]): hostile(dice)}
                await wire.write_message(update(model, **state), binary=True)
                await asyncio.sleep(PACE_S)

        sending = asyncio.ensure_future(send())
        while replies < REPLIES:
            data = await asyncio.wait_for(wire.read_message(), 60)
            assert isinstance(data, bytes), f"cut off after {replies} replies"
            assert CANARY.encode() not in data, data
            assert CANARY not in json.dumps(read(data))
            replies += 1
        await sending
    return replies


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path"), [("olga", "/overview"), ("ann", "/my-usage")]
)
def test_ten_thousand_fuzzed_replies_name_nothing_outside_the_scope(
    tenants: Tenants, name: str, path: str
) -> None:
    person = tenants.person(name)
    page = person.ask(path)
    assert page.status == 200
    assert asyncio.run(fuzz(person, kernel_of(page), seed=14)) >= REPLIES
    assert CANARY not in tenants.running.errors()
