"""One page: its notebook, run in a kernel of its own and streamed as it gets ready.

The shell with its first figures goes out before the kernel exists; each cell's output
follows when it has run. A page that fails says so, without a traceback.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import nbformat
from jinja2.utils import htmlsafe_json_dumps
from jupyter_server.base.handlers import JupyterHandler
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.filters import strip_ansi
from tornado.iostream import StreamClosedError
from tornado.web import authenticated
from voila.execute import VoilaExecutor, strip_code_cell_warnings
from voila.exporter import VoilaExporter
from voila.utils import get_page_config

import meterwidgets
from meterwidgets.errors import NobodyError
from meterwidgets.serve.assets import VOILA_STATIC, Plain, versioned
from meterwidgets.serve.kernels import KERNEL, kernel_env
from meterwidgets.serve.paths import TEMPLATE

if TYPE_CHECKING:
    from meterwidgets.serve.app import MeterServer

CELL_TIMEOUT = 120  # seconds
READ_TIMEOUT = 30  # seconds; who reads slower may hold up those who wait for a start
_FAILED = "\n<script>window.mwPage.fail({why})</script>\n</body></html>\n"
_CELL_FAILED = (CellExecutionError, DeadKernelError, TimeoutError)
_GONE = (asyncio.CancelledError, StreamClosedError)  # the server or the reader

Notebook = nbformat.NotebookNode


class Page(Plain, JupyterHandler):
    """Answers a page's address, and owns its kernel until the page is complete."""

    def initialize(self, *, server: MeterServer, page: str, notebook: Path) -> None:
        """Take the server, the page's key, and the notebook that it runs."""
        self.server = server
        self.page = page
        self.notebook = notebook
        self.kernel_id = str(uuid4())
        self._work: asyncio.Task[None] | None = None
        self._start: asyncio.Task[Any] | None = None
        self._left = False

    @authenticated
    async def get(self) -> None:
        """Stream the page; a reader who leaves early takes the kernel along."""
        # The cookie that lets the page stop its kernel when it is closed.
        self.xsrf_token  # noqa: B018
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self._work = asyncio.ensure_future(self._stream())
        try:
            await self._work
        except (Exception, asyncio.CancelledError) as error:
            await self._drop_kernel()
            if self._left or isinstance(error, _GONE):
                return
            # A cell's error holds its own traceback; ours would add nothing.
            text = strip_ansi(str(error))  # type: ignore[no-untyped-call]
            ours = not isinstance(error, _CELL_FAILED)
            what = f"the page {self.request.path} could not be made"
            self.log.error("%s: %s", what, text, exc_info=ours)
            # Other errors may name what is not the reader's to know.
            told = getattr(error, "ename", "") == NobodyError.__name__
            why = getattr(error, "evalue", "") if told else ""
            self.finish(_FAILED.format(why=htmlsafe_json_dumps(why)))

    def on_connection_close(self) -> None:
        """Stop the work for a reader who has left."""
        self._left = True
        if self._work:
            self._work.cancel()

    async def _stream(self) -> None:
        notebook = nbformat.read(self.notebook, 4)  # type: ignore[no-untyped-call]
        template, query = self.server.template, self.request.query or ""
        shown = await asyncio.to_thread(self.server.figures.of, self.page, query)
        words = {"page": self.page, "shown": shown, "kernel_id": self.kernel_id}
        async with AsyncExitStack() as self._turn:
            async for text in template.stream(notebook, words, self._run):
                self.write(text)
                await asyncio.wait_for(self.flush(), READ_TIMEOUT)

    async def _run(self, notebook: Notebook) -> AsyncIterator[Notebook]:
        await self._turn.enter_async_context(self.server.starts)
        kernels = self.server.kernel_manager
        start = kernels.start_kernel(
            kernel_id=self.kernel_id,
            kernel_name=KERNEL,
            cwd=str(self.server.frame_dir),
            env=kernel_env(
                os.environ,
                frame_dir=self.server.frame_dir,
                query=self.request.query or "",
                user=self.server.user,
            ),
        )
        self._start = asyncio.ensure_future(start)
        await asyncio.shield(self._start)
        executor = VoilaExecutor(
            notebook, km=kernels.get_kernel(self.kernel_id), timeout=CELL_TIMEOUT
        )
        executor.kc = await executor.async_start_new_kernel_client()
        return _outputs(executor, notebook)

    async def _drop_kernel(self) -> None:
        if self._start:  # one that is cut off leaves a process that nobody knows
            await asyncio.wait([self._start])
        if self.kernel_id in self.server.kernel_manager:
            await self.server.kernel_manager.shutdown_kernel(self.kernel_id, now=True)


async def _outputs(
    executor: VoilaExecutor, notebook: Notebook
) -> AsyncIterator[Notebook]:
    """Yield each cell when it has run; one that raises ends the page."""
    try:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = []
                await executor.async_execute_cell(cell, index, store_history=False)
            yield strip_code_cell_warnings(cell)
    finally:
        executor.kc.stop_channels()


Run = Callable[[Notebook], Awaitable[AsyncIterator[Notebook]]]


class PageTemplate:
    """The compiled template, shared by all pages."""

    def __init__(self, server: MeterServer) -> None:
        self._server = server

    def stream(
        self, notebook: Notebook, words: Mapping[str, Any], run: Run
    ) -> AsyncIterator[str]:
        """Yield the page's text while its notebook runs.

        Args:
            notebook: The notebook to run.
            words: What the page knows before that: its key as ``page``, the figures
                to show meanwhile as ``shown``, and the ``kernel_id`` to come.
            run: Starts the kernel; returns the cells as they get ready.
        """
        server = self._server
        static = f"{server.base_url}voila/static/"
        page, shown = words["page"], words["shown"]
        context = dict(words) | {
            "run": run,
            "page": shown.page if shown else page,
            "title": "My Usage" if page == "my-usage" else "Usage Metering",
            "version": meterwidgets.__version__,
            "asset": partial(versioned, server.static_paths, static),
        }
        parts = self._exporter.generate_from_notebook_node(
            notebook,
            resources={"base_url": server.base_url},
            extra_context=context,
            page_config=self._page_config,
        )
        return (text async for text, _resources in parts)

    @cached_property
    def _exporter(self) -> VoilaExporter:
        server = self._server
        exporter = VoilaExporter(
            template_paths=server.template_paths,
            template_name=TEMPLATE,
            contents_manager=server.contents_manager,
            base_url=server.base_url,
        )
        exporter.exclude_input = True
        exporter.exclude_input_prompt = True
        exporter.exclude_output_prompt = True
        return exporter

    @cached_property
    def _page_config(self) -> dict[str, Any]:
        server = self._server
        no_math = f"{server.base_url}voila/static/no_math.js"
        config: dict[str, Any] = get_page_config(
            base_url=server.base_url,
            settings={"mathjax_url": no_math, "mathjax_config": "none"},
            log=server.log,
            voila_configuration=server.voila_configuration,
        )
        scripts = f"{server.base_url}{VOILA_STATIC}"
        return config | {"fullStaticUrl": scripts, "jupyterLabTheme": "light"}
