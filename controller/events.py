"""Everything that can have happened: frozen facts in the past tense, and their JSON.

Responsible for: the names and fields of every event, encoding and decoding.
Not responsible for: what an event does to the state (state.py) or whether it
may happen (table.py, rules/). Instants ending in `_at` are Unix seconds UTC,
`quarters` are quarters of a piece, `by` is a person's pseudonym.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import ClassVar

from controller.canonical import Json as Json


class Unreadable(Exception):
    """A journal record of a kind or shape this version does not know."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact; `barrier` says that it must be on the disk before anything follows from it."""

    barrier: ClassVar[bool] = False


# --- the log, the clocks, the board --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogOpened(Event):
    reason: str
    former_head: str = ""


@dataclass(frozen=True, slots=True)
class Started(Event):
    version: str


@dataclass(frozen=True, slots=True)
class ClockTrusted(Event):
    spread_s: int


@dataclass(frozen=True, slots=True)
class ClockDoubted(Event):
    reason: str


@dataclass(frozen=True, slots=True)
class ClockConfirmed(Event):
    by: str


@dataclass(frozen=True, slots=True)
class BoardJoined(Event):
    boot_epoch: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class BoardLost(Event):
    pass


@dataclass(frozen=True, slots=True)
class BoardReset(Event):
    boot_epoch: int
    code: int


@dataclass(frozen=True, slots=True)
class Locked(Event):
    """Nothing moves until a person has dealt with it; alarms and reports go on."""

    barrier: ClassVar[bool] = True
    reason: str


@dataclass(frozen=True, slots=True)
class Unlocked(Event):
    barrier: ClassVar[bool] = True
    reason: str
    by: str


# --- plans and loading ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanApproved(Event):
    """A verified version waits for the machine: it is in force when the board takes its lease."""

    barrier: ClassVar[bool] = True
    version: int
    plan_hash: str
    envelope: str


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

    What shall go in is fixed here, so that no later change of the proposal can rename it.
    """

    barrier: ClassVar[bool] = True
    compartment: int
    by: str
    kind: str = ""
    doses: tuple[str, ...] = ()
    regimens: tuple[str, ...] = ()
    quarters: tuple[int, ...] = ()


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


# --- the life of a dose --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoseOpened(Event):
    dose_id: str
    regimen: str
    quarters: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int


@dataclass(frozen=True, slots=True)
class DoseFellDue(Event):
    dose_id: str


@dataclass(frozen=True, slots=True)
class Presented(Event):
    """Lamp and tone have begun, on a trusted clock and with a usable cup."""

    doses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresentationEnded(Event):
    doses: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True)
class DoseWarned(Event):
    dose_id: str


@dataclass(frozen=True, slots=True)
class AskedGranted(Event):
    regimen: str
    dose_id: str
    number: int
    quarters: int
    compartment: int
    open_at: int
    close_at: int


@dataclass(frozen=True, slots=True)
class AskedRefused(Event):
    regimen: str
    code: str
    next_at: int


@dataclass(frozen=True, slots=True)
class RoundOffered(Event):
    """Which compartments one press will consent to."""

    round: int
    compartments: tuple[int, ...]
    fills: tuple[int, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class OrderPrepared(Event):
    order: int
    round: int
    compartment: int
    fill: int
    doses: tuple[str, ...]
    not_after: int


@dataclass(frozen=True, slots=True)
class OrderRefused(Event):
    """The board does not follow this order now, and why."""

    order: int
    code: int


@dataclass(frozen=True, slots=True)
class OrderConsented(Event):
    order: int
    round: int
    boot_epoch: int


@dataclass(frozen=True, slots=True)
class OrderCommitted(Event):
    """The point of no return: on the disk before START is sent."""

    barrier: ClassVar[bool] = True
    order: int
    digest: str
    boot_epoch: int
    lift_count: int = -1


@dataclass(frozen=True, slots=True)
class OrderWithdrawn(Event):
    """An order that was never committed is given up; the board is fenced against it."""

    order: int
    why: str


@dataclass(frozen=True, slots=True)
class OrderResolved(Event):
    """What the board can prove. It rides along: until the outcome is durable DONE is repeated."""

    order: int
    verdict: int
    code: int
    drops: int
    weight_delta_mg: int
    lift_count: int


@dataclass(frozen=True, slots=True)
class VerdictCameLate(Event):
    """What the board says of an order that was closed as `no-verdict` after a day (R12)."""

    barrier: ClassVar[bool] = True
    order: int
    verdict: int
    code: int
    drops: int
    weight_delta_mg: int


@dataclass(frozen=True, slots=True)
class RoundEnded(Event):
    round: int


@dataclass(frozen=True, slots=True)
class CupLifted(Event):
    """Again, if the cup had come back with something in it."""

    round: int
    lift_count: int = -1


@dataclass(frozen=True, slots=True)
class CupCleared(Event):
    """The cup is back at tare, or was emptied by hand."""

    round: int


@dataclass(frozen=True, slots=True)
class TakenLate(Event):
    barrier: ClassVar[bool] = True
    dose_id: str


@dataclass(frozen=True, slots=True)
class DoseClosed(Event):
    """The outcome, written once."""

    barrier: ClassVar[bool] = True
    dose_id: str
    outcome: str
    how: str
    order: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class DoseSettled(Event):
    """A named person says what became of a dose in doubt."""

    barrier: ClassVar[bool] = True
    dose_id: str
    outcome: str
    how: str
    by: str


# --- alarms --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertRaised(Event):
    """On the disk at once: only what is durable may be reported, and somebody must hear this."""

    barrier: ClassVar[bool] = True
    alert_id: str
    code: str
    severity: int
    dose_id: str = ""
    compartment: int = -1
    fault: int = 0


@dataclass(frozen=True, slots=True)
class AlertAcknowledged(Event):
    alert_id: str
    by: str


@dataclass(frozen=True, slots=True)
class AlertResolved(Event):
    alert_id: str
    how: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class FaultSeen(Event):
    code: int


@dataclass(frozen=True, slots=True)
class FaultCleared(Event):
    code: int


KINDS: dict[str, type[Event]] = {cls.__name__: cls for cls in Event.__subclasses__()}
_FIELDS: dict[str, tuple[str, ...]] = {
    name: tuple(f.name for f in fields(cls)) for name, cls in KINDS.items()
}


def kind(event: Event) -> str:
    """The word an event is journaled under."""
    return type(event).__name__


def encode(event: Event) -> dict[str, Json]:
    """The body of an event as plain JSON values."""
    body: dict[str, Json] = {}
    for name in _FIELDS[kind(event)]:
        value = object.__getattribute__(event, name)
        body[name] = list(value) if isinstance(value, tuple) else value
    return body


def decode(name: str, body: Mapping[str, Json]) -> Event:
    """The event of a journal record; raises Unreadable where kind or fields are unknown."""
    cls = KINDS.get(name)
    if cls is None or set(body) - set(_FIELDS[name]):
        raise Unreadable(f"{name} with {sorted(body)}")
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items()}
    try:
        return cls(**values)
    except TypeError as exc:
        raise Unreadable(f"{name} with {sorted(body)}") from exc
