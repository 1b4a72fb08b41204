"""Plans that ask for a dose at every quarter-hour of the day, in every kind there is.

Responsible for: the regimens of the sweep, built without a file. Not responsible for
whether a pharmacist would write them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from schedules.model import (
    CLOCK_WORDS,
    LastTaken,
    Plan,
    Regimen,
    Span,
    Start,
    Step,
    Take,
    Window,
)

QUARTERS = 96  # quarter-hours of a day
PER_DAY = (1, 2, 3, 4)
EVERY_H = (4, 6, 8, 12, 24)
DAYS_BEFORE = 30  # a course has run for so long when the clock changes
PATIENT = "pt-7Q2K"


@dataclass(frozen=True)
class Course:
    """One regimen of the sweep and what it means."""

    regimen: Regimen
    minutes: tuple[int, ...]  # times of day; empty: by the interval
    every_s: int = 0


def daily(quarter: int, per_day: int, *, from_on: date, steps: int = 1) -> Course:
    """`per_day` times a day, evenly, the first at a quarter-hour; in two steps where asked."""
    apart = 1440 // per_day
    minutes = tuple(sorted((quarter * 15 + n * apart) % 1440 for n in range(per_day)))
    take = Take(4, at=minutes)
    course = (Step((take,)),) if steps == 1 else (Step((take,), Span(3, "d")), Step((take,)))
    name = f"d{quarter:02d}-{per_day}-{steps}"
    return Course(_regimen(name, course, Start(from_on)), minutes)


def interval(quarter: int, hours: int, from_on: date) -> Course:
    """Every so many hours of elapsed time, beginning at a quarter-hour of a date."""
    take = Take(4, every_s=hours * 3600)
    start = Start(from_on, quarter * 15)
    return Course(_regimen(f"i{quarter:02d}-{hours}", (Step((take,)),), start), (), hours * 3600)


def courses(around: date) -> list[Course]:
    """All of them, around the date of a change (on which the second of two steps begins)."""
    before = around - timedelta(days=DAYS_BEFORE)
    found = [daily(q, n, from_on=before) for n in PER_DAY for q in range(QUARTERS // n)]
    found += [
        daily(q, 1, steps=2, from_on=around - timedelta(days=3)) for q in range(0, QUARTERS, 4)
    ]
    two_before = around - timedelta(days=2)
    return found + [interval(q, EVERY_H[q % 5], two_before) for q in range(QUARTERS)]


def once_a_day(around: date) -> list[Course]:
    """Only the plainest: one dose a day, at every quarter-hour."""
    return [daily(q, 1, from_on=around - timedelta(days=DAYS_BEFORE)) for q in range(QUARTERS)]


def plan(zone: str, courses: list[Course], from_s: int, to_s: int, version: int = 1) -> Plan:
    """The plan that holds them."""
    return Plan(
        plan_id="zones",
        version=version,
        previous_hash="",
        device="device-1",
        patient=PATIENT,
        zone=zone,
        valid_from=from_s,
        valid_until=to_s,
        clock=tuple(sorted(CLOCK_WORDS.items())),
        window=Window(),
        regimens=tuple(one.regimen for one in courses),
    )


def _regimen(name: str, steps: tuple[Step, ...], start: Start) -> Regimen:
    return Regimen(
        id=name,
        name="Test medicine",
        form="tablet",
        strength="5 mg",
        ingredients=(f"ingredient-{name}",),
        piece_mg=200,
        start=start,
        last_taken=LastTaken("never"),
        steps=steps,
    )
