"""SQL macros that parse times, as ISO 8601, Unix times, and as people write them."""

from __future__ import annotations

TIME_MACROS = """
CREATE OR REPLACE MACRO is_unix_time(t) AS
  NOT contains(t, '-') AND regexp_full_match(t, '\\d{9,19}(\\.\\d+)?');

-- the zone behind the clock of a time, as ISO 8601 has it; '' where it names none
CREATE OR REPLACE MACRO time_zone(t) AS regexp_replace(regexp_extract(trim(t),
  ':\\d{2}(?:[.,]\\d+)?(?: ?[AaPp][Mm])? ?(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})$', 1),
  'UTC|GMT', 'Z');

-- a time as people write it without its zone, one sign for each purpose:
-- "03.04.2026, 10:00:00,5" is "03/04/2026 10:00:00.5"
CREATE OR REPLACE MACRO written_time(t) AS regexp_replace(regexp_replace(regexp_replace(
  regexp_replace(regexp_replace(trim(translate(t, chr(160) || chr(8239), '  ')),
    '(:\\d{2}(?:[.,]\\d+)?(?: ?[AaPp][Mm])?) ?(Z|UTC|GMT|[+-]\\d{2}:?\\d{2})$', '\\1'),
    '^(\\d{1,4})[./-](\\d{1,2}|[A-Za-z]{3})[./-](\\d{2,4})', '\\1/\\2/\\3'),
    '(\\d)(?:T|, ?)(\\d{1,2}:\\d{2})', '\\1 \\2'),
    '(/\\d{4}):(\\d{2}:)', '\\1 \\2'),
    '(:\\d{2}),(\\d+)$', '\\1.\\2');

-- microseconds since 1970, from Unix seconds, milliseconds, microseconds or
-- nanoseconds, which their number of digits tells apart, or from ISO 8601
CREATE OR REPLACE MACRO parse_instant(t) AS
  CASE WHEN is_unix_time(t) THEN CAST(trunc(to_decimal(t) * CASE
      WHEN to_decimal(t) < 100000000000 THEN 1000000::DECIMAL(10, 3)
      WHEN to_decimal(t) < 100000000000000 THEN 1000::DECIMAL(10, 3)
      WHEN to_decimal(t) < 100000000000000000 THEN 1::DECIMAL(10, 3)
      ELSE 0.001::DECIMAL(10, 3) END) AS BIGINT)
  ELSE epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) END;

CREATE OR REPLACE MACRO instant_from_timestamp(t) AS
  CASE WHEN isfinite(t) THEN epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) END;

-- the usual endings first: the regular expression is slow
CREATE OR REPLACE MACRO has_zone(t) AS
  CASE WHEN NOT contains(t, ':') THEN is_unix_time(t)
  WHEN suffix(t, 'Z') THEN true
  WHEN t[-1] <= '9' AND NOT contains(t, '/') AND NOT contains(t, '+')
    AND NOT contains(right(t, 9), '-') THEN false
  ELSE regexp_matches(t,
    '(Z|z|UTC|GMT|[A-Z][a-z]+/\\S+|[+-]\\d{2}(:?\\d{2}){0,2})$') END;
"""
