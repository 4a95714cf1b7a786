"""What holds for every test, wherever it lies."""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """With several workers one of them drives the browser, and no file is split."""
    with_browser = {"browser", "serve"} & {*item.path.parts}
    group = "browser" if with_browser else str(item.path)
    item.add_marker(pytest.mark.xdist_group(group))


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
