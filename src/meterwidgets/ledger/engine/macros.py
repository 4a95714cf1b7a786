"""SQL macros that parse what ledgers write: text, counts, money, instants.

All of them return NULL for what they can't read. A macro repeats its argument, so give
a long expression a name before it goes into one; only ``nonempty`` and ``from_cents``
are safe to nest.
"""

from __future__ import annotations

LARGEST_COUNT = 10**15
LARGEST_COST = 10**9
"""The bounds of a record: what is larger is rejected."""

IS_SHORT_COST = "{d} >= 0 AND {d} < 1e6 AND round({d} * 1e9) / 1e9 = {d}"
"""SQL condition of a DOUBLE that is the nearest one to a whole number of billionths.

Below a million the billionths are unique, for no two numbers of 15 digits have the
same nearest double.
"""

_NULL_WORDS = "'', 'None', 'none', 'null', 'NULL', 'NaN', 'nan', 'NaT', '<NA>'"

_TEXT = f"""
-- a text, or NULL for the words that exports write for "no value"; no null word has
-- more than four bytes, which spares most values the comparison
CREATE OR REPLACE MACRO value_or_null(t) AS
  CASE WHEN strlen(t) > 4 OR t NOT IN ({_NULL_WORDS}) THEN t END;

-- the same, trimmed; only what begins or ends with a blank is worth trimming
CREATE OR REPLACE MACRO text_or_null(t) AS CASE WHEN t < '!' OR t[-1] <= ' '
  THEN value_or_null(trim(t, ' \t\r\n')) ELSE value_or_null(t) END;

-- the same for a long expression: it is evaluated once
CREATE OR REPLACE MACRO nonempty(t) AS nullif(regexp_replace(t,
  '^\\s*(None|none|null|NULL|NaN|nan|NaT|<NA>)?\\s*$', ''), '');

CREATE OR REPLACE MACRO tier_name(t) AS CASE lower(t) WHEN 'default' THEN 'standard'
  WHEN 'auto' THEN NULL ELSE lower(t) END;

CREATE OR REPLACE MACRO otlp_attributes(t) AS TRY(from_json(t, '[{{"key": "VARCHAR",
  "value": {{"stringValue": "VARCHAR", "intValue": "VARCHAR",
  "doubleValue": "VARCHAR", "boolValue": "VARCHAR"}}}}]'));
"""

_COUNTS = f"""
-- DuckDB takes 1_000 for 1000; a ledger does not mean that
CREATE OR REPLACE MACRO to_decimal(t) AS
  CASE WHEN NOT contains(t, '_') THEN TRY_CAST(t AS DECIMAL(38, 18)) END;

CREATE OR REPLACE MACRO to_integer(d) AS CASE
  WHEN d = trunc(d) AND d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;

CREATE OR REPLACE MACRO strip_thousands(t) AS
  CASE WHEN regexp_full_match(t, '\\d{{1,3}}(,\\d{{3}})+') THEN replace(t, ',', '') END;

-- digits take the short way, anything else goes through decimals
CREATE OR REPLACE MACRO parse_count(t) AS
  CASE WHEN regexp_full_match(t, '[0-9]{{1,15}}') THEN CAST(t AS BIGINT)
  ELSE to_integer(coalesce(
    to_decimal(t), TRY_CAST(strip_thousands(t) AS DECIMAL(38, 18)))) END;

CREATE OR REPLACE MACRO count_from_integer(d) AS
  CASE WHEN d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;

CREATE OR REPLACE MACRO count_from_double(d) AS
  CASE WHEN d = trunc(d) AND d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT)
  ELSE parse_count(CAST(d AS VARCHAR)) END;

CREATE OR REPLACE MACRO is_invalid_count(t) AS
  text_or_null(t) IS NOT NULL AND parse_count(text_or_null(t)) IS NULL;

-- the sum as text; an invalid count comes back as it is, to be rejected by its field
CREATE OR REPLACE MACRO sum_counts(l) AS coalesce(
  list_filter(l, lambda t: is_invalid_count(t))[1],
  CAST(list_sum(list_transform(l, lambda t: parse_count(text_or_null(t))))
    AS VARCHAR));
"""

