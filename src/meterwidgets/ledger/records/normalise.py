"""From text to checked usage records, as SQL: every rule of the record in one place.

Counts are whole and not negative, money is decimal text rounded once, half-even, to a
billionth, instants are UTC. A row that breaks a rule keeps its number, field, value
and reason, and goes to the rejects; the good rows go on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from meterwidgets.schema import COUNTS, FIELDS, MONEY, NAMES

LARGEST_COUNT = 10**15
LARGEST_COST = 10**9
_FIRST_US, _LAST_US = 946_684_800_000_000, 4_102_444_800_000_000  # 2000, 2100
_WHOLE_KINDS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_ZONED = {"TIMESTAMP": "false", "TIMESTAMP WITH TIME ZONE": "true"}
_SHORT_COST = "{d} >= 0 AND {d} < 1e6 AND round({d} * 1e9) / 1e9 = {d}"
_CURRENCY = "[A-Za-z]{3}"
_NOTHING = "'', 'None', 'none', 'null', 'NULL', 'NaN', 'nan', 'NaT', '<NA>'"

MACROS = f"""
CREATE OR REPLACE MACRO word(t) AS
  CASE WHEN strlen(t) > 4 OR t NOT IN ({_NOTHING}) THEN t END;
CREATE OR REPLACE MACRO said(t) AS CASE WHEN t < '!' OR t[-1] <= ' '
  THEN word(trim(t, ' \t\r\n')) ELSE word(t) END;
CREATE OR REPLACE MACRO unless_nothing(t) AS nullif(regexp_replace(t,
  '^\\s*(None|none|null|NULL|NaN|nan|NaT|<NA>)?\\s*$', ''), '');
CREATE OR REPLACE MACRO number(t) AS
  CASE WHEN NOT contains(t, '_') THEN TRY_CAST(t AS DECIMAL(38, 18)) END;
CREATE OR REPLACE MACRO whole(d) AS CASE
  WHEN d = trunc(d) AND d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;
CREATE OR REPLACE MACRO grouped(t) AS
  CASE WHEN regexp_full_match(t, '\\d{{1,3}}(,\\d{{3}})+') THEN replace(t, ',', '') END;
CREATE OR REPLACE MACRO counted(t) AS CASE WHEN regexp_full_match(t, '[0-9]{{1,15}}')
  THEN CAST(t AS BIGINT)
  ELSE whole(coalesce(number(t), TRY_CAST(grouped(t) AS DECIMAL(38, 18)))) END;
CREATE OR REPLACE MACRO digits(t) AS
  CASE WHEN regexp_full_match(t, '-?\\$?\\s*(\\d{{1,3}}(,\\d{{3}})+|\\d*)(\\.\\d+)?')
  THEN regexp_replace(t, '[$,\\s]', '', 'g') END;
CREATE OR REPLACE MACRO amount(t) AS CASE WHEN NOT contains(t, '_')
  THEN coalesce(TRY_CAST(t AS DECIMAL(38, 28)), TRY_CAST(digits(t) AS DECIMAL(38, 28)))
  END;
CREATE OR REPLACE MACRO whole_count(d) AS
  CASE WHEN d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT) END;
CREATE OR REPLACE MACRO double_count(d) AS
  CASE WHEN d = trunc(d) AND d BETWEEN 0 AND {LARGEST_COUNT} THEN CAST(d AS BIGINT)
  ELSE counted(CAST(d AS VARCHAR)) END;
CREATE OR REPLACE MACRO billionths(d) AS CAST(CAST(d AS VARCHAR) || 'e9' AS BIGINT);
CREATE OR REPLACE MACRO nano(d, r) AS CASE WHEN d >= 0 AND d < {LARGEST_COST}
  THEN coalesce(billionths(r), {LARGEST_COST * 10**9}) - CASE
    WHEN CAST(r AS DECIMAL(38, 28)) - d = CAST('0.0000000005' AS DECIMAL(38, 28))
    THEN billionths(r) % 2 ELSE 0 END END;
CREATE OR REPLACE MACRO exact_cost(d) AS
  CASE WHEN d >= 0 AND d < {LARGEST_COST} THEN billionths(d) END;
