"""SQL macros that parse what ledgers write: text, counts, money, instants.

All of them return NULL for what they can't read. A macro repeats its argument, so give
a long expression a name before it goes into one; only ``nonempty`` and ``from_cents``
are safe to nest.
"""

from __future__ import annotations

from meterwidgets.ledger.engine.span_macros import SPAN_MACROS
from meterwidgets.ledger.engine.time_macros import TIME_MACROS

LARGEST_COUNT = 10**15
LARGEST_COST = 10**9
"""The bounds of a record, on either side of 0: what is larger is not read."""

EXTRA_VALUE, EXTRA_VALUES, EXTRA_BYTES = 200, 256, 4096
"""The bounds of an extra: characters a value, values, and bytes a record."""

_CONVERSATION = (
    "prompts?|messages?|input|output|completions?|responses?|answers?|content|text|"
    "body|headers?|request|instructions"
)
_SECRET = (
    "header|secret|passw|authori[sz]ation|cookie|credential|bearer|"
    "(api|access|private)[_-]?key|(^|[_.-])token$"
)
"""Regular expressions of the keys that an extra never keeps."""

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

-- the same for a number, which has more such words
CREATE OR REPLACE MACRO number_or_null(t) AS CASE WHEN t >= '0' AND t < ':'
  OR trim(t) NOT IN ('-', '–', '—', 'N/A', 'n/a', 'NA', 'n.a.')
  THEN text_or_null(t) END;

-- whether there is anything; most texts are told by their first digit
CREATE OR REPLACE MACRO has_number(t) AS CASE WHEN t >= '0' AND t < ':' THEN true
  ELSE number_or_null(t) IS NOT NULL END;

-- the same for a long expression: it is evaluated once
CREATE OR REPLACE MACRO nonempty(t) AS nullif(regexp_replace(t,
  '^\\s*(None|none|null|NULL|NaN|nan|NaT|<NA>)?\\s*$', ''), '');

CREATE OR REPLACE MACRO tier_name(t) AS CASE lower(t) WHEN 'default' THEN 'standard'
  WHEN 'auto' THEN NULL ELSE lower(t) END;

-- a number as text with the other sign; "-0" is none
CREATE OR REPLACE MACRO negated(t) AS CASE WHEN t[1] = '-' THEN t[2:]
  WHEN regexp_full_match(t, '[0.]+') THEN t ELSE '-' || t END;

-- what an extra holds: a JSON object; NULL for anything else
CREATE OR REPLACE MACRO extra_entries(t) AS
  map_entries(TRY_CAST(TRY_CAST(t AS JSON) AS MAP(VARCHAR, JSON)));

CREATE OR REPLACE MACRO is_private_key(k) AS
  regexp_full_match(lower(k), '(.*[._])?({_CONVERSATION})')
  OR regexp_matches(lower(k), '{_SECRET}');

-- a number, a truth, a short text, or a short list of those
CREATE OR REPLACE MACRO is_short_value(v) AS length(v) <= {EXTRA_VALUE + 2} AND (
  json_type(v) IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'BOOLEAN')
  OR json_type(v) = 'DOUBLE' AND isfinite(TRY_CAST(v AS DOUBLE))
  OR json_type(v) = 'ARRAY' AND NOT contains(v, '{{'));

CREATE OR REPLACE MACRO short_entries(t) AS list_filter(extra_entries(t), lambda e:
  length(e.key) BETWEEN 1 AND {EXTRA_VALUE} AND is_short_value(e.value)
  AND NOT is_private_key(e.key))[:{EXTRA_VALUES}];

CREATE OR REPLACE MACRO extra_bytes(l) AS
  list_sum(list_transform(l, lambda e: strlen(e.key) + strlen(e.value) + 5));

-- the first ones that fit into a record
CREATE OR REPLACE MACRO fitting_entries(l) AS
  CASE WHEN extra_bytes(l) <= {EXTRA_BYTES} THEN l
  ELSE list_filter(l, lambda e, i: extra_bytes(l[:i]) <= {EXTRA_BYTES}) END;

CREATE OR REPLACE MACRO count_values(t) AS
  len(list_filter(extra_entries(t), lambda e: json_type(e.value) <> 'NULL'));
