"""See where an organisation's language-model tokens and money go.

Importing this package costs nothing: every name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "MeterError": "errors",
    "LedgerError": "errors",
    "ConfigError": "errors",
    "NobodyError": "errors",
    "PriceBook": "ledger.pricing.book",
    "demo_usage": "context",
    "read_usage": "frame.read",
    "open_store": "frame.store.store",
    "current_usage": "context",
    "UsageFrame": "frame.frame",
    "compare": "metrics.compare",
    "Filters": "frame.filters",
    "reconcile": "metrics.reconcile.reconcile",
    "Reconciliation": "metrics.reconcile.results",
    "UsageView": "dashboards.view",
    "app": "dashboards.app",
    "App": "dashboards.app",
    "overview": "dashboards.overview",
    "token_usage": "dashboards.token_usage",
    "model_analytics": "dashboards.model_analytics",
    "my_usage": "dashboards.my_usage",
    "Page": "dashboards.page",
    "KpiCard": "widgets.kpi_card",
    "KpiCards": "widgets.kpi_card",
    "SplitBar": "widgets.split_bar",
    "Donut": "widgets.donut",
    "ModelList": "widgets.model_list",
    "InsightsBanner": "widgets.insights_banner",
    "FilterPanel": "widgets.filter_panel",
    "Trend": "widgets.trend",
    "RecordsList": "widgets.records_list",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'meterwidgets' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"meterwidgets.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
