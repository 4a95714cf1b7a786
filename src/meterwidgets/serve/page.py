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
from typing import TypeGuard
from uuid import uuid4

import nbformat
from jinja2.utils import htmlsafe_json_dumps
from jupyter_server.base.handlers import JupyterHandler
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert.filters import strip_ansi
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated
from voila.execute import VoilaExecutor, strip_code_cell_warnings

from meterwidgets import errors
from meterwidgets.errors import NobodyError
from meterwidgets.present.pages import page_of_key
from meterwidgets.serve.health.metrics import Metrics
from meterwidgets.serve.health.observer import OBSERVER, Observer
from meterwidgets.serve.identity.signed_in import SignedIn
from meterwidgets.serve.kernels.launch import kernel_env
from meterwidgets.serve.kernels.running import kernel_client, new_kernel, until_ready
from meterwidgets.serve.prerender import Prerenderer
from meterwidgets.serve.responses import PlainErrors, busy_page
from meterwidgets.serve.scoped.access import may_open
from meterwidgets.serve.scoped.choose import Chooser
from meterwidgets.serve.sessions.admission import QueueFullError, StartQueue, Turn
from meterwidgets.serve.sessions.origin import opens_page
from meterwidgets.serve.sessions.registry import Sessions, TooManySessionsError
from meterwidgets.serve.template import Cells, Notebook, PageTemplate

CELL_TIMEOUT_S = 120
MAX_QUERY_LENGTH = 8192
RETRY_AFTER_S = 30
FLUSH_TIMEOUT_S = 30
"""A client that takes longer to receive a part holds up those that wait to start."""
_FAILURE_SCRIPT = "\n<script>window.mwPage.fail({reason})</script>\n</body></html>\n"
_CELL_ERRORS = (CellExecutionError, DeadKernelError, TimeoutError)
_DISCONNECTED = (asyncio.CancelledError, StreamClosedError)


@dataclass(frozen=True, kw_only=True)
class PageServices:
    """What the pages of a server share.

    Attributes:
        chooser: Chooses the usage that each of them shows.
        template: The compiled template.
        prerenderer: Makes the figures of the first HTML.
        sessions: Their sessions.
        starts: The queue of those whose sessions have yet to start.
    """

    chooser: Chooser
    template: PageTemplate
    prerenderer: Prerenderer
    sessions: Sessions
    starts: StartQueue