-- the values in a JSON object whose keys contain a word and are not it; a part of what
-- another key holds already, by its time to live, is left out
CREATE OR REPLACE MACRO parts_named(t, word) AS list_transform(list_filter(
  map_entries(TRY_CAST(TRY_CAST(t AS JSON) AS MAP(VARCHAR, VARCHAR))), lambda e:
    e.key <> word AND contains(lower(e.key), word)
    AND NOT contains(lower(e.key), 'cost')
    AND NOT (regexp_matches(lower(e.key), '(^|_)(5m|1h)(_|$)')
      AND regexp_matches(t, 'cache_creation(_input_tokens)?"|cache_write"'))),
  lambda e: e.value);

-- the tokens of a modality, such as AUDIO, in a list of modalities and their tokens
CREATE OR REPLACE MACRO modality_tokens(t, m) AS CAST(list_sum(list_transform(
  list_filter(TRY(from_json(t, '[{{"modality": "VARCHAR", "tokenCount": "VARCHAR",
    "token_count": "VARCHAR"}}]')), lambda x: ends_with(upper(x.modality), m)),
  lambda x: TRY_CAST(coalesce(x."tokenCount", x.token_count) AS BIGINT))) AS VARCHAR);
"""

_COUNTS = f"""
-- DuckDB takes 1_000 for 1000; a ledger does not mean that
CREATE OR REPLACE MACRO to_decimal(t) AS
  CASE WHEN NOT contains(t, '_') THEN TRY_CAST(t AS DECIMAL(38, 18)) END;

CREATE OR REPLACE MACRO to_integer(d) AS CASE WHEN d = trunc(d)
  AND d BETWEEN -{LARGEST_COUNT} AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;

CREATE OR REPLACE MACRO strip_thousands(t) AS CASE
  WHEN regexp_full_match(t, '-?\\d{{1,3}}(,\\d{{3}})+') THEN replace(t, ',', '') END;

-- as most are; a regular expression would take longer
CREATE OR REPLACE MACRO is_plain_count(t) AS
  CAST(TRY_CAST(t AS UINTEGER) AS VARCHAR) = t;

-- digits take the short way, anything else goes through decimals; a count below 0 is
-- one of a correction, or doubtful: the other fields of its row decide
CREATE OR REPLACE MACRO parse_signed_count(t) AS
  CASE WHEN is_plain_count(t) THEN TRY_CAST(t AS UINTEGER)
  WHEN regexp_full_match(t, '[0-9]{{1,15}}') THEN CAST(t AS BIGINT)
  ELSE to_integer(coalesce(
    to_decimal(t), TRY_CAST(strip_thousands(t) AS DECIMAL(38, 18)))) END;

-- the same of a raw value, and its text: both look at it once
CREATE OR REPLACE MACRO raw_count(t) AS CASE WHEN is_plain_count(t)
  THEN TRY_CAST(t AS UINTEGER) ELSE parse_signed_count(number_or_null(t)) END;
CREATE OR REPLACE MACRO raw_count_text(t) AS
  CASE WHEN is_plain_count(t) THEN t ELSE number_or_null(t) END;

CREATE OR REPLACE MACRO parse_count(t) AS
  CASE WHEN t[1] <> '-' THEN parse_signed_count(t) END;

CREATE OR REPLACE MACRO count_from_integer(d) AS CASE
  WHEN d BETWEEN -{LARGEST_COUNT} AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;

CREATE OR REPLACE MACRO count_from_double(d) AS CASE WHEN d = trunc(d)
  AND d BETWEEN -{LARGEST_COUNT} AND {LARGEST_COUNT} THEN CAST(d AS BIGINT)
  ELSE parse_signed_count(CAST(d AS VARCHAR)) END;

-- the sum as text; where a count is invalid, or below 0 beside others above it, it
-- comes back as it is, to be judged by its field
CREATE OR REPLACE MACRO invalid_count(l) AS coalesce(
  list_filter(l, lambda t: t IS NOT NULL AND parse_signed_count(t) IS NULL)[1],
  CASE WHEN list_max(list_transform(l, lambda t: parse_signed_count(t))) > 0
  THEN list_filter(l, lambda t: parse_signed_count(t) < 0)[1] END);

