"""Giving without the machine: by hand, late, or ahead for a journey.

Responsible for: what could be given out of which compartment, and what would follow, in words,
before anybody says that it was done. Pure. Not responsible for whether it is granted: the
controller has judged every row itself and judges again when a person says so.
"""

from dataclasses import dataclass

from controller.web import words
from controller.web.foreseen import HandRow, Verdict
from controller.web.pick import number
from controller.web.snapshot import Snapshot
from hal.wire import codes


@dataclass(frozen=True)
class Giving:
    """One compartment and what would follow; `why`: it may not be now, and when again."""

    compartment: int
    place: str
    contents: str
    when: str
    dose_id: str
    why: str = ""


@dataclass(frozen=True)
class Care:
    """All that a person may give at this moment."""

    service: bool
    door: bool
    silent: bool  # the machine does not answer: it may have been opened without power
    now: tuple[Giving, ...]
    was: tuple[Giving, ...]
    late: tuple[Giving, ...]
    journey: tuple[Giving, ...]

    @property
    def open(self) -> bool:
        """Switch held and door open: whoever stands there is heard."""
        return self.service and self.door


def care(now: Snapshot, rows: tuple[HandRow, ...], now_s: int) -> Care:
    """What a person could give, as the controller foresees it."""
    flags = number(now.board, "flags")
    return Care(
        service=bool(flags & codes.F_SERVICE),
        door=bool(flags & codes.F_DOOR_OPEN),
        silent="flags" not in now.board,
        now=tuple(_giving(r, now, now_s) for r in rows if not r.by_hand.code),
        was=tuple(_giving(r, now, now_s) for r in rows if not r.was_by_hand.code),
        late=tuple(_giving(r, now, now_s, r.late) for r in rows if r.late is not None),
        journey=tuple(
            _giving(r, now, now_s) for r in rows if not r.journey.code and r.by_hand.code
        ),
    )


def _giving(row: HandRow, now: Snapshot, now_s: int, verdict: Verdict | None = None) -> Giving:
    contents = [
        f"{words.pieces(quarters)} {name}"
        for name, quarters in zip(row.names, row.quarters, strict=False)
    ]
    return Giving(
        compartment=row.compartment,
        place=str(row.compartment + 1),
        contents=" + ".join(contents),
        when=words.when(row.due_at, now_s, now.zone),
        dose_id=row.dose_id,
        why=_why(verdict, now, now_s) if verdict is not None and verdict.code else "",
    )


def _why(verdict: Verdict, now: Snapshot, now_s: int) -> str:
    again = f" Again {words.when(verdict.next_at, now_s, now.zone)}." if verdict.next_at else ""
    return f"{verdict.why or words.refusal(verdict.code)}{again}"
