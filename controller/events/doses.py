"""The life of a dose, from its opening to its outcome and what a person says of it.

Responsible for: events that name a dose.
Not responsible for what they change (controller/fold) or whether they may happen (rules/).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from controller.events.base import Event


@dataclass(frozen=True, slots=True)
class DoseOpened(Event):
    dose_id: str
    regimen: str
    quarters: int
    open_at: int
    due_at: int
    warn_at: int
    close_at: int
    groups: tuple[str, ...] = ()  # ingredients: what falls counts for them under any id
    amounts: tuple[int, ...] = ()  # beside `groups`: micrograms in one piece, empty: not said
    elsewhere: bool = False  # kept outside the machine: a person says that it was taken


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
    groups: tuple[str, ...] = ()
    amounts: tuple[int, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class AskedRefused(Event):
    regimen: str
    code: str
    next_at: int


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
    """A named person says what became of a dose in doubt; it frees no gap and no cap (R16)."""

    barrier: ClassVar[bool] = True
    dose_id: str
    outcome: str
    how: str
    by: str
    second: str = ""  # for high-alert: another person


@dataclass(frozen=True, slots=True)
class GivenLate(Event):
    """After its window, once, out of the compartment, by a person at the machine (R17)."""

    barrier: ClassVar[bool] = True
    dose_id: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class LastTaken(Event):
    """What is known of a regimen that comes into force: it counts as a release (R5)."""

    barrier: ClassVar[bool] = True
    regimen: str
    word: str  # never, at, unknown (which means now)
    taken_at: int
    quarters: int
    groups: tuple[str, ...]
    by: str
    amounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TakingSaid(Event):
    """What a person says of medicine that is kept outside the machine: nothing else knows it.

    It counts for gaps and caps from `taken_at`. An outcome that was written stays written.
    """

    barrier: ClassVar[bool] = True
    dose_id: str
    word: str  # taken, not-taken
    taken_at: int  # Unix s, 0: not taken
    how: str  # took-it, gave-it, saw-it
    by: str
