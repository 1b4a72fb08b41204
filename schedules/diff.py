"""Two versions of a plan side by side in plain English: what a pharmacist signs is the change.

Responsible for: regimens that come, go and change, by the sentences of the read-back, and the
doses of the days ahead that come, go and move. Not responsible for judging the change
(compare.py, asked here) or for coming into force (seal.py).
"""

from difflib import SequenceMatcher

from schedules import compare
from schedules.canonical import plan_hash
from schedules.doses import doses
from schedules.localtime import local, zone_of
from schedules.model import DAY_S, Dose, Plan, PlanRefused, Regimen
from schedules.readback import regimen_lines
from schedules.text.say import pieces, unit_of

AHEAD_DAYS = 14
MOST_DOSES = 20  # of one kind and regimen; the rest is counted


def diff(old: Plan, new: Plan, now_s: int, days: int = AHEAD_DAYS) -> str:
    """Everything that `new` changes, seen at `now_s`; PlanRefused for plans of two people."""
    if old.patient != new.patient:
        raise PlanRefused("other-patient", "patient", "these are plans of two different patients")
    lines = [f"version {old.version} -> {new.version}, patient {new.patient}"]
    if new.previous_hash != plan_hash(old):
        lines.append("! the new version does not name the old one as the one it follows")
    lines += _frame(old, new)
    before, after = {r.id: r for r in old.regimens}, {r.id: r for r in new.regimens}
    for name in sorted(before | after):
        lines += _regimen(old, new, before.get(name), after.get(name))
    lines += _doses(old, new, now_s, now_s + days * DAY_S)
    for one in compare.changes(old, new, now_s, old.valid_from, {}, {}):
        lines.append(f"! {one.code} {one.place}: {one.sentence}")
    if len(lines) == 1:
        lines.append("nothing changes")
    return "\n".join(lines) + "\n"


def _frame(old: Plan, new: Plan) -> list[str]:
    """What holds for the whole plan."""
    lines = []
    for word in ("device", "zone"):
        was, now = getattr(old, word), getattr(new, word)
        if was != now:
            lines.append(f"~ {word}: {was} -> {now}")
    clock = dict(old.clock)
    for word, minute in new.clock:
        was = clock[word]
        if was != minute:
            lines.append(f"~ {word}: {_hhmm(was)} -> {_hhmm(minute)}")
    for word, was_s, now_s in (
        ("valid from", old.valid_from, new.valid_from),
        ("valid until", old.valid_until, new.valid_until),
    ):
        if was_s != now_s:
            lines.append(f"~ {word}: {_day(old, was_s)} -> {_day(new, now_s)}")
    return lines


def _regimen(old: Plan, new: Plan, was: Regimen | None, now: Regimen | None) -> list[str]:
    """One regimen: come, gone, or the sentences that differ."""
    if was is None:
        assert now is not None
        told = [f"    {line}" for line in regimen_lines(new, now)]
        return [f"+ {now.id}: {now.name} ({now.strength}, {now.form})", *told]
    if now is None:
        return [f"- {was.id}: {was.name} ({was.strength}, {was.form}) is given no more"]
    first, second = _sentences(old, was), _sentences(new, now)
    if first == second:
        return []
    lines = [f"~ {now.id}: {now.name} ({now.strength}, {now.form})"]
    steps = SequenceMatcher(None, first, second, autojunk=False).get_opcodes()
    for word, lo, hi, to_lo, to_hi in steps:
        if word != "equal":
            lines += [f"    was: {line}" for line in first[lo:hi]]
            lines += [f"    now: {line}" for line in second[to_lo:to_hi]]
    return lines


def _sentences(plan: Plan, regimen: Regimen) -> list[str]:
    head = f"{regimen.name}, {regimen.strength}, {regimen.form}"
    return [head, *regimen_lines(plan, regimen)]


def _doses(old: Plan, new: Plan, from_s: int, to_s: int) -> list[str]:
    """The doses of the days ahead that come, go, or change time or quantity."""
    before = {d.dose_id: d for d in doses(old, from_s, to_s)}
    after = {d.dose_id: d for d in doses(new, from_s, to_s)}
    lines: list[str] = []
    for sign, some, plan in (
        ("-", [d for i, d in before.items() if i not in after], old),
        ("+", [d for i, d in after.items() if i not in before], new),
    ):
        lines += _listed(sign, some, plan)
    for dose_id, was in before.items():
        now = after.get(dose_id)
        if now is not None and (was.due_at, was.quarters) != (now.due_at, now.quarters):
            lines.append(f"~ dose {_told(old, was)} -> {_told(new, now)}")
    return lines


def _listed(sign: str, some: list[Dose], plan: Plan) -> list[str]:
    lines = [f"{sign} dose {_told(plan, d)}" for d in some[:MOST_DOSES]]
    if len(some) > MOST_DOSES:
        lines.append(f"{sign} and {len(some) - MOST_DOSES} doses more")
    return lines


def _told(plan: Plan, d: Dose) -> str:
    regimen = plan.regimen(d.regimen_id)
    zone = zone_of(plan.zone)
    assert zone is not None
    return f"{local(zone, d.due_at):%a %d %b %H:%M} {d.regimen_id}, {_amount(d, regimen)}"


def _day(plan: Plan, at_s: int) -> str:
    zone = zone_of(plan.zone)
    assert zone is not None
    return f"{local(zone, at_s):%a %d %b %Y %H:%M}"


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _amount(dose: Dose, regimen: Regimen) -> str:
    return pieces(dose.quarters, unit_of(regimen))
