"""What a check says, and what it is given.

Responsible for: one shape for every finding, and the case that all checks look at. Not
responsible for any question (a file each, beside this one) or for the order in which they are
asked (run.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schedules.check_rows import Rows, rows
from schedules.checks.stockfile import Stock
from schedules.model import Plan
from schedules.rules import Rules

REFUSE = "refuse"  # must be changed before anybody can sign
ASK = "ask"  # may be right: signed only with somebody's reason
NOTE = "note"  # worth a look
SEVERITIES = (REFUSE, ASK, NOTE)
WHOLE = "plan"  # the place of a finding about the whole plan


@dataclass(frozen=True)
class Finding:
    """One answer to one question: stable code, where, what is so, and what to do.

    `place` is the id of a regimen, two ids joined by '+', or `plan`: at most one finding for
    a code and a place, so that both together name a question that can be answered.
    """

    code: str
    severity: str
    place: str
    sentence: str
    todo: str


@dataclass(frozen=True)
class Case:
    """A plan with everything a check may want to know beside it; no check asks a clock."""

    plan: Plan
    now_s: int
    before: Plan | None = None  # the version that is in force
    stock: Stock | None = None
    rules: Rules | None = None
    rules_before: str = ""  # name of the rule file the version before was checked with
    rows: Rows = field(default_factory=dict)  # planned doses by regimen, over the whole validity


def case_of(
    plan: Plan,
    now_s: int,
    before: Plan | None = None,
    stock: Stock | None = None,
    rules: Rules | None = None,
    rules_before: str = "",
) -> Case:
    """The case of a plan, compiled once for all checks."""
    return Case(plan, now_s, before, stock, rules, rules_before, rows(plan))


def pair(ids: Iterable[str]) -> str:
    """The place of a finding about several regimens."""
    return "+".join(sorted(ids))
