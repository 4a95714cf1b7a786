"""The floors of the house: who may import whom. Nothing looks up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import meterwidgets

HOUSE = Path(meterwidgets.__file__).parent
EVERYWHERE = {"errors", "measures", "schema", "text", "zones"}

ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "text": set(),
    "zones": set(),
    "schema": set(),
    "measures": set(),
    "ledger": {"ledger"},
    "frame": {"ledger", "frame"},
    "metrics": {"ledger", "frame", "metrics"},
    "config": {"ledger", "frame", "metrics", "config"},
    "context": {"ledger", "frame", "config", "context"},
    "present": {"ledger", "frame", "metrics", "present"},
    "report": {"ledger", "frame", "metrics", "present", "report"},
    "widgets": {
        "metrics.text.axes",
        "metrics.text.formats",
        "metrics.text.percentages",
        "widgets",
    },
    "dashboards": {
        *{"ledger", "frame", "metrics", "present", "widgets", "dashboards"},
        *{"config", "context"},
    },
    "serve": {"ledger", "frame", "metrics", "serve", "config", "context", "present"},
}
"""Room -> the rooms, or modules of one, that it may import besides the ground.

``__init__`` only names modules; those of `ABOVE` stand above all of them.
"""
ABOVE = {"__init__", "__main__", "cli"}

ONLY = {
    "bqplot": {"widgets/bqplot_figures.py"},
    "bqscales": {"widgets/bqplot_figures.py"},
    "voila": {"serve", "cli"},
    "jupyter_server": {"serve", "cli"},
    "duckdb": {"ledger", "frame"},
    "genai_prices": {"ledger/pricing/catalogue.py"},
    "anywidget": {"widgets"},
    "pandas": {"widgets/bqplot_figures.py", "frame"},
    "adbc_driver_manager": {"ledger/readers/postgres_session.py"},
    "adbc_driver_postgresql": {"ledger/readers/postgres_session.py"},
    "pyspark": {"frame/spark"},
    "sqlglot": {"frame/spark/engine.py"},
}
"""Package -> the places that may import it."""


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions, with the line."""
    package = ["meterwidgets", *path.relative_to(HOUSE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package[: len(package) + 1 - node.level], base])
            base = base.rstrip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                there = base.startswith("meterwidgets") and _is_module(inner)
                yield (inner if there else base), node.lineno


def _is_module(name: str) -> bool:
    parts = name.split(".")[1:]
    place = HOUSE.joinpath(*parts)
    return place.is_dir() or place.with_suffix(".py").exists()


def within(module: str, allowed: set[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in allowed)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(HOUSE)))
def test_no_module_looks_up(path: Path) -> None:
    room = path.relative_to(HOUSE).parts[0].removesuffix(".py")
    if room in ABOVE:
        return
    assert room in ROOMS, f"{room} is a new room: say in ROOMS what it may import"
    for module, line in imports(path):
        if not module.startswith("meterwidgets."):
            continue
        inner = module.removeprefix("meterwidgets.")
        assert within(inner, ROOMS[room] | EVERYWHERE), (
            f"{path.relative_to(HOUSE)}, line {line}: imports {module}, which stands "
            f"above or beside it"
        )


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(HOUSE)))
def test_a_package_is_imported_in_its_own_places_only(path: Path) -> None:
    place = path.relative_to(HOUSE).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    for module, line in imports(path):
        package = module.split(".")[0]
        if package in ONLY and not _for_types(tree, line):
            assert any(
                place == each or place.startswith(f"{each}/") for each in ONLY[package]
            ), f"{place}, line {line}: {package} is imported in {ONLY[package]} only"


def _for_types(tree: ast.Module, line: int) -> bool:
    """Whether a line is under ``if TYPE_CHECKING``."""
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and node.lineno <= line <= (node.end_lineno or 0)
        for node in tree.body
    )


def test_the_walls_see_imports_inside_functions_and_of_relatives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "HOUSE", tmp_path)
    room = tmp_path / "ledger"
    room.mkdir()
    (room / "a.py").write_text(
        "from .. import frame\nfrom .b import c\ndef f():\n    import duckdb.x\n"
    )
    (tmp_path / "frame").mkdir()
    assert [name for name, _ in imports(room / "a.py")] == [
        "meterwidgets.frame", "meterwidgets.ledger.b", "duckdb.x",
    ]  # fmt: skip
