"""Finds the notebooks and the page template, in a checkout or an installed wheel."""

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
    """The folder of the pages' notebooks.

    Raises:
        MeterError: The installation is incomplete.
    """
    return _find("notebooks", [_CHECKOUT / "notebooks", _PACKAGE / "notebooks"])


def template_root() -> Path:
    """The Jupyter data folder that holds the page template.

    Raises:
        MeterError: The installation is incomplete.
    """
    from jupyter_core.paths import jupyter_path

    roots = [
        _CHECKOUT / "voila_templates",
        Path(sys.prefix, "share", "jupyter"),
        *map(Path, jupyter_path()),
    ]
    return _find("page template", roots, TEMPLATE_FOLDER / "conf.json")


def _find(name: str, roots: Iterable[Path], relative: Path = Path()) -> Path:
    searched = list(roots)
    for root in searched:
        if (root / relative).exists():
            return root
    raise MeterError(
        f"the {name} of meterwidgets not found in {', '.join(map(str, searched))}; "
        "the installation is incomplete: run pip install --force-reinstall meterwidgets"
    )
