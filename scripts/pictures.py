"""Take a picture of every page, from the running product.

    python scripts/pictures.py [--source LEDGER ...] [--out docs/pictures]

Needs Chromium and the test extra. One picture per page, theme and width.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGES = {
    "overview": ".mw-donut .bqplot .slice",
    "token-usage": ".mw-trend .bqplot path.area",
    "model-analytics": ".mw-trend .bqplot path.area",
    "my-usage": ".mw-trend .bqplot path.area",
}
"""Page -> what is painted last on it."""
THEMES = ("light", "dark")
WIDTHS = (1440, 420)
SCALE = 1.25  # device pixels per CSS pixel: sharp, and under a megabyte
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def main() -> None:
    """Start the product, take every picture, stop it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--source", nargs="*", default=[], help="else the demo ledger")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with serving(given.source) as address, browser() as chromium:
        for page, theme, width in product(PAGES, THEMES, WIDTHS):
            file = given.out / f"{page}_{theme}_{width}.png"
            take(chromium, f"{address}/{page}", file, PAGES[page], theme, width)
            print(f"{file} ({file.stat().st_size // 1024} KB)")


@contextmanager
def serving(sources: list[str]) -> Iterator[str]:
    """Serve the ledgers, or the demo ledger, on a free port; yield the address."""
    command = [sys.executable, "-m", "meterwidgets", "serve", *sources, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines = server.stdout or ()
            found = (re.search(r"Serving (http://[^/]+)/", line) for line in lines)
            address = next((match.group(1) for match in found if match), None)
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
    chromium: Any, url: str, file: Path, last: str, theme: str, width: int
) -> None:
    """Take one picture of a whole page, once its figures stand."""
    context = chromium.new_context(
        color_scheme=theme,
        device_scale_factor=SCALE,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("html.mw-ready", state="attached", timeout=60_000)
    page.wait_for_selector(last, state="attached", timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=file, full_page=True, animations="disabled")
    context.close()


if __name__ == "__main__":
    main()
