"""What a page may send to its kernel: few types of message, of bounded size and shape.

Everything is checked against the length of what arrived before it is read, and what
passes is written anew: the kernel never parses a byte that the browser sent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

MAX_MESSAGE_BYTES = 1 << 20
"""The largest message that a page may send."""

_CHANNEL = b"shell"
_PARTS = 4  # header, parent header, metadata and content; no page sends buffers
_OFFSET_BYTES = 8
_MAX_HEADER_BYTES = 4096
_MAX_DEPTH = 32
_MAX_INTEGER = (1 << 63) - 1

_Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,64}\Z")]
_Version = Annotated[str, Meta(pattern=r"^\d{1,3}(\.\d{1,3}){0,2}\Z")]
_CommId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]


class BadMessageError(Exception):
    """A message that no page sends; its text is safe to log."""


class _Header(Struct):
    # Kernels parse dates, and whatever looks like one, and may fail at that.
    msg_id: _Id
    msg_type: Literal[
        "comm_close",
        "comm_info_request",
        "comm_msg",
        "comm_open",
        "kernel_info_request",
    ]
    session: _Id = ""
    username: _Id = ""
    version: Literal["5.0", "5.1", "5.2", "5.3", "5.4"] = "5.2"
    date: str = ""


class _Empty(Struct, frozen=True):
    pass


class _CommInfo(Struct, omit_defaults=True):
    target_name: Literal["jupyter.widget", ""] = ""


class _CommOpen(Struct):
    comm_id: _CommId
    target_name: Literal["jupyter.widget.control"]
    data: _Empty = _Empty()


class _CommClose(Struct):
    comm_id: _CommId
    data: _Empty = _Empty()


class _WidgetData(Struct, omit_defaults=True):
    method: Literal["update", "custom", "request_state", "request_states"]
    state: dict[str, Any] | UnsetType = UNSET
    content: Any = UNSET
    buffer_paths: Annotated[list[Any], Meta(max_length=0)] | UnsetType = UNSET


class _CommMessage(Struct):
    comm_id: _CommId
    data: _WidgetData


class _CommOpenMetadata(Struct, omit_defaults=True):
    version: _Version = ""


class Message(Struct, frozen=True):
    """A message to a kernel's shell.

    Attributes:
        type: Its type.
        is_costly: Whether the kernel answers with the state of every widget.
        parts: Its header, parent header, metadata and content.
    """

    type: str
    is_costly: bool
    parts: list[bytes]


_CONTENT: dict[str, msgspec.json.Decoder[Any]] = {
    "kernel_info_request": msgspec.json.Decoder(_Empty),
    "comm_info_request": msgspec.json.Decoder(_CommInfo),
    "comm_open": msgspec.json.Decoder(_CommOpen),
    "comm_close": msgspec.json.Decoder(_CommClose),
    "comm_msg": msgspec.json.Decoder(_CommMessage),
}
_HEADER = msgspec.json.Decoder(_Header)
_METADATA = msgspec.json.Decoder(_CommOpenMetadata)


def read_message(data: bytes | str) -> Message:
    """Read a websocket message in the v1 protocol.

    Args:
        data: What arrived; hostile.

    Raises:
        BadMessageError: No page sends this.
    """
    header_part, parent_part, metadata_part, content_part = _split(data)
    if max(map(len, (header_part, parent_part, metadata_part))) > _MAX_HEADER_BYTES:
        raise BadMessageError("its header is too long")
    try:
        header = _HEADER.decode(header_part)
        metadata = _METADATA.decode(metadata_part)
        content = _CONTENT[header.msg_type].decode(content_part)
        if isinstance(content, _CommMessage):
            _check_values([content.data.state, content.data.content])
        encode = msgspec.json.encode
        # A kernel refuses a message that it has had, and logs why; this one is new.
        header.date = datetime.now(UTC).isoformat()
        parts = [encode(header), b"{}", encode(metadata), encode(content)]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        reason = ascii(str(error))[:200]  # it may quote what was sent
        raise BadMessageError(f"not a message of a page: {reason}") from None
    is_costly = isinstance(content, _CommOpen) or (
        isinstance(content, _CommMessage) and content.data.method == "request_states"
    )
    return Message(header.msg_type, is_costly, parts)


def _split(data: bytes | str) -> list[bytes]:
    """The parts of a message, by the table of offsets that it begins with.

    The table is: the number of offsets, then the offsets of the channel, of each part
    and of the end, all as 64 bits, little-endian.
    """
    if not isinstance(data, bytes):
        raise BadMessageError("text instead of bytes")
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadMessageError("it is too large")
    expected = _PARTS + 2
    table_bytes = (expected + 1) * _OFFSET_BYTES
    if len(data) < table_bytes:
        raise BadMessageError("it is cut off")
    numbers = [
        int.from_bytes(data[i : i + _OFFSET_BYTES], "little")
        for i in range(0, table_bytes, _OFFSET_BYTES)
    ]
    count, *offsets = numbers
    if count != expected:
        raise BadMessageError(f"it has another number of parts than {_PARTS}")
    if offsets[0] != table_bytes or offsets[-1] != len(data):
        raise BadMessageError("its offsets don't fit its length")
    if any(start > end for start, end in pairwise(offsets)):
        raise BadMessageError("its offsets are out of order")
    channel, *parts = (data[start:end] for start, end in pairwise(offsets))
    if channel != _CHANNEL:
        raise BadMessageError("its channel is not for pages")
    return parts


def _check_values(values: list[Any]) -> None:
    """Refuse what those that walk through it later could not take."""
    for _ in range(_MAX_DEPTH):
        nested: list[Any] = []
        for value in values:
            if isinstance(value, dict):
                nested += value.values()
            elif isinstance(value, list):
                nested += value
            elif isinstance(value, int) and abs(value) > _MAX_INTEGER:
                raise BadMessageError("it has a number of more than 64 bits")
        if not nested:
            return
        values = nested
    raise BadMessageError("it is nested too deep")