CREATE OR REPLACE MACRO paid(t) AS
  CASE WHEN regexp_full_match(t, '[0-9]{{1,9}}(\\.[0-9]{{1,9}})?')
  THEN CAST(t || 'e9' AS BIGINT) ELSE nano(amount(t), coalesce(
    TRY_CAST(t AS DECIMAL(18, 9)), TRY_CAST(digits(t) AS DECIMAL(18, 9)))) END;
CREATE OR REPLACE MACRO double_cost(d) AS
  CASE WHEN {_SHORT_COST.format(d="d")}
  THEN CAST(round(d * 1e9) AS BIGINT) ELSE paid(CAST(d AS VARCHAR)) END;
CREATE OR REPLACE MACRO huge(t) AS coalesce(
  isfinite(TRY_CAST(t AS DOUBLE)) AND TRY_CAST(t AS DOUBLE) > 1e9, false);
CREATE OR REPLACE MACRO is_unix(t) AS
  NOT contains(t, '-') AND regexp_full_match(t, '\\d{{9,19}}(\\.\\d+)?');
CREATE OR REPLACE MACRO instant(t) AS
  CASE WHEN is_unix(t) THEN CAST(trunc(number(t) * CASE
      WHEN number(t) < 100000000000 THEN 1000000::DECIMAL(10, 3)
      WHEN number(t) < 100000000000000 THEN 1000::DECIMAL(10, 3)
      WHEN number(t) < 100000000000000000 THEN 1::DECIMAL(10, 3)
      ELSE 0.001::DECIMAL(10, 3) END) AS BIGINT)
  ELSE epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) END;
CREATE OR REPLACE MACRO moment(t) AS
  CASE WHEN isfinite(t) THEN epoch_us(TRY_CAST(t AS TIMESTAMPTZ)) END;
CREATE OR REPLACE MACRO has_zone(t) AS CASE WHEN NOT contains(t, ':') THEN is_unix(t)
  WHEN t[-1] = 'Z' THEN true
  WHEN t[-1] <= '9' AND NOT contains(t, '/') AND NOT contains(t, '+')
    AND NOT contains(right(t, 9), '-') THEN false
  ELSE regexp_matches(t,
    '(Z|z|UTC|GMT|[A-Z][a-z]+/\\S+|[+-]\\d{{2}}(:?\\d{{2}}){{0,2}})$') END;
CREATE OR REPLACE MACRO unread(t) AS said(t) IS NOT NULL AND counted(said(t)) IS NULL;
CREATE OR REPLACE MACRO summed(l) AS coalesce(
  list_filter(l, lambda t: unread(t))[1],
  CAST(list_sum(list_transform(l, lambda t: counted(said(t)))) AS VARCHAR));
CREATE OR REPLACE MACRO cents(t) AS coalesce(
  CAST(TRY_CAST(coalesce(digits(said(t)), said(t)) || 'e-2' AS DECIMAL(38, 26))
    AS VARCHAR),
  said(t) || ' cents');
CREATE OR REPLACE MACRO attributes(t) AS TRY(from_json(t, '[{{"key": "VARCHAR",
  "value": {{"stringValue": "VARCHAR", "intValue": "VARCHAR",
  "doubleValue": "VARCHAR", "boolValue": "VARCHAR"}}}}]'));
CREATE OR REPLACE MACRO tier(t) AS CASE lower(t) WHEN 'default' THEN 'standard'
  WHEN 'auto' THEN NULL ELSE lower(t) END;
