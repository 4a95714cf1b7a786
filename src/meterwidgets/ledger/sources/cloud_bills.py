"""The bills of clouds beside FOCUS: AWS's CUR, Azure's exports, Google's export."""

from __future__ import annotations

from collections.abc import Callable

from meterwidgets.ledger.readers.sample import Sample
from meterwidgets.ledger.sources.bills import Bill, Names, bill_source, first_column
from meterwidgets.ledger.sources.sql import first_of, next_day


def _tag(column: str, *names: str) -> str:
    """SQL text of the first of several tags in a column of JSON, with braces or not."""
    text = f"CASE WHEN starts_with(trim({column}), '{{') THEN {column} "
    text += f"ELSE chr(123) || {column} || chr(125) END"
    text = text.replace("'{'", "chr(123)")
    values = (f"TRY(json_extract_string({text}, '$.\"{name}\"'))" for name in names)
    return f"coalesce({', '.join(values)})"


_AWS_MODELS = "bedrock|claude|(thousand|million) (input|response|output) tokens"
_AWS_USAGE = ("usage", "discountedusage", "savingsplancoveredusage")


def _aws(prefix: dict[str, str], tags: str) -> Bill:
    """The columns of CUR, in the names of one of its versions."""
    column = {
        key: prefix["line_item"].format(name.title().replace("_", ""), name)
        for key, name in {
            "start": "usage_start_date", "end": "usage_end_date",
            "cost": "unblended_cost", "quantity": "usage_amount",
            "kind": "line_item_type", "currency": "currency_code",
            "type": "usage_type", "about": "line_item_description",
            "account": "usage_account_id", "code": "product_code",
        }.items()
    }  # fmt: skip
    model = (
        f"regexp_replace(regexp_replace({{{column['type']}}}, '^[A-Z]+[0-9]-', ''), "
        "'(?i)[-_.:]?(cache|cross|batch|flex|priority|input|output|response).*$', '')"
    )
    return Bill(
        start=f"{{{column['start']}}}",
        end=f"{{{column['end']}}}",
        cost=(column["cost"],),
        quantity=(column["quantity"],),
        unit=(prefix["unit"],),
        kind=(column["kind"],),
        currency=(column["currency"],),
        meter=(column["type"], column["about"]),
        org=(column["account"],),
        project=tags,
        model=first_of("{product_model}", "{product/model}", model),
        service=(
            column["code"], column["type"], column["about"], "product_product_name",
            "product/ProductName",
        ),
        models=_AWS_MODELS,
        usage=_AWS_USAGE,
    )  # fmt: skip


def _has(*names: str, cost: Names = ()) -> Callable[[Sample], bool]:
    """What recognises a bill by its columns, whatever their case and dots."""

    def matches(sample: Sample) -> bool:
        found = {name.lower().replace(".", "_") for name in sample.columns}
        return found.issuperset(names) and (not cost or not found.isdisjoint(cost))

    return matches


CUR = bill_source(
    "aws_cur",
    "AWS Cost and Usage Report 2.0 (CSV, Parquet)",
    _aws(
        {"line_item": "line_item_{1}", "unit": "pricing_unit"},
        first_of(
            _tag("{resource_tags}", "user_project", "project", "user_team", "team"),
            "{resource_tags_user_project}",
            "{resource_tags_user_team}",
        ),
    ),
    matches=_has("line_item_usage_type", "line_item_unblended_cost"),
)
CUR_1 = bill_source(
    "aws_cur_1",
    "AWS Cost and Usage Report of before (CSV)",
    _aws(
        {"line_item": "lineItem/{0}", "unit": "pricing/unit"},
        first_of("{resourceTags/user:project}", "{resourceTags/user:team}"),
    ),
    matches=_has("lineitem/usagetype", "lineitem/unblendedcost"),
)

