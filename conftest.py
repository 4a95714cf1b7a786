"""What holds for every test, wherever it lies."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the cells of a notebook in their order, whatever the order of the tests."""
    slots = [place for place, item in enumerate(items) if hasattr(item, "cell_num")]
    cells = sorted(
        (items[place] for place in slots),
        key=lambda cell: (str(cell.path), cell.cell_num),
    )
    for place, cell in zip(slots, cells, strict=True):
        items[place] = cell
