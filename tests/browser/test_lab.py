"""JupyterLab: the app and the tour work in it, and its shortcuts leave the cells alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from serve.running import Running, until

from .conftest import OpenPage

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
QUIET = {"fetchNews": "false", "checkForUpdates": False}
READY = ".jp-NotebookPanel .jp-Cell"
CELLS = ".jp-Notebook .jp-Cell"
TOTAL = ".mw-kpi-value:visible >> nth=0"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab that has the notebooks, and no settings of anybody."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, home / "work")
    settings = home / "settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    quiet = settings / "notification.jupyterlab-settings"
    quiet.write_text(json.dumps(QUIET), "utf-8")
    env = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
    }
    server = ("jupyterlab.labapp", "--LabApp.expose_app_in_browser=True")
    with Running.jupyter(*server, cwd=home / "work", env=env) as running:

        def answers() -> bool:
            try:
                return running.ask("/api").status == 200
            except OSError:
                return False

        assert until(answers, seconds=60), running.errors()
        yield f"{running.url}/lab"


@pytest.fixture
def notebook(page: OpenPage, lab: str) -> Callable[[str], Any]:
    """Open a notebook alone in Lab and run it whole."""

    def opened(name: str) -> Any:
        shown = page(url=f"{lab}/workspaces/{name}/tree/{name}.ipynb", until=READY)
        shown.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
        )
        run(shown, "application:toggle-left-area")
        run(shown, "notebook:run-all-cells")
        return shown

    return opened


def run(page: Any, command: str, **arguments: Any) -> None:
    """Run one of Lab's commands."""
    page.evaluate(
        "([name, args]) => jupyterapp.commands.execute(name, args)",
        [command, arguments],
    )


def ink(page: Any, selector: str) -> str:
    return str(page.eval_on_selector(selector, "e => getComputedStyle(e).color"))


def test_the_app_works_in_lab(notebook: Callable[[str], Any]) -> None:
    shown = notebook("model_analytics")
    shown.wait_for_selector(f"{TOTAL} >> text=$634.58")
    shown.wait_for_selector(".mw-trend .bqplot path.area", state="attached")
    tabs = shown.locator("nav[aria-label=Dashboards] button")
    assert tabs.all_inner_texts() == ["Overview", "Token Usage", "Model Analytics"]

    shown.click(".mw-list-pick >> text=llama-3.3-70b")
    shown.wait_for_selector(f"{TOTAL} >> text=$193.40")
    tabs.nth(0).click()
    shown.wait_for_selector(".mw-donut .bqplot .slice", state="attached")
    shown.wait_for_selector(f"{TOTAL} >> text=$193.40")
    shown.click(".mw-filter-button")
    shown.click("role=dialog >> role=button[name='Reset']")
    shown.click("role=dialog >> role=button[name='Apply']")
    shown.wait_for_selector(f"{TOTAL} >> text=$634.58")

    tabs.nth(2).click()
    key = shown.locator(".mw-trend-key:visible").first
    key.click()
    assert key.get_attribute("aria-pressed") == "false"
    plot = shown.locator(".mw-trend-plot:visible")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    middle = box["y"] + box["height"] / 2
    shown.mouse.move(box["x"] + box["width"] * 0.4, middle)
    shown.mouse.down()
    shown.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=8)
    shown.mouse.up()
    shown.wait_for_selector(".mw-radio[aria-checked=true] >> text=Custom")

    wide = shown.evaluate(
        "[...document.querySelectorAll('.jp-OutputArea-output')]"
        ".filter(e => e.scrollWidth > e.clientWidth).length"
    )
    assert wide == 0, "an output of Lab would scroll sideways"


def test_a_theme_of_lab_is_followed_without_the_kernel(
    notebook: Callable[[str], Any],
) -> None:
    shown = notebook("overview")
    shown.wait_for_selector(f"{TOTAL} >> text=$634.58")
    light = ink(shown, ".mw-kpi-value")
    run(shown, "apputils:change-theme", theme="JupyterLab Dark")
    shown.wait_for_selector("[data-jp-theme-light=false]", state="attached")
    shown.wait_for_function(
        "was => getComputedStyle(document.querySelector('.mw-kpi-value')).color != was",
        arg=light,
    )
    run(shown, "apputils:change-theme", theme="JupyterLab Light")
    shown.wait_for_function(
        "was => getComputedStyle(document.querySelector('.mw-kpi-value')).color == was",
        arg=light,
    )


def test_no_shortcut_of_lab_edits_a_cell_while_a_widget_has_the_focus(
    notebook: Callable[[str], Any],
) -> None:
    shown = notebook("model_analytics")
    shown.wait_for_selector(".mw-trend .bqplot path.area", state="attached")
    cells = shown.locator(CELLS)
    before = cells.count(), shown.inner_text(".jp-Notebook .jp-InputArea >> nth=2")
    for selector in (
        ".mw-tab >> nth=2",
        ".mw-filter-button",
        ".mw-radio[tabindex='0'] >> nth=0",
        ".mw-trend-key >> nth=0",
        ".mw-trend-plot",
        ".mw-list-sort >> nth=1",
        ".mw-list-pick >> nth=0",
    ):
        for key in ("b", "a", "x", "d", "d", "m", "ArrowDown", "ArrowUp"):
            shown.focus(selector)
            shown.keyboard.press(key)
        after = cells.count(), shown.inner_text(".jp-Notebook .jp-InputArea >> nth=2")
        assert after == before, selector
    shown.click(".jp-InputPrompt >> nth=0")
    shown.keyboard.press("b")  # the same key edits where no widget has the focus
    shown.wait_for_function(
        "([cells, n]) => document.querySelectorAll(cells).length == n",
        arg=[CELLS, before[0] + 1],
    )


def test_the_tour_runs_and_own_widgets_follow_a_click(
    notebook: Callable[[str], Any],
) -> None:
    shown = notebook("explore")
    end = shown.locator(".jp-OutputArea-output >> text=/^True$/")
    end.wait_for()
    assert (
        shown.locator("[data-mime-type$=error], .jp-RenderedText pre.error").count()
        == 0
    )
    org = shown.locator(".widget-dropdown select").first
    shown.click(".mw-donut >> nth=0 >> text=Initech")
    shown.wait_for_selector("text=/requests by Initech$/")
    assert org.evaluate("e => e.selectedOptions[0].text") == "Initech"
    org.select_option("Acme")
    shown.wait_for_selector("text=/requests by Acme$/")
    shown.wait_for_selector(".mw-kpi-value >> text=$406.13")
    org.select_option("All")
    shown.wait_for_selector("text=/requests by all$/")