CREATE OR REPLACE MACRO half_even(a, b) AS CAST(a // b + CASE
  WHEN 2 * (a % b) > b OR (2 * (a % b) = b AND (a // b) % 2 = 1) THEN 1 ELSE 0 END
  AS BIGINT);
"""
"""The words of the rules.

``unless_nothing`` names its argument once, so it may be a long one. ``summed`` gives
the text of what is no count back, to be rejected by name; so does ``cents``, which
moves the point of the text and never divides. ``attributes`` are those of OTLP.
``counted`` and ``paid`` take the usual text on a short way, anything else through
decimals. A cast rounds a half up and ``nano`` takes it back to the even one, for
``round_even`` goes through a float in some versions. A double below a million is the
billionths that it is the nearest double of, for no two numbers of 15 digits share one;
any other goes through its shortest text. ``half_even`` divides two
HUGEINTs that are not negative. A ``tier`` is lower case; "default" is another word for
"standard", and "auto" leaves open which one it was.
"""


def reads(field: str, kind: str) -> bool:
    """Whether the rules read a field from a kind of column as it is, without text.

    Examples:
        >>> reads("input_tokens", "BIGINT"), reads("model", "BIGINT")
        (True, False)
    """
    return bool(_macro(field, kind)) and kind != "VARCHAR"


def _macro(field: str, kind: str) -> str:
    """What turns a field from a kind of column into its integer."""
    whole = kind.lstrip("U") in _WHOLE_KINDS
    if field in COUNTS:
        by_kind = {"VARCHAR": "counted", "DOUBLE": "double_count"}
        return "whole_count" if whole else by_kind.get(kind, "")
    if field in MONEY:
        billionths = re.fullmatch(r"DECIMAL\(\d+,\s?\d\)", kind)
        by_kind = {"VARCHAR": "paid", "DOUBLE": "double_cost"}
        return "exact_cost" if whole or billionths else by_kind.get(kind, "")
    if field in {"start", "end"}:
        return "instant" if kind == "VARCHAR" else "moment" * (kind in _ZONED)
    return ""


def parsed(
    relation: str,
    fields: Mapping[str, str],
    *,
    kinds: Mapping[str, str],
    only: str,
    recorded_zero: str,
    labels: Mapping[str, str],
    plain: Collection[str] = (),
) -> str:
    """SQL text that turns raw rows into checked fields.

    Args:
        relation: SQL text with ``file``, ``n``, ``broken``, ``text`` and the raw
            values.
        fields: Our field -> SQL text of its raw value; what is absent is null.
        kinds: Our field -> its type, for those that come as ``reads`` allows; the
            others are text.
        only: SQL condition of the rows that are usage.
        recorded_zero: SQL condition under which a cost of 0 is a price.
        labels: Dimension -> SQL text of the name of its value.
        plain: The fields that ``proof`` found plain.

    Returns:
        A SELECT of ``file``, ``n``, ``used``, every field (times as ``start_us`` and
        ``end_us``, money in nano), ``org_label`` and its like, ``zoned``,
        ``recorded_zero`` and ``reject`` (field, value, reason).
    """
    # a macro repeats its argument, so each value gets a name before it goes into one
    called = {f"{name}_label": text for name, text in labels.items()}
    raw = "".join(
        f",\n    {text} AS {name}_r" for name, text in {**fields, **called}.items()
    )
    texts = ",\n    ".join(
        f"{name}_r AS {name}_t" if name in plain
        else f"{_said(name, kinds)} AS {name}_t" if name in fields
        else f"NULL::VARCHAR AS {name}_t"
        for name in FIELDS
    )  # fmt: skip
    texts += "".join(f",\n    said({name}_r) AS {name}" for name in called)
    results = {f"{name}_v": name for name in (*COUNTS, *MONEY)}
    results |= {"start_us": "start", "end_us": "end"}
    numbers = ",\n    ".join(
        f"{_read(name, kinds.get(name, 'VARCHAR'), name in plain)} AS {value}"
        if name in fields
        else f"NULL::BIGINT AS {value}"
        for value, name in results.items()
    )
    # what is written for an hour is written, whether or not the sum is reported
    written = "coalesce(cache_write_tokens_v, cache_write_1h_tokens_v)"
    counts = {name: f"{name}_v" for name in COUNTS}
    counts["cache_write_tokens"] = written
    zoned = _ZONED.get(kinds.get("start", ""), "has_zone(start_t)")
    named = ("record_id", "covers", *NAMES, "status")
    values = ",\n  ".join(
        ["used", "start_us", "end_us", f"{zoned} AS zoned", "recorded_zero"]
        + [f'{name}_t AS "{name}"' for name in named]
        + ["tier(service_tier_t) AS service_tier"]
        + [f"{value} AS {name}" for name, value in counts.items()]
        + [f"{name}_v AS reported_{name}" for name in MONEY]
        + ["upper(currency_t) AS reported_currency", *called, "reject"]
    )
    rules = "\n".join(
        rule
        for field, rule, own in _rules()
        if field in {"", *fields} and not (own and field in plain)
    )
    return f"""
SELECT file, n, {values}
FROM (SELECT *, CASE WHEN broken IS NULL AND NOT used THEN NULL {rules} END AS reject
FROM (SELECT *, {numbers}
FROM (SELECT file, n, broken, text, used, recorded_zero, {texts}
FROM (SELECT file, n, broken, text, coalesce({only}, false) AS used,
    coalesce({recorded_zero}, false) AS recorded_zero{raw}
FROM ({relation})))))
"""


def proof(
    relation: str,
    fields: Mapping[str, str],
    *,
    kinds: Mapping[str, str],
    zone: str,
) -> str:
    """SQL text that tells which fields are plain: every value is good as it stands.

    To look at the ends of a column, or at its distinct values, takes a fraction of what
    it takes to put each of its values through the rules.

    Args:
        relation: As ``parsed`` has it.
        fields: Likewise.
        kinds: Likewise.
        zone: That of timestamps without one.

    Returns:
        A SELECT of one row, of whether a field is plain, for those that can be.
    """
    looks = {
        name: _proof(f"{name}_r", name, kinds.get(name, "VARCHAR"), zone)
        for name in fields
    }
    raw = ", ".join(f"{text} AS {name}_r" for name, text in fields.items())
    found = ", ".join(
        f'coalesce({look}, true) AS "{name}"' for name, look in looks.items() if look
    )
    return f"SELECT {found or 1} FROM (SELECT {raw} FROM ({relation}))"


def _proof(raw: str, name: str, kind: str, zone: str) -> str:
    """SQL text of whether all values of a column are read as they stand."""
    if name in COUNTS and kind.lstrip("U") in _WHOLE_KINDS:
        return f"min({raw}) >= 0 AND max({raw}) <= {LARGEST_COUNT}"
    if name in MONEY and kind == "DOUBLE":
        # by a file's statistics, which leave NaN out, the engine skips comparisons
        return f"bool_and(NOT isnan({raw}) AND {_SHORT_COST.format(d=raw)})"
    if kind in _ZONED and (zone == "UTC" or _ZONED[kind] == "true"):
        make = "make_timestamptz" if _ZONED[kind] == "true" else "make_timestamp"
        inside = (
            f"min({raw}) >= {make}({_FIRST_US}) AND max({raw}) < {make}({_LAST_US})"
        )
        return inside + f" AND count(*) = count({raw})" * (name == "start")
    if name in {"start", "end", *COUNTS, *MONEY}:
        return ""
    if name in {"record_id", "covers"}:
        return f"bool_and(said({raw}) IS NOT DISTINCT FROM {raw})"
    good = "said(t) IS NOT DISTINCT FROM t"
    if name == "currency":
        good += f" AND regexp_full_match(t, '{_CURRENCY}')"
    return f"list_bool_and(list_transform(list(DISTINCT {raw}), lambda t: {good}))"


def _read(name: str, kind: str, plain: bool) -> str:
    """SQL text of the number that a field says."""
    text = f"{name}_t"
    if not plain:
        return f"{_macro(name, kind)}({text})"
    if name in MONEY:
        return f"CAST(round({text} * 1e9) AS BIGINT)"
    return f"CAST({text} AS BIGINT)" if name in COUNTS else f"epoch_us({text})"


def _said(name: str, kinds: Mapping[str, str]) -> str:
    """SQL text of what a raw value says; NULL where it says nothing."""
    if name not in kinds:
        return f"said({name}_r)"
    if kinds[name] == "DOUBLE":
        return f"CASE WHEN NOT isnan({name}_r) THEN {name}_r END"
    return f"{name}_r"


def _rules() -> Iterator[tuple[str, str, bool]]:
    """Fields, their WHEN branches, in the order in which a reason is looked for.

    Yields:
        The field, the branch, and whether it looks at no other field.
    """
    yield (
        "",
        "WHEN broken IS NOT NULL THEN {'field': '', 'value': text, 'reason': broken}",
        False,
    )
    yield from _time_rules()
    for name in COUNTS:
        yield *_unread(name, _no_count(_text(name))), True
    for rule in _part_rules():
        yield *rule, False
    for name in MONEY:
        yield *_unread(name, _no_cost(_text(name))), True
    yield *_rule(
        "coalesce(input_cost_v, 0) + coalesce(output_cost_v, 0) > cost_v + 2",
        "cost", "is less than the input_cost and output_cost that are its parts",
    ), False  # fmt: skip
    yield *_rule(
        "currency_t IS NOT NULL "
        f"AND NOT regexp_full_match(currency_t, '{_CURRENCY}')",
        "currency", "is not a currency code such as USD",
    ), True  # fmt: skip


def _time_rules() -> Iterator[tuple[str, str, bool]]:
    outside = "is not between the years 2000 and 2100"
    yield *_rule("start_t IS NULL", "start", "is missing"), True
    yield *_rule("start_us IS NULL", "start", "is not a time"), True
    beyond = f"start_us < {_FIRST_US} OR start_us >= {_LAST_US}"
    yield *_rule(beyond, "start", outside), True
    unread = "end_t IS NOT NULL AND end_us IS NULL"
    yield *_rule(unread, "end", "is not a time"), True
    yield *_rule("end_us < start_us", "end", "is before the start"), False
    yield *_rule(f"end_us >= {_LAST_US}", "end", outside), True


def _part_rules() -> Iterator[tuple[str, str]]:
    read = "coalesce(cache_read_tokens_v, 0)"
    write = "coalesce(cache_write_tokens_v, cache_write_1h_tokens_v, 0)"
    inside = "is more than the {}_tokens that it is a part of"
    for field in ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"):
        yield _rule(f"{field}_v > input_tokens_v", field, inside.format("input"))
    yield _rule(
        f"{read} + {write} > input_tokens_v",
        "cache_read_tokens",
        "is, with the cache_write_tokens, more than the input_tokens",
    )
    yield _rule(
        "reasoning_tokens_v > output_tokens_v",
        "reasoning_tokens",
        inside.format("output"),
    )
    yield _rule(
        "cache_write_1h_tokens_v > cache_write_tokens_v",
        "cache_write_1h_tokens",
        inside.format("cache_write"),
    )


def _no_count(text: str) -> str:
    """SQL text of the reason why a text is no count."""
    return (
        f"CASE WHEN number({text}) < 0 THEN 'a count cannot be negative' "
        f"WHEN number({text}) <> trunc(number({text})) THEN 'is not a whole number' "
        f"WHEN number({text}) IS NULL AND NOT huge({text}) THEN 'is not a number' "
        "ELSE 'is larger than a record can hold (10^15)' END"
    )


def _no_cost(text: str) -> str:
    """SQL text of the reason why a text is no cost."""
    return (
        f"CASE WHEN amount({text}) < 0 THEN 'a cost cannot be negative' "
        f"WHEN amount({text}) IS NULL AND NOT huge({text}) THEN 'is not a number' "
        "ELSE 'is larger than a record can hold (10^9)' END"
    )


def _unread(name: str, reason: str) -> tuple[str, str]:
    return name, (
        f"WHEN {name}_v IS NULL AND {name}_t IS NOT NULL THEN {{'field': '{name}', "
        f"'value': {_text(name)}, 'reason': {reason}}}"
    )


def _rule(condition: str, field: str, reason: str) -> tuple[str, str]:
    return field, (
        f"WHEN {condition} THEN {{'field': '{field}', 'value': {_text(field)}, "
        f"'reason': '{reason}'}}"
    )


def _text(field: str) -> str:
    """SQL text of what came for a field, as text."""
    return f"CAST({field}_t AS VARCHAR)"
