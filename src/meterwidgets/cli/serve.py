"""``meterwidgets serve``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from meterwidgets.cli import options
from meterwidgets.cli import reprice as repricing
from meterwidgets.cli.ledgers import read_ledgers_or_demo
from meterwidgets.frame.saved import save
from meterwidgets.serve.app import serve
from meterwidgets.serve.identity.choose import SignIn


@click.command("serve")
@options.ledgers
@options.config_file
@options.rejects()
@options.written
@repricing.options
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on, or unix:PATH for a socket.",
)
@click.option("--port", default=8866, show_default=True, type=click.IntRange(0, 65535))
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
    host: str,
    port: int,
    public_url: str | None,
    base_url: str | None,
    open_browser: bool,
    user: str,
) -> None:
    """Serve the dashboards of a ledger.

    SOURCE is a file, a folder, a glob, a database or a store. Without one, and without
    a config that names one, the dashboards show the demo ledger.
    """
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
            host=host,
            port=port,
            public_url=public_url,
            base_url=base_url,
            open_browser=open_browser,
            sign_in=SignIn(user=user),
            log=click.echo,
        )
