"""From exact sums of the cube to amounts: what each stands for, and what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from meterwidgets.metrics.results import Amounts

_Column = npt.NDArray[Any]
_FITS = 2**61
"""Three sums below it add up to less than an int64 holds."""


def amounts(sums: Mapping[str, int], side: str = "both") -> Amounts:
    """The amounts that sums of the cube stand for; see ``amounts_of``."""
    return amounts_of({name: [value] for name, value in sums.items()}, side)[0]


def amounts_of(
    sums: Mapping[str, Sequence[int] | npt.NDArray[np.int64]], side: str = "both"
) -> list[Amounts]:
    """The amounts that sums of the cube stand for, of many groups; see ``figures``."""
    return list(map(Amounts._make, zip(*figures(sums, side).values(), strict=True)))


def figures(
    sums: Mapping[str, Sequence[int] | npt.NDArray[np.int64]], side: str = "both"
) -> dict[str, list[int | None]]:
    """The figures of amounts that sums of the cube stand for, a column each.

    Args:
        sums: Measure -> its sum in each group.
        side: "both", "input" or "output", which narrows money and tokens to it;
            requests stay, and what is not split belongs to neither side.

    Returns:
        The fields of ``Amounts``, with None where no record reported one; an empty
        selection is a true 0.
    """
    table: _Column = np.array(list(sums.values()), np.int64)
    if table.max(initial=0) >= _FITS:
        table = table.astype(object)
    of = dict(zip(sums, table, strict=True))
    empty = of["records"] == 0
    priced = (of["priced"] != 0) | empty
    split = of["input_cost"] + of["output_cost"]
    known = priced & ((split != 0) | (of["unsplit_cost"] == 0))
    asked = {
        name: (of[f"{name}_reported"] != 0) | empty for name in ("input", "output")
    }
    unpriced = {
        name: of[f"{name}_tokens"] - of[f"priced_{name}_tokens"] for name in asked
    }
    found = {
        "records": of["records"].tolist(),
        "requests": _where((of["requests_reported"] != 0) | empty, of["requests"]),
        "cost": _where(priced, split + of["unsplit_cost"]),
        "input_cost": _where(known, of["input_cost"]),
        "output_cost": _where(known, of["output_cost"]),
        "unsplit_cost": _where(priced, of["unsplit_cost"]),
        "estimated_cost": of["estimated_cost"].tolist(),
        "tokens": _where(
            asked["input"] | asked["output"], of["input_tokens"] + of["output_tokens"]
        ),
        "input_tokens": _where(asked["input"], of["input_tokens"]),
        "output_tokens": _where(asked["output"], of["output_tokens"]),
        "cache_read_tokens": _where(
            of["cache_read_reported"] != 0, of["cache_read_tokens"]
        ),
        "reasoning_tokens": _where(
            of["reasoning_reported"] != 0, of["reasoning_tokens"]
        ),
        "priced_tokens": (
            of["priced_input_tokens"] + of["priced_output_tokens"]
        ).tolist(),
        "unpriced_tokens": (unpriced["input"] + unpriced["output"]).tolist(),
        "unpriced_input_tokens": unpriced["input"].tolist(),
        "unpriced_output_tokens": unpriced["output"].tolist(),
        "split_input_tokens": of["split_input_tokens"].tolist(),
        "split_output_tokens": of["split_output_tokens"].tolist(),
    }
    if side != "both":
        found |= {
            "cost": found[f"{side}_cost"],
            "tokens": found[f"{side}_tokens"],
            "priced_tokens": found[f"split_{side}_tokens"],
            "unpriced_tokens": found[f"unpriced_{side}_tokens"],
        }
    return found


def _where(known: _Column, values: _Column) -> list[int | None]:
    """Values, and None where they are not known."""
    found: list[int | None] = values.tolist()
    if not known.all():
        for place in np.flatnonzero(~known).tolist():
            found[place] = None
    return found
