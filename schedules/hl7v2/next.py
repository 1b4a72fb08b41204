"""The plan in force with one order in it: the next version, for people to look at and sign.

Responsible for: what of a regimen an order changes, and what stays because people have said it.
Not responsible for whether that is sound (document.py says so) or for orders (propose.py).
"""

from dataclasses import replace

from schedules import planfile
from schedules.canonical import file_form, plan_hash, typed
from schedules.diff import diff
from schedules.document import build
from schedules.model import Limits, Plan, PlanRefused, Regimen

AHEAD_DAYS = 3  # of doses that are compared


def next_version(old: Plan | None, regimen: Regimen, now_s: int) -> tuple[str, list[str]]:
    """(plan file, what it changes in words); "" and the reasons where it is not sound."""
    if old is None:
        return "", ["No plan is named for this patient: nothing to compare with."]
    before = [one for one in old.regimens if one.id == regimen.id]
    others = [one for one in old.regimens if one.id != regimen.id]
    following = replace(
        old,
        version=old.version + 1,
        previous_hash=plan_hash(old),
        regimens=(*others, over(before[0], regimen) if before else regimen),
    )
    try:
        plan = build(file_form(typed(following)))
    except PlanRefused as refused:
        return "", [
            "With it the plan in force is not sound yet; a person must decide:",
            f"  {refused.code} at {refused.place}: {refused.sentence}",
            *(f"  {one.code} at {one.place}: {one.sentence}" for one in refused.also),
        ]
    return planfile.dump_plan(plan), diff(old, plan, now_s, AHEAD_DAYS).splitlines()


def over(old: Regimen, new: Regimen) -> Regimen:
    """A changed order over what people have said of this medicine where orders say nothing."""
    written = {f"{m // 60:02d}:{m % 60:02d}" for s in new.steps for t in s.takes for m in t.at}
    written |= {anchor.text for s in new.steps for t in s.takes for anchor in t.when}
    return replace(
        new,
        last_taken=old.last_taken,
        window=old.window,
        limits=new.limits if new.limits != Limits() else old.limits,
        occasions=tuple(pair for pair in old.occasions if pair[0] in written),
        high_alert=old.high_alert or new.high_alert,
        time_critical=old.time_critical or new.time_critical,
        hold_possible=old.hold_possible or new.hold_possible,
        weekly_only=old.weekly_only or new.weekly_only,
        storage=old.storage,
        gap_s=old.gap_s,
        relation=old.relation,
    )
