"""Run the notebooks and keep what they print, as nbval compares it.

Run it after a change that alters a figure or a repr, and read the difference.
"""

from __future__ import annotations

import logging
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KEPT = ("text/plain", "text/html")
"""A repr, and a dataframe's table. A widget's state is no output: it is made anew
wherever the notebook runs."""


def run(path: Path) -> None:
    """Run one notebook in place and strip what differs from run to run."""
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
                output.data = {k: v for k, v in output.data.items() if k in KEPT}
                output.metadata = {}
    nbformat.write(notebook, path)


if __name__ == "__main__":
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    for found in sorted(NOTEBOOKS.glob("*.ipynb")):
        run(found)
        print(f"ran {found.name}")
