"""What a person at the panel or at the machine says of alerts, clock, lock and position.

Responsible for: wishes about no dose.
Not responsible for who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from controller import events as ev
from controller.events import Json
from controller.facts import Facts
from controller.rules.machine import stands_still
from controller.state import LOST, State
from controller.trusted_time import SPREAD_S
from controller.wishes.arguments import Refused, at_machine, text
from controller.words import DOSE_ALERTS
from hal.wire import codes

REPAIRED: Final = "clock-repaired"
VOIDABLE: Final = ("missed", "skipped", "held")


def acknowledge(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    name, by = text(wish, "alert_id"), text(wish, "by")
    if name not in state.alerts:
        raise Refused("unknown-alert", "No such alert is raised now.")
    return [ev.AlertAcknowledged(name, by)]


def resolve(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """An alert about an outcome ends when a named person says so; a condition must end itself."""
    name, by = text(wish, "alert_id"), text(wish, "by")
    alert = state.alerts.get(name)
    if alert is None:
        raise Refused("unknown-alert", "No such alert is raised now.")
    if alert.code not in DOSE_ALERTS:
        raise Refused("still-standing", "This alert ends when its cause is gone; acknowledge it.")
    return [ev.AlertResolved(name, "by a person", by)]


def confirm_clock(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    by = text(wish, "by")
    if state.clock_trusted:
        raise Refused("clock-trusted", "The clock is trusted; there is nothing to confirm.")
    return [ev.ClockConfirmed(by)]


def runs_ahead(state: State, facts: Facts) -> bool:
    """Whether the record is ahead of what the clocks say now, believed or not."""
    return not facts.clock_trusted and state.floor_s > facts.utc_s + SPREAD_S


def time_number(state: State, facts: Facts) -> str:
    """Eight digits that a signed word on the time must name: others, once time was believed again,
    a word was taken, or the board has started anew (R8)."""
    boot = facts.board.boot_epoch if facts.board is not None else state.boot_epoch
    text = f"{facts.log_epoch}|{state.floor_s}|{state.told_s}|{boot}"
    drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return f"{drawn % 10**8:08d}"


def repair_clock(
    state: State, facts: Facts, wish: Mapping[str, Json], said_at: int = 0, signer: str = ""
) -> list[ev.Event]:
    """The record's time had run ahead of the true one (R8): somebody else has signed which it is.

    `said_at`, `signer`: verified; without them nothing is repaired, whoever stands there.
    """
    at_machine(facts)
    by = text(wish, "by")
    now = facts.utc_s
    if not runs_ahead(state, facts):
        raise Refused("not-ahead", "The record is not ahead of the clock; nothing to repair.")
    if not signer:
        why = "A pharmacist signs what time it is, with the number {}; bring that word."
        raise Refused("needs-signature", why.format(time_number(state, facts)))
    voided = tuple(
        d.dose_id
        for d in state.doses.values()
        if d.closed_at > now + SPREAD_S
        and not d.committed
        and d.stage in VOIDABLE
        and not d.taken_late_at  # it left by hand: that is no less a fact than a release
    )
    happened: list[ev.Event] = [ev.ClockRepaired(by, voided, signer, said_at)]
    # the board was told that these windows are settled: it gives them under a new fill only
    happened += [
        ev.FillHeld(f.compartment, f.fill, REPAIRED)
        for f in state.fills.values()
        if f.state in ("loaded", "held") and set(f.doses) & set(voided)
    ]
    happened += [
        ev.AlertResolved(a.alert_id, "clock repaired", by)
        for a in state.alerts.values()
        if a.dose_id in voided
    ]
    return happened


def unlock(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    at_machine(facts)
    by = text(wish, "by")
    if not state.locked:
        raise Refused("not-locked", "The machine is not locked.")
    if state.locked == LOST and wish.get("version", 0) != state.plan_version:
        why = "Say which version of the plan is the newest; if it is not here, bring it first."
        raise Refused("say-version", f"{why} Here is version {state.plan_version}.")
    return [ev.Unlocked(state.locked, by)]


def service_move(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    by = text(wish, "by")
    if not facts.flag(codes.F_SERVICE) or facts.flag(codes.F_DOOR_OPEN):
        raise Refused("not-at-machine", "Hold the service switch with the door closed.")
    if not stands_still(facts):
        raise Refused("not-needed", "The position is proven; the machine may move by itself.")
    return [ev.ServiceMoveAsked(by)]
