"""The README is the front page: what it says runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from ipywidgets import Widget

from meterwidgets.cli.main import main
from meterwidgets.config import config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
LEDGERS = (ROOT / "docs" / "ledgers.md").read_text("utf-8")
DEPLOYMENT = (ROOT / "docs" / "deployment.md").read_text("utf-8")
COMMANDS = README + LEDGERS + DEPLOYMENT


def block(language: str, word: str, text: str = README) -> str:
    """The fenced block of a language that holds a word."""
    found = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return next(text for text in found if word in text)


def test_the_ten_lines_of_notebook_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {
        "request_id": "r1",
        "call_type": "acompletion",
        "startTime": "2026-02-22 10:00:00.000000",
        "model": "gpt-4o",
        "organization_id": "Acme",
        "spend": 0.25,
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "status": "success",
    }
    (tmp_path / "spend_logs.json").write_text(json.dumps([row]), "utf-8")
    monkeypatch.chdir(tmp_path)
    lines = block("python", "read_usage")
    names: dict[str, Any] = {}
    exec(lines, names)
    assert "Total Spend $0.25" in repr(names["mw"].overview(names["view"]))
    assert len([line for line in lines.splitlines() if line.strip()]) <= 10
    Widget.close_all()  # a notebook keeps what it shows; this one ends here


def test_every_option_of_its_commands_is_there() -> None:
    for line in re.findall(r"^meterwidgets .*", COMMANDS, re.MULTILINE):
        command, *words = line.partition("#")[0].split()[1:]
        found = CliRunner().invoke(main, [command, "--help"])
        assert found.exit_code == 0
        for option in (word for word in words if word.startswith("--")):
            assert option in found.output, line
    for command in main.commands:
        assert f"meterwidgets {command}" in README
    formats = CliRunner().invoke(main, ["report", "--help"]).output
    for form in ("text", "json", "csv", "html"):
        assert form in formats


def test_its_config_parses(tmp_path: Path) -> None:
    path = tmp_path / config.NAME
    path.write_text(block("toml", "[[source]]", LEDGERS), "utf-8")
    read = config.load(path)
    assert read.timezone == "Europe/Berlin"
    assert read.source[0].columns == {
        "start": "window_start",
        "org": "tenant",
        "input_tokens": "prompt_tokens",
    }


def test_what_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_map_of_the_code_names_files_that_exist() -> None:
    source = ROOT / "src" / "meterwidgets"
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Recipes")[0]
    for name in re.findall(r"`((?:\w+/)+\w+\.\w+)`", text):
        assert (source / name).exists() or (ROOT / name).exists(), name


def test_the_configs_of_the_deployment_are_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", DEPLOYMENT, re.DOTALL)
    assert len(blocks) >= 2
    for text in blocks:
        path = tmp_path / "meterwidgets.toml"
        path.write_text(text, "utf-8")
        settings = config.load(path)
        assert settings.identity.way or settings.roles


def test_the_service_of_a_hub_is_python() -> None:
    settings = SimpleNamespace(JupyterHub=SimpleNamespace())
    exec(block("python", "JupyterHub.services", DEPLOYMENT), {"c": settings})
    (service,) = settings.JupyterHub.services
    assert service["command"][:2] == ["meterwidgets", "serve"]
