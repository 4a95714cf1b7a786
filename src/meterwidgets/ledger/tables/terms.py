"""The columns of a table that set a price besides its tokens: tiers, speeds, media.

Tables say in many ways that a request was a batch: a truth in ``is_batch``, a word in
``traffic_type``, an endpoint. What they say becomes a term of the record, which is
priced or leaves the record unpriced; it is never taken for the standard term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from meterwidgets.ledger.sources.sql import IS_OWN_HOST, is_offered_by_others
from meterwidgets.ledger.sources.table import COLUMN_SYNONYMS
from meterwidgets.ledger.tables.charges import charges, without_flags
from meterwidgets.ledger.tables.formulas import Formula, plain_name
from meterwidgets.ledger.tables.mapping import TableMapping

Says = Callable[[str, str], bool]
"""Whether SQL text over a column, as ``{0}``, is null in every row or not."""

_NAMES = {
    "batch": "batch isbatch batched batchapi batchmode usedbatch isbatchrequest "
    "viabatch usebatch isbatchapi",
    "stated": "traffictype processingtier",
    "tier": "pricingtier processing processingmode processingtype "
    "pricingmode mode inferencemode requestmode apimode deploymenttype sku "
    "skuname deploymentsku capacitytype throughputtype servicetype billingmode "
    "inferencetype usagetype requesttype jobtype",
    "plan": "tier",
    "path": "endpoint route path calltype operation url",
    "id": "id requestid recordid batchrequestid",
    "context": "searchcontextsize",
    "fast": "fast isfast fastmode isfastmode",
    "speed": "speed",
    "latency": "latency latencymode latencyconfig performance latencyoptimization "
    "performanceconfiglatency",
    "base": "apibase baseurl apiurl apihost endpointurl serveraddress upstreamurl "
    "openaiapibase",
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What tables call a column -> what it says."""

_WORD = "regexp_replace(lower(trim({0})), '^[a-z_]+[.]', '')"
"""SQL text of a word, without the name of its enumeration."""
_FLAG = "CASE WHEN lower({{0}}) IN ({}) THEN '{}' END"
_TIER = f"""CASE
  WHEN regexp_matches({_WORD}, 'provisioned|^ptu') THEN 'provisioned'
  WHEN regexp_full_match({_WORD}, '((global|data.?zone|on.?demand).?)?batch(es|ed)?'
    || '(.?(api|processing|mode|inference|prediction|job|request))?') THEN 'batch'
  WHEN regexp_full_match({_WORD}, '(on.?demand.?)?flex(.?processing)?') THEN 'flex'
  WHEN regexp_full_match({_WORD}, '(on.?demand.?)?priority(.?processing)?')
  THEN 'priority'
  WHEN regexp_full_match({_WORD}, 'scale(.?tier)?') THEN 'scale' END"""
_OTHER = f"""CASE WHEN {_TIER} IS NULL AND {_WORD} NOT IN
  ('', 'standard', 'default', 'auto', 'on_demand', 'ondemand', 'none', 'null',
   'traffic_type_unspecified') THEN {_WORD} END"""
"""SQL text of a word that is none of service tiers; null for one that is."""

_SQL: Mapping[str, Mapping[str, str]] = {
    "service_tier": {
        "batch": _FLAG.format("'true', 'yes', 'batch'", "batch"),
        "stated": f"coalesce({_TIER}, {_OTHER})",
        "tier": _TIER,
        "plan": _TIER,
        "path": f"CASE WHEN regexp_matches({_WORD}, "
        "'(^|[/_.-])batch(es)?($|[/_.-])') THEN 'batch' END",
        "id": "CASE WHEN starts_with({0}, 'batch_req_') THEN 'batch' END",
        "context": f"CASE WHEN {_WORD} IN ('low', 'medium', 'high') "
        f"THEN 'search context ' || {_WORD} END",
    },
    "speed": {
        "fast": _FLAG.format("'true', 'yes', '1'", "fast"),
        "speed": f"CASE WHEN regexp_full_match({_WORD}, '[a-z][a-z _-]*') AND {_WORD} "
        f"NOT IN ('standard', 'normal', 'none', 'null', 'nan') THEN {_WORD} END",
        "latency": f"CASE WHEN regexp_full_match({_WORD}, 'optimi[sz]ed') "
        "THEN 'optimized' END",
    },
    "geography": {
        "tier": f"CASE WHEN regexp_matches({_WORD}, 'data.?zone') THEN 'data zone' END"
    },
    "provider": {"base": f"CASE WHEN {IS_OWN_HOST.format('{0}')} THEN 'localhost' END"},
}
"""Field -> kind of column -> SQL text of what it says, null where that is nothing."""

