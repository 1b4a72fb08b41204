"""Rounds, orders and the cup: what was asked of the board, and what it proved.

Responsible for: events between the offer of a round and the empty cup.
Not responsible for what they change (controller/fold) or whether they may happen (rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from controller.events.base import Event


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
