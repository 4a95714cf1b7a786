"""The wheel: everything a page needs is in it, and it serves far from its checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from serve.running import Running

ROOT = Path(__file__).parents[1]
DATA = "meterwidgets-{}.data/data/share/jupyter/voila/templates/meterwidgets"

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, check=False, cwd=cwd, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_carries_notebooks_template_and_every_asset(wheel: Path) -> None:
    version = wheel.name.split("-")[1]
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    assets = {
        str(path.relative_to(source))
        for path in (source / "meterwidgets").rglob("*")
        if path.suffix
        in {".py", ".js", ".css", ".pyi", ".typed", ".json", ".csv", ".toml"}
        and "__pycache__" not in path.parts
    }
    template = ROOT / "voila_templates/voila/templates/meterwidgets"
    pages = {
        f"{DATA.format(version)}/{path.relative_to(template)}"
        for path in template.rglob("*")
        if path.is_file()
    }
    notebooks = {
        f"meterwidgets/notebooks/{path.name}"
        for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert notebooks
    assert assets | pages | notebooks <= names
    assert f"meterwidgets-{version}.dist-info/licenses/LICENSE" in names
    assert not [name for name in names if "test" in name.lower()]


def test_the_wheel_serves_the_overview_from_anywhere(
    wheel: Path, tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "-q", wheel)
    here = tmp_path / "elsewhere"
    here.mkdir()
    told = run(scripts / "meterwidgets", "--version", cwd=here)
    assert wheel.name.split("-")[1] in told
    python = str(scripts / "python")
    command = ("-m", "meterwidgets", "serve", "--port", "0")
    with Running(*command, python=python, cwd=here) as running:
        page = running.ask("/overview")
        assert page.status == 200
        assert "mwPage.drawing()" in page.text
        assert "application/vnd.jupyter.widget-view+json" in page.text
        assert running.ask("/voila/static/page.js").status == 200
