"""A hundred thousand deadlines: the hub's own timers beside APScheduler's memory store.

Responsible for: setting them, and letting some of them come, in both. The hub has one timer per
machine, set anew whenever it speaks (fleet/silence.py). APScheduler runs as in production, in
memory, with its executor in the same thread, on a clock that is moved by hand. Not
responsible for the report (schedules.py).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, tzinfo
from heapq import heappop, heappush
from random import Random

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.date import DateTrigger

from fleet.timers import Timers

COUNT = 100_000
FIRED = 2000  # the first of them, each at an instant of its own
RUNS = 3


class ByHand(tzinfo):
    """A time zone whose now is moved by hand; the scheduler asks it and nothing else."""

    def __init__(self) -> None:
        self.began = datetime(2026, 1, 1, tzinfo=self)
        self.shown = self.began

    def fromutc(self, moment: datetime) -> datetime:
        """Whatever the wall clock says."""
        return self.shown

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return "by hand"


def deadlines() -> list[int]:
    """Different seconds, in no order."""
    found = list(range(10, COUNT + 10))
    Random(3).shuffle(found)
    return found


def ours(seconds: list[int]) -> tuple[float, float, int]:
    """Processor seconds to set all and to let FIRED of them come, and how many came."""
    names = [f"home-{n:06d}" for n in range(COUNT)]
    timers = Timers()
    began = time.process_time()
    for name, at in zip(names, seconds, strict=True):
        timers.set(name, at)
    was_set = time.process_time() - began
    came = 0
    began = time.process_time()
    for second in range(10, FIRED + 10):
        came += len(timers.due(second))
    return was_set, time.process_time() - began, came


def bare(seconds: list[int]) -> tuple[float, float, int]:
    """The limit: integers in a heap."""
    heap: list[int] = []
    began = time.process_time()
    for at in seconds:
        heappush(heap, at)
    was_set = time.process_time() - began
    began = time.process_time()
    came = len([heappop(heap) for _ in range(FIRED)])
    return was_set, time.process_time() - began, came


class Woken(BaseScheduler):  # type: ignore[misc]
    """A scheduler without a thread: it looks at its jobs when it is told to."""

    def wakeup(self) -> None:
        """Not now."""

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)


def apscheduler(seconds: list[int]) -> tuple[float, float, int]:
    """The same, by one job with a date for each."""
    zone = ByHand()
    rung: list[int] = []
    scheduler = Woken(
        timezone=zone,
        executors={"default": DebugExecutor()},
        job_defaults={"misfire_grace_time": None},
    )
    scheduler.start()
    began = time.process_time()
    for at in seconds:
        trigger = DateTrigger(zone.began + timedelta(seconds=at), zone)
        scheduler.add_job(rung.append, trigger, args=(at,))
    was_set = time.process_time() - began
    began = time.process_time()
    for second in range(10, FIRED + 10):
        zone.shown = zone.began + timedelta(seconds=second)
        scheduler._process_jobs()
    fired = time.process_time() - began
    scheduler.shutdown(wait=False)
    return was_set, fired, len(rung)


def measure() -> dict[str, float]:
    """Microseconds to set one, and to let one come."""
    seconds = deadlines()
    found: dict[str, float] = {}
    ways = {"limit: a heap of integers": bare, "ours": ours, "apscheduler": apscheduler}
    for _ in range(RUNS):
        for name, way in ways.items():
            was_set, fired, came = way(seconds)
            assert came == FIRED, name
            for word, spent in (("set", was_set / COUNT), ("fired", fired / FIRED)):
                key = f"{name}, {word}"
                found[key] = min(found.get(key, spent * 1e6), spent * 1e6)
    return found
