"""One server for the attacks that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ..running import Answer, Running
from .readers import SLIDER, Reader, serving


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of one page with one widget."""
    with serving(tmp_path_factory.mktemp("notebooks"), SLIDER) as running:
        yield running


@pytest.fixture(scope="package")
def alice(server: Running) -> Reader:
    """A reader."""
    return Reader(server, "alice")


@pytest.fixture(scope="package")
def bob(server: Running) -> Reader:
    """Another one."""
    return Reader(server, "bob")


@pytest.fixture(scope="package")
def page(alice: Reader) -> Answer:
    """A page of Alice's, whose session stays."""
    return alice.open_page()
