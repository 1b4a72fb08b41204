"""What a schedule costs: a year of ten medicines, the next dose, a hundred thousand timers.

Responsible for: our own code and its peers on the same regimens in one run, held equal before
anything is timed, in processor time; beside them the limit, the same number of additions of plain
integers. Not responsible for the regimens and the peers (_regimens.py, _timers.py).

    python -m bench.schedules
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from dateutil.rrule import DAILY, rrule

from bench import _regimens as said
from bench import _timers
from schedules.doses import doses, next_dose
from schedules.model import Plan
from schedules.timetable import timetable

RUNS = 9
ASKED = 2000  # instants at which the next dose is asked for
AGES = (("1 day", 1), ("1 year", 365), ("10 years", 3652), ("20 years", 7305))
MOST_RRULE = 20  # questions to dateutil, which walks from the start of the rule
GOALS = {
    "year, apscheduler": 60.0,
    "year, recurring-ical-events": 100.0,
    "year, dateutil": 5.0,
    "next, apscheduler": 5.0,
    "timers, apscheduler": 20.0,
}
FLAT = 1.2


Way = Callable[[], object]


def race(ways: dict[str, Way], runs: int = RUNS) -> dict[str, float]:
    """The least processor seconds of each way, taking turns, so that all meet the same machine."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            began = time.process_time()
            way()
            spent[name].append(time.process_time() - began)
    return {name: min(some) for name, some in spent.items()}


def each(work: Callable[[Any], object], asked: Sequence[Any]) -> Way:
    """The same question about many instants."""
    return lambda: [work(at) for at in asked]


def seconds(times: said.Times) -> dict[str, list[int]]:
    """The instants of each medicine, rising."""
    return {name: sorted(int(at.timestamp()) for at in some) for name, some in times.items()}


def aware(plan: Plan) -> said.Times:
    """What the peers give: aware times of each medicine, here from instants."""
    of, zone = datetime.fromtimestamp, said.TZ
    found = timetable(plan).instants(plan.valid_from, plan.valid_until)
    return {name: [of(due, zone) for due in dues] for name, dues in found}


def limit(count: int) -> list[tuple[int, int]]:
    """As many tuples and additions of integers, and nothing else."""
    found, at = [], 0
    for _ in range(count):
        found.append((at, 1))
        at += 28_800
    return found


def year() -> tuple[dict[str, float], int]:
    """Microseconds per dose of each way to expand a year; all are held equal first."""
    plan = said.plan()
    lo, hi = plan.valid_from, plan.valid_until
    ours = dict(timetable(plan).instants(lo, hi))
    peers = {
        "dateutil": said.of_dateutil,
        "apscheduler": said.of_apscheduler,
        "recurring-ical-events": said.of_ical,
    }
    for name, peer in peers.items():
        assert seconds(peer()) == ours, f"{name} says otherwise"
    assert seconds(aware(plan)) == ours
    rows = doses(plan, lo, hi)
    assert sorted((r.due_at, r.regimen_id) for r in rows) == sorted(
        (due, name) for name, dues in ours.items() for due in dues
    )
    count = len(rows)
    ways: dict[str, Way] = {
        "limit: tuples of integers": lambda: limit(count),
        "ours, instants": lambda: timetable(plan).instants(lo, hi),
        "ours, aware times": lambda: aware(plan),
        "ours, aware times of a plan not seen before": lambda: aware(replace(plan)),
        "ours, doses with identity and windows": lambda: doses(plan, lo, hi),
    }
    return {name: one * 1e6 / count for name, one in race(ways | peers).items()}, count


def next_after(asked: list[int]) -> dict[str, dict[str, float]]:
    """Microseconds per question for each age: twice a day, for so many days already."""
    zone = said.TZ
    whens = [datetime.fromtimestamp(at, UTC) for at in asked]
    later = [when + timedelta(seconds=1) for when in whens]
    few = [when.astimezone(zone) for when in whens[:MOST_RRULE]]
    ways: dict[str, Way] = {}
    slow: dict[str, Way] = {}
    for age, days in AGES:
        start = said.FIRST - timedelta(days=days)
        first = said.midnight(start)
        plan = _twice(start)
        trigger = CronTrigger(hour="8,20", minute=0, start_date=first, timezone=zone)
        rule = rrule(DAILY, byhour=(8, 20), byminute=0, bysecond=0, dtstart=first)
        dues = [d.due_at for d in doses(plan, 0, 1 << 40)]
        for at, then in zip(asked[:100], later, strict=False):
            wanted = dues[bisect_right(dues, at)]
            found = next_dose(plan, at)
            assert found is not None and found.due_at == wanted
            assert trigger.get_next_fire_time(None, then).timestamp() == wanted
        for at, when in zip(asked[:3], few, strict=False):
            assert rule.after(when).timestamp() == dues[bisect_right(dues, at)]
        ways[f"{age}: ours, aware time"] = each(partial(next_time, plan), asked)
        ways[f"{age}: ours, dose with identity and windows"] = each(partial(next_dose, plan), asked)
        ways[f"{age}: apscheduler"] = each(partial(trigger.get_next_fire_time, None), later)
        slow[f"{age}: dateutil"] = each(rule.after, few)
    spent = {name: one * 1e6 / len(asked) for name, one in race(ways).items()}
    spent |= {name: one * 1e6 / len(few) for name, one in race(slow, 1).items()}
    return {
        age: {name.partition(": ")[2]: one for name, one in spent.items() if name.startswith(age)}
        for age, _ in AGES
    }


