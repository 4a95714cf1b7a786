"""The recipes of CONTRIBUTING.md, followed to the letter on a copy of the code."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"`(src/[\w/]+\.\w+)`")


@dataclass
class Step:
    """A block of a recipe: its kind, its text, and the file that it is about."""

    kind: str
    text: str
    file: str


def recipe(title: str) -> list[Step]:
    """The blocks below a heading; a block without a file belongs to the last one."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    body = text.partition(f"\n### {title}\n")[2]
    body = re.split(r"^##+ ", body, maxsplit=1, flags=re.MULTILINE)[0]
    steps, file, end = [], "", 0
    for block in _BLOCK.finditer(body):
        paths = _PATH.findall(body[end : block.start()])
        file, end = paths[-1] if paths else file, block.end()
        steps.append(Step(block[1], block[2], file))
    return steps


def follow(steps: list[Step], copy: Path) -> None:
    for step in steps:
        if step.kind == "sh":
            subprocess.run(["bash", "-ec", step.text], cwd=copy, check=True)
        elif step.kind == "diff":
            change(copy / step.file, step.text)
        else:
            assert not (copy / step.file).exists()
            (copy / step.file).write_text(step.text, "utf-8")


def change(file: Path, diff: str) -> None:
    """Apply a diff without line numbers: what it takes away is there exactly once."""
    lines = diff.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    text = file.read_text("utf-8")
    assert text.count(before) == 1, f"{file.name}: {before!r} is there not once"
    file.write_text(text.replace(before, after), "utf-8")


CHECKS = {
    "A card": """
        view = mw.UsageView(mw.demo_usage())
        print(view.kpi_cards("token_usage"))
    """,
    "A source": """
        import json, pathlib
        line = {"acme_id": "a1", "at": "2026-02-22T10:00:00Z", "tenant": "Acme",
                "model": "m", "prompt": 100, "completion": 20, "usd": "0.16"}
        pathlib.Path("log.jsonl").write_text(json.dumps(line))
        view = mw.UsageView(mw.read_usage("log.jsonl"))
        print(view.kpi_cards())
    """,
    "A widget with a chart": """
        print(mw.UsageView(mw.demo_usage()).sparkline())
    """,
    "A page": """
        from meterwidgets.present.pages import PAGES
        print(mw.app(mw.demo_usage(), page="teams"))
        assert pathlib.Path("notebooks", PAGES["teams"].notebook).exists()
    """,
}
SHOWN = {
    "A card": "Cost/Request $0.0",
    "A source": "Total Spend $0.16",
    "A widget with a chart": "Sparkline('Cost', ",
    "A page": "Tabs('teams' of Overview, Token Usage, Model Analytics, Teams)",
}


@pytest.mark.parametrize("title", CHECKS)
def test_a_recipe_works_as_it_is_written(title: str, tmp_path: Path) -> None:
    for folder in ("src", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    steps = recipe(title)
    assert steps
    follow(steps, tmp_path)
    code = "import pathlib\nimport meterwidgets as mw\n"
    code += re.sub(r"^ {8}", "", CHECKS[title], flags=re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(tmp_path / "src"), "TZ": "UTC", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert SHOWN[title] in done.stdout


@pytest.mark.slow  # a type check of the whole package, four times
@pytest.mark.parametrize("title", CHECKS)
def test_a_recipe_passes_the_type_checker(title: str, tmp_path: Path) -> None:
    for name in ("src", "notebooks", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    follow(recipe(title), tmp_path)
    command = [sys.executable, "-m", "mypy", "src/meterwidgets"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
