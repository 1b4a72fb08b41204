"""Taking adherence as MeasureReport: retrieved or confirmed doses among those that were to be had.

Responsible for: the counts, each on its own line (CLINICAL-SPEC section 5). What the machine
could not give, what a person held and what was cancelled leaves the denominator and is told
beside it: otherwise a broken machine reads as a person who does not take their medicine. Not
responsible for judging anybody: no threshold is applied. Retrieved is not swallowed.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from fractions import Fraction

from controller.record.story import Story, ToldDose
from controller.record.values import Frame, closed, medicine, within
from schedules.fhir import out_value as out
from schedules.fhir.out_value import OWN, Json, Resource
from schedules.localtime import local, zone_of
from schedules.windows import on_time_s

MEASURE = f"{OWN}:measure:taking-adherence|1"
_POPULATION = "http://terminology.hl7.org/CodeSystem/measure-population"
_OWN_LINE = f"{OWN}:population"
_BY_PERSON = ("on-hold", "hold-point", "plan-change", "left-out", "shared-fill")
_BY_LIMIT = ("gap", "cap", "cap-week", "spacing", "say-first")
LINES = {
    "held-by-machine": "the machine could not give it",
    "held-by-person": "held by a pharmacist, a plan or a loading",
    "held-by-limit": "it would have been too soon or too much",
    "cancelled": "no longer in the plan",
    "uncertain": "nobody knows",
    "handed-out": "handed out ahead: whether it was taken is not known here",
    "missed": "offered, not retrieved",
    "skipped": "left out on request",
    "gone-late": "retrieved or given after its window; not counted as taken",
}
_IN_DENOMINATOR = ("taken", "missed", "skipped")


def line_of(dose: ToldDose) -> str:
    """The one line a planned dose is counted on."""
    outcome, how = dose.outcome, _how(dose)
    if outcome == "held":
        if how in _BY_PERSON:
            return "held-by-person"
        return "held-by-limit" if how in _BY_LIMIT else "held-by-machine"
    if outcome == "skipped" and how in ("plan", "prescriber-says"):
        return "cancelled" if how == "plan" else "held-by-person"
    return outcome


def _how(dose: ToldDose) -> str:
    """How the outcome came about; what was said later does not change that."""
    own = [one for one in dose.versions if not one.late]
    return own[-1].how if own else ""


def measure_report(story: Story, frame: Frame, from_s: int, to_s: int) -> Resource | None:
    """The report of a stretch; None where nothing was closed in it."""
    doses = [one for one in closed(story, from_s, to_s) if one.outcome != "voided"]
    if not doses:
        return None
    groups: list[Json] = []
    for regimen in sorted({one.regimen for one in doses if not one.asked}):
        groups.append(_planned([d for d in doses if d.regimen == regimen and not d.asked]))
    asked = {one.regimen for one in doses if one.asked}
    refused = [one for one in story.refused if within(one.at_s, from_s, to_s)]
    asked |= {one.text("regimen") for one in refused}
    for regimen in sorted(asked):
        own = [d for d in doses if d.regimen == regimen and d.asked]
        count = sum(one.text("regimen") == regimen for one in refused)
        groups.append(_asked(story, regimen, own, count))
    first, last = doses[0].due_at, doses[-1].due_at
    return {
        "resourceType": "MeasureReport",
        "id": out.own_id(frame.device, "adherence", f"{first}-{last}"),
        "status": "complete",
        "type": "individual",
        "measure": MEASURE,
        "subject": out.subject(frame.patient),
        "date": out.utc(story.last_s),
        "reporter": {"display": frame.device},
        "period": {"start": out.utc(first), "end": out.utc(last)},
        "improvementNotation": out.concept(
            "http://terminology.hl7.org/CodeSystem/measure-improvement-notation", "increase"
        ),
        "group": groups,
    }


def _planned(doses: list[ToldDose]) -> Json:
    lines = Counter(map(line_of, doses))
    denominator = sum(lines[one] for one in _IN_DENOMINATOR)
    excluded = len(doses) - denominator
    lines["gone-late"] = sum(any(one.late for one in dose.versions) for dose in doses)
    population: list[Json] = [
        _line(_POPULATION, "initial-population", len(doses)),
        _line(_POPULATION, "denominator", len(doses)),
        _line(_POPULATION, "denominator-exclusion", excluded),
        _line(_POPULATION, "numerator", lines["taken"]),
    ]
    population += [_line(_OWN_LINE, name, lines[name], said) for name, said in LINES.items()]
    population += _on_time(doses) + _days(doses)
    found: Resource = {"code": _code(doses[0]), "population": population}
    if denominator:
        score = Fraction(lines["taken"], denominator)
        found["measureScore"] = {"value": round(float(score), 4)}
    return found


def _on_time(doses: list[ToldDose]) -> list[Json]:
    """Timing: how many of the taken ones were near their time, as the plan or its class says."""
    plan = doses[-1].plan
    if plan is None or doses[-1].regimen not in {one.id for one in plan.regimens}:
        return []
    near_s = on_time_s(plan.regimen(doses[-1].regimen))
    gone = [
        (one.versions[-1].gone_at, one.due_at) for one in doses if one.outcome == "taken"
    ]  # 0: nobody knows when, which is not on time
    near = sum(bool(at) and abs(at - due) <= near_s for at, due in gone)
    return [_line(_OWN_LINE, "on-time", near, f"taken within {near_s // 60} min of its time")]


def _days(doses: list[ToldDose]) -> list[Json]:
    """Days on which all was taken, of days with anything to take: what most monitors report."""
    zone = zone_of(doses[0].plan.zone) if doses[0].plan is not None else None
    if zone is None:
        return []
    right: dict[date, bool] = {}
    for one in doses:
        if line_of(one) in _IN_DENOMINATOR:
            day = local(zone, one.due_at).date()
            right[day] = right.get(day, True) and one.outcome == "taken"
    return [
        _line(_OWN_LINE, "dosing-days", len(right), "days with a dose that was to be had"),
        _line(_OWN_LINE, "dosing-days-right", sum(right.values()), "days with all of them taken"),
    ]


def _asked(story: Story, regimen: str, doses: list[ToldDose], refused: int) -> Json:
    """As needed: counted apart, without a score. Nobody has to take it."""
    lines = Counter(one.outcome for one in doses)
    plan = doses[0].plan if doses else story.plans[-1]
    code = medicine(plan, regimen) | {
        "coding": [{"system": out.REGIMEN, "code": regimen}, {"system": _OWN_LINE, "code": "asked"}]
    }
    return {
        "code": code,
        "population": [
            _line(_OWN_LINE, "granted", len(doses), "asked for and granted"),
            _line(_OWN_LINE, "refused", refused, "asked for and refused by a gap or a maximum"),
            *(_line(_OWN_LINE, name, count) for name, count in sorted(lines.items())),
        ],
    }


def _code(dose: ToldDose) -> Json:
    return medicine(dose.plan, dose.regimen) | {
        "coding": [{"system": out.REGIMEN, "code": dose.regimen}]
    }


def _line(system: str, code: str, count: int, said: str = "") -> Json:
    return {"code": out.concept(system, code, said), "count": count}
