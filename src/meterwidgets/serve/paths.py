"""Where the notebooks and the page template lie: a checkout, or an installed wheel."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import meterwidgets
from meterwidgets.errors import MeterError

TEMPLATE = "meterwidgets"
TEMPLATE_FOLDER = Path("voila", "templates", TEMPLATE)

_PACKAGE = Path(meterwidgets.__file__).parent
_CHECKOUT = _PACKAGE.parents[1]


def notebooks_dir() -> Path:
    """Return the folder with the notebooks behind the pages.

    Raises:
        MeterError: There is no such folder, so the installation is incomplete.
    """
    return _first("notebooks", [_CHECKOUT / "notebooks", _PACKAGE / "notebooks"])


def template_root() -> Path:
    """Return the Jupyter data folder that holds the page template.

    Raises:
        MeterError: There is no such folder, so the installation is incomplete.
    """
    from jupyter_core.paths import jupyter_path

    roots = [
        _CHECKOUT / "voila_templates",
        Path(sys.prefix, "share", "jupyter"),
        *map(Path, jupyter_path()),
    ]
    return _first("page template", roots, TEMPLATE_FOLDER / "conf.json")


def _first(what: str, roots: Iterable[Path], inside: Path = Path()) -> Path:
    looked = list(roots)
    for root in looked:
        if (root / inside).exists():
            return root
    raise MeterError(
        f"the {what} of meterwidgets not found in {', '.join(map(str, looked))}; "
        "the installation is incomplete: run pip install --force-reinstall meterwidgets"
    )
