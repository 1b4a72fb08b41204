"""Every reason to refuse a plan that its values show and a schema cannot see.

Responsible for: what the values mean together, each reason with code, place and a
sentence. Not responsible for what only compiled doses show (check_rows.py), nor for
signatures, devices and versions (seal.py).
"""

from collections import defaultdict

from schedules.limits import caps, counters
from schedules.model import (
    DAY_S,
    MAX_COUNTERS,
    MAX_QUARTERS,
    Plan,
    Refusal,
    Regimen,
    Step,
    Take,
)

LONGEST_S = 400 * DAY_S  # validity of one version
SHORTEST_EVERY_S = 30 * 60
MOST_TIMES = 48  # times of day in one step


def reasons(plan: Plan) -> list[Refusal]:
    """Reasons that need no compiled rows."""
    found: list[Refusal] = []
    if plan.valid_until <= plan.valid_from:
        found.append(Refusal("validity", "valid_until", "the plan ends before it begins"))
    elif plan.valid_until - plan.valid_from > LONGEST_S:
        found.append(Refusal("validity", "valid_until", "a version is valid for 400 days at most"))
    if (plan.version > 1) != bool(plan.previous_hash):
        sentence = "every version but the first names the hash of the one before"
        found.append(Refusal("previous-hash", "previous_hash", sentence))
    found.extend(_group_reasons(plan))
    seen: dict[str, str] = {}
    for index, regimen in enumerate(plan.regimens):
        place = f"regimens[{index}]"
        if regimen.id in seen:
            sentence = f"this id is already that of {seen[regimen.id]}"
            found.append(Refusal("duplicate-id", f"{place}.id", sentence))
        seen.setdefault(regimen.id, place)
        found.extend(_window_reasons(regimen.window.early_s, regimen.window.late_s, place))
        found.extend(_regimen_reasons(plan, regimen, place))
    return found


def _window_reasons(early_s: int, late_s: int, place: str) -> list[Refusal]:
    if late_s < 15 * 60:
        return [Refusal("window", f"{place}.window.late", "a window is open 15 minutes at least")]
    if early_s > DAY_S or late_s > DAY_S:
        return [Refusal("window", f"{place}.window", "a window reaches one day at most")]
    return []


def _regimen_reasons(plan: Plan, regimen: Regimen, place: str) -> list[Refusal]:
    found: list[Refusal] = []
    if bool(regimen.steps) == (regimen.as_needed is not None):
        found.append(Refusal("steps-or-as-needed", place, "give either steps or as_needed"))
    if not any(one.isalpha() or one == "%" for one in regimen.strength):
        sentence = "a strength says its unit, as in 5 mg"
        found.append(Refusal("strength-unit", f"{place}.strength", sentence))
    if regimen.as_needed is not None:
        found.extend(_as_needed_reasons(regimen, place))
    if regimen.high_alert and not caps(regimen).per_24h and not caps(regimen).per_7d:
        sentence = "a high-alert medicine needs a limit: max_per_24h or max_per_7d"
        found.append(Refusal("high-alert-limits", f"{place}.limits", sentence))
    for index, step in enumerate(regimen.steps):
        last = index == len(regimen.steps) - 1
        found.extend(_step_reasons(regimen, step, f"{place}.steps[{index}]", last))
    used = {f"{m // 60:02d}:{m % 60:02d}" for s in regimen.steps for t in s.takes for m in t.at}
    used |= {anchor.text for s in regimen.steps for t in s.takes for anchor in t.when}
    for written, _ in regimen.occasions:
        if written not in used:
            sentence = "no take of this regimen has this time"
            found.append(Refusal("unknown-occasion", f"{place}.occasions", sentence))
    found.extend(_relation_reasons(plan, regimen, place))
    return found


def _as_needed_reasons(regimen: Regimen, place: str) -> list[Refusal]:
    asked = regimen.as_needed
    assert asked is not None
    found = []
    if asked.max_quarters < asked.quarters:
        sentence = "the most in 24 h is less than one dose"
        found.append(Refusal("cap-under-dose", f"{place}.as_needed.max", sentence))
    if caps(regimen).per_24h < asked.quarters:
        sentence = "max_per_24h is less than one dose"
        found.append(Refusal("cap-under-dose", f"{place}.limits.max_per_24h", sentence))
    most = caps(regimen).per_dose
    if most and asked.quarters > most:
        sentence = "the dose is more than max_per_dose"
        found.append(Refusal("dose-over-limit", f"{place}.as_needed.dose", sentence))
    if regimen.repeat_every is not None:
        sentence = "an as-needed medicine has no cycle"
        found.append(Refusal("repeat-of-nothing", f"{place}.repeat_every", sentence))
    if caps(regimen).per_7d:
        sentence = "a limit for 7 days is not watched yet for as-needed medicines"
        found.append(Refusal("not-yet", f"{place}.limits.max_per_7d", sentence))
    return found


