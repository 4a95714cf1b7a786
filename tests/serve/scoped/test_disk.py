"""The files of a store are cut off, or gone, under a server that shows them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ..running import Running, write_notebook
from .tenants import add, rows_of

SERVE = """
import sys
from pathlib import Path
from meterwidgets.serve.app import serve
folder = Path(sys.argv[1])
serve(folder / "usage.meter", notebooks=folder, port=0)
"""
CELL = "import meterwidgets as mw\nusage = mw.current_usage()\nmw.app(usage, page='overview')"


@pytest.mark.slow
def test_a_store_that_is_cut_off_or_gone_ends_no_server(tmp_path: Path) -> None:
    add(tmp_path, "usage", rows_of("acme", 1))
    write_notebook(tmp_path / "overview.ipynb", CELL)
    store = tmp_path / "usage.meter"
    with Running("-c", SERVE, str(tmp_path)) as running:
        assert "Total Spend" in running.ask("/overview").text
        for path in store.rglob("*.arrow"):
            os.truncate(path, 0)
        for query in ("", "?range=7d"):
            assert running.ask(f"/overview{query}").status == 200
        shutil.rmtree(store)
        assert running.ask("/overview?range=90d").status in {200, 503}
        assert running.ask("/healthz").status == 200
        assert "Traceback" not in running.errors(), running.errors()
