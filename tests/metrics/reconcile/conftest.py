"""A reconciliation with every reason planted."""

from __future__ import annotations

import bills
import pytest

import meterwidgets as mw

from .sides import compared


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> mw.Reconciliation:
    folder = tmp_path_factory.mktemp("planted")
    return compared(folder, bills.LEDGER, bills.INVOICE)
