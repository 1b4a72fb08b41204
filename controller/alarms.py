"""Standing alarms as data: condition, severity, and the rule that raises and clears them.

Responsible for: which lasting troubles somebody must hear of, each as one row.
Not responsible for alerts that belong to an outcome (rules/alerts.py), for who
hears them (the hub) or for lamp and tone (acts.py). A named person may
acknowledge; only the end of the condition resolves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from controller import events as ev
from controller.agenda import between, plan_of_envelope
from controller.facts import Facts
from controller.rules.ahead import OF_THE_CUP, told
from controller.rules.demand import uncovered, wanted_envelope
from controller.rules.elsewhere import loadable
from controller.rules.holdpoints import AT_POINT, waiting
from controller.state import LOST, State
from hal.wire import codes
from hal.wire.messages import Actual
from schedules.model import DAY_S

SILENT_S: Final = 30  # after the link went stale: together at most a minute
CALM_S: Final = 120  # a cable that comes and goes is one alarm, not one each time
DOUBT_S: Final = 60
EXPIRY_S: Final = 14 * DAY_S
BATTERY_LOW_MV: Final = 3450
BAD_FRAMES: Final = 100  # per hour

# (suffix of the alert id, compartment or -1, fault or 0, dose or "")
Subjects = list[tuple[str, int, int, str]]
ONE: Final[Subjects] = [("", -1, 0, "")]
ROUNDS: Final = 4  # so many rounds at risk are named, of the next day


@dataclass(frozen=True, slots=True)
class Alarm:
    """One row: what it is called, how urgent, and where it stands now."""

    code: str
    severity: int
    condition: Callable[[State, Facts], Subjects | None]  # None: cannot be told now


def _when(true: bool) -> Subjects:
    return ONE if true else []


def _board_silent(state: State, facts: Facts) -> Subjects | None:
    gone = not state.board_joined and facts.board is None
    if facts.heard_s < CALM_S and "board-silent" in state.alerts:
        return None  # it stands until the board has been heard for a while
    long = facts.utc_s >= state.board_seen_s + SILENT_S or facts.silent_s >= SILENT_S
    return _when(gone and long and state.board_seen_s > 0)


def _clock_untrusted(state: State, facts: Facts) -> Subjects:
    in_doubt = not state.clock_trusted and facts.clock_reason != "board-silent"
    # by monotonic time, too: a clock that stands or has gone back never comes to that instant
    long = facts.utc_s >= state.clock_since_s + DOUBT_S or facts.doubted_s >= DOUBT_S
    return _when(in_doubt and long)


def _board_fault(state: State, facts: Facts) -> Subjects:
    standing = set(state.faults)
    order = state.order
    if order is not None and order.refusal and order.stage in ("prepared", "committed"):
        standing.add(order.refusal)
    standing |= {d.last_code for d in state.doses.values() if d.is_open and d.refused_at}
    return [
        (f"-{code}", -1, code, "")
        for code in sorted(standing)
        if codes.FAULTS.get(code, ("", codes.HIGH, True, codes.MACHINE))[1] >= codes.MEDIUM
        and codes.cause(code) == codes.MACHINE
        and code not in (codes.MAINS_LOST, codes.BATTERY_LOW)
    ]


def _mains_lost(state: State, facts: Facts) -> Subjects | None:
    return None if facts.board is None else _when(not facts.flag(codes.F_MAINS))


def _battery_low(state: State, facts: Facts) -> Subjects | None:
    return None if facts.board is None else _when(0 < facts.board.battery_mv < BATTERY_LOW_MV)


def _reports_waiting(state: State, facts: Facts) -> Subjects:
    waiting = facts.reporting and facts.unacked > 0 and facts.unacked_since_s > 0
    return _when(waiting and facts.utc_s - facts.unacked_since_s >= facts.settings.reports_wait_s)


def _load_due(state: State, facts: Facts) -> Subjects | None:
    if not facts.clock_trusted:
        return None
    missing = uncovered(state, facts)
    return _when(bool(missing) and missing[0].open_at <= facts.utc_s + facts.settings.load_ahead_s)


def _load_unfinished(state: State, facts: Facts) -> Subjects:
    if state.service:
        return []
    half = any(f.state == "loading" for f in state.fills.values())
    unleased = any(f.state == "loaded" and f.fill > state.leased_fill for f in state.fills.values())
    board = facts.board  # a lease that only the board knows of: nothing can be released
    other = board is not None and bool(state.plan_envelope) and board.lease_no != state.lease_no
    return _when(half or unleased or other)


def _plan_expiring(state: State, facts: Facts) -> Subjects | None:
    if not state.plan_envelope:
        return []
    if not facts.clock_trusted:
        return None
    return _when(plan_of_envelope(state.plan_envelope).valid_until - facts.utc_s < EXPIRY_S)


def _held(state: State, facts: Facts) -> Subjects:
    if state.service:
        return []
    reasons = sorted({f.code for f in state.fills.values() if f.state == "held"})
    return [(f"-{reason}", -1, 0, "") for reason in reasons]


def _round_at_risk(state: State, facts: Facts) -> Subjects | None:
    """Whatever would make the board refuse the next order, told before its time has come (R9)."""
    if not state.plan_envelope:
        return []
    if facts.board is None:
        return None
    return [
        (f"-{code}", -1, code, "")
        for code, seconds in facts.troubles
        if told(code, seconds, state.faults, state.service)
        and not (code in OF_THE_CUP and state.cup is not None)
        and (code != codes.NO_LEASE or _fits(state, facts.board))
    ]


def _fits(state: State, board: Actual) -> bool:
    """What was loaded is what the board should know: no other alarm tells of the lease."""
    loaded = [f for f in state.fills.values() if f.state == "loaded"]
    return bool(loaded) and board.lease_no == state.lease_no


def _cup_blocked(state: State, facts: Facts) -> Subjects | None:
    """A closed dose is in the way: each round of the next day that it puts at risk (R2)."""
    cup = state.cup
    if cup is None or not state.plan_envelope:
        return []
    if any(state.doses[d].is_open for d in cup.doses if d in state.doses):
        return []
    if not facts.clock_trusted:
        return None
    here = loadable(state.plan_envelope)
    rounds: dict[int, str] = {}
    for d in between(state.plan_envelope, facts.utc_s, facts.utc_s + DAY_S):
        life = state.doses.get(d.dose_id)
        if d.regimen_id not in here:
            continue
        if d.close_at > facts.utc_s and (life is None or life.is_open):
            rounds.setdefault(d.due_at, d.dose_id)
    return [(f"-{rounds[at][:12]}", -1, 0, rounds[at]) for at in sorted(rounds)[:ROUNDS]]


def _clock_drifting(state: State, facts: Facts) -> Subjects | None:
    """Still trusted, and soon not any more: the next loading sets the board's clock (R10)."""
    return _when(facts.drifting) if facts.clock_trusted else None