CREATE OR REPLACE MACRO sum_texts(l) AS coalesce(invalid_count(l),
  CAST(list_sum(list_transform(l, lambda t: parse_signed_count(t))) AS VARCHAR));

-- the lambda evaluates the list once; a macro would repeat it at each use, and such
-- lists are long: to plan them took a second
CREATE OR REPLACE MACRO sum_counts(l) AS list_transform(
  [list_transform(l, lambda t: number_or_null(t))], lambda c: sum_texts(c))[1];
"""

_CODES = "USD|EUR|GBP|CHF|CAD|AUD|NZD|JPY|CNY|INR|KRW|BRL|SEK|NOK|DKK|PLN|SGD|HKD"
_CURRENCY = rf"(?i:US)?\$|(?i:{_CODES})"
"""Regular expressions of the currencies that an amount may name; other symbols are
doubtful, for a column that mixes them seldom means what it says."""

_MONEY = f"""
-- an amount with its currency, "US$1,234.50" or "(0.5 EUR)", as a plain number; in
-- parentheses or with a minus on either side of the currency it is below 0
CREATE OR REPLACE MACRO strip_currency(t) AS CASE WHEN regexp_full_match(t,
    '-?\\(?-?\\s*({_CURRENCY})?\\s*-?(\\d{{1,3}}(,\\d{{3}})+|\\d*)(\\.\\d+)?\\s*'
    || '({_CURRENCY})?\\)?')
  THEN CASE WHEN regexp_matches(t, '[(-]') THEN '-' ELSE '' END
    || regexp_replace(t, '[^0-9.]', '', 'g') END;

-- the currency that an amount names; a bare $ is that of its ledger; most amounts begin
-- and end with a digit, which is quicker to see than by a regular expression
CREATE OR REPLACE MACRO currency_of(t) AS CASE
  WHEN t >= '0' AND t < ':' AND t[-1] BETWEEN '0' AND '9' THEN NULL
  WHEN t IS NULL OR regexp_full_match(t, '[-0-9.,$ eE]*') THEN NULL
  WHEN regexp_matches(t, '(?i)us\\$') THEN 'USD'
  ELSE nullif(upper(regexp_extract(t, '(?i)(^|[^a-z])({_CODES})([^a-z]|$)', 2)),
    '') END;

CREATE OR REPLACE MACRO parse_amount(t) AS CASE WHEN NOT contains(t, '_')
  THEN coalesce(TRY_CAST(t AS DECIMAL(38, 28)),
    TRY_CAST(strip_currency(t) AS DECIMAL(38, 28))) END;

-- the sum as text; a text that is no amount comes back as it is, to be rejected
CREATE OR REPLACE MACRO sum_costs(l) AS coalesce(
  list_filter(l, lambda t: number_or_null(t) IS NOT NULL
    AND parse_amount(number_or_null(t)) IS NULL)[1],
  CAST(list_sum(list_transform(list_filter(l, lambda t: number_or_null(t) IS NOT NULL),
    lambda t: CAST(parse_amount(number_or_null(t)) AS DECIMAL(38, 18)))) AS VARCHAR));

-- the decimal point is moved in the text: nothing is multiplied
CREATE OR REPLACE MACRO to_nano(d) AS CAST(CAST(d AS VARCHAR) || 'e9' AS BIGINT);

-- an amount d in billionths, from r, which a cast rounded half away from 0: a tie is
-- taken back to the even billionth: round_even goes through a float in some versions
CREATE OR REPLACE MACRO round_half_even(d, r) AS
  CASE WHEN d > -{LARGEST_COST} AND d < {LARGEST_COST}
  THEN coalesce(to_nano(r), sign(d) * {LARGEST_COST * 10**9}) - CASE
    WHEN abs(CAST(r AS DECIMAL(38, 28)) - d) = CAST('0.0000000005' AS DECIMAL(38, 28))
    THEN to_nano(r) % 2 ELSE 0 END END;

