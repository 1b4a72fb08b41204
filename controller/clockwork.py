"""What wakes the loop: an alarm clock that decides nothing.

Responsible for: ringing the loop's pipe at one monotonic instant. Not responsible for:
what is due; the loop asks that anew whenever it wakes, so a late, early, lost or doubled
ring changes nothing. The only file that uses APScheduler.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from apscheduler.executors.debug import DebugExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from controller.clocks import Clock

JOB = "wake"


class Wake(Protocol):
    """The port: one alarm, set anew as often as you like."""

    def at(self, mono_ms: int | None) -> None:
        """Ring once at this monotonic time, at once if it has passed; None: do not ring."""
        ...

    def close(self) -> None:
        """Never ring again."""
        ...


class Bell:
    """A pipe for the loop's selector; anybody, in any thread, may ring."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def fileno(self) -> int:
        """Readable once it was rung."""
        return self._read

    def ring(self) -> None:
        """Wake the loop; ringing an already ringing or closed bell does nothing."""
        with suppress(OSError):  # a full pipe is a rung bell
            os.write(self._write, b"!")

    def quiet(self) -> None:
        """Take all rings at once."""
        with suppress(BlockingIOError):
            while os.read(self._read, 4096):
                pass

    def close(self) -> None:
        os.close(self._write)
        os.close(self._read)
        self._read = self._write = -1


class Unsettable(tzinfo):
    """A time zone on monotonic time: nobody can set its clock.

    APScheduler waits for `datetime.now(its zone)`. On wall time an alarm would come late by
    as much as the clock is set back meanwhile.
    """

    def __init__(self) -> None:
        self._origin = datetime(2020, 1, 1, tzinfo=self)

    def now(self) -> datetime:
        """Monotonic time, dressed as a date."""
        return self._origin + timedelta(microseconds=time.monotonic_ns() // 1000)

    def fromutc(self, moment: datetime) -> datetime:
        """Whatever the wall clock says, it is `now`."""
        return self.now()

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, moment: datetime | None) -> str:
        return "monotonic"


class _Calm(BackgroundScheduler):  # type: ignore[misc]
    """A scheduler whose thread survives that a job it has just run was taken away meanwhile."""

    def remove_job(self, job_id: str, jobstore: str | None = None) -> None:
        with suppress(JobLookupError):
            super().remove_job(job_id, jobstore)


class Alarm:
    """Wake in real time: one APScheduler job, in memory, that rings the bell.

    Every setting is a job of its own name: the thread, which removes a job after it has run,
    can then never remove the one that was set while it ran.
    """

    def __init__(self, clock: Clock, bell: Bell) -> None:
        self._clock = clock
        self._bell = bell
        self._zone = Unsettable()
        self._armed: int | None = None
        self._settings = 0
        self._scheduler = _Calm(
            timezone=self._zone,
            executors={"default": DebugExecutor()},  # in the scheduler's own thread
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.start()

    def at(self, mono_ms: int | None) -> None:
        """Ring once at this monotonic time, at once if it has passed; None: do not ring."""
        if mono_ms is not None and mono_ms <= self._clock.mono_ms():
            self._bell.ring()
            return
        if mono_ms == self._armed:
            return
        self._armed = mono_ms
        self._scheduler.remove_job(f"{JOB}-{self._settings}")
        if mono_ms is None:
            return
        self._settings += 1
        moment = self._zone.now() + timedelta(seconds=self._clock.delay_s(mono_ms))
        self._scheduler.add_job(
            self._ring, DateTrigger(moment, self._zone), id=f"{JOB}-{self._settings}"
        )

    def again(self) -> None:
        """Set the alarm anew after the house's clock jumped or changed its speed."""
        armed, self._armed = self._armed, None
        self.at(armed)

    def close(self) -> None:
        """Never ring again; waits for a ring in progress."""
        self._scheduler.shutdown(wait=True)

    def _ring(self) -> None:
        self._armed = None  # so that the same instant can be asked for once more
        self._bell.ring()
