"""The doses of a signed plan around one instant, computed once and kept.

Responsible for: plan and doses from the signed bytes in the state, cached by
those bytes. Not responsible for verifying signatures (schedules.seal, called
by the shell before approval and at every start) or for what is done about a
dose. Pure: the caches change speed, never an answer.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import lru_cache

from controller.state import ROWS_MARK, State
from schedules.canonical import from_canonical
from schedules.doses import asked_dose, doses
from schedules.limits import counters
from schedules.model import DAY_S, Counter, Dose, Plan
from schedules.rows import Rows, read_rows


def signed(envelope: str) -> str:
    """The envelope as it was signed, without the rows that are kept behind it."""
    return envelope.partition(ROWS_MARK)[0]


@lru_cache(maxsize=4)
def rows_of(envelope: str) -> Rows | None:
    """The rows as they were signed (R18); None for a version approved before they were kept."""
    text = envelope.partition(ROWS_MARK)[2]
    return read_rows(plan_of_envelope(envelope), text) if text else None


@lru_cache(maxsize=4)
def plan_of_envelope(envelope: str) -> Plan:
    """The plan inside an envelope that was verified before it was journaled."""
    payload = json.loads(signed(envelope))["payload"]
    return from_canonical(base64.b64decode(payload), judged=False)


def signers(envelope: str) -> str:
    """Who signed, as pseudonyms with a comma between."""
    return ",".join(sorted(one["signer"] for one in json.loads(signed(envelope))["signatures"]))


def plan_in_force(state: State) -> Plan | None:
    """The plan whose lease the board has accepted, None before the first."""
    return plan_of_envelope(state.plan_envelope) if state.plan_envelope else None


def plan_to_load(state: State) -> Plan | None:
    """What is loaded for: the approved version if one waits, else the one in force."""
    envelope = state.pending_envelope or state.plan_envelope
    return plan_of_envelope(envelope) if envelope else None


@lru_cache(maxsize=8)
def _kept(envelope: str) -> dict[int, list[Dose]]:
    """The signed rows by day."""
    found: dict[int, list[Dose]] = {}
    rows = rows_of(envelope)
    for d in rows.doses if rows is not None else ():
        found.setdefault(d.due_at // DAY_S, []).append(d)
    return found


@lru_cache(maxsize=128)
def _of_day(envelope: str, day: int) -> tuple[Dose, ...]:
    from_s, to_s = day * DAY_S, (day + 1) * DAY_S
    rows = rows_of(envelope)
    if rows is None or from_s >= rows.until:
        return tuple(doses(plan_of_envelope(envelope), from_s, to_s))
    kept = _kept(envelope).get(day, [])
    later = doses(plan_of_envelope(envelope), rows.until, to_s) if to_s > rows.until else []
    return (*kept, *later)


def between(envelope: str, from_s: int, to_s: int) -> list[Dose]:
    """The doses due in [from_s, to_s), in due order; both Unix seconds."""
    return list(_between(envelope, from_s, to_s))


@lru_cache(maxsize=64)  # the rules of one turn ask the same several times
def _between(envelope: str, from_s: int, to_s: int) -> tuple[Dose, ...]:
    found: list[Dose] = []
    for day in range(from_s // DAY_S, (to_s - 1) // DAY_S + 1):
        rows = _of_day(envelope, day)
        if from_s <= day * DAY_S and (day + 1) * DAY_S <= to_s:
            found += rows
        else:
            found += [d for d in rows if from_s <= d.due_at < to_s]
    return tuple(found)


def granted(plan: Plan, regimen: str, log_epoch: str, number: int, at_s: int) -> Dose:
    """The as-needed dose that grant `number` of this log stands for."""
    return asked_dose(plan, regimen, log_epoch, number, at_s)


@lru_cache(maxsize=8)
def counters_of(envelope: str) -> tuple[Counter, ...]:
    """The gap and cap counters of a plan, as signed, and as the lease will hold them too."""
    now = counters(plan_of_envelope(envelope))
    rows = rows_of(envelope)
    if rows is None:
        return tuple(now)
    limits = {name: (gap_s, cap) for name, gap_s, cap in rows.limits}
    found = []
    for c in now:
        gap_s, cap = limits.get(c.name, (c.gap_s, c.cap))
        # what weighs an ingredient is measured in units of today: its maximum is in the plan
        found.append(replace(c, gap_s=gap_s, cap=c.cap if c.units else cap))
    return tuple(found)
