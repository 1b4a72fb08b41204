"""Plan in, doses out: pure, in closed form, with an identity that never changes.

Responsible for: which doses are due in a stretch of time, their `dose_id` and their
four instants. Not responsible for whether a plan is sound (check.py) nor for
what becomes of a dose (the controller). A dose exists only inside the plan's validity.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from schedules.limits import caps as caps
from schedules.limits import counters as counters
from schedules.limits import first_open_at as first_open_at
from schedules.limits import gap_s as gap_s
from schedules.limits import group_key as group_key
from schedules.localtime import local, zone_of
from schedules.model import DAY_S, Dose, Plan, Regimen, Take
from schedules.phases import Phase as Phase
from schedules.phases import cycle as cycle
from schedules.phases import due_in, phases
from schedules.phases import times_of as times_of

CRITICAL_WARN_S = 600  # a time-critical dose is warned of this long after due
ASKED_OPEN_S = 900  # how long a granted as-needed dose may be fetched
SEARCH_S = (2 * DAY_S, 40 * DAY_S, 800 * DAY_S)  # how far next_dose looks, in turn


def dose_id(patient: str, regimen_id: str, kind: str, key: tuple[str | int, str | int]) -> str:
    """32 hex digits: the first 16 bytes of SHA-256 over canonical JSON."""
    text = json.dumps(
        [patient, regimen_id, kind, list(key)], ensure_ascii=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).digest()[:16].hex()


def doses(plan: Plan, from_s: int, to_s: int) -> list[Dose]:
    """Every planned dose with `due_at` in [from_s, to_s), by (due_at, regimen_id)."""
    zone = zone_of(plan.zone)
    assert zone is not None, "a Plan is only built with a known zone"
    from_s = max(from_s, plan.valid_from)
    to_s = min(to_s, plan.valid_until)
    found: list[Dose] = []
    if from_s < to_s:
        for regimen in plan.regimens:
            found.extend(_regimen_doses(plan, regimen, zone, from_s, to_s))
    found.sort(key=lambda dose: (dose.due_at, dose.regimen_id))
    return found


def next_dose(plan: Plan, after_s: int) -> Dose | None:
    """The first planned dose with `due_at` > after_s, None where the plan has no more."""
    from_s = max(after_s + 1, plan.valid_from)
    for reach_s in SEARCH_S:
        found = doses(plan, from_s, from_s + reach_s)
        if found:
            return found[0]
    return None


def asked_dose(plan: Plan, regimen_id: str, log_epoch: str, number: int, at_s: int) -> Dose:
    """The as-needed dose granted at `at_s`; KeyError for an unknown regimen."""
    regimen = plan.regimen(regimen_id)
    assert regimen.as_needed is not None, "only an as-needed regimen may be asked for"
    zone = zone_of(plan.zone)
    assert zone is not None
    key = (log_epoch, number)
    return Dose(
        dose_id=dose_id(plan.patient, regimen_id, "asked", key),
        regimen_id=regimen_id,
        kind="asked",
        key=key,
        quarters=regimen.as_needed.quarters,
        open_at=at_s,
        due_at=at_s,
        warn_at=at_s + ASKED_OPEN_S // 2,
        close_at=at_s + ASKED_OPEN_S,
        on_date=local(zone, at_s).date(),
    )


def _regimen_doses(
    plan: Plan, regimen: Regimen, zone: ZoneInfo, from_s: int, to_s: int
) -> Iterator[Dose]:
    clock = dict(plan.clock)
    for phase in phases(regimen, plan.zone, plan.clock, from_s, to_s):
        lo, hi = max(from_s, phase.start_s), min(to_s, phase.end_s)
        for due, take, kind, key, on_date in due_in(regimen, phase, clock, zone, lo, hi):
            yield _dose(plan, regimen, take, kind, key, due, on_date)


def _dose(
    plan: Plan,
    regimen: Regimen,
    take: Take,
    kind: str,
    key: tuple[str | int, str | int],
    due_at: int,
    on_date: date,
) -> Dose:
    late_s = regimen.window.late_s
    warn_s = min(CRITICAL_WARN_S, late_s // 2) if regimen.time_critical else late_s // 2
    return Dose(
        dose_id=dose_id(plan.patient, regimen.id, kind, key),
        regimen_id=regimen.id,
        kind=kind,
        key=key,
        quarters=take.quarters,
        open_at=due_at - regimen.window.early_s,
        due_at=due_at,
        warn_at=due_at + warn_s,
        close_at=due_at + late_s,
        on_date=on_date,
    )