CREATE OR REPLACE MACRO cost_from_decimal(d) AS
  CASE WHEN d > -{LARGEST_COST} AND d < {LARGEST_COST} THEN to_nano(d) END;

CREATE OR REPLACE MACRO is_plain_cost(t) AS
  regexp_full_match(t, '[0-9]{{1,9}}(\\.[0-9]{{1,9}})?');

CREATE OR REPLACE MACRO parse_cost(t) AS
  CASE WHEN is_plain_cost(t) THEN to_nano(t)
  ELSE round_half_even(parse_amount(t), coalesce(
    TRY_CAST(t AS DECIMAL(18, 9)),
    TRY_CAST(strip_currency(t) AS DECIMAL(18, 9)))) END;

-- the same of a raw value, and its text: both look at it once
CREATE OR REPLACE MACRO raw_cost(t) AS CASE WHEN is_plain_cost(t)
  THEN to_nano(t) ELSE parse_cost(number_or_null(t)) END;
CREATE OR REPLACE MACRO raw_cost_text(t) AS
  CASE WHEN is_plain_cost(t) THEN t ELSE number_or_null(t) END;

-- a short one is rounded to its billionths; any other goes through its shortest text
CREATE OR REPLACE MACRO cost_from_double(d) AS
  CASE WHEN {IS_SHORT_COST.format(d="d")}
  THEN CAST(round(d * 1e9) AS BIGINT) ELSE parse_cost(CAST(d AS VARCHAR)) END;

CREATE OR REPLACE MACRO is_huge(t) AS coalesce(
  isfinite(TRY_CAST(t AS DOUBLE)) AND abs(TRY_CAST(t AS DOUBLE)) > 1e9, false);

-- how many decimals are written: 2 in 0.10, 5 in 1e-05
CREATE OR REPLACE MACRO written_decimals(t) AS greatest(0,
  length(regexp_extract(t, '\\.(\\d+)', 1))
  - coalesce(TRY_CAST(regexp_extract(t, '[eE]([+-]?\\d+)$', 1) AS INTEGER), 0));

-- cents as text of currency units; the point is moved, and what is no number comes back
-- as a text that no rule accepts
CREATE OR REPLACE MACRO from_cents(t) AS coalesce(
  CAST(TRY_CAST(coalesce(strip_currency(text_or_null(t)), text_or_null(t)) || 'e-2'
    AS DECIMAL(38, 26)) AS VARCHAR),
  text_or_null(t) || ' cents');

-- the same for any power of ten: 'e3' makes units of thousands, 'e-6' of micros
CREATE OR REPLACE MACRO move_point(t, e) AS coalesce(CAST(TRY_CAST(
  CAST(CAST(parse_amount(text_or_null(t)) AS DECIMAL(38, 18)) AS VARCHAR) || e
  AS DECIMAL(38, 20)) AS VARCHAR), text_or_null(t) || ' ' || e);

-- the text of a number whose thousands or decimals are set off in another way
CREATE OR REPLACE MACRO spaced_number(t) AS regexp_replace(t,
  '[ ''\\x{{A0}}\\x{{202F}}\\x{{2019}}](\\d{{3}})', '\\1', 'g');
CREATE OR REPLACE MACRO comma_number(t) AS replace(replace(replace(
  spaced_number(t), '.', ''), ',', '.'), '€', ' EUR ');

-- a / b of two integers, b above 0, rounded half to even
CREATE OR REPLACE MACRO divide_half_even(a, b) AS CAST(a // b + CASE
  WHEN 2 * abs(a % b) > b OR (2 * abs(a % b) = b AND (a // b) % 2 <> 0)
  THEN sign(a) ELSE 0 END AS BIGINT);

-- c * a / b, rounded half to even, in 64 bits where that is exact, for it is far faster
CREATE OR REPLACE MACRO share_half_even(c, a, b) AS
  CASE WHEN abs(c::DOUBLE) * b < 4e18 THEN divide_half_even(c * a, b)
  ELSE divide_half_even(c::HUGEINT * a, b::HUGEINT) END;
"""

MACROS = _TEXT + _COUNTS + _MONEY + TIME_MACROS + SPAN_MACROS
"""SQL text that defines all macros."""