class Page(PlainErrors, JupyterHandler):
    """Answers a page's address, and owns its kernel until the page is complete."""

    def initialize(self, *, services: PageServices, key: str, notebook: Path) -> None:
        """Take what pages share, the page's key and its notebook."""
        self.services = services
        self.key = key
        self.notebook = notebook
        self.kernel_id = str(uuid4())
        self._streaming: asyncio.Task[None] | None = None
        self._client_left = False

    @property
    def _metrics(self) -> Metrics:
        observer: Observer = self.settings[OBSERVER]
        return observer.metrics

    @authenticated
    async def get(self) -> None:
        """Stream the page; if the client leaves early, its kernel ends."""
        if not opens_page(self.request.headers):
            raise HTTPError(403, "only somebody who goes there opens a page")
        if len(self.request.query) > MAX_QUERY_LENGTH:
            raise HTTPError(414)
        cut = await self.services.chooser.choose(self, page_of_key(self.key))
        if cut is None:
            return
        self._cut = cut
        sessions = self.services.sessions
        user: SignedIn = self.current_user
        try:
            turn = self.services.starts.turn(user.principal_id)
            session = await sessions.admit(self.kernel_id, user, scope=cut.scope)
        except (QueueFullError, TooManySessionsError) as error:
            self._refuse(error)
            return
        self._set_headers()
        self._streaming = asyncio.create_task(self._stream(turn))
        session.page = self._streaming
        if self._client_left:
            self._streaming.cancel()
        try:
            await self._streaming
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - all end it
            await sessions.end(self.kernel_id)
            if not self._client_left and not isinstance(error, _DISCONNECTED):
                self._finish_failed(error)
        else:
            sessions.complete(session)

    def _refuse(self, error: QueueFullError | TooManySessionsError) -> None:
        """Say that there are too many pages, and what to do."""
        is_own = isinstance(error, TooManySessionsError) and error.is_own
        self.set_status(429)
        self.set_header("Retry-After", str(RETRY_AFTER_S))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(busy_page(is_own=is_own))

    @authenticated
    def head(self) -> None:
        """Answer whether the page would be shown; starts nothing."""
        if not may_open(self.current_user.scope, page_of_key(self.key)):
            self.set_status(403)
        try:
            self.services.sessions.in_the_way(self.current_user)
        except TooManySessionsError as error:
            self._refuse(error)
        else:
            self._set_headers()

    def _set_headers(self) -> None:
        # Reading it sets the cookie that lets a page end its kernel when it closes.
        self.xsrf_token  # noqa: B018
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")

    def on_connection_close(self) -> None:
        """Stop streaming to a client that has left."""
        self._client_left = True
        if self._streaming:
            self._streaming.cancel()

    async def _stream(self, turn: Turn) -> None:
        notebook = nbformat.read(self.notebook, 4)  # type: ignore[no-untyped-call]
        with turn:
            query = self.request.query or ""
            first = await asyncio.to_thread(
                self.services.prerenderer.get, self.key, query, self._cut
            )
            page = page_of_key(self.key)
            context = {
                "kernel_id": self.kernel_id,
                "page": first.page if first else page,
                "prerender": first,
                "title": page.heading,
                "places": turn.places,
            }
            parts = self.services.template.stream(notebook, context, self._run)
            is_first = True
            async with AsyncExitStack() as self._resources:
                async for html in parts:
                    self.write(html)
                    await asyncio.wait_for(self.flush(), FLUSH_TIMEOUT_S)
                    if is_first:
                        self._metrics.first_html.observe(self.request.request_time())
                        is_first = False

    async def _run(self, notebook: Notebook) -> Cells:
        """Start the kernel; return the cells to come."""
        kernels, folder = self.kernel_manager, self._cut.folder
        env = kernel_env(
            os.environ,
            frame_dir=folder,
            query=self.request.query or "",
            user=self._cut.scope.user or "",
        )
        self._metrics.starts.inc()
        with self._metrics.session_start.time():
            kernel = await self._resources.enter_async_context(
                new_kernel(kernels, self.kernel_id, folder=folder, env=env)
            )
            client = self._resources.enter_context(kernel_client(kernels, kernel))
            await until_ready(kernel, client)
        executor = PageExecutor(notebook, km=kernel, timeout=CELL_TIMEOUT_S)
        executor.kc = client
        return _execute(executor, notebook)

    def _finish_failed(self, error: BaseException) -> None:
        """End the page with the reason, if that is the user's to know, and log it."""
        text = error.evalue if _is_explained(error) else strip_ansi(str(error))  # type: ignore[no-untyped-call]
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


def _is_explained(error: BaseException) -> TypeGuard[CellExecutionError]:
    """Whether a cell's error says what is wrong with the ledger, and needs no trace."""
    kind = getattr(errors, getattr(error, "ename", ""), None)
    return isinstance(kind, type) and issubclass(kind, errors.MeterError)


class PageExecutor(VoilaExecutor):  # type: ignore[misc]
    """Runs cells; that a kernel has ended with its reader is no error to log."""

    async def _async_check_alive(self) -> None:
        if not await self.km.is_alive():
            raise DeadKernelError("the kernel has ended")


async def _execute(executor: PageExecutor, notebook: Notebook) -> Cells:
    """Yield each cell when it has run; one that raises ends the page."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.outputs = []
            await executor.async_execute_cell(cell, index, store_history=False)
        yield strip_code_cell_warnings(cell)
