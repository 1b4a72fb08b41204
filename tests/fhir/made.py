"""A short journal made by hand: what no simulated day brings about in seconds.

Responsible for: kept elsewhere and confirmed, told later, a false clock and its outcomes voided, a
verdict that came after a day, a machine that could not, a new log. Not responsible for whether
the controller would write these (its own tests are).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controller.canonical import Json
from controller.record.story import Story, tell
from schedules import seal
from schedules.planfile import parse_plan
from tests.controller.home import at
from tests.controller.plan_text import head, row

DEVICE = "posology-demo-1"
NOON = at("2026-11-23T12:00:00+00:00")
SYRUP = """
  - id: syrup
    name: Lactulose syrup
    form: liquid
    strength: 3.3 g in 5 ml
    kept: elsewhere
    ingredients: [lactulose]
    start: 2026-11-20
    last_taken: never
    steps:
      - take:
          - {dose: 15, at: [12:00]}
"""


@dataclass(frozen=True)
class Event:
    """One event as the journal hands it out."""

    number: int
    at_ms: int
    kind: str
    body: dict[str, Json]
    hash: bytes


def made() -> Story:
    """The story of the journal below."""
    return tell(_events(), DEVICE, "00" * 8)


def _events() -> Iterator[Event]:
    for number, (at_s, kind, body) in enumerate(_bodies(), 1):
        yield Event(number, at_s * 1000, kind, body, hashlib.sha256(bytes([number])).digest())


def _opened(dose_id: str, regimen: str, due: int, **more: Any) -> tuple[int, str, dict[str, Json]]:
    times: dict[str, Json] = {
        "open_at": due - 1800, "due_at": due, "warn_at": due + 1800, "close_at": due + 3600,
    }  # fmt: skip
    body = {"dose_id": dose_id, "regimen": regimen, "quarters": 4, **times, **more}
    return due - 1800, "DoseOpened", body


def _closed(dose_id: str, at_s: int, outcome: str, how: str, by: str = "") -> Any:
    body = {"dose_id": dose_id, "outcome": outcome, "how": how, "order": 0, "by": by}
    return at_s, "DoseClosed", body


def _bodies() -> Iterator[tuple[int, str, dict[str, Json]]]:
    plan = parse_plan(head("made") + row("pill", 200, "1", "08:00") + SYRUP)
    keys = [(f"person/{role}", role, seal.new_key()[0]) for role in seal.ROLES]
    envelope = seal.seal(plan, keys).decode()
    named: dict[str, Json] = {"version": 1, "plan_hash": "aa" * 32}
    yield NOON - 9000, "LogOpened", {"reason": "new", "log_epoch": "11" * 8}
    yield NOON - 9000, "Started", {"version": "test"}
    yield NOON - 8000, "PlanApproved", {**named, "envelope": envelope}
    yield NOON - 7000, "PlanInForce", {**named, "lease_no": 1}
    # kept elsewhere: a person says so; nobody says so until later
    yield _opened("a" * 32, "syrup", NOON, elsewhere=True)
    said: dict[str, Json] = {"word": "taken", "how": "took-it", "by": "patient/p"}
    yield NOON, "TakingSaid", {"dose_id": "a" * 32, **said, "taken_at": NOON - 60}
    yield _closed("a" * 32, NOON, "taken", "confirmed", "patient/p")
    yield _opened("b" * 32, "syrup", NOON + 10_000, elsewhere=True)
    yield _closed("b" * 32, NOON + 13_600, "missed", "not-confirmed")
    yield NOON + 20_000, "TakingSaid", {"dose_id": "b" * 32, **said, "taken_at": NOON + 11_000}
    # a clock that ran ahead: the outcome it wrote is voided, the dose is planned again
    yield _opened("c" * 32, "pill", NOON + 30_000)
    yield _closed("c" * 32, NOON + 33_600, "missed", "not-asked-for")
    voided: dict[str, Json] = {"by": "person/ada", "signer": "pharmacist/clara", "said_at": NOON}
    yield NOON + 21_000, "ClockRepaired", {**voided, "voided": ["c" * 32]}
    yield _opened("c" * 32, "pill", NOON + 30_000)
    yield _closed("c" * 32, NOON + 30_060, "taken", "retrieved")
    # the record of another card: a new log; the board's proof comes after a day
    yield NOON + 40_000, "LogOpened", {"reason": "journal-lost", "log_epoch": "22" * 8}
    yield _opened("d" * 32, "pill", NOON + 50_000)
    yield _closed("d" * 32, NOON + 140_000, "uncertain", "no-verdict")
    late: dict[str, Json] = {"dose_id": "d" * 32, "outcome": "held", "how": "jam", "by": "board"}
    yield NOON + 150_000, "DoseSettled", {**late, "second": ""}
    yield _opened("e" * 32, "pill", NOON + 160_000)
    yield _closed("e" * 32, NOON + 163_600, "held", "jam")
    yield _opened("f" * 32, "pill", NOON + 170_000)
    yield _closed("f" * 32, NOON + 170_000, "held", "gap")
    yield _opened("0" * 32, "pill", NOON + 180_000)  # still open: nothing is told of it