def next_time(plan: Plan, after_s: int) -> datetime | None:
    """What the peers give: an aware time."""
    found = timetable(plan).first(after_s + 1, plan.valid_until)
    return None if found is None else datetime.fromtimestamp(found[1][0], said.TZ)


def _twice(start: date) -> Plan:
    whole = said.plan(start)
    return replace(whole, regimens=(whole.regimen("twice"),))


def next_of_all(asked: list[int]) -> dict[str, float]:
    """The same for all ten medicines at once."""
    plan = said.plan()
    triggers = [one for some in said.triggers().values() for one in some]
    dues = [d.due_at for d in doses(plan, 0, 1 << 40)]
    whens = [datetime.fromtimestamp(at + 1, UTC) for at in asked[:200]]

    def first(at: datetime) -> Any:
        found = (one.get_next_fire_time(None, at) for one in triggers)
        return min(one for one in found if one is not None)

    for at, when in zip(asked[:50], whens, strict=False):
        wanted = dues[bisect_right(dues, at)]
        found = next_dose(plan, at)
        assert found is not None and found.due_at == wanted == first(when).timestamp()
    ways = {
        "ours, aware time": each(partial(next_time, plan), asked[:200]),
        "ours, dose with identity and windows": each(partial(next_dose, plan), asked[:200]),
        "apscheduler": each(first, whens),
    }
    return {name: one * 1e6 / len(whens) for name, one in race(ways).items()}


def show(name: str, rows: dict[str, float], against: str) -> None:
    """A table of microseconds, and how many times `against` each of them is."""
    print(f"\n{name}")
    for what, spent in rows.items():
        print(f"  {what:46} {spent:12.3f} us  {spent / rows[against]:10.1f}x")


def main() -> int:
    """Print the tables, then the same as one JSON line; 1 where a goal is missed."""
    luck = Random(1)
    lo = int(said.midnight(said.FIRST).timestamp())
    asked = [luck.randint(lo, lo + 360 * 86_400) for _ in range(ASKED)]
    spent, count = year()
    show(f"a year of ten medicines in {said.ZONE}: {count} doses, each", spent, "ours, aware times")
    aged = next_after(asked)
    for name, rows in aged.items():
        show(f"the next dose, twice a day for {name}", rows, "ours, aware time")
    all_ten = next_of_all(asked)
    show("the next dose of ten medicines", all_ten, "ours, aware time")
    timers = _timers.measure()
    show(f"{_timers.COUNT} timers, {_timers.FIRED} of them fired, each", timers, "ours, fired")
    first, last = aged[AGES[0][0]], aged[AGES[-1][0]]
    reached = {
        f"year, {name}": spent[name] / spent["ours, aware times"]
        for name in ("apscheduler", "recurring-ical-events", "dateutil")
    }
    reached["next, apscheduler"] = statistics.median(
        rows["apscheduler"] / rows["ours, aware time"] for rows in aged.values()
    )
    reached["timers, apscheduler"] = timers["apscheduler, fired"] / timers["ours, fired"]
    flat = last["ours, aware time"] / first["ours, aware time"]
    print(f"\nnext dose after 20 years against one day: {flat:.2f} (goal <= {FLAT})")
    for name, goal in GOALS.items():
        word = "met" if reached[name] >= goal else "MISSED"
        print(f"{name:28} {reached[name]:8.1f}x (goal >= {goal:g}x) {word}")
    result = {"year": spent, "next": aged, "next of ten": all_ten, "timers": timers}
    print(json.dumps({"count": count, "flat": flat, "reached": reached, **result}))
    return int(flat > FLAT or any(reached[name] < goal for name, goal in GOALS.items()))


if __name__ == "__main__":
    sys.exit(main())