def _step_reasons(regimen: Regimen, step: Step, place: str, last: bool) -> list[Refusal]:
    found = []
    ends = (step.length is not None) + (step.until is not None) + bool(step.doses)
    if ends > 1:
        found.append(Refusal("two-ends", place, "a step ends by for, until or doses, not by two"))
    if not ends and not last:
        sentence = "a step that does not end hides the steps after it"
        found.append(Refusal("sequence-without-end", place, sentence))
    if not step.takes and step.length is None:
        sentence = "a step without takes is a pause and needs a length"
        found.append(Refusal("empty-step", place, sentence))
    if sum(len(take.at) + len(take.when) for take in step.takes) > MOST_TIMES:
        found.append(Refusal("too-many", f"{place}.take", f"at most {MOST_TIMES} times a day"))
    intervals = sum(1 for take in step.takes if take.every_s)
    if intervals and len(step.takes) > 1:
        sentence = "an interval stands alone in its step, or two doses could meet"
        found.append(Refusal("interval-not-alone", f"{place}.take", sentence))
    if intervals and regimen.start.minute is None:
        sentence = "an interval counts from a time of day: start: 2026-11-23T06:00"
        found.append(Refusal("interval-needs-time", place, sentence))
    for index, take in enumerate(step.takes):
        found.extend(_take_reasons(regimen, take, f"{place}.take[{index}]"))
    return found


def _take_reasons(regimen: Regimen, take: Take, place: str) -> list[Refusal]:
    found = []
    if bool(take.at) + bool(take.when) + bool(take.every_s) != 1:
        found.append(Refusal("one-timing", place, "give exactly one of at, when, every"))
    rules = bool(take.days) + bool(take.every_days) + bool(take.day_of_month)
    if rules > 1:
        sentence = "give at most one of days, every_days, day_of_month"
        found.append(Refusal("two-day-rules", place, sentence))
    if take.every_weeks and not take.days:
        found.append(Refusal("weeks-without-days", place, "every_weeks needs days"))
    if take.every_s and (rules or take.every_weeks):
        sentence = "an interval is elapsed time and knows no days"
        found.append(Refusal("interval-with-days", place, sentence))
    if take.every_s and take.every_s < SHORTEST_EVERY_S:
        found.append(Refusal("interval-too-short", f"{place}.every", "at least every 30min"))
    if not 0 < take.quarters <= MAX_QUARTERS:
        found.append(Refusal("dose", f"{place}.dose", "at most 50 pieces"))
    most = regimen.limits.max_per_dose
    if most and take.quarters > most:
        sentence = "the dose is more than max_per_dose"
        found.append(Refusal("dose-over-limit", f"{place}.dose", sentence))
    return found


def _relation_reasons(plan: Plan, regimen: Regimen, place: str) -> list[Refusal]:
    """R5: a second regimen of one ingredient says how it stands to the first."""
    found = []
    ids = [one.id for one in plan.regimens]
    relation = regimen.relation
    if relation is not None and relation.word == "in addition to":
        if relation.regimen_id not in ids or relation.regimen_id == regimen.id:
            sentence = "no other regimen of this plan has this id"
            found.append(Refusal("unknown-regimen", f"{place}.in_addition_to", sentence))
    elif relation is not None and relation.regimen_id in ids:
        sentence = "what is replaced must not stand in the same plan"
        found.append(Refusal("replaced-is-here", f"{place}.replaces", sentence))
    if relation is None or relation.word != "in addition to":
        for other in plan.regimens[: ids.index(regimen.id)]:
            if set(other.ingredients) & set(regimen.ingredients):
                sentence = "another regimen has this ingredient: say in_addition_to, or merge them"
                found.append(Refusal("same-ingredient", f"{place}.ingredients", sentence))
                break
    return found


def _group_reasons(plan: Plan) -> list[Refusal]:
    found = []
    users: dict[str, list[Regimen]] = defaultdict(list)
    for regimen in plan.regimens:
        for name in regimen.ingredients:
            users[name].append(regimen)
    named = [rule.ingredient for rule in plan.groups]
    for index, name in enumerate(named):
        if name in named[:index]:
            found.append(Refusal("duplicate-id", f"groups[{index}]", "this group stands twice"))
        if name not in users:
            sentence = "no regimen has this ingredient"
            found.append(Refusal("unknown-ingredient", f"groups[{index}]", sentence))
    for name, sharing in sorted(users.items()):
        if len(sharing) < 2:
            continue
        place = f"regimens[{plan.regimens.index(sharing[1])}].ingredients"
        if name not in named:
            sentence = "two regimens share an ingredient: give its min_gap under groups"
            found.append(Refusal("group-limits", place, sentence))
        if len({one.strength for one in sharing}) > 1:
            sentence = "one ingredient at different strengths is not counted yet"
            found.append(Refusal("not-yet", place, sentence))
    needed = counters(plan)
    if len(needed) > MAX_COUNTERS:
        sentence = f"more than {MAX_COUNTERS} ingredients and limits to count"
        found.append(Refusal("too-many-groups", "regimens", sentence))
    if len({one.key for one in needed}) < len(needed):
        found.append(Refusal("group-key-clash", "regimens", "two groups have one short name"))
    return found
