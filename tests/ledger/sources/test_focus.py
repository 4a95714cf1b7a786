"""FOCUS: sides, units and cache of the meters that clouds really name.

Meters and units as public price lists and exports write them: Azure abbreviates,
Bedrock names regions, its marketplace counts "Units".
"""

from __future__ import annotations

from pathlib import Path

import pytest

import meterwidgets as mw

HEAD = (
    "ChargePeriodStart,ChargePeriodEnd,BilledCost,BillingCurrency,ConsumedQuantity,"
    "ConsumedUnit,SkuMeter,ChargeDescription,ServiceCategory,ServiceName,"
    "SkuPriceDetails\n"
)
AI = "AI and Machine Learning"


def sums(
    path: Path,
    meter: str,
    *,
    unit: str = "Tokens",
    quantity: str = "12",
    text: str = "",
    category: str = AI,
    service: str = "Foundry Models",
    details: str = "",
) -> dict[str, int]:
    day = "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z"
    quoted = details.replace('"', '""')
    row = f'{day},1.5,USD,{quantity},{unit},{meter},"{text}",{category},{service},'
    (path / "bill.csv").write_text(HEAD + row + f'"{quoted}"\n')
    book = mw.PriceBook(catalogue=False)
    usage = mw.read_usage(path / "bill.csv", rejects=None, prices=book)
    return usage.select().sums()


@pytest.mark.parametrize(
    "meter",
    [
        "gpt 4.1 Inp glbl Tokens", "gpt-4o-mini-0718-Inp-glbl Tokens",
        "GPT 5 Inpt Glbl 1M Tokens", "5.4 inp Gl 1M Tokens", "gpt aud mn in gl 1215",
        "gpt 4o 0513 Input Data Zone Tokens", "USE1-Claude3.5Sonnet-input-tokens",
        "USE2-MP:USE2_InputTokenCount-Units", "davinci prompt tokens",
    ],
)  # fmt: skip
def test_a_meter_of_input_is_input(tmp_path: Path, meter: str) -> None:
    found = sums(tmp_path, meter)
    assert (found["input_tokens"], found["output_reported"]) == (12, 0)
    assert (found["input_cost"], found["cache_read_reported"]) == (1_500_000_000, 0)


@pytest.mark.parametrize(
    "meter",
    [
        "gpt 4.1 Outp glbl Tokens", "GPT 5 outpt Glbl 1M Tokens", "5.4 opt Gl 1M Tokens",
        "gpt4o mn tts aud out gl 1215", "USE2-MP:USE2_OutputTokenCount-Units",
        "USE1-Claude3.5Sonnet-output-tokens", "Response Tokens Regional",
    ],
)  # fmt: skip
def test_a_meter_of_output_is_output(tmp_path: Path, meter: str) -> None:
    found = sums(tmp_path, meter)
    assert (found["output_tokens"], found["input_reported"]) == (12, 0)
    assert found["output_cost"] == 1_500_000_000


@pytest.mark.parametrize(
    ("meter", "read", "written"),
    [
        ("GPT 5 cchd Inpt Glbl 1M Tokens", 12, 0),
        ("gpt 4.1 cached Inp glbl Tokens", 12, 0),
        ("GPT 5.1 cd inp Gl 1M Tokens", 12, 0),
        ("V4 Pro cached glbl Tokens", 12, 0),
        ("USE1-CacheReadInputTokenCount", 12, 0),
        ("USE1-CacheWriteInputTokenCount", 0, 12),
        ("5.6 sol ShortCo cache writes input Global", 0, 12),
    ],
)
def test_a_meter_of_the_cache_is_a_part_of_input(
    tmp_path: Path, meter: str, read: int, written: int
) -> None:
    found = sums(tmp_path, meter)
    assert found["input_tokens"] == 12
    assert (found["cache_read_tokens"], found["cache_write_tokens"]) == (read, written)


@pytest.mark.parametrize(
    ("unit", "tokens"),
    [
        ("Tokens", 12), ("token", 12), ("1K tokens", 12_000), ("1K Tokens", 12_000),
        ("1M Tokens", 12_000_000), ("1000 Tokens", 12_000), ("100 tokens", 1_200),
        ("10K Tokens", 120_000), ("Thousand Tokens", 12_000), ("KTokens", 12_000),
        ("Million tokens", 12_000_000), ("MTok", 12_000_000),
        ("1B Tokens", 12_000_000_000), ('"1,000,000 Tokens"', 12_000_000),
    ],
)  # fmt: skip
def test_a_unit_of_tokens_is_understood(tmp_path: Path, unit: str, tokens: int) -> None:
    assert sums(tmp_path, "input tokens", unit=unit)["input_tokens"] == tokens


@pytest.mark.parametrize(
    "unit",
    [
        "1K",
        "Units",
        "Dozen Tokens",
        "1Q Tokens",
        "Hours",
        "",
        "Tokens/Hour",
        "1M Images",
    ],
)
def test_a_unit_that_is_not_understood_is_unknown_and_not_one(
    tmp_path: Path, unit: str
) -> None:
    found = sums(tmp_path, "input tokens", unit=unit)
    assert (found["input_reported"], found["input_tokens"]) == (0, 0)
    assert found["cost_without_tokens"] == found["input_cost"] == 1_500_000_000


def test_a_marketplace_says_what_its_unit_is(tmp_path: Path) -> None:
    found = sums(
        tmp_path,
        "USE2-MP:USE2_InputTokenCount-Units",
        unit="Units",
        quantity="1.5",
        text="AWS Marketplace software usage|us-east-2|Million Input Tokens Regional",
        category="Other",
        service="Claude Sonnet 4.6 (Amazon Bedrock Edition)",
    )
    assert found["input_tokens"] == 1_500_000


def test_the_meters_own_name_goes_before_the_description(tmp_path: Path) -> None:
    text = "tokens of prompts, billed apart from output tokens"
    found = sums(tmp_path, "gpt-5 input tokens", text=text)
    assert (found["input_tokens"], found["output_reported"]) == (12, 0)


def test_the_direction_that_a_price_states_goes_before_its_name(
    tmp_path: Path,
) -> None:
    details = '{"TokenDirection": "Output"}'
    assert sums(tmp_path, "batch tokens", details=details)["output_tokens"] == 12
    details = '{"TokenDirection": "Input", "CacheAction": "Read"}'
    assert sums(tmp_path, "tokens", details=details)["cache_read_tokens"] == 12
    details = '{"TokenDirection": "Input", "CacheAction": "Uncached"}'
    assert sums(tmp_path, "tokens", details=details)["cache_read_reported"] == 0


def test_azures_units_of_a_meter_of_tokens_are_tokens(tmp_path: Path) -> None:
    """DigitalPebble/spruce#267: the block of 1,000 is that of the price."""
    names = "SkuMeter,PricingQuantity,x_PricingBlockSize,ServiceProviderName"
    day = "2026-02-01T00:00:00Z,2026-02-02T00:00:00Z"
    row = f"{day},1.25,USD,500000,Units,,,{AI},Azure OpenAI,"
    bill = tmp_path / "bill.csv"
    head = HEAD.replace("SkuMeter", "x_SkuMeterName").strip()
    row = row.replace("Units,", "Units,gpt 4o Inp glbl Tokens", 1)
    bill.write_text(f"{head},{names[9:]}\n{row},500,1000,Microsoft\n")
    usage = mw.read_usage(bill, rejects=None, prices=mw.PriceBook(catalogue=False))
    assert usage.select().sums()["input_tokens"] == 500_000
