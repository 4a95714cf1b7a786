"""Bills of clouds beside FOCUS: only what models cost, credits and taxes beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.figures import by, lines, nano, read, sums

Write = Callable[..., Path]
Row = dict[str, Any]


def table(rows: list[Row]) -> str:
    """Rows as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def aws(kind: str, amount: str, cost: str, **changes: str) -> Row:
    """A line of CUR 2.0."""
    return {
        "line_item_usage_account_id": "222",
        "line_item_usage_start_date": "2026-01-25T10:00:00.000Z",
        "line_item_usage_end_date": "2026-01-25T11:00:00.000Z",
        "line_item_product_code": "AmazonBedrock", "line_item_usage_type": kind,
        "line_item_line_item_type": "Usage", "line_item_line_item_description": "",
        "line_item_usage_amount": amount, "line_item_unblended_cost": cost,
        "line_item_currency_code": "USD", "pricing_unit": "1K tokens",
        "resource_tags": '{"user_team": "search"}', **changes,
    }  # fmt: skip


SOLD = {"line_item_product_code": "4ys9abc", "pricing_unit": "Units"}
AWS = [
    aws("USE1-Claude4Sonnet-input-tokens", "1200.5", "3.6015"),
    aws("USE1-Claude4Sonnet-cache-read-input-token-count", "500", "0.15"),
    aws("USE1-Claude4Sonnet-cache-write-input-token-count", "10", "0.0375"),
    aws("USE1-Claude4Sonnet-output-tokens", "0.1", "1.5", pricing_unit="1M tokens"),
    aws("USE1-MP:USE1_InputTokenCount-Units", "2.5", "7.5", **SOLD,
        line_item_line_item_description="AWS Marketplace|us|Million Input Tokens"),
    aws("BoxUsage:m5.large", "1", "0.1", line_item_product_code="AmazonEC2",
        pricing_unit="Hrs"),
    aws("", "0", "-2", line_item_line_item_type="Credit"),
    aws("", "0", "0.4", line_item_line_item_type="Tax"),
]  # fmt: skip
LEGACY = {
    name: "lineItem/" + name.removeprefix("line_item_").title().replace("_", "")
    for name in AWS[0]
    if name.startswith("line_item")
} | {"pricing_unit": "pricing/unit"}


def azure(meter: str, quantity: str, cost: str, **changes: str) -> Row:
    """A line of an export of actual costs."""
    return {
        "SubscriptionId": "sub-1", "ResourceGroup": "rg", "Date": "01/25/2026",
        "MeterCategory": "Azure OpenAI", "MeterName": meter, "UnitOfMeasure": "1K",
        "Quantity": quantity, "CostInBillingCurrency": cost,
        "BillingCurrencyCode": "USD", "ChargeType": "Usage",
        "Tags": '"team": "search"', **changes,
    }  # fmt: skip


AZURE = [
    azure("gpt 4o 0806 Inp glbl Tokens", "1200", "3"),
    azure("gpt 4o 0806 cached Inp glbl Tokens", "400", "0.5"),
    azure("gpt 4o 0806 Outp glbl Tokens", "0.1", "1", UnitOfMeasure="1M"),
    azure("Provisioned Managed Unit", "24", "48", UnitOfMeasure="1 Hour"),
    azure("D2s v3", "24", "2.3", MeterCategory="Virtual Machines"),
    azure("gpt 4o 0806 Inp glbl Tokens", "0", "-1.5", ChargeType="Refund"),
]
MCA = {name: name[0].lower() + name[1:] for name in AZURE[0]}
MCA |= {"BillingCurrencyCode": "billingCurrency", "ResourceGroup": "resourceGroupName"}


def google(sku: str, amount: float, cost: float, **changes: Any) -> Row:
    """A line of the export to BigQuery."""
    return {
        "billing_account_id": "01-2", "usage_start_time": "2026-01-25 10:00:00 UTC",
        "service": {"description": changes.pop("service", "Vertex AI")},
        "sku": {"description": sku}, "usage_end_time": "2026-01-25 11:00:00 UTC",
        "project": {"id": "proj"}, "cost": cost, "currency": "USD",
        "usage": {"amount": amount, "unit": "count", "amount_in_pricing_units": 1},
        "credits": [], "cost_type": "regular", **changes,
    }  # fmt: skip


GOOGLE = [
    google("Gemini 2.5 Pro GA Text Input - Predictions", 1200000.0, 1.5),
    google("Gemini 2.5 Pro Input Text Caching", 400000.0, 0.05),
    google("Gemini 2.5 Pro GA Text Output - Predictions", 100000.0, 1.0,
           credits=[{"name": "Trial", "amount": -0.5}]),
    google("N1 Core", 3600, 0.04, service="Compute Engine"),
    google("Vertex AI: Training with N1 Core", 5, 0.07),
    google("Gemini API tax", 0, 0.2, cost_type="tax"),
]  # fmt: skip


def flat(row: Row, dot: str) -> Row:
    """A nested row as columns."""
    found: Row = {}
    for name, value in row.items():
        if isinstance(value, dict):
            found |= {f"{name}{dot}{inner}": each for inner, each in value.items()}
        else:
            found[name] = json.dumps(value) if isinstance(value, list) else value
    return found


BILLS = {
    "CUR 2.0": (table(AWS), (4_210_500, 500_000, 10_000, 100_000), "12.789", "-1.6"),
    "CUR": (
        table([{LEGACY[n]: v for n, v in r.items() if n in LEGACY} for r in AWS]),
        (4_210_500, 500_000, 10_000, 100_000), "12.789", "-1.6",
    ),
    "Azure": (table(AZURE), (1_600_000, 400_000, 0, 100_000), "52.5", "-1.5"),
    "Azure, as customers of Microsoft get it": (
        table([{MCA[n]: v for n, v in r.items()} for r in AZURE]),
        (1_600_000, 400_000, 0, 100_000), "52.5", "-1.5",
    ),
    "Google": (lines(GOOGLE), (1_600_000, 400_000, 0, 100_000), "2.55", "-0.3"),
    "Google, flat": (
        table([flat(row, ".") for row in GOOGLE]),
        (1_600_000, 400_000, 0, 100_000), "2.55", "-0.3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BILLS)
def test_a_bill_counts_its_models_and_no_other_service(write: Write, name: str) -> None:
    text, tokens, cost, credit = BILLS[name]
    usage = read(write(text))
    found = sums(usage)
    assert tokens == tuple(
        found[f"{each}_tokens"]
        for each in ("input", "cache_read", "cache_write", "output")
    )
    assert found["cost"] == nano(cost)
    assert sum(each.nano for each in usage.quality.credits) == nano(credit)


def test_a_bill_names_the_account_the_team_and_the_model(write: Write) -> None:
    usage = read(write(table(AWS[:1])))
    assert by(usage, "org", "records") == {"222": 1}
    assert by(usage, "project", "records") == {"search": 1}
    assert by(usage, "model", "records") == {"Claude4Sonnet": 1}
    azure_usage = read(write(table(AZURE[:1]), "azure.csv"))
    assert by(azure_usage, "model", "records") == {"gpt 4o 0806": 1}
    assert by(azure_usage, "project", "records") == {"search": 1}
