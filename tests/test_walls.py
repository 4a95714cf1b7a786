"""The floors of the house: nothing looks up, nothing goes round, nothing grows large."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import meterwidgets

HOUSE = Path(meterwidgets.__file__).parent

FLOORS = (
    *("errors", "text", "zones", "schema", "measures"),
    *("ledger.engine", "ledger.readers", "ledger.envelopes", "ledger.sources"),
    *("ledger.pricing", "ledger.left_out", "ledger.duplicates"),
    *("ledger.tables", "ledger.records", "ledger.loading", "ledger"),
    *("frame.rollup", "frame.cube", "frame", "frame.store", "frame.spark"),
    *("frame.read", "metrics.text", "metrics", "metrics.reconcile"),
    *("config", "context", "present", "report"),
    *("widgets", "dashboards", "serve", "cli", "__main__", "__init__"),
)
"""From the ground up: a module lives on the floor with the longest name that begins its
own, and imports from that floor and from those below."""

APART: Mapping[str, frozenset[str]] = {
    # Widgets know text and shapes: what they draw is handed to them.
    "widgets": frozenset({"errors", "text", "zones", "metrics.text"}),
    # A served page has its first figures before any widget is loaded.
    "serve": frozenset(set(FLOORS) - {"widgets", "dashboards"}),
}
"""Floor -> the only floors below that it imports from."""

ONLY: Mapping[str, frozenset[str]] = {
    "adbc_driver_manager": frozenset({"ledger/readers"}),
    "adbc_driver_postgresql": frozenset({"ledger/readers"}),
    "anywidget": frozenset({"widgets"}),
    "bqplot": frozenset({"widgets"}),
    "bqscales": frozenset({"widgets"}),
    "duckdb": frozenset({"ledger", "frame"}),
    "genai_prices": frozenset({"ledger/pricing/catalogue.py"}),
    "jupyter_server": frozenset({"serve", "cli"}),
    "pandas": frozenset({"widgets", "frame"}),
    "pyspark": frozenset({"frame/spark"}),
    "sqlglot": frozenset({"frame/spark"}),
    "voila": frozenset({"serve", "cli"}),
}
"""Package -> the places that import it."""

MODULE_LINES, FUNCTION_LINES, MODULES = 300, 40, 14
LONG = re.compile(r"#\s*long: \S")
"""A reason, at the top of a module or above a function, why it is longer."""


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    inner = parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts
    return ".".join(inner)


def floor_of(module: str) -> str:
    fitting = [f for f in FLOORS if module == f or module.startswith(f"{f}.")]
    assert fitting, f"{module} has no floor: name it in FLOORS"
    return max(fitting, key=len)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions and for types only."""
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
    place = HOUSE.joinpath(*name.split(".")[1:])
    return place.is_dir() or place.with_suffix(".py").exists()


def inner_imports(path: Path) -> Iterator[tuple[str, int]]:
    for module, line in imports(path):
        if module.startswith("meterwidgets."):
            yield module.removeprefix("meterwidgets."), line


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_module_looks_up(path: Path) -> None:
    here = floor_of(name_of(path))
    if here == "__init__":  # it names the public modules
        return
    for module, line in inner_imports(path):
        there = floor_of(module)
        where = f"{path.relative_to(HOUSE)}, line {line}: imports {module}"
        assert FLOORS.index(there) <= FLOORS.index(here), f"{where}, which is above it"
        if here in APART:
            assert there in {here} | APART[here], f"{where}; {here} stands apart"


def test_no_import_goes_round() -> None:
    graph = {
        name_of(path): {module for module, _ in inner_imports(path)}
        for path in modules()
        if name_of(path) != "__init__"
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_package_is_imported_in_its_own_places_only(path: Path) -> None:
    place = path.relative_to(HOUSE).as_posix()
    tree = ast.parse(path.read_text("utf-8"))
    for module, line in imports(path):
        package = module.split(".")[0]
        if package in ONLY and not _for_types(tree, line):
            assert any(
                place == each or place.startswith(f"{each}/") for each in ONLY[package]
            ), f"{place}, line {line}: {package} belongs to {set(ONLY[package])}"


def _for_types(tree: ast.Module, line: int) -> bool:
    """Whether a line is under ``if TYPE_CHECKING``."""
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
        and node.lineno <= line <= (node.end_lineno or 0)
        for node in tree.body
    )


def test_bqplot_is_imported_by_one_module() -> None:
    found = [
        name_of(path)
        for path in modules()
        if any(module.split(".")[0] == "bqplot" for module, _ in imports(path))
    ]
    assert len(found) == 1


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_modules_and_functions_fit_a_screen_or_say_why(path: Path) -> None:
    text = path.read_text("utf-8")
    lines = text.splitlines()
    if not any(LONG.match(line) for line in lines[:3]):
        assert len(lines) <= MODULE_LINES, f"{path.relative_to(HOUSE)}: {len(lines)}"
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        documented = ast.get_docstring(node, clean=False) or ""
        length = (node.end_lineno or 0) - node.lineno + 1 - len(documented.splitlines())
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        if length > FUNCTION_LINES:
            assert LONG.search(lines[first - 2]), (
                f"{path.relative_to(HOUSE)}, line {node.lineno}: {node.name} has "
                f"{length} lines; split it, or say why above it (# long: ...)"
            )


def test_no_room_is_crowded() -> None:
    for folder in {path.parent for path in modules()} - {HOUSE}:
        if folder.name not in ("sources", "widgets"):
            here = [p.name for p in folder.glob("*.py") if p.name != "__init__.py"]
            assert len(here) <= MODULES, f"{folder.relative_to(HOUSE)}: {sorted(here)}"


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
