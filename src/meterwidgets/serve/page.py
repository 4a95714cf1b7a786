"""A page: its notebook, run in a kernel of its own and streamed as the cells finish.

The first HTML and its figures go out before the kernel exists, then the output of each
cell. A page that fails says so, without a traceback.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
from jinja2.utils import htmlsafe_json_dumps
from jupyter_server.base.handlers import JupyterHandler
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.filters import strip_ansi
from tornado.iostream import StreamClosedError
from tornado.web import authenticated
from voila.execute import VoilaExecutor, strip_code_cell_warnings

from meterwidgets.errors import NobodyError
from meterwidgets.present.pages import page_of_key
from meterwidgets.serve.kernels.launch import KERNEL_NAME, kernel_env
from meterwidgets.serve.prerender import Prerenderer
from meterwidgets.serve.responses import PlainErrors
from meterwidgets.serve.template import Cells, Notebook, PageTemplate

CELL_TIMEOUT_S = 120
FLUSH_TIMEOUT_S = 30
"""A client that takes longer to receive a part holds up those that wait to start."""
_FAILURE_SCRIPT = "\n<script>window.mwPage.fail({reason})</script>\n</body></html>\n"
_CELL_ERRORS = (CellExecutionError, DeadKernelError, TimeoutError)
_DISCONNECTED = (asyncio.CancelledError, StreamClosedError)


@dataclass(frozen=True, kw_only=True)
class PageServices:
    """What the pages of a server share.

    Attributes:
        frame_dir: The folder of the usage that they show.
        user: Whose usage /my-usage shows.
        template: The compiled template.
        prerenderer: Makes the figures of the first HTML.
        starts: As many pages as hold it start at once.
    """

    frame_dir: Path
    user: str
    template: PageTemplate
    prerenderer: Prerenderer
    starts: asyncio.Semaphore


class Page(PlainErrors, JupyterHandler):
    """Answers a page's address, and owns its kernel until the page is complete."""

    def initialize(self, *, services: PageServices, key: str, notebook: Path) -> None:
        """Take what pages share, the page's key and its notebook."""
        self.services = services
        self.key = key
        self.notebook = notebook
        self.kernel_id = str(uuid4())
        self._streaming: asyncio.Task[None] | None = None
        self._kernel_start: asyncio.Task[Any] | None = None
        self._client_left = False

    @authenticated
    async def get(self) -> None:
        """Stream the page; if the client leaves early, its kernel ends."""
        # Reading it sets the cookie that lets a page end its kernel when it closes.
        self.xsrf_token  # noqa: B018
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self._streaming = asyncio.ensure_future(self._stream())
        try:
            await self._streaming
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - all end it
            await self._end_kernel()
            if not self._client_left and not isinstance(error, _DISCONNECTED):
                self._finish_failed(error)

    def on_connection_close(self) -> None:
        """Stop streaming to a client that has left."""
        self._client_left = True
        if self._streaming:
            self._streaming.cancel()

    async def _stream(self) -> None:
        notebook = nbformat.read(self.notebook, 4)  # type: ignore[no-untyped-call]
        first = await asyncio.to_thread(
            self.services.prerenderer.get, self.key, self.request.query or ""
        )
        page = page_of_key(self.key)
        context = {
            "kernel_id": self.kernel_id,
            "page": first.page if first else page,
            "prerender": first,
            "title": page.heading,
        }
        parts = self.services.template.stream(notebook, context, self._run)
        async with AsyncExitStack() as self._start_slot:
            async for html in parts:
                self.write(html)
                await asyncio.wait_for(self.flush(), FLUSH_TIMEOUT_S)

    async def _run(self, notebook: Notebook) -> Cells:
        """Start the kernel when it is this page's turn; return the cells to come."""
        await self._start_slot.enter_async_context(self.services.starts)
        start = self.kernel_manager.start_kernel(
            kernel_id=self.kernel_id,
            kernel_name=KERNEL_NAME,
            cwd=str(self.services.frame_dir),
            env=kernel_env(
                os.environ,
                frame_dir=self.services.frame_dir,
                query=self.request.query or "",
                user=self.services.user,
            ),
        )
        self._kernel_start = asyncio.ensure_future(start)
        await asyncio.shield(self._kernel_start)
        kernel = self.kernel_manager.get_kernel(self.kernel_id)
        executor = VoilaExecutor(notebook, km=kernel, timeout=CELL_TIMEOUT_S)
        executor.kc = await executor.async_start_new_kernel_client()
        return _execute(executor, notebook)

    async def _end_kernel(self) -> None:
        if self._kernel_start:  # a start that is cut off leaves a process behind
            await asyncio.wait([self._kernel_start])
        kernels: Any = self.kernel_manager
        if self.kernel_id in kernels:
            await kernels.shutdown_kernel(self.kernel_id, now=True)

    def _finish_failed(self, error: BaseException) -> None:
        """End the page with the reason, if that is the user's to know, and log it."""
        text = strip_ansi(str(error))  # type: ignore[no-untyped-call]
        # A cell's error holds its own traceback; that of the server adds nothing.
        self.log.error(
            "the page %s could not be made: %s",
            self.request.path,
            text,
            exc_info=not isinstance(error, _CELL_ERRORS),
        )
        # Other errors may name what this user must not see.
        is_public = getattr(error, "ename", "") == NobodyError.__name__
        reason = getattr(error, "evalue", "") if is_public else ""
        self.finish(_FAILURE_SCRIPT.format(reason=htmlsafe_json_dumps(reason)))


async def _execute(executor: VoilaExecutor, notebook: Notebook) -> Cells:
    """Yield each cell when it has run; one that raises ends the page."""
    try:
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = []
                await executor.async_execute_cell(cell, index, store_history=False)
            yield strip_code_cell_warnings(cell)
    finally:
        executor.kc.stop_channels()
