"""A regimen as R4 Dosages that another system cannot read as more than the plan.

Responsible for: which way of writing a regimen down is used. Each way is read again as another
system would read it (by `expand`, without our extensions): the first that gives exactly the
instants and quantities of the plan is taken. Where none does, only a text is left, which every
reader of structure refuses. Not responsible for one Timing (out_timing.py) nor for what
stands around dosages (out.py).
"""

import json
from datetime import datetime
from fractions import Fraction
from itertools import takewhile
from zoneinfo import ZoneInfo

from schedules import expand
from schedules.doses import doses
from schedules.fhir.out_timing import Line, cycle_lines, lines_of, timing
from schedules.fhir.out_value import HL7, Resource, duration, quantity
from schedules.fhir.words import bare
from schedules.limits import caps
from schedules.localtime import local, zone_of
from schedules.model import DAY_S, Plan, Regimen
from schedules.phases import asked_span, phases
from schedules.readback import length, pieces, take_text

LOADS = 8  # instants of loading at which a way of writing is tried, beside first and last
BEYOND_DAYS = 40  # so far after the plan's end nothing may be due
MAX_LINES = 60  # dosages of one order: more is no order that anybody could read


def dosages(plan: Plan, regimen: Regimen) -> list[Resource]:
    """The Dosages of a regimen, never empty."""
    if regimen.as_needed is not None:
        return [_asked(plan, regimen)]
    zone = zone_of(plan.zone)
    assert zone is not None
    wanted = planned(plan, regimen)
    for found in _ways(plan, regimen, zone):
        if found and len(found) <= MAX_LINES and _exact(plan, found, wanted):
            return found
    return [{"text": _whole_text(plan, regimen)}]


