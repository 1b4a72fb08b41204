"""`make second-opinion`: plans that chance writes, read twice, and compared dose by dose.

Responsible for: running schedules/ and naive_plan.py over the same documents, next_dose against
the list of all doses, and limits against what is planned; counts, seeds, replay. Not
responsible for either reading.

    python -m tests.schedules.differ --plans 10000 --seed 1
    python -m tests.schedules.differ --replay 1234        # one plan, and what differs
"""

from __future__ import annotations

import argparse
import sys
import time
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

from schedules.canonical import quarters_text
from schedules.doses import caps, doses, next_dose
from schedules.model import DAY_S, Dose, Plan, PlanRefused
from schedules.planfile import dump, parse_plan
from tests.schedules.any_plan import Doc, document
from tests.schedules.naive_plan import Row, rows, zone_of

ASKED = 12  # instants after which the next dose is asked for, per plan
TOLD = 10


def plan_or_none(one: Doc, tally: Counter[str]) -> Plan | None:
    """The plan of a document; a refusal is counted by its code."""
    try:
        return parse_plan(dump(one))
    except PlanRefused as refused:
        tally[f"refused {refused.code}"] += 1
        return None


def differences(one: Doc, tally: Counter[str], luck: Random) -> list[str]:
    """What is wrong with the production's reading of one document, in words."""
    plan = plan_or_none(one, tally)
    if plan is None:
        return []
    found = doses(plan, 0, 1 << 40)
    tally["plans"] += 1
    tally["doses"] += len(found)
    tally[f"year {one['valid_from'][:4]}"] += 1
    ours, theirs = [told(dose) for dose in found], rows(one)
    wrong = [f"only here: {row}" for row in sorted(set(ours) - set(theirs))[:3]]
    wrong += [f"only there: {row}" for row in sorted(set(theirs) - set(ours))[:3]]
    if not wrong and sorted(ours) != theirs:
        wrong.append("one dose stands twice")
    return wrong + next_wrong(plan, found, luck) + over_cap(plan, found)


def told(dose: Dose) -> Row:
    """A dose as the naive reading tells it."""
    what = f"{dose.key[0]} {dose.key[1]}"
    return dose.due_at, dose.regimen_id, quarters_text(dose.quarters), what


def next_wrong(plan: Plan, found: list[Dose], luck: Random) -> list[str]:
    """Where next_dose says otherwise than the list of all doses."""
    dues = [dose.due_at for dose in found]
    asked = [luck.randint(plan.valid_from - DAY_S, plan.valid_until) for _ in range(ASKED)]
    asked += [due + luck.choice((-1, 0, 1)) for due in luck.sample(dues, min(ASKED, len(dues)))]
    wrong = []
    for after_s in asked:
        index = bisect_right(dues, after_s)
        wanted = found[index] if index < len(found) else None
        if next_dose(plan, after_s) != wanted:
            wrong.append(f"next after {after_s}: {next_dose(plan, after_s)}, not {wanted}")
    return wrong


def over_cap(plan: Plan, found: list[Dose]) -> list[str]:
    """Planned doses of any rolling 24 hours or 7 days on the wall that are over a stated limit."""
    zone = zone_of(plan.zone)
    wrong = []
    for regimen in plan.regimens:
        own = [dose for dose in found if dose.regimen_id == regimen.id]
        limit = caps(regimen)
        for most, span_s in ((limit.per_24h, DAY_S), (limit.per_7d, 7 * DAY_S)):
            walls = [(wall_s(dose.due_at, zone), dose.quarters) for dose in own]
            for at, _ in walls if most else []:
                total = sum(quarters for other, quarters in walls if at - span_s < other <= at)
                if total > most:
                    wrong.append(f"{total} quarters of {regimen.id}, {most} are the most")
        if any(limit.per_dose and dose.quarters > limit.per_dose for dose in own):
            wrong.append(f"one dose of {regimen.id} is over its limit")
    return wrong


def wall_s(at_s: int, zone: ZoneInfo) -> int:
    """An instant as seconds of the wall clock."""
    shown = datetime.fromtimestamp(at_s, UTC).astimezone(zone)
    return int(shown.replace(tzinfo=UTC).timestamp())


def run(seed: int, plans: int, tally: Counter[str], tell: bool = False) -> list[str]:
    """So many documents; each has a seed of its own, by which it is replayed."""
    wrong: list[str] = []
    began = time.monotonic()
    for number in range(plans):
        own = seed * 1_000_003 + number
        luck = Random(own)
        for what in differences(document(luck), tally, luck):
            wrong.append(f"--replay {own}: {what}")
        if tell and number % 500 == 499:
            spent = time.monotonic() - began
            print(f"{number + 1} of {plans}, {len(wrong)} wrong, {spent:.0f} s", flush=True)
        if len(wrong) > TOLD:
            break
    return wrong


def main() -> int:
    """1 where the two readings differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--replay", type=int)
    asked = parser.parse_args()
    tally: Counter[str] = Counter()
    if asked.replay is not None:
        luck = Random(asked.replay)
        one = document(luck)
        print(dump(one))
        wrong = differences(one, tally, luck)
    else:
        print(f"seed {asked.seed}", flush=True)
        wrong = run(asked.seed, asked.plans, tally, tell=True)
    print(dict(sorted(tally.items())))
    print("\n".join(wrong) or "the two readings agree")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
