"""How much readers may take, each of them and in all."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of a server.

    Attributes:
        starting: Sessions that start at once; more would each wait for the last.
        waiting: Pages that wait for their turn, in all.
        sessions: Sessions in all, those that start and wait included.
        sessions_a_person: Sessions of one person, likewise.
        unseen_s: Seconds until a page that never connected loses its session.
        idle_s: Seconds until one that has lost its connection does.
        message_rate: Messages a second that a page may send for long.
        message_burst: Messages that it may send at once.
        byte_rate: Bytes a second that a page may send for long.
        connections: Connections in all.
        connections_an_address: Connections of one address. Loopback is not counted:
            a proxy connects from there for everybody.
        request_s: Seconds in which a request must have arrived; also how long a
            connection may wait for its next request.
    """

    starting: int = (os.cpu_count() or 1) + 1
    waiting: int = 100
    sessions: int = 256
    sessions_a_person: int = 64
    unseen_s: float = 120
    idle_s: float = 600
    message_rate: float = 100
    message_burst: float = 400
    byte_rate: float = 1 << 20
    connections: int = 4096
    connections_an_address: int = 256
    request_s: float = 20
