"""Plans and loading: what waits, what is in force, what lies where.

Responsible for: events of plans, visits and compartments.
Not responsible for what they change (controller/fold) or whether they may happen (rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from controller.events.base import Event


@dataclass(frozen=True, slots=True)
class PlanApproved(Event):
    """A verified version waits for the machine: it is in force when the board takes its lease."""

    barrier: ClassVar[bool] = True
    version: int
    plan_hash: str
    envelope: str
    rows: str = ""  # as compiled on the day of approval: they stay in force (R18)


@dataclass(frozen=True, slots=True)
class PlanRefused(Event):
    code: str
    place: str


@dataclass(frozen=True, slots=True)
class PlanInForce(Event):
    barrier: ClassVar[bool] = True
    version: int
    plan_hash: str
    lease_no: int


@dataclass(frozen=True, slots=True)
class ServiceOpened(Event):
    pass


@dataclass(frozen=True, slots=True)
class ServiceClosed(Event):
    pass


@dataclass(frozen=True, slots=True)
class ServiceMoveAsked(Event):
    """A person at the machine lets the tray go home, so that its position is proven again."""

    by: str


@dataclass(frozen=True, slots=True)
class ServiceMoveEnded(Event):
    pass


@dataclass(frozen=True, slots=True)
class Loading(Event):
    """Somebody is about to reach into this compartment: until Loaded nothing is known of it.

    What shall go in is fixed here, so that no later change of the proposal can rename it; and
    so is the opening: once the door was closed, or opened anew, nobody knows what is in it.
    """

    barrier: ClassVar[bool] = True
    compartment: int
    by: str
    kind: str = ""
    doses: tuple[str, ...] = ()
    regimens: tuple[str, ...] = ()
    quarters: tuple[int, ...] = ()
    tray_index: int = -1
    door_count: int = -1


@dataclass(frozen=True, slots=True)
class Loaded(Event):
    """What a person says is in a compartment now; bound to the tray and to the door count."""

    barrier: ClassVar[bool] = True
    compartment: int
    fill: int
    kind: str  # "day": the named doses; "asked": one dose of an as-needed regimen
    doses: tuple[str, ...]
    regimens: tuple[str, ...]
    quarters: tuple[int, ...]  # beside `regimens`
    pieces: int
    weight_mg: int
    tolerance_mg: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    tray_index: int
    door_count: int
    by: str


@dataclass(frozen=True, slots=True)
class Emptied(Event):
    barrier: ClassVar[bool] = True
    compartment: int
    fill: int
    pieces: int
    by: str


@dataclass(frozen=True, slots=True)
class GivenByHand(Event):
    """A person took this fill out and gave it: it counts as released, and is never released."""

    barrier: ClassVar[bool] = True
    compartment: int
    fill: int
    doses: tuple[str, ...]
    pieces: int
    by: str


@dataclass(frozen=True, slots=True)
class LoadingDone(Event):
    by: str


@dataclass(frozen=True, slots=True)
class LeaseAccepted(Event):
    barrier: ClassVar[bool] = True
    lease_no: int
    digest: str
    version: int


@dataclass(frozen=True, slots=True)
class FillHeld(Event):
    compartment: int
    fill: int
    code: str


@dataclass(frozen=True, slots=True)
class FillVerified(Event):
    """A person has looked: the contents are as loaded, on this tray, since this opening."""

    barrier: ClassVar[bool] = True
    compartment: int
    fill: int
    tray_index: int
    door_count: int
    by: str


@dataclass(frozen=True, slots=True)
class RegimenHalted(Event):
    """STOP or HOLD, by one signature, from anywhere, at once (R4)."""

    barrier: ClassVar[bool] = True
    regimen: str
    act: str  # stop, hold
    number: int  # rises with every signed act: none is taken twice
    by: str
    document: str


@dataclass(frozen=True, slots=True)
class RegimenResumed(Event):
    """Two people let a halted regimen go on, or past the hold point that they have named."""

    barrier: ClassVar[bool] = True
    regimen: str
    number: int
    by: str
    document: str
    point: int = 0  # when the step began that they let begin (Unix s), 0: none


@dataclass(frozen=True, slots=True)
class RowsPaired(Event):
    """A named person takes responsibility for what a new version does to old rows (R7)."""

    barrier: ClassVar[bool] = True
    version: int
    code: str  # id-reuse, gap-too-long
    regimen: str
    by: str


@dataclass(frozen=True, slots=True)
class FillFreed(Event):
    """Nothing stands against this fill any more: what held it was a matter of the plan only."""

    compartment: int
    fill: int
