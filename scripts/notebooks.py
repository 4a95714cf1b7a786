"""Run the notebooks and keep the outputs that nbval compares.

Run it after a change of a figure or a repr, and read the difference.
"""

from __future__ import annotations

import logging
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COMPARED_TYPES = ("text/plain", "text/html")
"""A repr, and a dataframe's table. The state of a widget is left out: every run of the
notebook makes its own."""


def run(path: Path) -> None:
    """Run one notebook in place, and strip what differs between runs."""
    notebook = nbformat.read(path, as_version=4)
    version = notebook.metadata["language_info"]["version"]
    NotebookClient(
        notebook, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"]["version"] = version
    for cell in notebook.cells:
        cell.metadata = {}
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data = {
                    kind: text
                    for kind, text in output.data.items()
                    if kind in COMPARED_TYPES
                }
                output.metadata = {}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        run(path)
        print(f"ran {path.name}")
