"""``import meterwidgets`` costs nothing, and a name loads only what it needs."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import meterwidgets as mw

HEAVY = {
    "anywidget", "bqplot", "click", "duckdb", "genai_prices", "ipywidgets", "IPython",
    "msgspec", "numpy", "pandas", "pyarrow", "tornado", "traitlets", "voila",
}  # fmt: skip


def loaded(code: str) -> set[str]:
    """Which heavy packages a new interpreter has after some code."""
    code += f"; import sys; print(*({HEAVY!r} & set(sys.modules)))"
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


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'KpiCrad'"):
        importlib.import_module("meterwidgets").KpiCrad  # noqa: B018


def test_every_public_name_is_listed_once() -> None:
    assert dir(mw) == sorted(mw.__all__)
    assert len(set(mw.__all__)) == len(mw.__all__)
