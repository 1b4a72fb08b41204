"""How log, clocks, board, locks and faults change what is known.

Responsible for: the state of the machine under the doses.
Not responsible for whether an event may happen (controller/rules).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller import fallen, table
from controller.copies import replace
from controller.fold.base import Changes
from controller.state import LOST, DoseLife, State

LOST_FILLS: Final = 100_000  # more fills than anybody loads between two copies of a record


def _clock_trusted(s: State, e: ev.ClockTrusted, at: int, head: str) -> State:
    return replace(
        s,
        clock_trusted=True,
        clock_reason="",
        clock_since_s=at,
        floor_s=max(s.floor_s, at),
        releases=fallen.trusted(s, at),
    )


def _clock_doubted(s: State, e: ev.ClockDoubted, at: int, head: str) -> State:
    since = at if s.clock_trusted or not s.clock_since_s else s.clock_since_s
    return replace(
        s, clock_trusted=False, clock_reason=e.reason, clock_since_s=since, clock_confirmed_at=0
    )


def _clock_confirmed(s: State, e: ev.ClockConfirmed, at: int, head: str) -> State:
    return replace(s, clock_confirmed_at=at)


def _clock_repaired(s: State, e: ev.ClockRepaired, at: int, head: str) -> State:
    for dose_id in e.voided:
        life = s.doses[dose_id]
        assert not life.committed, "what was asked of the machine is never undone"
        table.after(life.stage, "voided")
    return replace(
        s,
        floor_s=at,
        told_s=max(s.told_s, e.said_at),
        clock_since_s=min(s.clock_since_s, at),
        clock_set_s=min(s.clock_set_s, at),
        board_seen_s=min(s.board_seen_s, at),
        in_force_s=min(s.in_force_s, at),
        lost_s=min(s.lost_s, at),
        opened_s=min(s.opened_s, at),
        passed={k: min(passed_at, at) for k, passed_at in s.passed.items()},
        doses={k: _rewound(d, at) for k, d in s.doses.items() if k not in e.voided},
        releases=fallen.trusted(s, at),
    )


def _rewound(d: DoseLife, at: int) -> DoseLife:
    """A dose whose window has not opened yet, truly: nobody was called for it."""
    if d.stage != "open" or d.open_at <= at:
        return d
    return replace(d, fell_due=False, warned=False, presented_s=0, presented_since=0)


def _joined(s: State, e: ev.BoardJoined, at: int, head: str) -> State:
    return replace(
        s, boot_epoch=e.boot_epoch, board_simulated=e.simulated, board_joined=True, board_seen_s=at
    )


def _lost(s: State, e: ev.BoardLost, at: int, head: str) -> State:
    return replace(s, board_joined=False, board_seen_s=at)


def _reset(s: State, e: ev.BoardReset, at: int, head: str) -> State:
    return replace(s, boot_epoch=e.boot_epoch)


def _log_opened(s: State, e: ev.LogOpened, at: int, head: str) -> State:
    if e.reason != LOST:
        return s
    return replace(
        s,
        locked=LOST,  # whatever else it was locked for: this one takes more to undo
        locked_s=at,
        lost_s=at,
        answered=s.answered | set(e.known_heads),
        last_fill=max(s.last_fill, e.known_fill) + LOST_FILLS,
    )


def _locked(s: State, e: ev.Locked, at: int, head: str) -> State:
    if s.locked:
        return s  # the first reason latches
    return replace(s, locked=e.reason, locked_s=at)


def _unlocked(s: State, e: ev.Unlocked, at: int, head: str) -> State:
    return replace(s, locked="")


def _started(s: State, e: ev.Started, at: int, head: str) -> State:
    # lamp and tone of a process that died count for nothing: nobody knows how long they ran
    stopped = {k: replace(d, presented_since=0) for k, d in s.doses.items() if d.presented_since}
    return replace(
        s,
        doses={**s.doses, **stopped},
        board_joined=False,
        board_seen_s=at,
        clock_trusted=False,
        clock_reason="starting" if s.clock_trusted else s.clock_reason,
        clock_since_s=at,
    )


def _fault_seen(s: State, e: ev.FaultSeen, at: int, head: str) -> State:
    return replace(s, faults=s.faults | {e.code})


def _fault_cleared(s: State, e: ev.FaultCleared, at: int, head: str) -> State:
    return replace(s, faults=s.faults - {e.code})


CHANGES: Final[Changes] = {
    ev.LogOpened: _log_opened,
    ev.Started: _started,
    ev.ClockTrusted: _clock_trusted,
    ev.ClockDoubted: _clock_doubted,
    ev.ClockConfirmed: _clock_confirmed,
    ev.ClockRepaired: _clock_repaired,
    ev.BoardJoined: _joined,
    ev.BoardLost: _lost,
    ev.BoardReset: _reset,
    ev.Locked: _locked,
    ev.Unlocked: _unlocked,
    ev.FaultSeen: _fault_seen,
    ev.FaultCleared: _fault_cleared,
}
