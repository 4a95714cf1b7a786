"""A repriced ledger, served: every page says so beside the end of the data."""

from __future__ import annotations

from pathlib import Path

import golden
import pytest
from serve.running import Running

from .conftest import OpenPage
from .pages import overflows, until_read


@pytest.mark.slow
def test_a_served_ledger_says_that_it_is_repriced(
    page: OpenPage, tmp_path: Path
) -> None:
    ledger, book = golden.write(tmp_path), tmp_path / "other.toml"
    book.write_text('[[price]]\nmodel = "*"\ninput = "1"\noutput = "1"\n')
    command = ("serve", str(ledger), "--port", "0", "--reprice", str(book))
    with Running("-m", "meterwidgets", *command, "--as-of", "2026-01-01") as running:
        for width in (1440, 390):
            shown = page(width=width, url=running.url)
            until_read(
                shown,
                "Repriced as of 2026-01-01",
                "by cost, repriced as of 2026-01-01",
                "$0.054",
            )
            assert not overflows(shown)
            shown.context.close()  # before its server ends
