"""Two versions side by side: what a change would do to rows that were already promised.

Responsible for: ids that would be due twice, holes, and a new regimen that does not say how it
stands to one in force (R5, R7, I20). Not responsible for either version alone (check.py) or
for who may accept a reason (the controller). Pure; instants are Unix seconds.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise

from schedules.doses import doses
from schedules.limits import gap_s
from schedules.model import DAY_S, Dose, Plan, Refusal, Regimen

AHEAD_S = 14 * DAY_S  # rows on either side of the change that are compared
MOVED_S = 3 * DAY_S  # a change of zone and of time moves a dose by less than this
ID_REUSE = "id-reuse"
GAP_TOO_LONG = "gap-too-long"
PAIRABLE = (ID_REUSE, GAP_TOO_LONG)  # a named person may take responsibility; nothing else


def changes(
    old: Plan,
    new: Plan,
    now_s: int,
    since_s: int,
    ended: Mapping[str, int],
    fell: Mapping[str, int],
    promised: Callable[[int, int], list[Dose]] | None = None,
) -> list[Refusal]:
    """Every reason against `new` following `old` now; the place is the id of the regimen.

    `since_s`: when `old` came into force; `ended`: due_at of every dose that has an outcome, by
    dose_id; `fell`: when something last fell, by regimen; `promised`: the rows of `old` as they
    were signed, which newer time-zone data would compile to others (R18).
    """
    found = _relations(old, new)
    since_s = max(since_s, now_s - AHEAD_S)
    rows_of_old = partial(doses, old) if promised is None else promised
    before = _by_regimen(rows_of_old(since_s, now_s + AHEAD_S))
    after = _by_regimen(doses(new, now_s, now_s + AHEAD_S))
    gone = _by_regimen(doses(new, now_s - MOVED_S, now_s))
    for regimen in new.regimens:
        rows = after.get(regimen.id, [])
        for d in rows:
            if ended.get(d.dose_id, d.due_at) != d.due_at:
                day = d.on_date.isoformat()
                sentence = f"the dose of {day} has an outcome and would be due again"
                found.append(Refusal(ID_REUSE, regimen.id, sentence))
                break
        former = _former(old, regimen)
        if former is not None:
            passed = gone.get(regimen.id, [])
            last = max(fell.get(regimen.id, 0), fell.get(former.id, 0))
            live = [d for d in rows if d.dose_id not in ended]
            hole = _hole(regimen, before.get(former.id, []), rows, live, last, now_s)
            found += hole or _lost(regimen, before.get(former.id, []), passed, ended, now_s)
    return found


def _relations(old: Plan, new: Plan) -> list[Refusal]:
    """A regimen that is new beside one of the same ingredient says what it is to it."""
    found = []
    known = {one.id for one in old.regimens}
    for regimen in new.regimens:
        if regimen.id in known:
            continue
        shared = [r.id for r in old.regimens if set(r.ingredients) & set(regimen.ingredients)]
        said = regimen.relation.regimen_id if regimen.relation is not None else ""
        if shared and said not in shared:
            sentence = f"{shared[0]} has its ingredient: say replaces, or in_addition_to"
            found.append(Refusal("same-ingredient", regimen.id, sentence))
    return found


def _former(old: Plan, regimen: Regimen) -> Regimen | None:
    """The regimen of the old version that this one goes on with."""
    named = [regimen.id]
    if regimen.relation is not None and regimen.relation.word == "replaces":
        named.append(regimen.relation.regimen_id)
    return next((one for one in old.regimens if one.id in named), None)


def _by_regimen(rows: list[Dose]) -> dict[str, list[Dose]]:
    found: dict[str, list[Dose]] = {}
    for dose in rows:
        found.setdefault(dose.regimen_id, []).append(dose)
    return found


def _hole(
    regimen: Regimen,
    before: list[Dose],
    after: list[Dose],
    live: list[Dose],
    fell_s: int,
    now_s: int,
) -> list[Refusal]:
    """More than one and a half intervals from the last dose to the first that may be given."""
    past = [d.due_at for d in before if d.due_at <= now_s]
    last = max([fell_s, *past], default=0)
    interval = max(_longest(before), _longest(after))
    if not last or not interval:
        return []
    free_s = fell_s + gap_s(regimen) if fell_s else 0  # what the gap will hold is no dose
    first = min((d.due_at for d in live if d.close_at > free_s), default=now_s + AHEAD_S)
    if 2 * (first - last) <= 3 * interval:
        return []
    hours, usual = (first - last) // 3600, interval // 3600
    sentence = f"{hours} h from the last dose to the next, and {usual} h are usual"
    return [Refusal(GAP_TOO_LONG, regimen.id, sentence)]


def _lost(
    regimen: Regimen, before: list[Dose], passed: list[Dose], ended: Mapping[str, int], now_s: int
) -> list[Refusal]:
    """A plan day between the two: not due yet in the old version, over in the new one (I20)."""
    waiting = {d.dose_id for d in before if d.due_at >= now_s} - set(ended)
    for d in passed:
        if d.dose_id in waiting:
            day = d.on_date.isoformat()
            sentence = f"the dose of {day} would be left out: its new time is over"
            return [Refusal(GAP_TOO_LONG, regimen.id, sentence)]
    return []


def _longest(rows: list[Dose]) -> int:
    return max((b.due_at - a.due_at for a, b in pairwise(rows)), default=0)
