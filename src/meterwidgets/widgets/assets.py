"""The JavaScript and CSS of the widgets, as text: a page fetches none of it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@lru_cache
def script(*names: str) -> str:
    """Return the JavaScript module of a widget.

    The files are joined as text, ``elements.js`` and ``base.js`` first. Only the last
    one is a module, with the ``export default``; what the others declare is in its
    scope.

    Args:
        *names: The widget's files without ``.js``, in the order of their use.
    """
    files = [_FOLDER / f"{name}.js" for name in ("elements", "base", *names)]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@lru_cache
def styles() -> str:
    """Return the stylesheet of all widgets: ``base.css``, then the others by name."""
    base = _FOLDER / "base.css"
    others = sorted(path for path in _FOLDER.glob("*.css") if path != base)
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in (base, *others))
