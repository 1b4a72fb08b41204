"""Ten medicines for a year in a zone whose clock changes, said to us and to each peer.

Responsible for: the same regimens as a plan, as APScheduler triggers, as iCalendar events and as
dateutil rules, and what each of them makes of a year: aware instants per medicine. Each peer is
said what it can say exactly (21 days of 28 are as many rules as it needs), so that all
can be held equal. Not responsible for measuring (schedules.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from dateutil.rrule import DAILY, HOURLY, WEEKLY, rrule
from icalendar import Calendar, Event

from schedules.model import Plan
from schedules.planfile import parse_plan

ZONE = "America/New_York"
TZ = ZoneInfo(ZONE)
FIRST = date(2026, 1, 5)  # a Monday
DAYS = 365
LAST = FIRST + timedelta(days=DAYS)
TAPER = (8, 6, 4, 2, 1)  # pieces, five days each
Times = dict[str, list[datetime]]

# (hours of day, weekdays or all)
DAILY_ONES: dict[str, tuple[tuple[int, ...], str]] = {
    "twice": ((8, 20), ""),
    "morning": ((8,), ""),
    "night": ((22,), ""),
    "mon-wed-fri": ((9,), "mon,wed,fri"),
    "other-days": ((9,), "tue,thu,sat,sun"),
    "weekly": ((10,), "mon"),
    "four": ((6, 12, 18, 23), ""),
}
EVERY, COURSE, CYCLE = "every-eight", "taper", "cycle"


def midnight(day: date) -> datetime:
    """The local midnight of a date."""
    return datetime(day.year, day.month, day.day, tzinfo=TZ)


def plan(start: date = FIRST) -> Plan:
    """The regimens as a plan of a year; `start`: since when they have been taken."""
    said = {name: _take(hours, days) for name, (hours, days) in DAILY_ONES.items()}
    said[EVERY] = "[{take: [{dose: 1, every: 8h}]}]"
    said[COURSE] = (
        "[" + ", ".join(f"{{for: 5d, take: [{{dose: {n}, at: [07:00]}}]}}" for n in TAPER) + "]"
    )
    said[CYCLE] = "[{for: 21d, take: [{dose: 1, at: ['21:00']}]}]\n    repeat_every: 28d"
    head = f"""
schema: posology-plan/1
plan_id: bench
version: 1
device: device-1
patient: pt-7Q2K
zone: {ZONE}
valid_from: {FIRST}
valid_until: {LAST - timedelta(days=1)}
regimens:
"""
    return parse_plan(head + "".join(_regimen(name, steps, start) for name, steps in said.items()))


def _take(hours: tuple[int, ...], days: str) -> str:
    rule = f", days: [{days}]" if days else ""
    return "[{take: [{dose: 1, at: [" + ", ".join(f"'{h:02d}:00'" for h in hours) + f"]{rule}}}]}}]"


def _regimen(name: str, steps: str, start: date) -> str:
    return f"""
  - id: {name}
    name: Medicine {name}
    form: tablet
    strength: 5 mg
    ingredients: [of-{name}]
    piece_mg: 200
    start: {start}T00:00
    last_taken: never
    steps: {steps}
