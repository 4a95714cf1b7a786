"""Commands run in this process or in one of its own, and a small ledger."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from meterwidgets.cli.main import main

Write = Callable[..., Path]

PRICES = """
[[price]]
deployment = "qwen-*"
input = "2.00"
output = "4.00"
"""
HEAD = "timestamp,org,project,user,endpoint,deployment,model,input_tokens,output_tokens,cost,currency\n"
ROWS = (
    HEAD
    + "2026-02-21T23:30:00Z,Acme,search,ann,/chat,qwen-cpu,qwen,100,50,1.00,USD\n"
    + "2026-02-22T00:30:00Z,Acme,bot,bob,/chat,qwen-gpu,qwen,100,50,2.00,USD\n"
    + "2026-02-22T12:00:00Z,Initech,,ann,/embed,llama,llama,100,50,4.00,USD\n"
)


def run(*arguments: str | Path) -> Result:
    """One command in this process."""
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    command = [sys.executable, "-m", "meterwidgets", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, text=True)


def document(*arguments: str | Path) -> dict[str, Any]:
    result = run("report", *arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def fails(*arguments: str | Path, code: int = 1) -> str:
    result = run(*arguments)
    assert result.exit_code == code
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return " ".join(result.stderr.split())
