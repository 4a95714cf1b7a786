"""SQL text that several sources share; ``{a.b}`` in it names a raw column."""

from __future__ import annotations


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
