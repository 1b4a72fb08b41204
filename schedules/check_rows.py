"""Every reason to refuse a plan that only its compiled doses show.

Responsible for: windows that overlap, limits that the plan itself breaks, steps and cycles
that do not fit, over the whole validity. Not responsible for single values (check.py).
"""

from collections import defaultdict
from itertools import pairwise

from schedules.doses import cycle, doses, times_of
from schedules.limits import caps, counters, gap_s, shortest_interval_s, spaced
from schedules.localtime import offset_s, zone_of
from schedules.model import DAY_S, WEEKLY_S, Dose, Plan, Refusal, Regimen

Rows = dict[str, list[Dose]]


def rows(plan: Plan) -> Rows:
    """Doses per regimen over the whole validity: the night of a clock change counts too."""
    found: Rows = defaultdict(list)
    for dose in doses(plan, plan.valid_from, plan.valid_until):
        found[dose.regimen_id].append(dose)
    return found


def row_reasons(plan: Plan, compiled: Rows) -> list[Refusal]:
    """Reasons that only the compiled rows show."""
    found: list[Refusal] = []
    for index, regimen in enumerate(plan.regimens):
        place = f"regimens[{index}]"
        found.extend(_phase_reasons(plan, regimen, place))
        own = compiled.get(regimen.id, [])
        found.extend(_overlap(own, f"{place}.steps", "overlap"))
        found.extend(_cap_reasons(plan, regimen, own, place))
        if regimen.weekly_only:
            found.extend(_weekly_reasons(plan, compiled, regimen, place))
        if regimen.gap_s is not None and own and gap_s(regimen) > shortest_interval_s(own) > 0:
            sentence = "longer than the planned interval: every second dose would be held"
            found.append(Refusal("gap-over-interval", f"{place}.limits.min_gap", sentence))
    for name in sorted({name for one in plan.regimens for name in one.ingredients}):
        users = [one for one in plan.regimens if name in one.ingredients]
        if len(users) > 1:
            place = f"regimens[{plan.regimens.index(users[1])}].ingredients"
            shared = _together(compiled, users)
            found.extend(_overlap(shared, place, "overlap-ingredient"))
    found.extend(_group_reasons(plan, compiled))
    found.extend(_spacing_reasons(plan, compiled))
    return found


def _group_reasons(plan: Plan, compiled: Rows) -> list[Refusal]:
    """The gap said for an ingredient against the planned doses of all who share it.

    Its maximum is judged with the other questions (checks/), each with a reason of its own.
    """
    found = []
    shared = {one.name: one for one in counters(plan)}
    for index, rule in enumerate(plan.groups):
        counter = shared[f"ingredient {rule.ingredient}"]
        own = _together(compiled, [plan.regimen(which) for which in counter.regimens])
        if 0 < shortest_interval_s(own) < counter.gap_s:
            sentence = "longer than the planned interval: every second dose would be held"
            found.append(Refusal("gap-over-interval", f"groups[{index}].min_gap", sentence))
    return found


def _weekly_reasons(plan: Plan, compiled: Rows, regimen: Regimen, place: str) -> list[Refusal]:
    """Two planned doses of a weekly-only medicine, under whatever id, are a week apart."""
    sharing = [
        one
        for one in plan.regimens
        if one.weekly_only and set(one.ingredients) & set(regimen.ingredients)
    ]
    own = _together(compiled, sharing)
    for before, after in pairwise(own):
        if after.due_at - before.due_at < WEEKLY_S:
            sentence = (
                f"planned again on {after.on_date.isoformat()}, too soon: this medicine is never "
                "taken twice within 6 days and 12 hours"
            )
            return [Refusal("weekly-only", f"{place}.steps", sentence)]
    return []


