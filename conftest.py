"""What holds for every test, wherever it lies."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Of several workers let one drive the browser, and split no file.

    Two browsers at once are more than two cores have.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return "browser" if path.startswith("tests/browser/") else path

    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the cells of a notebook in their order, and nothing between them.

    Whatever the order of the other tests: another one between two cells would end
    the notebook's kernel.
    """
    cells = [item for item in items if hasattr(item, "cell_num")]
    others = [item for item in items if not hasattr(item, "cell_num")]
    cells.sort(key=lambda cell: (str(cell.path), cell.cell_num))
    items[:] = [*others, *cells]
