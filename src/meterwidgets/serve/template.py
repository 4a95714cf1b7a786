"""The compiled template of the pages, streamed around a notebook while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from logging import Logger
from typing import Any

import nbformat
from voila.configuration import VoilaConfiguration
from voila.exporter import VoilaExporter
from voila.utils import get_page_config

import meterwidgets
from meterwidgets.serve.assets import VOILA_STATIC, versioned_url
from meterwidgets.serve.paths import TEMPLATE

Notebook = nbformat.NotebookNode
Cells = AsyncIterator[Notebook]


class PageTemplate:
    """The pages' template, compiled once for all of them.

    Args:
        base_url: Of the server.
        template_paths: The folders of the template and of those that it extends.
        static_paths: The folders of their static files.
        contents_manager: The server's; the exporter asks for one.
        configuration: Voilà's.
        log: The server's.
    """

    def __init__(
        self,
        *,
        base_url: str,
        template_paths: list[str],
        static_paths: list[str],
        contents_manager: Any,
        configuration: VoilaConfiguration,
        log: Logger,
    ) -> None:
        self._base_url = base_url
        static_url = f"{base_url}voila/static/"
        self._asset = partial(versioned_url, static_paths, static_url)
        self._exporter = VoilaExporter(
            template_paths=template_paths,
            template_name=TEMPLATE,
            contents_manager=contents_manager,
            base_url=base_url,
        )
        self._exporter.exclude_input = True
        self._exporter.exclude_input_prompt = True
        self._exporter.exclude_output_prompt = True
        self._page_config: dict[str, Any] = get_page_config(
            base_url=base_url,
            settings={
                "mathjax_url": f"{static_url}no_math.js",
                "mathjax_config": "none",
            },
            log=log,
            voila_configuration=configuration,
        ) | {
            "fullStaticUrl": f"{base_url}{VOILA_STATIC}",
            "jupyterLabTheme": "light",
        }

    def stream(
        self,
        notebook: Notebook,
        context: Mapping[str, Any],
        run: Callable[[Notebook], Awaitable[Cells]],
    ) -> AsyncIterator[str]:
        """Yield the page's HTML in parts while its notebook runs.

        Args:
            notebook: The notebook to run.
            context: The template's variables that belong to this page.
            run: Starts the kernel; returns the cells, each when it has run.
        """
        parts = self._exporter.generate_from_notebook_node(
            notebook,
            resources={"base_url": self._base_url},
            extra_context={
                **context,
                "run": run,
                "version": meterwidgets.__version__,
                "asset": self._asset,
            },
            page_config=self._page_config,
        )
        return (html async for html, _resources in parts)
