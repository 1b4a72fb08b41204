"""Does the new version go on where the old one stops?

Responsible for: the version in force beside the new one: whose plan, which follows which, what
would be given twice or left out (compare.py judges). Not responsible for how far a dose has
moved (plausible.py).
"""

from collections.abc import Iterator

from schedules import compare
from schedules.canonical import plan_hash
from schedules.checks.finding import ASK, REFUSE, WHOLE, Case, Finding
from schedules.ingredients import plain
from schedules.model import Plan

_TODO = {
    compare.GAP_TOO_LONG: "begin the new order earlier, or say who bridges the time between",
    "same-ingredient": "say replaces, or in_addition_to with the shared limits",
}


def check(case: Case) -> Iterator[Finding]:
    """Nothing without a version before."""
    old, new = case.before, case.plan
    if old is None or plan_hash(old) == plan_hash(new):
        return
    if old.patient != new.patient:
        todo = "take the plan of this patient; a machine changes its patient by being set up anew"
        sentence = "the version before is that of another patient"
        yield Finding("other-patient", REFUSE, WHOLE, sentence, todo)
        return
    if new.version <= old.version:
        sentence = f"version {new.version} does not follow version {old.version}"
        todo = f"give it version: {old.version + 1}"
        yield Finding("older-version", REFUSE, WHOLE, sentence, todo)
    elif new.previous_hash != plan_hash(old):
        sentence = "it does not name the version before as the one it follows"
        todo = f"give it previous_hash: {plan_hash(old)}"
        yield Finding("wrong-predecessor", REFUSE, WHOLE, sentence, todo)
    yield from _spelled_otherwise(old, new)
    seen = set()
    for one in compare.changes(old, new, case.now_s, old.valid_from, {}, {}):
        if (one.code, one.place) in seen:
            continue
        seen.add((one.code, one.place))
        severity = ASK if one.code in compare.PAIRABLE else REFUSE
        todo = _TODO.get(one.code, "look at both versions side by side: python -m schedules diff")
        yield Finding(one.code, severity, one.place, one.sentence, todo)


def _spelled_otherwise(old: Plan, new: Plan) -> Iterator[Finding]:
    """R5: a new regimen of a substance that the version before wrote in another way."""
    known = {one.id for one in old.regimens}
    for regimen in new.regimens:
        said = regimen.relation.regimen_id if regimen.relation is not None else ""
        if regimen.id in known:
            continue
        names = set(regimen.ingredients)
        for other in old.regimens:
            shared = set(map(plain, names)) & set(map(plain, other.ingredients))
            if shared and said != other.id and not names & set(other.ingredients):
                sentence = f"{other.id} was {min(shared)} too, written in another way"
                todo = _TODO["same-ingredient"] + "; write the ingredient as before"
                yield Finding("same-ingredient", REFUSE, regimen.id, sentence, todo)
                break
