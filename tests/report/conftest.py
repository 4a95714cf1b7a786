"""What the tests of the reports share."""

from __future__ import annotations

import golden as example
import pytest

from meterwidgets.frame.frame import UsageFrame


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> UsageFrame:
    """The worked example, read from its 144 raw requests."""
    return example.usage(tmp_path_factory.mktemp("golden"))
