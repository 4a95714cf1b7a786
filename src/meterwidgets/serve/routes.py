"""The only routes that there are: the pages, their kernels and their files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voila.utils import get_voila_labextensions_path

from meterwidgets.errors import MeterError
from meterwidgets.present.pages import PAGES
from meterwidgets.serve.assets import (
    EXTENSIONS,
    VOILA_STATIC,
    ExtensionFiles,
    StaticFiles,
)
from meterwidgets.serve.handlers import (
    Favicon,
    KernelState,
    RedirectToFirstPage,
    ShutdownKernel,
)
from meterwidgets.serve.health.metrics_page import MetricsPage
from meterwidgets.serve.health.probes import Healthz, Readyz
from meterwidgets.serve.page import Page, PageServices
from meterwidgets.serve.websocket import PageWebsocket


def find_notebooks(folder: Path) -> dict[str, Path]:
    """Page -> its notebook, for those that are in a folder.

    Raises:
        MeterError: None of them is there.
    """
    paths = {page.key: folder / page.notebook for page in PAGES.values()}
    found = {page: path for page, path in paths.items() if path.is_file()}
    if not found:
        names = ", ".join(page.notebook for page in PAGES.values())
        raise MeterError(f"none of the notebooks {names} found in {folder}")
    return found


def routes(
    base: str,
    *,
    base_url: str,
    notebooks: Mapping[str, Path],
    services: PageServices,
    static_paths: Sequence[str],
) -> list[Any]:
    """The routes of the server, each with its handler.

    Args:
        base: The path that all of them are under; it begins and ends with a slash.
        base_url: The path that readers find the pages under, which a proxy may cut off.
        notebooks: Page -> its notebook.
        services: What the pages share.
        static_paths: The folders of the template's files.
    """
    base = re.escape(base)
    kernel = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
    extensions = "|".join(EXTENSIONS)
    static = {"roots": static_paths}
    pages = [
        (base + key, Page, {"services": services, "key": key, "notebook": notebook})
        for key, notebook in notebooks.items()
    ]
    return [
        (base, RedirectToFirstPage, {"base_url": base_url}),
        *pages,
        (rf"{base}api/kernels/{kernel}", KernelState),
        (rf"{base}api/kernels/{kernel}/channels", PageWebsocket),
        (rf"{base}voila/api/shutdown/{kernel}", ShutdownKernel),
        (rf"{base}{VOILA_STATIC}/(.*)", StaticFiles, static),
        (rf"{base}voila/static/(.*)", StaticFiles, static),
        (
            rf"{base}voila/labextensions/((?:{extensions})/static/[\w.-]+)",
            ExtensionFiles,
            {"path": get_voila_labextensions_path()},
        ),
        (rf"{base}favicon.ico", Favicon),
        (rf"{base}healthz", Healthz),
        (rf"{base}readyz", Readyz),
        (rf"{base}metrics", MetricsPage),
    ]
