"""A bucket that was exported while it still grew counts once, in its last state."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.duplicates.growing import FORMATS, export, growing
from ledger.duplicates.test_duplicates import figures
from ledger.figures import by, lines, read, sums
from ledger.sources import test_anthropic, test_litellm_daily, test_openai

Write = Callable[..., Path]


def usage_page(*results: dict[str, Any], day: int = 0) -> str:
    return json.dumps(test_openai.page(test_openai.bucket(day, *results)))


def result(**more: Any) -> dict[str, Any]:
    return test_openai.RESULT | more


@pytest.mark.parametrize("name", FORMATS)
def test_a_page_that_is_fetched_again_adds_nothing(write: Write, name: str) -> None:
    (state,) = growing(name, seed=1, states=1)
    write(export(name, state), "l/a.csv")
    again = read(write(export(name, state), "l/b.csv").parent)
    assert again.quality.duplicates == again.quality.records > 0
    assert sums(again) == sums(read(write(export(name, state), "one")))


@pytest.mark.slow
@settings(max_examples=3)
@given(seed=st.integers(0, 10**6), states=st.integers(2, 5))
def test_any_exports_of_growing_buckets_have_the_figures_of_the_last(
    write: Write, seed: int, states: int
) -> None:
    made = {name: growing(name, seed=seed, states=states) for name in FORMATS}
    paths = [
        write(export(name, state), f"{seed}-{states}/{number}-{name}.csv")
        for name in FORMATS
        for number, state in enumerate(made[name])
    ]
    last = [path for path in paths if path.name.startswith(f"{states - 1}-")]
    random.Random(seed).shuffle(paths)
    all_of_them, alone = read(paths), read(last)
    assert figures(all_of_them) == figures(alone)
    assert all_of_them.quality.records == alone.quality.records
    for doubt in ("counted twice", "with conflicting figures"):
        assert not any(doubt in note for note in all_of_them.quality.notes)


@pytest.mark.parametrize(
    ("name", "count", "more"),
    [
        ("openai/usage_completions_page.json", '"input_tokens":1000', 700),
        ("anthropic/usage_report_messages.json", '"uncached_input_tokens": 1500', 700),
        ("anthropic/cost_report.json", '"amount": "123.78912"', 0),
        ("litellm/daily_activity_entities_fixture.json", '"prompt_tokens": 600', 700),
    ],
)
def test_a_real_page_that_is_fetched_again_grown_is_the_grown_one(
    write: Write, shared: Callable[[str], Path], name: str, count: str, more: int
) -> None:
    text = shared(name).read_text()
    name_of, figure = count.rsplit(":", 1)
    grown = f"{name_of}:{int(figure) + more}" if more else f'{name_of}: "223.78912"'
    assert text.count(count) == 1
    alone = read(write(text.replace(count, grown), "l/b.json"))
    write(text, "l/a.json")
    both = read(write(text, "l/c.json").parent)
    assert sums(both) == sums(alone) != sums(read(shared(name)))
    assert both.quality.records == alone.quality.records


def test_states_that_are_kept_in_one_file_are_one(write: Write) -> None:
    pages = [
        test_openai.page(test_openai.bucket(0, result(output_tokens=n)))
        for n in (500, 700, 600)
    ]
    for text in (lines(pages), json.dumps(pages)):
        assert sums(read(write(text, "a.json")))["output_tokens"] == 700


def test_a_bucket_of_which_only_requests_or_the_input_grew_is_the_later_one(
    write: Write,
) -> None:
    write(usage_page(result()), "l/a.json")
    write(usage_page(result(num_model_requests=6)), "l/b.json")
    later = write(usage_page(result(input_tokens=1001)), "m/b.json")
    assert sums(read(later.parents[1] / "l"))["requests"] == 6
    write(usage_page(result()), "m/a.json")
    assert sums(read(later.parent))["input_tokens"] == 1001


def test_a_running_bucket_that_ends_when_it_was_asked_for_is_one(write: Write) -> None:
    short = test_openai.bucket(0, result())
    short["end_time"] -= 3600
    write(json.dumps(test_openai.page(short)), "l/a.json")
    usage = read(write(usage_page(result(output_tokens=900)), "l/b.json").parent)
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 900)


def test_two_pages_of_one_answer_are_added(write: Write) -> None:
    write(usage_page(result(), day=0), "l/1.json")
    usage = read(write(usage_page(result(), day=1), "l/2.json").parent)
    assert sums(usage)["requests"] == 10


@pytest.mark.parametrize(
    "field", ["project_id", "user_id", "api_key_id", "model", "service_tier", "new"]
)
def test_two_groups_are_two_whatever_they_are_grouped_by(
    write: Write, field: str
) -> None:
    one, other = result(**{field: "a"}), result(**{field: "b"})
    write(usage_page(one), "l/1.json")
    usage = read(write(usage_page(other), "l/2.json").parent)
    assert (usage.quality.records, sums(usage)["requests"]) == (2, 10)
    assert not any("counted twice" in note for note in usage.quality.notes)


def test_batch_and_not_batch_are_two(write: Write) -> None:
    write(usage_page(result(batch=True)), "l/1.json")
    assert read(write(usage_page(result(batch=False)), "l/2.json").parent).quality.records == 2  # fmt: skip


@pytest.mark.parametrize("field", ["context_window", "inference_geo", "speed"])
def test_what_anthropic_groups_by_and_no_record_has_tells_results_apart(
    write: Write, field: str
) -> None:
    page, bucket = test_anthropic.page, test_anthropic.bucket
    for kind in (test_anthropic.RESULT, test_anthropic.COST):
        one = write(page(bucket(1, kind | {field: "a"})), f"{field}/1.json")
        write(page(bucket(1, kind | {field: "b"})), f"{field}/2.json")
        assert read(one.parent).quality.records == 2


def test_two_results_of_one_bucket_with_one_name_stay_two(write: Write) -> None:
    text = usage_page(result(), result(), result(output_tokens=7))
    write(text, "l/a.json")
    usage = read(write(text, "l/b.json").parent)
    assert (usage.quality.records, usage.quality.duplicates) == (3, 3)
    assert sums(usage)["output_tokens"] == 1007


@pytest.mark.parametrize("odd", ['"{abc"', '"abc"', "5", "[]", "null"])
def test_what_is_no_result_is_rejected_alone(write: Write, odd: str) -> None:
    text = usage_page(result(), result()).replace(
        '"results": [', f'"results": [{odd}, '
    )
    usage = read(write(text, "a.json"))
    assert (usage.quality.records, usage.quality.rejected) == (2, 1)


def test_a_result_that_names_a_group_twice_is_read(write: Write) -> None:
    text = usage_page(result()).replace('"model":', '"model": "x", "model":')
    assert read(write(text, "a.json")).quality.records == 1


def test_names_in_another_order_and_empty_ones_are_the_same_group(write: Write) -> None:
    turned = dict(reversed(result(output_tokens=900, service_tier=None).items()))
    write(usage_page(result(project_id="p-1")), "l/a.json")
    usage = read(write(usage_page(turned), "l/b.json").parent)
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 900)


def test_a_group_that_came_later_is_there_and_no_second_grouping(write: Write) -> None:
    """Anthropic's default workspace has no id, in an answer by workspace too."""
    page, bucket = test_anthropic.page, test_anthropic.bucket
    default = test_anthropic.RESULT | {"workspace_id": None, "api_key_id": None}
    other = test_anthropic.RESULT
    write(page(bucket(1, default)), "l/a.json")
    usage = read(write(page(bucket(1, default, other)), "l/b.json").parent)
    assert usage.quality.records == 2
    assert not any("counted twice" in note for note in usage.quality.notes)


