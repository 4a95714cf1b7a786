"""The log of the server and its kernels: nobody forges its lines or floods it."""

from __future__ import annotations

import logging
import sys
from threading import Lock, Timer
from typing import TextIO

from meterwidgets.serve.sessions.rates import TokenBucket

MAX_LENGTH = 4000
"""Characters of a record; its start and its end stay."""
REPORT_S = 10.0
"""Seconds until it is said how many records were left out."""
_HEAD = 1000
_CONTINUED = "\n  | "
_SAME_RATE, _SAME_BURST = 0.2, 20
_ALL_RATE, _ALL_BURST = 5.0, 200
_MAX_KINDS = 200


def printable(text: str) -> str:
    r"""A text as it may stand in a log: what is no character is written as its code.

    Examples:
        >>> print(printable("one\n[E] two \x1b[2J\u202e"))
        one
          | [E] two \x1b[2J\u202e
    """
    if len(text) > MAX_LENGTH:
        left_out = len(text) - MAX_LENGTH
        end = text[_HEAD - MAX_LENGTH :]
        text = f"{text[:_HEAD]} ... {left_out:,} characters left out ... {end}"
    lines = [
        "".join(each if each.isprintable() else _code(each) for each in line)
        for line in text.rstrip("\n").split("\n")
    ]
    return _CONTINUED.join(lines)


def _code(character: str) -> str:
    return character.encode("unicode_escape", "replace").decode()


class PrintableFormatter(logging.Formatter):
    """Formats a record as one line that begins with its time, and those below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The text of a record."""
        return printable(super().format(record))


class BoundedHandler(logging.StreamHandler[TextIO]):
    """Writes so many records of a kind, and then how many more there were.

    Args:
        stream: Where it writes.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.setLevel(logging.WARNING)
        self.setFormatter(
            PrintableFormatter("%(asctime)s %(levelname)s %(message)s", "%FT%T%z")
        )
        self._mutex = Lock()
        self._kinds: dict[str, TokenBucket] = {}
        self._all = TokenBucket(rate=_ALL_RATE, burst=_ALL_BURST)
        self._left_out = 0
        self._report: Timer | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        with self._mutex:
            is_written = self._take(record)
            if not is_written:
                self._left_out += 1
                if self._report is None:
                    self._report = Timer(REPORT_S, self._write_left_out)
                    self._report.daemon = True
                    self._report.start()
        if is_written:
            super().emit(record)

    def _take(self, record: logging.LogRecord) -> bool:
        # By the text before its arguments: these may be chosen by a reader.
        kind = f"{record.name} {record.levelno} {record.pathname} {record.lineno}"
        if kind not in self._kinds and len(self._kinds) >= _MAX_KINDS:
            kind = ""
        if kind not in self._kinds:
            self._kinds[kind] = TokenBucket(rate=_SAME_RATE, burst=_SAME_BURST)
        return self._kinds[kind].take() and self._all.take()

    def _write_left_out(self) -> None:
        with self._mutex:
            count, self._left_out, self._report = self._left_out, 0, None
        text = f"{count:,} more suppressed: the same happened too often"
        record = logging.makeLogRecord({"msg": text, "levelno": logging.WARNING})
        record.levelname = "WARNING"
        super().emit(record)

    def close(self) -> None:
        """Write what is left to say."""
        if self._report is not None:
            self._report.cancel()
            self._write_left_out()
        super().close()


def bound_log(*loggers: logging.Logger) -> None:
    """Let everything that this process logs go through one handler, to stderr.

    Args:
        loggers: Those that have handlers of their own; they lose them.
    """
    root = logging.getLogger()
    for each in (root, *loggers):
        for handler in [*each.handlers]:
            each.removeHandler(handler)
        each.propagate = True
    root.addHandler(BoundedHandler(sys.stderr))


def bound_handlers(logger: logging.Logger) -> None:
    """Replace a logger's handlers by bounded ones that write to the same streams."""
    for handler in [*logger.handlers]:
        if isinstance(handler, logging.StreamHandler):
            logger.removeHandler(handler)
            logger.addHandler(BoundedHandler(handler.stream))
