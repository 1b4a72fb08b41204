"""The work at the open machine: look again at what was left alone, fill what is empty.

Responsible for: what a person is to do there, in order, in words. Pure. Not responsible
for what may be done: the controller asks for switch and door, and checks every step.
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.pick import number, text
from controller.web.snapshot import LoadRow, Snapshot
from hal.wire import codes

COVERED_FIRST = ("chute-held", "assertion")  # a person covers the compartments, then it goes home


@dataclass(frozen=True)
class Fill:
    """One compartment to fill; `step` is the wish that comes next for it."""

    compartment: int
    place: str
    contents: str
    when: str
    pieces: int
    step: str


@dataclass(frozen=True)
class Work:
    """All there is to do at the machine."""

    service: bool
    door: bool
    asked: bool
    done: bool
    drive_off: bool  # position unproven or chute in doubt: the tray goes home first, covered
    held: tuple[int, ...]
    fills: tuple[Fill, ...]
    days: int = 0  # that a full machine lasts
    days_lost: int = 0  # because some medicines lie alone

    @property
    def open(self) -> bool:
        """Switch held and door open: wishes of loading are heard."""
        return self.service and self.door


def work(now: Snapshot) -> Work:
    """What the snapshot asks a person to do."""
    flags = number(now.board, "flags")
    load = now.loading
    held = tuple(
        c.index
        for c in now.compartments
        if c.state == "held" and c.code in ("door-opened", "tray-changed", "stray-fall")
    )
    return Work(
        service=bool(flags & codes.F_SERVICE),
        door=bool(flags & codes.F_DOOR_OPEN),
        asked=bool(load and load.asked),
        done=bool(load and load.done),
        drive_off=bool(flags & codes.F_DRIVE_OFF) or text(now.board, "fault") in COVERED_FIRST,
        held=load.verify if load and load.verify else held,
        fills=tuple(_fill(row, now) for row in load.rows) if load else (),
        days=load.days if load else 0,
        days_lost=load.days_lost if load else 0,
    )


def _fill(row: LoadRow, now: Snapshot) -> Fill:
    names = {d.regimen_id: d.name for d in now.doses} | {a.regimen_id: a.name for a in now.asked}
    contents = [
        f"{words.pieces(quarters)} {names.get(regimen, regimen)}"
        for regimen, quarters in zip(row.regimens, row.quarters, strict=False)
    ]
    states = {c.index: c.state for c in now.compartments}
    state = states.get(row.compartment, "empty")
    step = "loaded" if state == "loading" else "emptied" if row.empty_first else "loading"
    return Fill(
        compartment=row.compartment,
        place=str(row.compartment + 1),
        contents=" + ".join(contents),
        when="as needed" if row.kind == "asked" else _when(row.due_at, now),
        pieces=len(row.piece_mgs),
        step=step,
    )


def _when(due_at: int, now: Snapshot) -> str:
    moment = words.local(due_at, now.zone)
    return f"{moment:%A} {moment:%H:%M}"