@pytest.mark.parametrize(
    ("one", "other", "named"),
    [
        (["model"], ["project_id"], "by model and by project_id"),
        ([], ["model"], "by nothing and by model"),
        (["model"], ["model", "project_id"], "by model and by model, project_id"),
    ],
)
def test_two_groupings_of_the_same_buckets_are_said(
    write: Write, one: list[str], other: list[str], named: str
) -> None:
    names = {"model": "gpt-5-nano", "project_id": "p-1"}
    bare = result(model=None, project_id=None)
    for number, fields in enumerate((one, other)):
        grouped = bare | {name: names[name] for name in fields}
        pages = [test_openai.bucket(day, grouped) for day in range(2)]
        folder = write(json.dumps(test_openai.page(*pages)), f"l/{number}.json").parent
    usage = read(folder)
    assert (
        f"openai: 2 buckets were counted twice, grouped {named}; both answers describe "
        "the same usage, so read only one of them"
    ) in usage.quality.notes


def test_answers_of_two_kinds_or_of_two_projects_are_no_second_grouping(
    write: Write,
) -> None:
    other = result(object="organization.usage.vector_stores.result", model=None)
    write(usage_page(result()), "l/1.json")
    write(usage_page(other), "l/2.json")
    usage = read(write(usage_page(result(project_id="p-2")), "l/3.json").parent)
    assert usage.quality.records == 3
    assert not any("counted twice" in note for note in usage.quality.notes)


