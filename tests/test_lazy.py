"""``import meterwidgets`` costs nothing, and a name loads only what it needs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import meterwidgets as mw
from meterwidgets.frame.saved import save

HEAVY = {
    "anywidget", "bqplot", "click", "duckdb", "genai_prices", "ipywidgets", "IPython",
    "msgspec", "numpy", "pandas", "pyarrow", "pyspark", "sqlglot", "tornado",
    "traitlets", "voila",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """Which heavy packages a new interpreter has after some code."""
    code += f"\nimport sys; print(*({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded("import meterwidgets") == set()
    assert (
        loaded("import meterwidgets as mw; dir(mw); mw.__version__; mw.__all__")
        == set()
    )


def test_an_error_loads_nothing_heavy() -> None:
    assert loaded("from meterwidgets import MeterError, LedgerError") == set()


HELP = """
import contextlib, io
from meterwidgets.cli.main import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["--help"], standalone_mode=False)
"""


def test_help_loads_no_command() -> None:
    assert loaded(HELP) == {"click"}


def test_filters_load_no_data_libraries() -> None:
    assert loaded("from meterwidgets import Filters; Filters(orgs=['a'])") == set()


def test_a_price_book_loads_no_catalogue_before_it_is_asked() -> None:
    entry = {"model": "m", "input": "1"}
    assert (
        loaded(f"from meterwidgets import PriceBook as P; P.parse([{entry}])") == set()
    )


def test_a_frame_loads_no_engine_and_no_dataframes() -> None:
    assert loaded("from meterwidgets import UsageFrame") <= {"numpy", "pyarrow"}
    assert loaded("import meterwidgets.frame.saved") <= {"numpy", "pyarrow"}


def test_reading_loads_no_widgets() -> None:
    """Arrow looks for pandas where a table is made of Python values."""
    code = (
        "import meterwidgets as mw; mw.read_usage({'time': ['2026-02-22'], 'cost': [1]},"
        " prices=mw.PriceBook(catalogue=False), rejects=None)"
    )
    assert loaded(code) - {"pandas"} <= {"numpy", "pyarrow", "duckdb", "tornado"}


def test_what_a_session_preloads_is_no_engine_no_dataframes_and_no_server() -> None:
    found = loaded("from meterwidgets.serve.kernels.session import preload; preload()")
    assert found <= {
        *("anywidget", "bqplot", "ipywidgets", "IPython", "msgspec", "numpy"),
        *("pyarrow", "tornado", "traitlets"),
    }


NOTHING_NEW = """
import sys
from meterwidgets.serve.kernels.session import preload
preload()
before = set(sys.modules)
import meterwidgets as mw
mw.app(mw.current_usage(), query="range=7d&org=Acme")
new = [name for name in set(sys.modules) - before if name.startswith("meterwidgets")]
assert not new, new
"""


def test_a_session_preloads_all_of_ours_that_a_page_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save(mw.demo_usage(), tmp_path / "frame")
    monkeypatch.setenv("METERWIDGETS_FRAME", str(folder))
    loaded(NOTHING_NEW)


FIRST_FIGURES = """
import meterwidgets as mw
app = mw.app(mw.current_usage(), query="range=7d&org=Acme")
for page in ("token-usage", "model-analytics"):
    app.page = page
app.view.reset()
"""


def test_a_session_loads_no_engine_no_dataframes_and_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them takes tens of megabytes, and tenths of a second, of every page."""
    folder = save(mw.demo_usage(), tmp_path / "frame")
    monkeypatch.setenv("METERWIDGETS_FRAME", str(folder))
    assert loaded(FIRST_FIGURES) == {
        *("anywidget", "bqplot", "ipywidgets", "IPython", "msgspec", "numpy"),
        *("pyarrow", "traitlets"),
    }


RADAR = """
import meterwidgets.widgets.bqplot_figures, bqplot, sys
assert "pandas" not in sys.modules
radar = bqplot.Radar(data=__import__("pandas").DataFrame({"a": [1, 2], "b": [3, 4]}))
assert list(radar.data.columns) == ["a", "b"]
"""


def test_the_rest_of_bqplot_finds_its_pandas_when_it_asks_for_it() -> None:
    assert "pandas" in loaded(RADAR)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="KpiCrad"):
        importlib.import_module("meterwidgets").KpiCrad  # noqa: B018


def test_every_public_name_is_listed_once() -> None:
    assert dir(mw) == sorted(mw.__all__)
    assert len(set(mw.__all__)) == len(mw.__all__)
