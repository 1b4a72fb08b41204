"""When a dose counts as on time: the classes of ISMP and NICE, by a regimen's own rhythm.

Responsible for: the class of a regimen, how far from its due time a dose is still on time (for
reports), and the release window that `window: ismp` stands for. Not responsible for the window
of a plan that says nothing (model.EARLY_S, LATE_S) or for what becomes of a missed dose.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

from schedules.localtime import offset_s, zone_of
from schedules.model import Dose, Plan, Regimen

ISMP = "ismp"
HALF_HOUR_S, HOUR_S = 1800, 3600
DAILY_S = 20 * HOUR_S  # two takings of a daily medicine may be a little less than a day apart
OFTEN_S = 4 * HOUR_S


@dataclass(frozen=True)
class Class:
    """A class of regimens: on time is within `on_time_s`, or a share of the interval."""

    name: str
    on_time_s: int
    interval_part: int  # on time is the interval over this; 0: `on_time_s` holds
    source: str


_ISMP = "ISMP Acute Care Guidelines for Timely Administration of Scheduled Medications (2011)"
TIME_CRITICAL = Class("time critical", HALF_HOUR_S, 0, _ISMP)
LEVODOPA = Class("levodopa", HALF_HOUR_S, 0, "NICE QS164 Parkinson's disease, statement 4")
DAILY = Class("daily or rarer", 2 * HOUR_S, 0, _ISMP)
SEVERAL = Class("several times a day, at most every 4 h", HOUR_S, 0, _ISMP)
OFTEN = Class("more often than every 4 h", 0, 4, _ISMP)


def class_of(regimen: Regimen) -> Class:
    """The class of a regimen whose rhythm is known (`rhythm_s`, 0: one dose only)."""
    if any("levodopa" in name for name in regimen.ingredients):
        return LEVODOPA
    if regimen.time_critical:
        return TIME_CRITICAL
    if not regimen.rhythm_s or regimen.rhythm_s >= DAILY_S:
        return DAILY
    return SEVERAL if regimen.rhythm_s >= OFTEN_S else OFTEN


def class_on_time_s(regimen: Regimen) -> int:
    """Seconds on either side of due within which the class calls a dose on time."""
    one = class_of(regimen)
    part = regimen.rhythm_s // 4  # never so wide that two doses could be on time at once
    if one.interval_part:
        return regimen.rhythm_s // one.interval_part
    return min(one.on_time_s, part) if regimen.rhythm_s else one.on_time_s


def on_time_s(regimen: Regimen) -> int:
    """Seconds on either side of due within which a dose counts as on time, for reports."""
    return regimen.window.on_time_s or class_on_time_s(regimen)


def with_rhythm(plan: Plan, rows: dict[str, list[Dose]]) -> Plan:
    """The plan whose regimens know their shortest planned interval."""
    regimens = tuple(
        replace(one, rhythm_s=_rhythm_s(plan, rows.get(one.id, []))) for one in plan.regimens
    )
    return replace(plan, regimens=regimens)


def by_class(plan: Plan, rows: dict[str, list[Dose]], ids: set[str]) -> Plan:
    """The plan in which these regimens have the release window of their class.

    Where several regimens share an ingredient, the rhythm is that of all of them together.
    """
    found = []
    for one in plan.regimens:
        if one.id in ids and one.as_needed is None:
            sharing = [r for r in plan.regimens if set(r.ingredients) & set(one.ingredients)]
            together = sorted(
                (dose for other in sharing for dose in rows.get(other.id, [])),
                key=lambda dose: dose.due_at,
            )
            far_s = class_on_time_s(replace(one, rhythm_s=_rhythm_s(plan, together)))
            far_s -= far_s % 60
            one = replace(one, window=replace(one.window, early_s=far_s, late_s=far_s))
        found.append(one)
    return replace(plan, regimens=tuple(found))


def _rhythm_s(plan: Plan, rows: list[Dose]) -> int:
    """The shortest interval of `rows` by due time: on the wall for clock times, else elapsed.

    By the wall, because a night of 23 hours makes no medicine of a daily one that is taken
    more often than daily.
    """
    zone = zone_of(plan.zone)
    assert zone is not None
    shortest = 0
    for before, after in pairwise(rows):
        apart = after.due_at - before.due_at
        if before.kind == after.kind == "day":
            apart += offset_s(zone, after.due_at) - offset_s(zone, before.due_at)
        if apart > 0:
            shortest = min(shortest or apart, apart)
    return shortest
