"""``meterwidgets serve``."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from meterwidgets.cli import options
from meterwidgets.cli import reprice as repricing
from meterwidgets.cli.ledgers import load_config, read_ledgers_or_demo
from meterwidgets.config.config import roles
from meterwidgets.config.identity import located
from meterwidgets.frame.saved import save
from meterwidgets.serve.app import serve
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
) -> None:
    """Serve the dashboards of a ledger.

    SOURCE is a file, a folder, a glob, a database or a store. Without one, and without
    a config that names one, the dashboards show the demo ledger.
    """
    sign_in = _sign_in(config_file, user)
    where = _options(
        sign_in, host=host, port=port, base_url=base_url, public_url=public_url
    )
    sign_in.check(addresses(**where))  # before a long reading, and not after it
    usage = read_ledgers_or_demo(
        ledgers,
        config_file,
        rejects=rejects,
        written=written,
        repricing=repricing.chosen(reprice, as_of, config_file),
    )
    with TemporaryDirectory(prefix="meterwidgets-") as folder:
        if usage.store is not None:  # the pages follow a store as it grows
            frame_dir = usage.store.folder
        else:
            frame_dir = save(usage, Path(folder) / "frame")
        del usage  # the kernels map the saved frame; the server needs no copy
        serve(
            frame_dir,
            **where,
            open_browser=open_browser,
            sign_in=sign_in,
            log=click.echo,
        )


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
