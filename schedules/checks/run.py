"""The list of checks, and one run of all of them.

Responsible for: which questions are asked, in which order, and which of them are still open. Not
responsible for any question, for printing (command/check.py) or for signatures (seal.py).
"""

from collections.abc import Callable, Iterable, Iterator

from schedules.checked import Answer
from schedules.checks import (
    changes,
    duplicates,
    interactions,
    maxima,
    packs,
    plausible,
    stock,
    strength,
)
from schedules.checks.finding import ASK, REFUSE, SEVERITIES, Case, Finding

Check = Callable[[Case], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    changes.check,
    duplicates.check,
    strength.check,
    plausible.check,
    maxima.check,
    packs.check,
    stock.check,
    interactions.check,
)


def findings(case: Case) -> list[Finding]:
    """Everything all checks find, the gravest first; one finding for a code and a place."""
    found: dict[tuple[str, str], Finding] = {}
    for check in CHECKS:
        for one in check(case):
            found.setdefault((one.code, one.place), one)
    return sorted(found.values(), key=lambda one: SEVERITIES.index(one.severity))


def refusals(found: Iterable[Finding]) -> list[Finding]:
    """What must be changed before anybody can sign."""
    return [one for one in found if one.severity == REFUSE]


def open_questions(found: Iterable[Finding], answers: Iterable[Answer]) -> list[Finding]:
    """Questions nobody has answered; an answer is to the very sentence that was asked."""
    said = {(one.code, one.place, one.asked) for one in answers}
    return [
        one
        for one in found
        if one.severity == ASK and (one.code, one.place, one.sentence) not in said
    ]
