"""``meterwidgets serve``."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from meterwidgets.cli import options
from meterwidgets.cli import reprice as repricing
from meterwidgets.cli.ledgers import load_config, read_ledgers_or_demo
from meterwidgets.config.config import roles
from meterwidgets.config.identity import located
from meterwidgets.config.role_values import unreported_values
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.frame.saved import save
from meterwidgets.serve.app import serve
from meterwidgets.serve.health.reading import ReadingPort
from meterwidgets.serve.identity.choose import SignIn
from meterwidgets.serve.identity.hub_service import service_options
from meterwidgets.serve.net.addresses import addresses


@click.command("serve")
@options.ledgers
@options.config_file
@options.rejects()
@options.written
@repricing.options
@click.option(
    "--host",
    help="The address to listen on, or unix:PATH for a socket; default: 127.0.0.1.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port to listen on; default: 8866, 0 takes any free one.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="The address that readers open, where a reverse proxy answers.",
)
@click.option(
    "--base-url",
    metavar="PATH",
    help="The path that the pages are under; default: that of --public-url, whether "
    "the proxy cuts it off or not.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open a browser.")
@click.option(
    "--user",
    default="",
    metavar="NAME",
    help="Sign in as this end user, with their rows.",
)
@click.option(
    "--access-log",
    metavar="FILE",
    help="Append a JSON line for each request to FILE, or - for the standard output: "
    "who saw which rows, when.",
)
def command(
    ledgers: tuple[str, ...],
    config_file: str | None,
    rejects: str,
    written: str | None,
    reprice: str | None,
    as_of: datetime | None,
    host: str | None,
    port: int | None,
    public_url: str | None,
    base_url: str | None,
    open_browser: bool,
    user: str,
    access_log: str | None,
) -> None:
    """Serve the dashboards of a ledger.

    SOURCE is a file, a folder, a glob, a database or a store. Without one, and without
    a config that names one, the dashboards show the demo ledger.
    """
    sign_in = _sign_in(config_file, user)
    where = _options(
        sign_in, host=host, port=port, base_url=base_url, public_url=public_url
    )
    read = partial(
        read_ledgers_or_demo,
        ledgers,
        config_file,
        rejects=rejects,
        written=written,
        repricing=repricing.chosen(reprice, as_of, config_file),
    )
    more = {"open_browser": open_browser, "access_log": access_log}
    _read_and_serve(read, where, sign_in=sign_in, **more)


def _read_and_serve(
    read: Callable[..., UsageFrame],
    where: dict[str, Any],
    *,
    sign_in: SignIn,
    **options: Any,
) -> None:
    """Serve what is read; until then, the port tells how far that is.

    Args:
        read: Reads the usage.
        where: Where to listen.
        sign_in: How readers sign in.
        options: Those of ``serve``.
    """
    at = addresses(**where)
    sign_in.check(at)  # before a long reading, and not after it
    with ReadingPort(at) as reading:
        usage = read(progress=reading.update)
        if sign_in.roles is not None:
            for sentence in unreported_values(sign_in.roles, usage):
                click.secho(sentence, fg="yellow", err=True)
        with TemporaryDirectory(prefix="meterwidgets-") as folder:
            frame_dir = _folder_of(usage, Path(folder))
            del usage  # the kernels map the saved frame; the server needs no copy
            serve(
                frame_dir,
                **where,
                **options,
                sign_in=sign_in,
                sockets=reading.hand_over,
                log=click.echo,
            )


def _folder_of(usage: UsageFrame, temporary: Path) -> Path:
    """The folder that pages are made of; they follow a store as it grows."""
    if usage.store is not None:
        return usage.store.folder
    return save(usage, temporary / "frame")


def _sign_in(config_file: str | None, user: str) -> SignIn:
    """How the config says that readers sign in."""
    config, folder = load_config(config_file, with_warnings=False)
    return SignIn(
        identity=located(config.identity, folder), roles=roles(config), user=user
    )


def _options(sign_in: SignIn, **given: Any) -> dict[str, Any]:
    """Where to listen; a JupyterHub names what the options leave out."""
    options = {name: value for name, value in given.items() if value is not None}
    at_hub = service_options(os.environ) if sign_in.identity.way == "hub" else {}
    return {"host": "127.0.0.1", "port": 8866, **at_hub, **options}