_AZURE_DATE = first_of("{Date}", "{date}", "{UsageDate}", "{UsageDateTime}")
_DAY = (
    (
        f"list_transform([{_AZURE_DATE}], lambda d: CASE "
        r"WHEN regexp_full_match(d, '\d\d?/\d\d?/\d\d\d\d.*') THEN "
        "strftime(TRY(strptime(split_part(d, ' ', 1), '%m/%d/%Y')), '%Y-%m-%d') "
        r"WHEN regexp_full_match(d, '[0-9]+') THEN "
        "d[1:4] || '-' || d[5:6] || '-' || d[7:8] ELSE d END)[1]"
    )
    .replace("{{", "{")
    .replace("}}", "}")
)
_METER = first_of("{MeterName}", "{meterName}", "{Meter}")
AZURE = bill_source(
    "azure_costs",
    "Azure's export of actual or amortized costs (CSV, Parquet)",
    Bill(
        start=_DAY,
        end=next_day(_DAY),
        cost=(
            "CostInBillingCurrency", "costInBillingCurrency", "Cost", "PreTaxCost",
            "cost", "CostInUsd", "costInUsd",
        ),
        quantity=(
            "Quantity", "quantity", "UsageQuantity", "ConsumedQuantity",
            "UsedQuantity",
        ),
        unit=("UnitOfMeasure", "unitOfMeasure"),
        kind=("ChargeType", "chargeType"),
        currency=(
            "BillingCurrencyCode", "BillingCurrency", "billingCurrency",
            "billingCurrencyCode", "Currency",
        ),
        meter=(
            "MeterName", "meterName", "Meter", "ProductName", "productName",
        ),
        org=("SubscriptionId", "subscriptionId", "SubscriptionGuid"),
        project=first_of(
            _tag("{Tags}", "project", "team"), _tag("{tags}", "project", "team"),
            "{ResourceGroup}", "{resourceGroupName}", "{resourceGroup}",
        ),
        model=(
            f"regexp_replace({_METER}, "
            "'(?i)[ -](cached|cchd|inp|outp|input|output|in|out|opt|batch)[ -].*$', '')"
        ),
        service=(
            "MeterCategory", "meterCategory", "MeterSubCategory", "meterSubCategory",
            "MeterSubcategory", "ProductName", "productName",
        ),
        models="openai|foundry|anthropic|claude|mistral|llama|deepseek|grok|cohere",
        usage=("usage", "unusedreservation", "unusedsavingsplan"),
        tokens="(/? ?tok(en)?s?)?",
    ),
    matches=_has(
        "metercategory",
        cost=("costinbillingcurrency", "cost", "pretaxcost", "costinusd"),
    ),
)  # fmt: skip


def _both(*names: str) -> tuple[str, ...]:
    """The names of nested columns, and of the same in a flat table."""
    return (*names, *(name.replace(".", "_") for name in names if "." in name))


_SKU = _both("sku.description")
GOOGLE = bill_source(
    "google_billing",
    "Google Cloud's billing export (BigQuery; JSON lines, CSV, Parquet)",
    Bill(
        start="{usage_start_time}",
        end="{usage_end_time}",
        cost=("cost",),
        quantity=_both("usage.amount"),
        unit=_both("usage.unit"),
        kind=("cost_type",),
        currency=("currency",),
        meter=_SKU,
        org=("billing_account_id",),
        project=first_column(_both("project.id", "project.name")),
        model=(
            f"regexp_replace({first_column(_SKU)}, '(?i) (ga )?(text|image|audio|video|"
            "input|output|thinking|cached|priority|batch|flex|-).*$', '')"
        ),
        service=(*_both("service.description"), *_SKU),
        machines="regexp_matches({0}, '(^|[^a-z])(core|ram|gpu|tpu|nvidia|cpu|training"
        "|notebooks?|workbench|pipelines?|disk|feature store)([^a-z]|$)') "
        "AND NOT regexp_matches({0}, 'gemini|claude|llama|mistral')",
        models="vertex|gemini|generative language|claude|llama|mistral|embedding|token|"
        "imagen|palm|generative|grounding|text (input|output)",
        usage=("regular", "usage"),
        tokens="(counts?|tok(en)?s?)",
    ),
    part="json_extract_string({@part}, '$.amount')",
    parts="TRY(json_extract({credits}, '$[*]')::VARCHAR[])",
    matches=_has("usage_start_time", "sku_description", "cost"),
)
SOURCES = (CUR, CUR_1, AZURE, GOOGLE)