def _locked(state: State, facts: Facts) -> Subjects:
    return _when(bool(state.locked))


def _record_lost(state: State, facts: Facts) -> Subjects:
    return _when(state.locked == LOST)


def _plan_shifted(state: State, facts: Facts) -> Subjects:
    return _when(facts.rows_shifted)


def _hold_point(state: State, facts: Facts) -> Subjects | None:
    """A step has begun in time, and nobody has let it begin: one alert for each such step."""
    if not facts.clock_trusted:
        return None
    found = waiting(state, facts.early_s)
    return [(f"-{_short(f'{p.regimen}|{p.start_s}')}", -1, 0, "") for p in found]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _never_store(state: State, facts: Facts) -> Subjects:
    """The plan wants in the machine what is never put there: its doses will not be given."""
    envelope = wanted_envelope(state)
    if not envelope:
        return []
    rules = plan_of_envelope(envelope).regimens
    kept_out = {r.id for r in rules if not r.elsewhere} - loadable(envelope)
    return [(f"-{_short(one)}", -1, 0, "") for one in sorted(kept_out)]


def _second_controller(state: State, facts: Facts) -> Subjects:
    return _when(facts.second_controller)


def _bad_frames(state: State, facts: Facts) -> Subjects:
    return _when(facts.bad_frames_hour > BAD_FRAMES)


ALARMS: Final[tuple[Alarm, ...]] = (
    Alarm("machine-locked", 3, _locked),
    Alarm("journal-lost", 3, _record_lost),
    Alarm("board-silent", 3, _board_silent),
    Alarm("clock-untrusted", 3, _clock_untrusted),
    Alarm("board-fault", 3, _board_fault),
    Alarm("compartment-held", 2, _held),
    Alarm("round-at-risk", 2, _round_at_risk),
    Alarm("cup-blocked", 2, _cup_blocked),
    Alarm("clock-drifting", 2, _clock_drifting),
    Alarm("second-controller", 3, _second_controller),
    Alarm("mains-lost", 2, _mains_lost),
    Alarm("battery-low", 3, _battery_low),
    Alarm("load-due", 2, _load_due),
    Alarm("load-unfinished", 3, _load_unfinished),
    Alarm("plan-expiring", 2, _plan_expiring),
    Alarm("plan-shifted", 2, _plan_shifted),
    Alarm(AT_POINT, 3, _hold_point),
    Alarm("never-store", 3, _never_store),
    Alarm("reports-waiting", 2, _reports_waiting),
    Alarm("bad-frames", 1, _bad_frames),
)

_STANDING: Final = frozenset(a.code for a in ALARMS)


def standing(state: State, facts: Facts) -> list[ev.Event]:
    """Raise what stands and is not raised; resolve what is raised and stands no more."""
    happened: list[ev.Event] = []
    now: set[str] = set()
    unknown: set[str] = set()  # neither raised nor resolved: a cable that flaps is no news of it
    for alarm in ALARMS:
        subjects = alarm.condition(state, facts)
        if subjects is None:
            unknown.add(alarm.code)
            continue
        for suffix, compartment, fault, dose_id in subjects:
            alert_id = alarm.code + suffix
            now.add(alert_id)
            if alert_id not in state.alerts:
                happened.append(
                    ev.AlertRaised(
                        alert_id, alarm.code, alarm.severity, dose_id, compartment, fault
                    )
                )
    for alert in state.alerts.values():
        if alert.code in _STANDING - unknown and alert.alert_id not in now:
            happened.append(ev.AlertResolved(alert.alert_id, "cleared"))
    return happened