def test_two_organizations_that_nothing_tells_apart_are_said(write: Write) -> None:
    write(usage_page(result()), "l/a.json")
    other = usage_page(result(output_tokens=900, num_model_requests=2))
    usage = read(write(other, "l/b.json").parent)
    assert (usage.quality.records, sums(usage)["output_tokens"]) == (1, 900)
    assert (
        "openai: 1 bucket was reported several times with conflicting figures, and the "
        "largest were kept; if they belong to two organizations, group their answers "
        "by what tells them apart"
    ) in usage.quality.notes


@pytest.mark.parametrize(
    ("result", "one", "other"),
    [
        (test_anthropic.RESULT, "workspace_id", "api_key_id"),
        (test_anthropic.COST, "workspace_id", "token_type"),
    ],
)
def test_two_groupings_of_anthropic_are_said(
    write: Write, result: dict[str, Any], one: str, other: str
) -> None:
    page, bucket = test_anthropic.page, test_anthropic.bucket
    for number, without in enumerate((one, other)):
        text = page(bucket(1, result | {without: None}))
        folder = write(text, f"l/{number}.json").parent
    (note,) = [each for each in read(folder).quality.notes if "counted twice" in each]
    assert one in note
    assert other in note


def test_two_axes_of_an_activity_are_said_to_be_one_usage(write: Write) -> None:
    part, page = test_litellm_daily.part, test_litellm_daily.page
    for axis in ("models", "entities"):
        day = {"date": "2026-01-02", "breakdown": {axis: {"a": part(8)}}}
        folder = write(page(day), f"l/{axis}.json").parent
    (note,) = [each for each in read(folder).quality.notes if "counted twice" in each]
    assert "by breakdown.entities and by breakdown.models" in note


def test_a_day_on_two_pages_of_an_activity_is_added(write: Write) -> None:
    part, page = test_litellm_daily.part, test_litellm_daily.page
    day = {"date": "2026-01-02", "breakdown": {"models": {"a": part(8)}}}
    write(page(day, number=1, total=2), "l/1.json")
    usage = read(write(page(day, number=2, total=2), "l/2.json").parent)
    assert sums(usage)["input_tokens"] == 16


def test_a_row_of_a_daily_table_grows_with_and_without_its_id(write: Write) -> None:
    row = test_litellm_daily.ROW
    for name in (row, {key: value for key, value in row.items() if key != "id"}):
        stream = io.StringIO()
        writer = csv.DictWriter(stream, list(name))
        writer.writeheader()
        writer.writerow(name | {"api_requests": 9, "prompt_tokens": 200})
        folder = write(stream.getvalue(), f"{len(name)}/a.csv").parent
        write(json.dumps([name]), f"{len(name)}/b.json")
        usage = read(folder)
        assert (usage.quality.records, sums(usage)["requests"]) == (1, 9)
        assert by(usage, "user", "input_tokens") == {"u-1": 200}


@pytest.mark.parametrize("own", ["{", "a {b} 2", "x { y", '2026 {"a": }'])
def test_an_id_that_looks_like_a_key_is_an_id(write: Write, own: str) -> None:
    row = test_litellm_daily.ROW | {"id": own}
    found = read(write(lines([row, row | {"id": "row-2"}])))
    assert found.quality.records == 2
