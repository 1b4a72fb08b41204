"""Would a person have written these numbers? 5523 for 55, 10 for 1, a quarter of a capsule.

Responsible for: numbers of one regimen, and the same regimen in the version before. Not
responsible for what the schema and check.py refuse outright, nor for strengths (strength.py).
"""

import re
from collections.abc import Iterator

from schedules.amounts import masses
from schedules.canonical import quarters_text
from schedules.check_rows import most_planned
from schedules.checks.finding import ASK, NOTE, REFUSE, Case, Finding
from schedules.limits import caps
from schedules.model import DAY_S, Plan, Regimen

MANY = 4  # pieces in one taking: more is asked about
MANY_A_DAY = 20  # pieces in 24 hours
OFTEN_S = 3 * 3600  # planned more often is asked about
FOLD = 5  # a dose so many times that of the version before is asked about
LOOSE = 10  # a limit so many times what is planned limits nothing
HEAVY_MG = 2500  # heavier than any usual piece
WHOLE_FORMS = ("capsule", "inhaler", "patch", "spray", "suppository", "drops")
_SLOW = re.compile(
    r"\b(mr|sr|xr|er|xl|cr|la|ret|retard|(modified|extended|prolonged|sustained|controlled)"
    r"[ -]release|enteric|gastro-?resistant|ec)\b",
    re.IGNORECASE,
)
LOOK = "look at the order: is a digit too many, or a point lost?"


def check(case: Case) -> Iterator[Finding]:
    """Each regimen alone, then against the version before."""
    for regimen in case.plan.regimens:
        yield from _division(regimen)
        if not regimen.elsewhere:
            yield from _pieces(case, regimen)
        yield from _limits(case, regimen)
        former = _former(case.before, regimen)
        if former is not None:
            yield from _fold(former, regimen)


def doses_of(regimen: Regimen) -> list[int]:
    """Every quantity a regimen may give at once, in quarters."""
    asked = [regimen.as_needed.quarters] if regimen.as_needed is not None else []
    return sorted({take.quarters for step in regimen.steps for take in step.takes} | set(asked))


def _division(regimen: Regimen) -> Iterator[Finding]:
    """What cannot be cut, or should not be."""
    broken = [one for one in doses_of(regimen) if one % 4]
    if not broken:
        return
    dose = quarters_text(broken[0])
    if regimen.form in WHOLE_FORMS:
        sentence = f"{dose} of {_a(regimen.form)}: it cannot be divided"
        todo = "order another strength, or whole ones"
        yield Finding("cannot-be-divided", REFUSE, regimen.id, sentence, todo)
    elif regimen.form == "tablet" and _SLOW.search(f"{regimen.name} {regimen.strength}"):
        sentence = f"{dose} tablet of what releases slowly: divided, all comes at once"
        todo = "say that this product may be divided, or order another strength"
        yield Finding("slow-release-divided", ASK, regimen.id, sentence, todo)
    elif regimen.form == "tablet" and any(one % 2 for one in broken):
        sentence = f"{dose} tablet: quarters break unevenly and crumble"
        todo = "order a smaller strength where there is one"
        yield Finding("quarter-tablet", NOTE, regimen.id, sentence, todo)


def _pieces(case: Case, regimen: Regimen) -> Iterator[Finding]:
    most = max(doses_of(regimen), default=0)
    if most > MANY * 4:
        sentence = f"{quarters_text(most)} pieces in one taking"
        yield Finding("many-pieces", ASK, regimen.id, sentence, LOOK)
    odd = [one for one in doses_of(regimen) if one > 8 and one % 4 and one != 10]
    if odd:
        sentence = f"{quarters_text(odd[0])} pieces: hardly anybody orders such a dose"
        yield Finding("odd-dose", ASK, regimen.id, sentence, LOOK)
    own = case.rows.get(regimen.id, [])
    daily = most_planned(case.plan, own, DAY_S)
    if regimen.as_needed is not None:
        daily = max(daily, caps(regimen).per_24h)
    if daily > MANY_A_DAY * 4:
        sentence = f"up to {quarters_text(daily)} pieces in 24 hours"
        yield Finding("many-a-day", ASK, regimen.id, sentence, LOOK)
    gaps = [take.every_s for step in regimen.steps for take in step.takes if take.every_s]
    if regimen.as_needed is not None:
        gaps.append(regimen.as_needed.min_gap_s)
    if gaps and min(gaps) < OFTEN_S:
        sentence = f"every {min(gaps) // 60} minutes"
        todo = "is it hours, and not minutes?"
        yield Finding("often", ASK, regimen.id, sentence, todo)
    if regimen.piece_mg > HEAVY_MG:
        sentence = f"a piece of {regimen.piece_mg} mg is heavier than any usual one"
        yield Finding("piece-heavy", ASK, regimen.id, sentence, "weigh ten pieces")


def _limits(case: Case, regimen: Regimen) -> Iterator[Finding]:
    """A limit so high that it is none."""
    limits, own = caps(regimen), case.rows.get(regimen.id, [])
    dose = max(doses_of(regimen), default=0)
    asked = regimen.as_needed
    daily = most_planned(case.plan, own, DAY_S) if asked is None else asked.quarters
    weekly = most_planned(case.plan, own, 7 * DAY_S) if asked is None else asked.quarters * 7
    for word, most, used in (
        ("max_per_dose", limits.per_dose, dose),
        ("max_per_24h", limits.per_24h, daily * (1 if asked is None else 2)),
        ("max_per_7d", limits.per_7d, weekly),
    ):
        if most and used and most >= LOOSE * used:
            sentence = f"{word} is {quarters_text(most)}, {most // used} times what is given"
            todo = "a limit that is never reached limits nothing: write the true maximum"
            yield Finding("limit-loose", ASK, regimen.id, sentence, todo)
            return


def _former(before: Plan | None, regimen: Regimen) -> Regimen | None:
    """The regimen of the version before that this one goes on with."""
    if before is None:
        return None
    named = {regimen.id}
    if regimen.relation is not None and regimen.relation.word == "replaces":
        named.add(regimen.relation.regimen_id)
    return next((one for one in before.regimens if one.id in named), None)


def _fold(former: Regimen, regimen: Regimen) -> Iterator[Finding]:
    """Far more or far less at once than in the version before, in mass where both say it."""
    was, now = doses_of(former), doses_of(regimen)
    if not was or not now:
        return
    first, second = masses(former.strength), masses(regimen.strength)
    scale = (first[0], second[0]) if len(first) == len(second) == 1 else (1, 1)
    least, most = was[0] * scale[0], was[-1] * scale[0]
    top, low = now[-1] * scale[1], now[-1] * scale[1]
    if top >= FOLD * most:
        times = f"{top // most} times the largest dose before"
    elif low * FOLD <= least:
        times = f"a {least // low}th of the smallest dose before"
    else:
        return
    sentence = f"now at most {_dose(regimen, now[-1])}, before {_dose(former, was[-1])}: {times}"
    yield Finding("ten-fold", ASK, regimen.id, sentence, LOOK)


def _dose(regimen: Regimen, quarters: int) -> str:
    return f"{quarters_text(quarters)} of {regimen.strength}"


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