_MONEY = f"""
CREATE OR REPLACE MACRO strip_currency(t) AS
  CASE WHEN regexp_full_match(t, '-?\\$?\\s*(\\d{{1,3}}(,\\d{{3}})+|\\d*)(\\.\\d+)?')
  THEN regexp_replace(t, '[$,\\s]', '', 'g') END;

CREATE OR REPLACE MACRO parse_amount(t) AS CASE WHEN NOT contains(t, '_')
  THEN coalesce(TRY_CAST(t AS DECIMAL(38, 28)),
    TRY_CAST(strip_currency(t) AS DECIMAL(38, 28))) END;

-- the decimal point is moved in the text: nothing is multiplied
CREATE OR REPLACE MACRO to_nano(d) AS CAST(CAST(d AS VARCHAR) || 'e9' AS BIGINT);

-- an amount d in billionths, from r, which a cast rounded half up: a tie is taken back
-- to the even billionth, for round_even goes through a float in some versions
CREATE OR REPLACE MACRO round_half_even(d, r) AS
  CASE WHEN d >= 0 AND d < {LARGEST_COST}
  THEN coalesce(to_nano(r), {LARGEST_COST * 10**9}) - CASE
    WHEN CAST(r AS DECIMAL(38, 28)) - d = CAST('0.0000000005' AS DECIMAL(38, 28))
    THEN to_nano(r) % 2 ELSE 0 END END;

CREATE OR REPLACE MACRO cost_from_decimal(d) AS
  CASE WHEN d >= 0 AND d < {LARGEST_COST} THEN to_nano(d) END;

CREATE OR REPLACE MACRO parse_cost(t) AS
  CASE WHEN regexp_full_match(t, '[0-9]{{1,9}}(\\.[0-9]{{1,9}})?')
  THEN to_nano(t) ELSE round_half_even(parse_amount(t), coalesce(
    TRY_CAST(t AS DECIMAL(18, 9)),
    TRY_CAST(strip_currency(t) AS DECIMAL(18, 9)))) END;

-- a short one is rounded to its billionths; any other goes through its shortest text
CREATE OR REPLACE MACRO cost_from_double(d) AS
  CASE WHEN {IS_SHORT_COST.format(d="d")}
  THEN CAST(round(d * 1e9) AS BIGINT) ELSE parse_cost(CAST(d AS VARCHAR)) END;

CREATE OR REPLACE MACRO is_huge(t) AS coalesce(
  isfinite(TRY_CAST(t AS DOUBLE)) AND TRY_CAST(t AS DOUBLE) > 1e9, false);

-- cents as text of currency units; the point is moved, and what is no number comes back
-- as a text that no rule accepts
CREATE OR REPLACE MACRO from_cents(t) AS coalesce(
  CAST(TRY_CAST(coalesce(strip_currency(text_or_null(t)), text_or_null(t)) || 'e-2'
    AS DECIMAL(38, 26)) AS VARCHAR),
  text_or_null(t) || ' cents');

-- a / b of two HUGEINTs that are not negative, rounded half to even
CREATE OR REPLACE MACRO divide_half_even(a, b) AS CAST(a // b + CASE
  WHEN 2 * (a % b) > b OR (2 * (a % b) = b AND (a // b) % 2 = 1) THEN 1 ELSE 0 END
  AS BIGINT);
"""

_TIMES = """
CREATE OR REPLACE MACRO is_unix_time(t) AS
  NOT contains(t, '-') AND regexp_full_match(t, '\\d{9,19}(\\.\\d+)?');

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
  WHEN t[-1] = 'Z' THEN true
  WHEN t[-1] <= '9' AND NOT contains(t, '/') AND NOT contains(t, '+')
    AND NOT contains(right(t, 9), '-') THEN false
  ELSE regexp_matches(t,
    '(Z|z|UTC|GMT|[A-Z][a-z]+/\\S+|[+-]\\d{2}(:?\\d{2}){0,2})$') END;
"""

MACROS = _TEXT + _COUNTS + _MONEY + _TIMES
"""SQL text that defines all macros."""
