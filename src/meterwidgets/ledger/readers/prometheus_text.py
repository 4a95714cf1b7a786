"""Prometheus's text as samples: answers of ``/metrics``, OpenMetrics, dumps of a TSDB.

A line ``name{label="value"} 1.5 [time]`` becomes ``{"metric": {...}, "value": [...]}``,
as the HTTP API answers it. A scrape without times is at the time in a comment above it,
else at its file's time of change; of several scrapes in a file each is a little later.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from meterwidgets.ledger.engine.sql import literal
from meterwidgets.ledger.readers.json_file import select_lines
from meterwidgets.ledger.readers.json_layout import json_paths
from meterwidgets.ledger.readers.raw_ledger import RawLedger
from meterwidgets.ledger.readers.sample import Sample

_LABELS = r'\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}'
_SAMPLE = (
    rf"^([a-zA-Z_:][a-zA-Z0-9_:]*)?\s*({_LABELS})?\s+"
    r"([-+]?[0-9][-+.0-9eE]*|NaN|[-+]?Inf)(?:\s+(-?[0-9][.0-9]*))?\s*(?:#.*)?$"
)
"""Regular expression of a sample: its name, labels, value and time."""
_LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*")'
_COMMENT = re.compile(r"# (HELP|TYPE|UNIT|EOF)\b")
_DATED = r"^#.*?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)"
_LOOKED = 50


def is_prometheus(text: str) -> bool:
    """Whether a text is samples of Prometheus.

    Examples:
        >>> is_prometheus('# TYPE a counter' + chr(10) + 'a{b="c"} 1')
        True
        >>> is_prometheus("model,cost"), is_prometheus('{"a": 1}'), is_prometheus("# a")
        (False, False, False)
    """
    lines = [line.strip() for line in text.splitlines()[:_LOOKED] if line.strip()]
    bare = [line for line in lines if not line.startswith("#")]
    has_comments = any(map(_COMMENT.match, lines))
    if not bare or not (has_comments or "{" in bare[0]):
        return False
    if bare[0].startswith("{") and '__name__="' not in bare[0]:
        return False
    return re.match(_SAMPLE, bare[0]) is not None


def open_prometheus(path: Path, head: str) -> RawLedger:
    """Open a file of samples.

    Args:
        path: The file.
        head: Its beginning, which `is_prometheus`.
    """
    matches = (re.match(_SAMPLE, line.strip()) for line in head.splitlines())
    records = tuple(_record(*each.groups()[:3]) for each in matches if each)
    paths = json_paths(records)
    return RawLedger(
        str(path),
        "line",
        _select_samples,
        Sample(tuple(paths), records),
        json_paths=paths,
        path=path,
    )


def _record(name: str | None, labels: str | None, value: str) -> dict[str, Any]:
    found = {key: text[1:-1] for key, text in re.findall(_LABEL, labels or "")}
    metric = ({"__name__": name} if name else {}) | found
    return {"metric": metric, "value": ["0", value]}


def _select_samples(files: str) -> str:
    name, labels, value, time = (
        f"regexp_extract(j, {literal(_SAMPLE)}, {group})" for group in range(1, 5)
    )
    dated = f"nullif(regexp_extract(j, {literal(_DATED)}, 1), '')"
    is_sample = f"regexp_matches(j, {literal(_SAMPLE)})"
    # of scrapes without a time the order is all that is known
    stamp = (
        "coalesce(nullif(t, ''), CAST(coalesce(dated, changed + scrape * 1000) / 1e6 "
        "AS DECIMAL(20, 6))::VARCHAR)"
    )
    metric = (
        "'{' || CASE WHEN name <> '' THEN '\"__name__\":\"' || name || '\",' ELSE '' "
        f"END || rtrim(regexp_replace(trim(labels, '{{}} '), {literal(_LABEL)}, "
        "'\"\\1\":\\2', 'g'), ', ') || '}'"
    )
    return f"""
      SELECT file, filename, '{{"metric":' || replace({metric}, ',}}', '}}')
        || ',"value":[' || {stamp} || ',"' || v || '"]}}' AS j
      FROM (SELECT *, row_number() OVER (PARTITION BY file, name, labels ORDER BY n)
          AS scrape
        FROM (SELECT file, filename, n, dated, {name} AS name, {labels} AS labels,
            {value} AS v, {time} AS t, {is_sample} AS is_sample,
          FROM (SELECT *, last_value(parse_instant({dated}) IGNORE NULLS) OVER (
              PARTITION BY file ORDER BY n) AS dated
            FROM (SELECT *, row_number() OVER () AS n FROM ({select_lines(files)})))
        ) WHERE is_sample)
      JOIN (SELECT filename, max(epoch_us(date_trunc('minute', last_modified))) OVER ()
          + 1000000 * row_number() OVER (ORDER BY date_trunc('minute', last_modified),
            length(filename), filename) - 1000000 * count(*) OVER () AS changed
        FROM read_blob({files})) USING (filename)
    """
