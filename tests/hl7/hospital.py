"""A listener in a thread of this process, and a journal with every kind of outcome in it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.journal import Journal
from hal.wire import codes
from schedules import seal
from schedules.canonical import plan_hash
from schedules.hl7v2.mllp import Framed, Limits, serve
from schedules.planfile import parse_plan
from tests.schedules.plans import plan_text, regimen

DAY_MS = 1795420800000  # 2026-11-23 08:00 UTC
_TWO = "    steps: [{take: [{dose: 2, at: [09:00]}]}]"
_HALF = "    steps: [{take: [{dose: 0.5, at: [21:00]}]}]"


@contextmanager
def listening(answer: Callable[[Framed], bytes], limits: Limits | None = None) -> Iterator[int]:
    """A listener on this machine; its port."""
    ready, found = threading.Event(), [0]
    until: list[asyncio.Event] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def started(_host: str, port: int) -> None:
        found[0] = port
        ready.set()

    async def run() -> None:
        until.append(asyncio.Event())
        loops.append(asyncio.get_running_loop())
        await serve(answer, "127.0.0.1", 0, limits or Limits(), started, until[0])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10), "the listener listens"
    try:
        yield found[0]
    finally:
        loops[0].call_soon_threadsafe(until[0].set)
        thread.join(10)


def journal_of(path: Path) -> None:
    """Two medicines; each outcome once, some with a later word."""
    plan = parse_plan(
        plan_text(regimen(_TWO, id="one"), regimen(_HALF, id="two", ingredient="second"))
    )
    told = Told(path)
    envelope = seal.seal(plan, []).decode()
    digest = plan_hash(plan)
    told.say("PlanApproved", version=1, plan_hash=digest, envelope=envelope)
    told.say("PlanInForce", version=1, plan_hash=digest, lease_no=1)
    told.say("Loaded", compartment=3, fill=7, kind="day", doses=[_id(1), _id(2)],
             regimens=["one", "two"], quarters=[8, 2], pieces=3, by="pharmacist/clara")  # fmt: skip
    told.open(1, "one", 8)
    told.say("OrderPrepared", order=5, doses=[_id(1)])
    told.say("OrderResolved", order=5, verdict=codes.RELEASED)
    told.say("CupLifted", round=1)
    told.close(1, "taken", "retrieved")
    for number, outcome, how in (
        (2, "missed", "not-taken"),
        (3, "skipped", "refused"),
        (4, "skipped", "plan"),
        (5, "held", "Nurse Mary said so"),
        (6, "handed-out", "to see Anna"),
        (7, "uncertain", "cup-away"),
        (8, "missed", "left-in-cup"),
        (9, "missed", "not-presented"),
    ):
        told.open(number, "two", 2)
        told.close(number, outcome, how)
    told.say("DoseSettled", dose_id=_id(7), outcome="taken", how="seen", by="caregiver/eva")
    told.say("TakenLate", dose_id=_id(8))
    told.say("ClockRepaired", by="person/ada", voided=[_id(9), _id(2)], signer="clara")
    told.journal.close()


class Told:
    """A journal that is written event by event, a minute between."""

    def __init__(self, path: Path) -> None:
        self.journal = Journal.open(path, log_epoch="0011223344556677")
        self._at_ms = DAY_MS

    def say(self, event: str, /, **body: Any) -> None:
        """One event."""
        self._at_ms += 60_000
        self.journal.append([(self._at_ms, event, body)], barrier=True)

    def open(self, number: int, regimen_id: str, quarters: int) -> None:
        """A dose begins."""
        due = DAY_MS // 1000
        self.say("DoseOpened", dose_id=_id(number), regimen=regimen_id, quarters=quarters,
                 open_at=due, due_at=due, warn_at=due + 60, close_at=due + 3600)  # fmt: skip

    def close(self, number: int, outcome: str, how: str) -> None:
        """A dose ends."""
        self.say("DoseClosed", dose_id=_id(number), outcome=outcome, how=how, order=0, by="")


def _id(number: int) -> str:
    return f"{number:032x}"
