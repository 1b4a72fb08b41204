"""Every reason to refuse a plan that its values show and a schema cannot see.

Responsible for: what the values mean together, each reason with code, place and a
sentence. Not responsible for what only compiled doses show (check_rows.py), nor for
signatures, devices and versions (seal.py).
"""

from collections import defaultdict

from schedules.check_keeping import keeping_reasons, spacing_reasons, window_reasons
from schedules.check_takes import step_reasons
from schedules.limits import caps, counters, lease_counters
from schedules.model import DAY_S, MAX_COUNTERS, WEEKLY_S, Plan, Refusal, Regimen

LONGEST_S = 400 * DAY_S  # validity of one version


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
    found.extend(spacing_reasons(plan))
    seen: dict[str, str] = {}
    for index, regimen in enumerate(plan.regimens):
        place = f"regimens[{index}]"
        if regimen.id in seen:
            sentence = f"this id is already that of {seen[regimen.id]}"
            found.append(Refusal("duplicate-id", f"{place}.id", sentence))
        seen.setdefault(regimen.id, place)
        found.extend(window_reasons(regimen.window, place))
        found.extend(keeping_reasons(plan, regimen, place))
        found.extend(_regimen_reasons(plan, regimen, place))
    return found


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
        found.extend(step_reasons(regimen, step, f"{place}.steps[{index}]", last))
    takes = [take for step in regimen.steps for take in step.takes]
    minutes = {minute for take in takes for minute in take.at}
    minutes |= {one.minute for take in takes for one in take.on}
    used = {f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes}
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
    if asked.until is not None and asked.until < regimen.start.on_date:
        sentence = "it ends before it begins"
        found.append(Refusal("step-without-time", f"{place}.as_needed.until", sentence))
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
    most = caps(regimen).per_7d
    if most and asked.quarters > most:
        sentence = "max_per_7d is less than one dose"
        found.append(Refusal("cap-under-dose", f"{place}.limits.max_per_7d", sentence))
    if regimen.weekly_only and asked.min_gap_s < WEEKLY_S:
        sentence = "this medicine is never taken twice within 6 days and 12 hours"
        found.append(Refusal("weekly-only", f"{place}.as_needed.min_gap", sentence))
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
    for index, rule in enumerate(plan.groups):
        name = rule.ingredient
        if rule.max_ug_24h and any(name not in dict(one.amounts) for one in users.get(name, [])):
            sentence = "an amount is counted, and a piece does not say how much of it it holds"
            found.append(Refusal("amount-missing", f"groups[{index}].max_per_24h", sentence))
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
        if len({_piece_of(one, name) for one in sharing}) > 1:
            in_pieces = any(one.ingredient == name and one.max_per_24h for one in plan.groups)
            if not all(name in dict(one.amounts) for one in sharing):
                sentence = "one ingredient in pieces of different strength: say how much of it"
                sentence += " each piece holds, as ingredients: {paracetamol: 500mg}"
                found.append(Refusal("strengths-differ", place, sentence))
            elif in_pieces:
                sentence = "pieces of different strength are not counted together: max_per_24h"
                sentence += " is an amount here, as 4000mg"
                found.append(Refusal("cap-in-pieces", f"groups[{named.index(name)}]", sentence))
    needed = counters(plan)
    if len(lease_counters(plan)) > MAX_COUNTERS:
        sentence = f"more than {MAX_COUNTERS} ingredients and limits to count"
        found.append(Refusal("too-many-groups", "regimens", sentence))
    if len({one.key for one in needed}) < len(needed):
        found.append(Refusal("group-key-clash", "regimens", "two groups have one short name"))
    return found


def _piece_of(regimen: Regimen, name: str) -> str:
    """What tells two pieces apart: the amount of an ingredient, else the strength as written."""
    amount = dict(regimen.amounts).get(name)
    return regimen.strength if amount is None else f"{amount}ug"
