"""What is known: the shapes that the fold of the journal fills.

Responsible for: the shape of the state. Not responsible for how an event
changes it (fold/) or whether it should happen (rules/). Closed doses leave
the state after KEEP_S; the journal keeps them for ever. No slots: copies.py
copies what lies in __dict__.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.copies import replace
from hal.wire import codes

# What the board refuses of one compartment only: the others need not wait for it.
OF_ONE_FILL: Final = frozenset(
    {
        codes.OUTSIDE_WINDOW,
        codes.GAP,
        codes.CAP,
        codes.FILL_SPENT,
        codes.FILL_UNKNOWN,
        codes.TOO_LATE,
        codes.ROUND_MISMATCH,
        codes.COMPARTMENT_HELD,
    }
)
LOST: Final = "journal-lost"  # the record is older than what board or hub know (R1)
ROWS_MARK: Final = "\x1e"  # between a signed envelope and the rows that were signed with it
KEEP_S: Final = 8 * 86400  # longer than the longest rolling cap (7 d) the core counts


@dataclass(frozen=True)
class DoseLife:
    """One dose from its opening to its outcome."""

    dose_id: str
    regimen: str
    quarters: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    asked: bool = False
    stage: str = "open"
    compartment: int = -1  # of an as-needed grant
    fell_due: bool = False
    warned: bool = False
    tries: int = 0  # orders that ended NOT_RELEASED
    order: int = 0
    presented_s: int = 0
    presented_since: int = 0  # 0: not being presented
    last_code: int = 0  # why the board last refused, or did not release
    refused_at: int = 0  # when the board last refused this very compartment, 0: it did not
    how: str = ""
    by: str = ""
    closed_at: int = 0
    taken_late_at: int = 0
    groups: tuple[str, ...] = ()
    committed: bool = False  # a release was asked for at least once
    by_hand: bool = False  # somebody has written down that it was given
    amounts: tuple[int, ...] = ()  # beside `groups`: micrograms in one piece
    elsewhere: bool = False  # never in the machine: only a person says that it was taken
    denied: bool = False  # a person has said that it was not taken

    @property
    def is_open(self) -> bool:
        """No outcome yet."""
        return self.stage in ("open", "ordered", "committed", "released")


@dataclass(frozen=True)
class Fill:
    """What a person loaded into one compartment, and what has become of it."""

    compartment: int
    fill: int
    kind: str
    doses: tuple[str, ...]
    regimens: tuple[str, ...]
    quarters: tuple[int, ...]
    pieces: int
    weight_mg: int
    tolerance_mg: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    tray_index: int
    door_count: int
    state: str = "loaded"  # loading, loaded, spent, held
    code: str = ""  # why it is held


@dataclass(frozen=True)
class Order:
    """One request for one release; its number is never used again."""

    order: int
    round: int
    compartment: int
    fill: int
    doses: tuple[str, ...]
    not_after: int
    stage: str = "prepared"  # prepared, committed, withdrawn, resolved
    refusal: int = 0  # why the board does not follow it now
    boot_epoch: int = 0
    digest: str = ""
    head: str = ""  # journal head of the COMMIT, hex
    committed_at: int = 0
    lift_count: int = -1  # at COMMIT: a release is proven only while nobody lifts the cup
    verdict: int = 0
    code: int = 0


@dataclass(frozen=True)
class Round:
    """The fills one press consents to, in the order they will be exposed."""

    round: int
    compartments: tuple[int, ...]
    fills: tuple[int, ...]
    digest: str
    offered_at: int
    done: int = 0  # orders resolved
    started: bool = False  # at least one START was committed


@dataclass(frozen=True)
class Cup:
    """Pills that fell and have not been seen to leave with the cup."""

    round: int
    doses: tuple[str, ...]
    released_at: int
    lift_count: int  # at the last DONE: a higher count is a lift
    weight_mg: int  # what should lie in it
    tolerance_mg: int  # below half the lightest piece
    lifted_at: int = 0


@dataclass(frozen=True)
class Release:
    """Pieces that fell: they count for gaps and caps whatever the outcome (R2)."""

    at_s: int
    regimen: str
    quarters: int
    dose_id: str
    lifted_at: int  # 0: still in the cup, so the gap has not begun to run
    groups: tuple[str, ...] = ()  # ingredients, whatever the regimen is called next month
    amounts: tuple[int, ...] = ()  # beside `groups`: micrograms in one piece


@dataclass(frozen=True)
class Alert:
    alert_id: str
    code: str
    severity: int
    raised_at: int
    dose_id: str
    compartment: int
    fault: int
    acknowledged_by: str = ""


@dataclass(frozen=True)
class Halt:
    """A regimen that was stopped or put on hold from afar."""

    act: str
    at_s: int
    by: str
    answered: bool = False  # a version that two people approved since then waits to be loaded


@dataclass(frozen=True)
class State:
    """All the core knows. Maps are never changed in place."""

    now_s: int = 0  # instant of the newest event
    floor_s: int = 0  # newest event stamped while the clock was trusted: a lower bound
    told_s: int = 0  # newest signed word on what time it is: an older one is never taken
    clock_trusted: bool = False
    clock_reason: str = "not checked yet"
    clock_confirmed_at: int = 0
    clock_since_s: int = 0  # when trust was won or lost
    clock_set_s: int = 0  # when the board's clock was last set, at a loading
    locked: str = ""
    locked_s: int = 0
    lost_s: int = 0  # when a record that we lack was found out (R1); 0: never
    answered: frozenset[str] = frozenset()  # heads we lack, for which a log was opened
    boot_epoch: int = 0
    board_simulated: bool = False
    board_joined: bool = False
    board_seen_s: int = 0
    faults: frozenset[int] = frozenset()

    plan_version: int = 0
    plan_hash: str = ""
    plan_envelope: str = ""
    in_force_s: int = 0
    former: tuple[tuple[str, int, int], ...] = ()  # plans before: envelope, in force from, until
    pending_version: int = 0
    pending_hash: str = ""
    pending_envelope: str = ""
    paired: frozenset[tuple[str, str]] = frozenset()  # (code, regimen) accepted for what waits
    halts: Mapping[str, Halt] = field(default_factory=dict)  # by regimen
    act_number: int = 0  # of the newest signed act
    passed: Mapping[str, int] = field(default_factory=dict)  # the newest hold point, by regimen

    lease_no: int = 0
    lease_digest: str = ""
    service: bool = False
    loading_done: bool = False
    service_move: bool = False  # a person at the machine has asked for it
    last_fill: int = 0
    leased_fill: int = 0  # highest fill number in an accepted lease
    fills: Mapping[int, Fill] = field(default_factory=dict)

    opened_s: int = 0  # latest due_at of a dose ever opened
    doses: Mapping[str, DoseLife] = field(default_factory=dict)
    asked_number: int = 0
    last_order: int = 0
    order: Order | None = None
    round: Round | None = None
    cup: Cup | None = None
    doubt_lifts: int = -1  # what fell in doubt may lie in the cup until a lift after this count
    releases: tuple[Release, ...] = ()
    alerts: Mapping[str, Alert] = field(default_factory=dict)


def with_dose(state: State, life: DoseLife) -> State:
    """The state with one dose replaced."""
    return replace(state, doses={**state.doses, life.dose_id: life})


def with_fill(state: State, fill: Fill) -> State:
    """The state with one compartment's fill replaced."""
    return replace(state, fills={**state.fills, fill.compartment: fill})