def _exact(plan: Plan, found: list[Resource], wanted: list[tuple[int, int]]) -> bool:
    """Whether a reader finds the same, whenever it loads the order: early, between, at the end."""
    places = range(0, len(wanted), max(1, len(wanted) // LOADS))
    loads = [plan.valid_from, *(wanted[place][0] + 60 for place in places), plan.valid_until - 60]
    return all(
        understood(plan, found, load_s) == {at: dose for at, dose in wanted if at >= load_s}
        for load_s in loads
    )


def planned(plan: Plan, regimen: Regimen) -> list[tuple[int, int]]:
    """(due_at, quarters) that others are told of: those of the steps before a hold point.

    What lies behind one begins when two people have said so: no order can say that.
    """
    due = doses(plan, plan.valid_from, plan.valid_until)
    own = [(one.due_at, one.quarters) for one in due if one.regimen_id == regimen.id]
    held = [
        phase.start_s
        for phase in phases(regimen, plan.zone, plan.clock, plan.valid_from, plan.valid_until)
        if regimen.steps[phase.step].hold_point
    ]
    return [one for one in own if not held or one[0] < held[0]]


def understood(plan: Plan, found: list[Resource], load_s: int) -> dict[int, int] | None:
    """Quarters by instant as another system reads these Dosages; None: it refuses them."""
    zone = zone_of(plan.zone)
    assert zone is not None
    words: dict[str, object] = {
        word: f"{minute // 60:02d}:{minute % 60:02d}" for word, minute in plan.clock
    }
    span = (plan.valid_until - load_s) // DAY_S + BEYOND_DAYS
    start = local(zone, load_s).isoformat()
    site = expand.site_of(plan.zone, start, span, words)
    order = {"id": "read", "dosage": [bare(one) for one in found]}
    said = expand.answer(json.dumps(order), site)
    rows = said["doses"]
    if said["status"] != "expanded" or not isinstance(rows, list):
        return None
    return {
        int(datetime.fromisoformat(row["due_at"]).timestamp()): int(Fraction(row["quantity"]) * 4)
        for row in rows
    }


def _ways(plan: Plan, regimen: Regimen, zone: ZoneInfo) -> list[list[Resource]]:
    """From the plainest to the most explicit way of writing the steps down."""
    listed = list(phases(regimen, plan.zone, plan.clock, plan.valid_from, plan.valid_until))
    told = list(takewhile(lambda one: not regimen.steps[one.step].hold_point, listed))
    groups = [lines for phase in told if (lines := lines_of(plan, regimen, phase, zone))]
    if not groups:
        return []
    days = [[line] for line in cycle_lines(plan, regimen, told, zone)]
    ways = [
        _written(plan, regimen, groups, zone, sequence=True, follows=True),
        _written(plan, regimen, groups, zone, sequence=True, follows=False),
        _written(plan, regimen, groups, zone, sequence=False, follows=False),
        _written(plan, regimen, days, zone, sequence=False, follows=False),
    ]
    return sorted(ways, key=len)


def _written(
    plan: Plan,
    regimen: Regimen,
    groups: list[list[Line]],
    zone: ZoneInfo,
    *,
    sequence: bool,
    follows: bool,
) -> list[Resource]:
    if sum(map(len, groups)) > MAX_LINES:
        return []
    found = []
    for place, lines in enumerate(groups):
        for line in lines:
            step = regimen.steps[line.step]
            one: Resource = {"sequence": place + 1} if sequence and len(groups) > 1 else {}
            one["text"] = take_text(plan, line.take, regimen.form)
            one["timing"] = timing(line, zone, step, follows=follows and place > 0)
            one["doseAndRate"] = [{"doseQuantity": quantity(line.take.quarters, unit(regimen))}]
            found.append(_gap(regimen, regimen.gap_s) | one | _most(regimen))
    return found


def unit(regimen: Regimen) -> str:
    """What a dose of a regimen counts."""
    return regimen.unit or regimen.form


def _gap(regimen: Regimen, gap_s: int | None) -> Resource:
    """HL7's own extension for the least time between two takings."""
    if not gap_s:
        return {}
    url = f"{HL7}/dosage-minimumGapBetweenDose"
    return {"extension": [{"url": url, "valueDuration": duration(gap_s)}]}


def _most(regimen: Regimen) -> Resource:
    """The one rolling maximum R4 can hold, and the most at once."""
    most = caps(regimen)
    found: Resource = {}
    if most.per_24h or most.per_7d:
        per: Resource = {"value": 24, "unit": "hour", "code": "h"}
        if not most.per_24h:
            per = {"value": 7, "unit": "day", "code": "d"}
        per["system"] = "http://unitsofmeasure.org"
        top = quantity(most.per_24h or most.per_7d, unit(regimen))
        found["maxDosePerPeriod"] = {"numerator": top, "denominator": per}
    if most.per_dose:
        found["maxDosePerAdministration"] = quantity(most.per_dose, unit(regimen))
    return found


def _asked(plan: Plan, regimen: Regimen) -> Resource:
    asked, zone = regimen.as_needed, zone_of(plan.zone)
    assert asked is not None and zone is not None
    first_s, until_s = asked_span(plan, regimen)
    if until_s <= first_s:
        return {"text": "not to be had while this plan is valid"}
    start, end = (local(zone, at).isoformat() for at in (first_s, until_s - 1))
    period: Resource = {"start": start, "end": end}
    dose = pieces(asked.quarters, unit(regimen))
    most = pieces(caps(regimen).per_24h, unit(regimen))
    apart = length(max(asked.min_gap_s, regimen.gap_s or 0))
    said: Resource = {
        "text": f"{dose} when needed for {asked.reason}, {apart} apart, at most {most} in 24 h",
        "timing": {"repeat": {"boundsPeriod": period}},
        "asNeededCodeableConcept": {"text": asked.reason},
        "doseAndRate": [{"doseQuantity": quantity(asked.quarters, unit(regimen))}],
    }
    return _gap(regimen, max(asked.min_gap_s, regimen.gap_s or 0)) | said | _most(regimen)


def _whole_text(plan: Plan, regimen: Regimen) -> str:
    """What a person reads where structure would say something else."""
    told = list(takewhile(lambda step: not step.hold_point, regimen.steps))
    steps = [[take_text(plan, take, regimen.form) for take in step.takes] for step in told]
    said = "; then ".join(", and ".join(takes) or "nothing" for takes in steps) or "Nothing yet"
    return f"{said}. As the dispenser's plan says: this cannot be put into a structured timing."
