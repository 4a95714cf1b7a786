"""What the benchmarks of served pages share: a server, a browser, a table."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

WATCH = """
new MutationObserver((_, watch) => {
  if (!document.documentElement.classList.contains("mw-ready")) return;
  watch.disconnect();
  requestAnimationFrame(() => { window.first = performance.now() });
}).observe(document, { attributeFilter: ["class"], subtree: true });
const Wire = window.WebSocket;
window.heard = 0;
window.WebSocket = class extends Wire {
  constructor(...of) {
    super(...of);
    this.addEventListener("message", () => { window.heard += 1; });
  }
};
window.painted = async (act, there) => {
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  const heard = window.heard;
  act();
  const found = {};
  const left = new Set(Object.keys(there));
  while (left.size) {
    await frame();
    const now = [...left].filter((key) => there[key]());
    if (now.length) await frame();
    for (const key of now) {
      found[`${key}, ms`] = performance.now() - begun;
      left.delete(key);
    }
    if (performance.now() - begun > 20000) throw new Error("nothing was painted");
  }
  return { ...found, messages: window.heard - heard };
};
"""
"""Lets a page measure itself: `first` is when it was first painted, `painted` times
what `act` begins until each of `there` is seen, and `heard` counts messages."""


_FRAMES = ["blink.user_timing", "disabled-by-default-devtools.timeline.frame"]
"""What the browser is asked to note: marks, and what became of each frame."""


@contextmanager
def on_screen(browser: Any, page: Any, into: dict[str, float]) -> Iterator[None]:
    """Time marks of a page until they are on the screen.

    A page makes the mark "input 3" and, when what it leads to is in the page, "figures
    3". The time is that of the browser itself: from the input to the moment in which it
    presented the first frame that was handed over after that.

    Args:
        browser: The browser.
        page: The page.
        into: Gets "figures 3" -> milliseconds, when all is done.
    """
    browser.start_tracing(page=page, categories=_FRAMES)
    yield
    noted = json.loads(browser.stop_tracing())["traceEvents"]
    marks: dict[str, float] = {}
    frames: dict[tuple[int, str], dict[str, Any]] = {}
    painted = []  # when a page had handed a frame over, and when that was presented
    for each in sorted(noted, key=lambda event: event["ts"]):
        if "blink.user_timing" in each["cat"]:
            marks[each["name"]] = each["ts"]
        elif "id2" in each:
            key = each["pid"], each["id2"]["local"]
            if each["name"] == "PipelineReporter" and each["ph"] == "b":
                frames[key] = each["args"]["frame_reporter"]
            elif each["name"] == "PipelineReporter" and key in frames:
                if (frame := frames.pop(key))["state"] == "STATE_PRESENTED_ALL":
                    painted.append((frame.get("handed over", 0), each["ts"]))
            elif each["name"] == "SendBeginMainFrameToCommit" and key in frames:
                frames[key]["handed over"] = each["ts"]  # its end is its last
    for name, made in marks.items():
        what, _, number = name.partition(" ")
        if number.isdigit() and what != "input":
            # A frame that was dropped is part of the next one.
            seen = min(shown for handed_over, shown in painted if made <= handed_over)
            into[name] = (seen - marks[f"input {number}"]) / 1000


SAVED = """
import sys
from pathlib import Path
from meterwidgets.serve.app import serve
serve(Path(sys.argv[1]), port=0)
"""
"""Serves a saved frame as it is, such as those that `table.py` keeps."""


@contextmanager
def serving(*ledgers: str) -> Iterator[tuple[str, psutil.Process]]:
    """Serve ledgers, the demo or a saved frame; yield the address and the process."""
    command = [sys.executable, "-m", "meterwidgets", "serve", "--port", "0", *ledgers]
    if ledgers and ledgers[0].endswith(".frame"):
        command = [sys.executable, "-c", SAVED, ledgers[0]]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the server did not start"
        yield found.group(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def kernels(server: psutil.Process) -> list[psutil.Process]:
    """The kernels, without the process that they are forked from."""
    direct = [
        each.pid for each in server.children() if "--fork-server" in each.cmdline()
    ]
    return [each for each in server.children(recursive=True) if each.pid not in direct]


def sessions(server: psutil.Process) -> list[float]:
    """The memory that each kernel has for itself, in MB.

    Pages of the mapped frame are not among it: all sessions share them, though the only
    one that runs has them for itself.
    """
    return [
        sum(part.private_dirty for part in each.memory_maps()) / 1e6
        for each in kernels(server)
    ]


class Measured:
    """Figures by what they are of.

    Args:
        targets: What they are of -> what they shall reach.
    """

    def __init__(self, targets: dict[str, str] | None = None) -> None:
        self.of: dict[str, list[float]] = defaultdict(list)
        self._targets = targets or {}

    def add(self, what: str, found: dict[str, float]) -> None:
        """Keep what a page measured."""
        for key, value in found.items():
            self.of[f"{what}: {key}"].append(value)

    def table(self) -> None:
        """Print the median, the 95th of a hundred, the worst, and how often."""
        print(f"{'':54}{'p50':>8}{'p95':>8}{'worst':>8}{'n':>5}  target")
        for name, values in self.of.items():
            ranked = sorted(values)
            late = ranked[min(len(ranked) - 1, round(0.95 * len(ranked)))]
            figures = (statistics.median(ranked), late, ranked[-1])
            shown = "".join(f"{figure:8.0f}" for figure in figures)
            print(f"{name:54}{shown}{len(values):5}  {self._targets.get(name, '')}")