"""


def blocks() -> list[date]:
    """The first days of the 28-day cycle."""
    return [FIRST + timedelta(days=28 * n) for n in range(-(-DAYS // 28))]


def of_dateutil() -> Times:
    """One rule per medicine, step and day of the cycle."""
    over = midnight(LAST)
    names = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
    found: Times = {}
    for name, (hours, days) in DAILY_ONES.items():
        rule = {"byhour": hours, "byminute": 0, "bysecond": 0, "dtstart": midnight(FIRST)}
        if days:
            rule["byweekday"] = [names[one] for one in days.split(",")]
        found[name] = [at for at in rrule(WEEKLY if days else DAILY, until=over, **rule)]
    began = midnight(FIRST).astimezone(UTC)
    found[EVERY] = [at for at in rrule(HOURLY, interval=8, dtstart=began, until=over) if at < over]
    found[COURSE] = []
    for step in range(len(TAPER)):
        first = midnight(FIRST + timedelta(days=5 * step)).replace(hour=7)
        found[COURSE] += rrule(DAILY, dtstart=first, count=5)
    found[CYCLE] = []
    for n in range(21):
        first = midnight(FIRST + timedelta(days=n)).replace(hour=21)
        found[CYCLE] += rrule(DAILY, interval=28, dtstart=first, until=over)
    return found


def triggers() -> dict[str, list[Any]]:
    """APScheduler's triggers; a cycle is a cron for each of its blocks."""
    found: dict[str, list[Any]] = {}
    for name, (hours, days) in DAILY_ONES.items():
        hour = ",".join(map(str, hours))
        found[name] = [CronTrigger(hour=hour, day_of_week=days or None, minute=0, timezone=TZ)]
    began = midnight(FIRST).astimezone(UTC)
    found[EVERY] = [IntervalTrigger(hours=8, start_date=began, timezone=UTC)]
    found[COURSE] = [_cron(7, FIRST + timedelta(days=5 * n), 5) for n in range(len(TAPER))]
    found[CYCLE] = [_cron(21, first, 21) for first in blocks()]
    return found


def _cron(hour: int, first: date, days: int) -> Any:
    last = midnight(first + timedelta(days=days)) - timedelta(seconds=1)
    return CronTrigger(hour=hour, minute=0, start_date=midnight(first), end_date=last, timezone=TZ)


def of_apscheduler() -> Times:
    """Every fire time, asked for one after the other, as a scheduler does."""
    over = midnight(LAST)
    found: Times = {}
    for name, some in triggers().items():
        found[name] = []
        for trigger in some:
            found[name] += _fired(trigger, midnight(FIRST), over)
    return found


def _fired(trigger: Any, now: datetime, over: datetime) -> Iterator[datetime]:
    at = trigger.get_next_fire_time(None, now)
    while at is not None and at < over:
        yield at
        at = trigger.get_next_fire_time(at, at + timedelta(seconds=1))


def of_ical() -> Times:
    """recurring-ical-events over one calendar; the summary says whose event it is."""
    calendar = Calendar()
    for name, (hours, days) in DAILY_ONES.items():
        for hour in hours:
            rule: dict[str, Any] = {"freq": "daily"}
            if days:
                rule = {"freq": "weekly", "byday": [d[:2].upper() for d in days.split(",")]}
            first = next(
                day for day in (FIRST + timedelta(days=n) for n in range(7))
                if not days or day.strftime("%a").lower() in days
            )  # fmt: skip
            calendar.add_component(_event(name, midnight(first).replace(hour=hour), rule))
    began = midnight(FIRST).astimezone(UTC)
    calendar.add_component(_event(EVERY, began, {"freq": "hourly", "interval": 8}))
    for step in range(len(TAPER)):
        first_at = midnight(FIRST + timedelta(days=5 * step)).replace(hour=7)
        calendar.add_component(_event(COURSE, first_at, {"freq": "daily", "count": 5}))
    for n in range(21):
        first_at = midnight(FIRST + timedelta(days=n)).replace(hour=21)
        calendar.add_component(_event(CYCLE, first_at, {"freq": "daily", "interval": 28}))
    found: Times = {}
    for event in recurring_ical_events.of(calendar).between(midnight(FIRST), midnight(LAST)):
        found.setdefault(str(event["SUMMARY"]), []).append(event["DTSTART"].dt)
    return found


def _event(name: str, first: datetime, rule: dict[str, Any]) -> Event:
    event = Event()
    event.add("summary", name)
    event.add("dtstart", first)
    event.add("duration", timedelta(minutes=1))
    event.add("rrule", rule)
    return event