_LISTS = {
    "prompttokensdetails": "input", "inputtokensdetails": "input",
    "tooluseprompttokensdetails": "input", "candidatestokensdetails": "output",
    "responsetokensdetails": "output", "outputtokensdetails": "output",
}  # fmt: skip
"""Gemini's lists of tokens by modality -> the side whose parts they are."""


def with_terms(
    mapped: TableMapping,
    columns: Sequence[str],
    named: Mapping[str, str],
    says: Says,
) -> TableMapping:
    """A mapping with the terms that columns say in their own ways.

    Args:
        mapped: What the names of the columns say.
        columns: All columns of the table.
        named: Our field -> column, as the user named them: these stay.
        says: Asks the values.
    """
    mapped = without_flags(mapped, named, says)
    found = {**mapped.formulas}
    for field, by_kind in _SQL.items():
        if field not in named:
            said = list(_sayings(by_kind, columns, says))
            held = [mapped.columns[field]] if field in mapped.columns else []
            if field == "service_tier":
                held = _tiers_as_served(columns) or held
            found |= _first_said(field, said, held, mapped.columns)
    if not {"cost", "fee_cost"} & named.keys():
        found |= dict(charges(columns, mapped.columns, found, says))
    found |= {n: f for n, f in _media(columns, says) if n not in mapped.columns}
    added = [name for name in found if name not in mapped.columns]
    first = {name: found[name].columns[0] for name in added}
    filled = {**first, **mapped.columns}
    return replace(
        mapped,
        columns={name: filled[name] for name in COLUMN_SYNONYMS if name in filled},
        formulas=found,
        guessed=(*mapped.guessed, *added),
    )


def _sayings(
    by_kind: Mapping[str, str], columns: Sequence[str], says: Says
) -> Iterator[tuple[str, str]]:
    """The columns that say something of a field, with the SQL text of it."""
    for kind, sql in by_kind.items():
        for column in columns:
            if _kind(column) != kind or not says(column, sql):
                continue
            # a tier may be one of customers, too
            if kind != "plan" or not says(column, _OTHER):
                yield column, sql


def stating_terms(columns: Sequence[str]) -> list[str]:
    """The columns whose names say that their values set a price.

    Examples:
        >>> stating_terms(["model", "is_batch", "speed", "usage.traffic_type"])
        ['is_batch', 'usage.traffic_type']
    """
    sure = ("batch", "stated", "context", "fast", "base")
    return [each for each in columns if _kind(each) in sure]


def _kind(column: str) -> str | None:
    """What a column says by its name, or by that of the object that it is in."""
    above = plain_name(column.rpartition(".")[0])
    return "stated" if above == "servicetier" else _KINDS.get(plain_name(column))


def _tiers_as_served(columns: Sequence[str]) -> list[str]:
    """The columns of a service tier; the one that served before the one asked for."""
    tiers = [each for each in columns if plain_name(each) == "servicetier"]
    return sorted(tiers, key=lambda each: ("request" in each) - ("response" in each))


def _first_said(
    field: str,
    said: Sequence[tuple[str, str]],
    held: Sequence[str],
    columns: Mapping[str, str],
) -> dict[str, Formula]:
    """The formula of a field: the first saying, else the columns that hold it."""
    if not said and len(held) < 2:
        return {}
    texts = [sql.replace("{0}", f"{{{n}}}") for n, (_, sql) in enumerate(said)]
    used = [column for column, _ in said]
    if field == "provider" and "model" in columns:
        used.append(columns["model"])
        others = is_offered_by_others(f"{{{len(used) - 1}}}")
        texts = [f"CASE WHEN NOT {others} THEN {text} END" for text in texts]
    for column in held:
        used.append(column)
        texts.append(f"text_or_null({{{len(used) - 1}}})")
    sql = f"coalesce({', '.join(texts)})" if len(texts) > 1 else texts[0]
    return {field: Formula(tuple(used), sql, ", ".join(dict.fromkeys(used)))}


def _media(columns: Sequence[str], says: Says) -> Iterator[tuple[str, Formula]]:
    """The audio and image tokens in Gemini's lists of modalities."""
    for side in ("input", "output"):
        lists = [each for each in columns if _LISTS.get(plain_name(each)) == side]
        for medium in ("audio", "image"):
            tokens = f"modality_tokens({{0}}, '{medium.upper()}')"
            if used := [each for each in lists if says(each, tokens)]:
                sums = [tokens.replace("{0}", f"{{{n}}}") for n in range(len(used))]
                sql = f"sum_counts([{', '.join(sums)}])"
                yield (
                    f"{side}_{medium}_tokens",
                    Formula(tuple(used), sql, " + ".join(used)),
                )
