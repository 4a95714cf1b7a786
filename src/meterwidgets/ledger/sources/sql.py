"""SQL text that several sources share; ``{a.b}`` in it names a raw column."""

from __future__ import annotations

IS_OWN_HOST = (
    "coalesce(regexp_matches(lower({}), '^(https?://)?(localhost|127[.]|0[.]0[.]0[.]0"
    "|\\[?::1|10[.][0-9]|192[.]168[.]|172[.](1[6-9]|2[0-9]|3[01])[.]"
    "|[a-z0-9.-]*[.](local|lan|internal|svc)([.:/]|$))"
    "|^https?://[a-z0-9_-]+(:[0-9]+)?(/|$)|:11434(/|$)'), false)"
)
"""SQL condition of an address, as ``{}``, of one's own network: no provider's."""


def is_offered_by_others(model: str) -> str:
    """SQL condition of models that one's own machine can only pass requests on to.

    Examples:
        >>> is_offered_by_others("{model}").startswith("coalesce(regexp_matches(")
        True
    """
    names = "gpt-[0-9]|chatgpt|o[134](-|$)|claude|gemini|grok|sonar|text-embedding"
    return f"coalesce(regexp_matches(lower({model}), '(^|[/.:])({names})'), false)"


def provider_served(provider: str, address: str, model: str) -> str:
    """SQL text of a provider, or "localhost" for a model on one's own machine.

    Examples:
        >>> provider_served("{p}", "{url}", "{m}").split(" WHEN ")[0]
        'CASE'
    """
    return (
        f"CASE WHEN {IS_OWN_HOST.format(address)} AND NOT {is_offered_by_others(model)}"
        f" THEN 'localhost' ELSE {provider} END"
    )


def first_of(*texts: str) -> str:
    """SQL text of the first of several texts that is neither empty nor "None".

    Examples:
        >>> first_of("{user}", "{end_user}")
        'coalesce(nonempty({user}), nonempty({end_user}))'
    """
    return "coalesce(" + ", ".join(f"nonempty({text})" for text in texts) + ")"


def sum_of(*counts: str) -> str:
    """SQL text of the sum of counts, null where none of them is reported.

    Examples:
        >>> sum_of("{a}", "{b}")
        'sum_counts([{a}, {b}])'
    """
    return f"sum_counts([{', '.join(counts)}])"


def sum_of_costs(*costs: str) -> str:
    """SQL text of the sum of costs, as text; a cost that is no number stays as it is.

    Examples:
        >>> sum_of_costs("{spend}", "{flat_cost}")
        'sum_costs([{spend}, {flat_cost}])'
    """
    return f"sum_costs([{', '.join(costs)}])"


def usd_for(cost: str) -> str:
    """SQL text of the currency of a cost in US dollars, null where there is no cost.

    Examples:
        >>> usd_for("{spend}")
        "CASE WHEN {spend} IS NOT NULL THEN 'USD' END"
    """
    return f"CASE WHEN {cost} IS NOT NULL THEN 'USD' END"


def next_day(date: str) -> str:
    """SQL text of the end of a UTC day, as text.

    Examples:
        >>> next_day("{date}")
        'CAST(TRY_CAST({date} AS DATE) + 1 AS VARCHAR)'
    """
    return f"CAST(TRY_CAST({date} AS DATE) + 1 AS VARCHAR)"


def as_json(*columns: str) -> str:
    """SQL text of some columns of a table as one JSON object.

    Examples:
        >>> as_json("date", "Team ID")
        "json_object('date', {date}, 'Team ID', {Team ID})"
    """
    pairs = ", ".join(f"'{name}', {{{name}}}" for name in columns)
    return f"json_object({pairs})"


def is_credit(text: str, amount: str) -> str:
    """SQL text of whether a line of a bill is a credit: below zero, and named so.

    Any other line below zero is a correction of usage.

    Args:
        text: SQL text of what the line is called.
        amount: SQL text of its amount.

    Examples:
        >>> is_credit("{item}", "{amount}").startswith("starts_with(trim({amount})")
        True
    """
    return (
        f"starts_with(trim({amount}), '-') AND regexp_matches(lower({text}), "
        r"'\b(credits?|discounts?|grants?|promo(tion(al)?)?s?|vouchers?)\b')"
    )


def lower_bound(column: str) -> str:
    """SQL text of the least whole number of a range such as ``200k-1M``.

    A range excludes its lower bound: of requests of 200k-1M each has 200,001 tokens.

    Examples:
        >>> lower_bound("{window}").startswith("CAST(1 + TRY_CAST(regexp_extract(")
        True
    """
    number = rf"TRY_CAST(regexp_extract({column}, '^(\d+)[kKmM]?-', 1) AS BIGINT)"
    unit = rf"lower(regexp_extract({column}, '^\d+([kKmM]?)-', 1))"
    return (
        f"CAST(1 + {number} * CASE {unit} WHEN 'k' THEN 1000 WHEN 'm' THEN 1000000 "
        "ELSE 1 END AS VARCHAR)"
    )
