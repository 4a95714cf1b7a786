"""Take a picture of every page, from the running product.

    python scripts/pictures.py [--source LEDGER ...] [--out docs/pictures]

Needs Chromium and the test extra. One picture per page, theme and width.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from meterwidgets.present.pages import PAGES, DonutSection, TrendSection

ROOT = Path(__file__).parents[1]
LAST_PAINTED = {
    DonutSection: ".mw-donut .bqplot .slice",
    TrendSection: ".mw-trend .bqplot path.area",
}
"""Kind of a section -> the element that is painted last on a page that has one."""
THEMES = ("light", "dark")
WIDTHS = (1440, 420)
DEVICE_SCALE = 1.25  # device pixels per CSS pixel: sharp, and under a megabyte
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")

DECODE_PNG = """async (png) => {
  const picture = await createImageBitmap(
    await (await fetch(`data:image/png;base64,${png}`)).blob());
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(picture, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  let text = "";
  for (let at = 0; at < data.length; at += 32768)
    text += String.fromCharCode(...data.subarray(at, at + 32768));
  return [width, height, btoa(text)];
}"""
"""Decodes a PNG in the browser, which saves a dependency."""


def main() -> None:
    """Start the server, take every picture, stop the server."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", nargs="*", default=[], help="else the demo ledger")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with serving(options.source) as address, browser() as chromium:
        for page, theme, width in product(PAGES.values(), THEMES, WIDTHS):
            file = options.out / f"{page.key}_{theme}_{width}.png"
            last = next(
                LAST_PAINTED[kind]
                for kind in LAST_PAINTED
                if any(isinstance(section, kind) for section in page.sections)
            )
            take(chromium, f"{address}/{page.key}", file, last, theme, width)
            print(f"{file} ({file.stat().st_size // 1024} KB)")


@contextmanager
def serving(sources: list[str]) -> Iterator[str]:
    """Serve the ledgers, or the demo ledger, on a free port; yield the address."""
    command = [sys.executable, "-m", "meterwidgets", "serve", *sources, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines = server.stdout or ()
            matches = (re.search(r"Serving (http://[^/]+)/", line) for line in lines)
            address = next((match.group(1) for match in matches if match), None)
            if address is None:
                raise SystemExit("the server did not start; its errors are above")
            yield address
        finally:
            server.terminate()


@contextmanager
def browser() -> Iterator[Any]:
    """Yield the system's Chromium."""
    path = shutil.which("chromium")
    if path is None:
        raise SystemExit("chromium not found; run apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


def take(
    chromium: Any, url: str, file: Path, last_element: str, theme: str, width: int
) -> None:
    """Take one picture of a whole page, once its figures are drawn."""
    context = chromium.new_context(
        color_scheme=theme,
        device_scale_factor=DEVICE_SCALE,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html.mw-ready", state="attached", timeout=60_000)
    page.wait_for_selector(last_element, state="attached", timeout=60_000)
    page.wait_for_load_state("networkidle")
    screenshot = page.screenshot(full_page=True, animations="disabled")
    page.goto("about:blank")
    width, height, pixels = page.evaluate(
        DECODE_PNG, base64.b64encode(screenshot).decode()
    )
    file.write_bytes(png(width, height, base64.b64decode(pixels)))
    context.close()


def png(width: int, height: int, rgba: bytes) -> bytes:
    """Return a PNG in 256 colours: a third of the bytes, and a page has few."""
    rgb = np.frombuffer(rgba, np.uint8).reshape(-1, 4)[:, :3]
    palette, indices = quantised(rgb)
    rows = indices.reshape(height, width)
    lines = np.pad(rows, ((0, 0), (1, 0)))  # each line begins with "no filter"
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": palette.tobytes(),
        b"IDAT": zlib.compress(lines.tobytes(), 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def quantised(rgb: Any) -> tuple[Any, Any]:
    """Return a palette of at most 256 colours, and each pixel's index in it."""
    packed = rgb.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colors, pixels, counts = np.unique(packed, return_inverse=True, return_counts=True)
    channels = [colors >> 16, colors >> 8 & 255, colors & 255]
    wide = np.stack(channels, axis=1).astype(int)
    # Of similar colours keep the most frequent, and of those the 256 most frequent.
    by_count = np.argsort(-counts)
    cells = (wide >> 3)[by_count] @ [1 << 10, 1 << 5, 1]
    _, first, cell_of = np.unique(cells, return_index=True, return_inverse=True)
    frequent = np.argsort(-np.bincount(cell_of, weights=counts[by_count]))[:256]
    palette = wide[by_count[first[frequent]]]
    nearest = ((wide[:, None] - palette) ** 2).sum(axis=2).argmin(axis=1)
    return palette.astype(np.uint8), nearest[pixels].astype(np.uint8)


if __name__ == "__main__":
    main()
