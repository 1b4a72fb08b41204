"""The machine under the doses: log, clocks, board, locks, faults.

Responsible for: what the log, the clocks and the board say of themselves.
Not responsible for what they change (controller/fold) or whether they may happen (rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from controller.events.base import Event


@dataclass(frozen=True, slots=True)
class LogOpened(Event):
    """A log begins: the first one, or one beside a record that board or hub know and we do not.

    Its hash and all after it are computed with `log_epoch`; numbers go on (R1).
    """

    barrier: ClassVar[bool] = True
    reason: str
    former_head: str = ""  # of the chain here, whose history this log goes on
    log_epoch: str = ""
    former_epoch: str = ""
    known_heads: tuple[str, ...] = ()  # that board or hub know and this chain lacks
    known_fill: int = 0  # that the board last spoke of: numbers go on far above it


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
class ClockRepaired(Event):
    """Time had run ahead: the lower bound goes back (R8). `by` stands at the machine, `signer`
    has signed what time it is (`said_at`, Unix seconds).

    `voided` are outcomes that were written at that false time though no order was committed:
    the only exception to write-once. Their doses are planned again.
    """

    barrier: ClassVar[bool] = True
    by: str
    voided: tuple[str, ...] = ()
    signer: str = ""
    said_at: int = 0


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


@dataclass(frozen=True, slots=True)
class FaultSeen(Event):
    code: int


@dataclass(frozen=True, slots=True)
class FaultCleared(Event):
    code: int
