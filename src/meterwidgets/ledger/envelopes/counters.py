"""Series of Prometheus's counters as what they grew by, between two times.

A record has its ``time`` and ``end``, its ``labels``, and as ``counters`` the growth of
each counter that has the same model, team, user and so on, by the metric's name without
``_total`` and with the type of tokens that a label says. A counter that falls began at
0 again, and one that appears later than others began at 0. Where there is one time only
all of them did: they say what was used since their start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_TYPES = ("token_type", "gen_ai_token_type", "type", "direction")
"""The labels that say of which type tokens are."""
_OWNERS = re.compile(
    "model|model_name|model_id|ai_model|ai_provider|api_provider|provider|team|user|"
    "end_user|hashed_api_key|api_key_alias|consumer|workspace|namespace|tenant|org.*|"
    "gen_ai_(request_model|provider_name|system)|project|customer"
)
"""The labels that say whose usage it is; the growth of all others is added."""
_INSTEAD = {
    "litellm_requests_metric": "litellm_proxy_total_requests_metric",
    "vllm_prefix_cache_hits": "vllm_prompt_tokens_cached",
}
"""A counter -> the one that counts the same, and is read where there are both."""
_UNIT = "_usage(_tokens?|_USD)(_sum|_count)?"
"""What collectors add to a name: ``gen_ai_client_token_usage_token_sum``."""
_NAME = r"[A-Za-z_:]\w*"


def growth_inside(raw: RawLedger) -> Iterator[RawLedger]:
    """A ledger of series, ``{"metric": {}, "values": []}``, as their growth."""
    records = raw.sample.records
    if not records or not all(map(_is_series, records)):
        return
    metrics: list[Any] = [record["metric"] for record in records]
    sample = {
        "time": "",
        "end": "",
        "labels": {name: "" for each in metrics for name in each},
        "counters": {_counter(each): "" for each in metrics},
    }
    paths = json_paths([sample])
    yield raw.with_records(_select_growth, Sample(tuple(paths), (sample,)), paths)


def _is_series(record: Any) -> bool:
    held = record.get("values", record.get("value"))
    return isinstance(record.get("metric"), dict) and isinstance(held, list)


def _counter(metric: dict[str, str]) -> str:
    """What the counter of a metric is called; the same in Python as in SQL."""
    name = re.sub(_UNIT, r"_usage\2", str(metric.get("__name__")).replace(":", "_"))
    kind = next((metric[each] for each in _TYPES if each in metric), None)
    name = re.sub("_total$", "", name)
    return f"{name}_{kind}" if kind and "token" in name else name


def _select_growth(rows: str) -> str:
    """SQL text of the growth between the times of rows of series."""
    better = " OR ".join(
        f"(counter = {literal(each)} AND bool_or(counter = {literal(other)}) OVER ())"
        for each, other in _INSTEAD.items()
    )
    # a counter that appears between two times began at 0 at the first of them
    increase = (
        "CASE WHEN last IS NULL AND (us > least_us OR us = last_us) OR v < last THEN v "
        "ELSE v - last END"
    )
    stamp = "strftime(make_timestamp({}), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"""
      SELECT file, filename, '{{"time":"' || {stamp.format("start_us")} || '","end":"'
        || {stamp.format("us")} || '","labels":' || labels || ',"counters":'
        || json_group_object(counter, increase::VARCHAR) || '}}' AS j
      FROM (SELECT min(file) AS file, min(filename) AS filename, us, owner, counter,
          sum(increase) AS increase, min(min(start_us)) OVER (PARTITION BY us, owner)
            AS start_us,
          first(arg_max(m, length(m))) OVER (PARTITION BY us, owner
            ORDER BY length(arg_max(m, length(m))) DESC, counter) AS labels
        FROM (SELECT *, {increase} AS increase,
            coalesce(CASE WHEN last IS NULL THEN before ELSE last_us_of_series END,
              us - 1000) AS start_us
          FROM (SELECT *, lag(v) OVER series_time AS last,
              lag(us) OVER series_time AS last_us_of_series,
              min(us) OVER () AS least_us, max(us) OVER () AS last_us,
              max(us) OVER (ORDER BY us RANGE BETWEEN UNBOUNDED PRECEDING AND
                1 PRECEDING) AS before, {better} AS is_worse
            FROM ({_samples(rows)})
            WINDOW series_time AS (PARTITION BY counter, series ORDER BY us)))
        WHERE increase IS NOT NULL AND NOT is_worse
        GROUP BY us, owner, counter)
      GROUP BY file, filename, us, start_us, owner, labels
      ORDER BY us, owner
    """


def _samples(rows: str) -> str:
    """SQL text of the samples in rows of series: counter, series, owner, us and v."""
    name = "replace(coalesce(json_extract_string(m, '$.__name__'), ''), ':', '_')"
    bare = f"regexp_replace({name}, '{_UNIT}', '_usage\\2')"
    bare = f"regexp_replace({bare}, '_total$', '')"
    types = ", ".join(f"json_extract_string(m, '$.{each}')" for each in _TYPES)
    counter = (
        f"{bare} || CASE WHEN {name} LIKE '%token%' "
        f"THEN coalesce('_' || coalesce({types}), '') ELSE '' END"
    )
    # [[time, value], ...], or two lists of which the times are in milliseconds
    samples = """CASE
      WHEN json_exists(j, '$.timestamps') THEN list_transform(list_zip(
        json_extract_string(j, '$.timestamps[*]'),
        json_extract_string(j, '$.values[*]')), lambda x: {'t': x[1], 'v': x[2]})
      WHEN json_exists(j, '$.values') THEN list_transform(
        json_extract(j, '$.values[*]'), lambda x: {'t': json_extract_string(x, '$[0]'),
        'v': json_extract_string(x, '$[1]')})
      ELSE [{'t': json_extract_string(j, '$.value[0]'),
        'v': json_extract_string(j, '$.value[1]')}] END"""
    us = (
        "CAST(TRY_CAST(s.t AS DECIMAL(20, 6)) * CASE WHEN length(split_part(s.t, "
        "'.', 1)) > 11 THEN 1000 ELSE 1000000 END AS BIGINT)"
    )
    pairs = (
        "list_sort(list_transform(list_filter(json_keys(m), lambda k: {}), lambda k: "
        "concat(k, '=', json_extract_string(m, '$.\"' || k || '\"'))))::VARCHAR"
    )
    series = pairs.format("k <> '__name__'")
    owner = pairs.format(f"regexp_full_match(k, {literal(_OWNERS.pattern)})")
    return f"""
      SELECT file, filename, m, {counter} AS counter, {series} AS series,
        {owner} AS owner, {us} AS us, TRY_CAST(s.v AS DECIMAL(38, 9)) AS v
      FROM (SELECT file, filename, json_extract(j, '$.metric') AS m,
          unnest({samples}) AS s FROM ({rows}))
      WHERE v IS NOT NULL AND us IS NOT NULL
    """
