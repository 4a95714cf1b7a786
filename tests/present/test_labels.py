"""Two ids with one label on the screens: told apart wherever they are shown."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

import meterwidgets as mw

ATTACK = "Acme\u202e\u2066\x00\n<b>Ltd"


def view(label: str) -> mw.UsageView:
    table = pa.table({
        "start": ["2026-02-22T10:00:00Z", "2026-02-22T11:00:00Z"],
        "model": ["m-a1b2c3d4", "m-e5f6a7b8"],
        "project": ["a1b2c3d4", "e5f6a7b8"],
        "org": ["a1b2c3d4", "e5f6a7b8"],
        "input_tokens": [4, 3],
        "cost": ["0.4", "0.3"],
    })  # fmt: skip
    labels = {"org": dict.fromkeys(["a1b2c3d4", "e5f6a7b8"], label)}
    labels["model"] = dict.fromkeys(["m-a1b2c3d4", "m-e5f6a7b8"], label)
    return mw.UsageView(mw.read_usage(table, labels=labels, rejects=None))


def said(usage: mw.UsageView) -> list[list[str]]:
    """The names on each widget that lists some."""
    donut: Any = usage.donut(by="org")
    models: Any = usage.model_list()
    trend: Any = usage.trend("cost", by="org")
    panel: Any = usage.filter_panel()
    panel.is_open = True
    (orgs,) = (each for each in panel.filters if each["key"] == "orgs")
    return [
        [row["name"] for row in donut.rows],
        [row["name"] for row in models.rows],
        [line["name"] for line in trend.series],
        [value["name"] for value in orgs["values"]],
    ]


def test_the_filters_the_donut_its_table_the_list_and_the_legend_agree() -> None:
    orgs = ["Acme (a1b2)", "Acme (e5f6)"]
    models = ["Acme (m-a1)", "Acme (m-e5)"]
    usage = view("Acme")
    assert said(usage) == [orgs, models, orgs, orgs]
    usage.filters = usage.filters.replace(orgs=["Acme (e5f6)"])
    assert usage.filters.orgs == ("e5f6a7b8",)
    panel: Any = usage.filter_panel()
    assert panel.chips[0]["text"] == "Acme (e5f6)"
    usage.close()


def test_a_label_turns_no_text_and_breaks_no_line() -> None:
    usage = view(ATTACK)
    orgs = ["Acme <b>Ltd (a1b2)", "Acme <b>Ltd (e5f6)"]
    assert said(usage)[0] == said(usage)[3] == orgs
    usage.close()
