"""A patient travels: one version in the zone left, the next in the zone reached, at any instant.

Responsible for: what becomes of the plan days around such a change, by the production
schedules and the production comparison of versions. Not responsible for the controller's
part (test_nights.py lives through some of them).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from schedules.compare import changes
from schedules.doses import doses
from schedules.model import Dose, Plan
from tests.zones.courses import Course, daily, plan
from tests.zones.skies import DAY_S, date_of

LOOK = 6 * DAY_S  # before and after the change
PLACES = (
    "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu",
    "Pacific/Auckland", "Pacific/Pago_Pago", "Pacific/Kiritimati", "America/Los_Angeles",
)  # fmt: skip


@dataclass(frozen=True)
class Trip:
    """From one zone to another at an instant."""

    left: str
    reached: str
    at_s: int


def versions(trip: Trip, course: Course) -> tuple[Plan, Plan]:
    """The plan before and the plan after."""
    from_s, to_s = trip.at_s - 2 * LOOK, trip.at_s + 2 * LOOK
    old = plan(trip.left, [course], from_s, to_s)
    new = plan(trip.reached, [course], from_s, to_s, version=2)
    return old, replace(new, previous_hash="00" * 32)


def followed(trip: Trip, course: Course) -> tuple[list[Dose], list[str]]:
    """The doses that fall due, each id once, and what the comparison says against the change."""
    old, new = versions(trip, course)
    before = doses(old, trip.at_s - LOOK, trip.at_s)
    ended = {d.dose_id: d.due_at for d in before}
    after = [d for d in doses(new, trip.at_s, trip.at_s + LOOK) if d.dose_id not in ended]
    fell = {course.regimen.id: before[-1].due_at}
    found = changes(old, new, trip.at_s, trip.at_s - LOOK, ended, fell)
    return before + after, [one.code for one in found]


def judge(trip: Trip, course: Course, tally: Counter[str]) -> list[str]:
    """What is wrong with one trip: a plan day twice, or none and nobody was asked."""
    rows, reasons = followed(trip, course)
    tally["trips"] += 1
    tally["doses"] += len(rows)
    for code in set(reasons):
        tally[code] += 1
    days = [d.on_date for d in rows]
    wrong = []
    if len(set(days)) != len(days) or len({d.dose_id for d in rows}) != len(rows):
        wrong.append("a plan day twice")
    if any(b.due_at <= a.due_at for a, b in pairwise(rows)):
        wrong.append("due_at does not rise")
    skipped = [d for d in _between(days) if d not in days]
    if skipped and not reasons:
        wrong.append(f"nobody was asked about {skipped[0]}")
    return [f"{trip}, {course.regimen.id}: {what}" for what in wrong]


def _between(days: list[date]) -> list[date]:
    first, last = min(days), max(days)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def trips(from_s: int, hours: int, step_s: int) -> list[Trip]:
    """Every pair of places, at every step of so many hours."""
    return [
        Trip(left, reached, from_s + n * step_s)
        for left in PLACES
        for reached in PLACES
        if left != reached
        for n in range(hours * 3600 // step_s)
    ]


def run(from_s: int, quarters: tuple[int, ...], step_s: int) -> tuple[Counter[str], list[str]]:
    """All trips, for a dose a day at each of these quarter-hours."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    start = date_of(from_s - 40 * DAY_S)
    for quarter in quarters:
        course = daily(quarter, 1, from_on=start)
        for trip in trips(from_s, 24, step_s):
            wrong += judge(trip, course, tally)
    return tally, wrong
