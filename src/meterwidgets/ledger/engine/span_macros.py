"""SQL macros that read spans, as OpenTelemetry's exporters write them."""

from __future__ import annotations

SPAN_MACROS = """
-- the id of a trace or span as small hexadecimal digits, whichever encoding wrote it
CREATE OR REPLACE MACRO span_key(t) AS CASE
  WHEN t[1:2] = '0x' THEN lower(t[3:])
  WHEN length(t) IN (16, 32) THEN lower(t)
  WHEN t[-1] = '=' THEN coalesce(lower(hex(TRY(from_base64(t)))), t)
  WHEN regexp_full_match(t, '([0-9a-fA-F]{16})?[0-9a-fA-F]{13,15}')
    THEN lpad(lower(t), CASE WHEN length(t) < 16 THEN 16 ELSE 32 END, '0')
  ELSE t END;

-- a JSON object that stands in a text, perhaps as Python or ClickHouse writes it
CREATE OR REPLACE MACRO json_or_literal(t) AS coalesce(TRY_CAST(t AS JSON),
  TRY_CAST(replace(replace(t, '"', '\\"'), chr(39), '"') AS JSON));

-- the parent of a span; Go writes zeros and others words where there is none
CREATE OR REPLACE MACRO parent_span(t, other) AS coalesce(CASE WHEN NOT
  regexp_full_match(t, '0*|undefined') THEN t END, other);

-- JavaScript writes a time as a list of seconds and nanoseconds
CREATE OR REPLACE MACRO unix_time(t) AS CASE WHEN t[1] <> '[' THEN nullif(t, '0')
  ELSE CAST(TRY_CAST(json_extract_string(t, '$[0]') AS HUGEINT) * 1000000000
    + TRY_CAST(json_extract_string(t, '$[1]') AS HUGEINT) AS VARCHAR) END;

CREATE OR REPLACE MACRO jaeger_tags(t) AS
  TRY(from_json(t, '[{"key": "VARCHAR", "value": "VARCHAR"}]'));

CREATE OR REPLACE MACRO otlp_attributes(t) AS TRY(from_json(t, '[{"key": "VARCHAR",
  "value": {"stringValue": "VARCHAR", "intValue": "VARCHAR",
  "doubleValue": "VARCHAR", "boolValue": "VARCHAR"}}]'));
"""
