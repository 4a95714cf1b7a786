"""Where a JupyterHub tells its service to listen, by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from meterwidgets.errors import MeterError


def service_options(environ: Mapping[str, str]) -> dict[str, str | int]:
    """The options that a Hub's environment stands for, by their names.

    Args:
        environ: Of the service.

    Raises:
        MeterError: No Hub started this server.

    Examples:
        >>> service_options({
        ...     "JUPYTERHUB_API_TOKEN": "secret",
        ...     "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
        ...     "JUPYTERHUB_SERVICE_PREFIX": "/services/usage/",
        ... })
        {'host': '127.0.0.1', 'port': 10101, 'base_url': '/services/usage/'}
    """
    if not environ.get("JUPYTERHUB_API_TOKEN"):
        raise MeterError(
            '[identity] has way = "hub", but no JupyterHub started this server '
            "(JUPYTERHUB_API_TOKEN is not set); make it a service in "
            "jupyterhub_config.py"
        )
    options: dict[str, str | int] = {}
    try:
        address = urlsplit(environ.get("JUPYTERHUB_SERVICE_URL", ""))
        if address.hostname:
            options["host"] = address.hostname
        if address.port:
            options["port"] = address.port
    except ValueError:
        raise MeterError(
            "JUPYTERHUB_SERVICE_URL is no address; set the service's url in "
            "jupyterhub_config.py"
        ) from None
    if prefix := environ.get("JUPYTERHUB_SERVICE_PREFIX"):
        options["base_url"] = prefix
    if public := environ.get("JUPYTERHUB_PUBLIC_URL"):
        options["public_url"] = public
    return options