def _spacing_reasons(plan: Plan, compiled: Rows) -> list[Refusal]:
    """A pair is kept apart at any moment of the windows of its planned doses."""
    found = []
    for index, pair in enumerate(plan.spacing):
        rows_of = _together(compiled, spaced(plan, pair))
        first = {one.id for one in plan.regimens if pair.first in one.ingredients}
        closes = {True: 0, False: 0}  # the last window of either side so far
        for after in rows_of:
            side = after.regimen_id in first
            apart = after.open_at - closes[not side]
            closes[side] = max(closes[side], after.close_at)
            if apart < pair.gap_s:
                sentence = (
                    f"on {after.on_date.isoformat()} one may be had as little as "
                    f"{max(apart, 0) // 60} min after the other, {pair.gap_s // 60} min are asked: "
                    "move a time or make a window smaller"
                )
                found.append(Refusal("spacing-broken", f"spacing[{index}]", sentence))
                break
    return found


def _together(compiled: Rows, regimens: list[Regimen]) -> list[Dose]:
    """The planned doses of several regimens in order of time."""
    found = [dose for one in regimens for dose in compiled.get(one.id, [])]
    return sorted(found, key=lambda dose: dose.due_at)


def _overlap(own: list[Dose], place: str, code: str) -> list[Refusal]:
    for before, after in pairwise(own):
        if before.close_at > after.open_at:
            sentence = (
                f"two windows overlap on {after.on_date.isoformat()}: "
                "merge the takes or make the window smaller"
            )
            return [Refusal(code, place, sentence)]
    seen: set[str] = set()
    for dose in own:
        if dose.dose_id in seen:
            sentence = f"two takes have one occasion on {dose.on_date.isoformat()}: use occasions"
            return [Refusal("occasion-twice", place, sentence)]
        seen.add(dose.dose_id)
    return []


def _cap_reasons(plan: Plan, regimen: Regimen, own: list[Dose], place: str) -> list[Refusal]:
    found = []
    for word, most, span_s in (
        ("max_per_24h", caps(regimen).per_24h, DAY_S),
        ("max_per_7d", caps(regimen).per_7d, 7 * DAY_S),
    ):
        if regimen.as_needed is None and most and most_planned(plan, own, span_s) > most:
            sentence = "the planned doses are more than this limit"
            found.append(Refusal("plan-over-limit", f"{place}.limits.{word}", sentence))
    return found


def most_planned(plan: Plan, own: list[Dose], span_s: int) -> int:
    """Most quarters due inside any half-open stretch of `span_s` of the patient's wall clock.

    On the wall clock, because "4 a week, on Mondays" keeps its limit in the week of the
    spring change too, which is an hour short of seven days.
    """
    zone = zone_of(plan.zone)
    assert zone is not None
    most = total = first = 0
    wall = [dose.due_at + offset_s(zone, dose.due_at) for dose in own]
    for index, dose in enumerate(own):
        total += dose.quarters
        while wall[first] <= wall[index] - span_s:
            total -= own[first].quarters
            first += 1
        most = max(most, total)
    return most


def _phase_reasons(plan: Plan, regimen: Regimen, place: str) -> list[Refusal]:
    """Steps against each other, their cycle and the day they end in."""
    if not regimen.steps:
        return []
    found = []
    phases = cycle(regimen, plan.zone, plan.clock, 0)
    if len(phases) < len(regimen.steps):
        sentence = "the steps are longer than the cycle"
        found.append(Refusal("steps-over-cycle", f"{place}.repeat_every", sentence))
    for phase, step in zip(phases, regimen.steps, strict=False):
        where = f"{place}.steps[{phase.step}]"
        if phase.end_s <= phase.start_s:
            found.append(Refusal("step-without-time", where, "this step ends before it begins"))
        counted = step.doses and phase.step < len(regimen.steps) - 1
        if counted and not (step.takes[0].every_s or step.takes[0].on):
            clock = dict(plan.clock)
            per_day = sum(len(times_of(regimen, take, clock)) for take in step.takes)
            if per_day and step.doses % per_day:
                sentence = "the count ends in the middle of a day: give for or until instead"
                found.append(Refusal("count-ends-mid-day", f"{where}.doses", sentence))
    return found
