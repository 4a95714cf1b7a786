"""What roles name and a ledger doesn't report: most likely a slip of the pen."""

from __future__ import annotations

from meterwidgets.config.roles import Roles
from meterwidgets.frame.frame import UsageFrame
from meterwidgets.text import listed


def unreported_values(roles: Roles, usage: UsageFrame) -> list[str]:
    """The values that roles see and a ledger doesn't have, a sentence each role.

    A role is right, and shows nothing, until its ledger reports them.

    Examples:
        >>> import meterwidgets as mw
        >>> from meterwidgets.config.roles import parse
        >>> roles = parse({"a": {"sees": {"org": ["Acme", "Acne"]}}})
        >>> unreported_values(roles, mw.demo_usage())
        ["roles.a.sees.org: the ledger reports no 'Acne'"]
    """
    sentences = []
    for role in roles.entries:
        for dimension, sees in (role.sees or {}).items():
            if isinstance(sees, str):  # a claim
                continue
            reported = usage.reported_ids(dimension)
            missing = [repr(value) for value in sees if value not in reported]
            if missing:
                sentences.append(
                    f"roles.{role.name}.sees.{dimension}: the ledger reports no "
                    f"{listed(missing)}"
                )
    return sentences
