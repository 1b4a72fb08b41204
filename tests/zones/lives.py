"""A home lives through a change of the wall clock, and what must have come of those days.

Responsible for: days of a whole home (production controller, firmware and cable) around one
change, and holding what fell and what was written against instants found by search (skies.py).
Idle keepalives are leapt over. Not for which changes are lived through (test_lived.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from controller import events as ev
from hal.wire import codes
from schedules.limits import gap_s
from tests.clocks.life import Morning
from tests.zones.skies import DAY_S, Change, Sky, date_of

ROUND_S: Final = 20  # two orders in one cup
LOOK_S: Final = 60  # the patient looks at the lamp so often
DEAD_S: Final = 300
LATE_S: Final = 120  # a dose that is taken at the signal has fallen by then
CLEAR_S: Final = 40 * 60  # a person comes to load when nothing is due for so long, either way
EVERY_S: Final = 8 * 3600
STEADY: Final = "steady"  # the regimen that counts elapsed time
HEAD: Final = """
schema: posology-plan/1
plan_id: lives
version: 1
device: posology-demo-1
patient: pt-7Q2K
zone: {zone}
valid_from: {first}
valid_until: {last}
clock: {{wake: 07:00, breakfast: 08:00, lunch: 12:30, dinner: 18:30, bed: 22:00}}
window: {{early: 10min, late: 15min}}
regimens:
"""
ROW: Final = """
  - id: {id}
    name: {id}
    form: tablet
    strength: 5 mg
    ingredients: [{id}]
    piece_mg: {mg}
    start: {start}
    last_taken: never
    steps: [{{take: [{{dose: 1, {when}}}]}}]
"""


@dataclass(frozen=True)
class Course:
    """Times of day of one regimen; none: every EVERY_S from 04:00 of the first date."""

    id: str
    times: tuple[str, ...] = ()


class Days:
    """Some days of one home around one change; `play`, then `wrong`."""

    def __init__(
        self, folder: Path, zone: str, change: Change, courses: list[Course],
        *, before: int = 2, after: int = 2, awake: bool = True, known: bool = True,
    ) -> None:  # fmt: skip
        self.sky = Sky((zone,), change.before_s, (change,) if known else ())
        self.change, self.courses, self.awake = change, courses, awake
        day = change.on_date
        self.dates = [day + timedelta(days=n) for n in range(-before, after + 2)]
        self.start_s = self.sky.instant(self.dates[0], 1)
        self.end_s = change.at_s + after * DAY_S
        self.first, self.last = self.dates[0], day + timedelta(days=60)
        start = datetime.fromtimestamp(self.start_s, UTC).isoformat()
        self.home = Morning(folder, start, plan=self._text(zone))
        self.loads = self.dead_s = 0

    def _text(self, zone: str) -> str:
        head = HEAD.format(zone=zone, first=self.first, last=self.last)
        rows = []
        for n, one in enumerate(self.courses):
            when = f"at: [{', '.join(one.times)}]" if one.times else f"every: {EVERY_S // 3600}h"
            start = str(self.first) + ("" if one.times else "T04:00")
            rows.append(ROW.format(id=one.id, mg=300 + 20 * n, start=start, when=when))
        return head + "".join(rows)

    def due(self) -> list[tuple[int, str, date]]:
        """(instant, regimen, civil date) of every dose of these days, by search alone."""
        found = []
        for one in self.courses:
            if not one.times:
                at_s = self.sky.instant(self.first, 4 * 60)
                while at_s < self.end_s:
                    found.append((at_s, one.id, date_of(at_s + self.sky.offset(at_s))))
                    at_s += EVERY_S
                continue
            for day in filter(self.sky.has_day, self.dates):
                for text in one.times:
                    at_s = self.sky.instant(day, int(text[:2]) * 60 + int(text[3:]))
                    found.append((at_s, one.id, day))
        return sorted(row for row in found if self.start_s + 1800 < row[0] < self.end_s - 1800)

    # --- living ------------------------------------------------------------------------------

    @property
    def true_s(self) -> int:
        """True time, Unix seconds."""
        return self.home.world.utc_ms() // 1000

    def play(self, dies_s: int = 0, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Every day to its end; from `dies_s` (true time) on the controller is dead for a while."""
        self.dead_s = DEAD_S if dies_s else 0
        home = self.home
        home.install()
        loads = self._calm()
        load_s = next(loads)
        while self.true_s < self.end_s:
            if dies_s and self.true_s >= dies_s:
                dies_s = 0
                home.kill_controller()
                home.run(DEAD_S)
                meanwhile()
                home.start_controller()
            elif self.true_s >= load_s:
                home.load()
                self.loads += 1
                load_s = next(loads)
            elif self.awake and home.world.lamp_shows in (codes.CALL, codes.WARN):
                home.take(ROUND_S)
            else:
                home.run(LOOK_S)

    def _calm(self) -> Iterator[int]:
        """About twice a day an instant with nothing due near it."""
        due = [row[0] for row in self.due()]
        at_s = self.start_s + DAY_S // 2
        while True:
            while any(abs(at_s - one) < CLEAR_S for one in due):
                at_s += 300
            yield at_s
            at_s += DAY_S // 2

    # --- judging -----------------------------------------------------------------------------

    def fell(self) -> dict[str, list[int]]:
        """True instants at which a dose fell; a fill holds a piece for each of its doses."""
        fills: Any = self.home.world.truth()["fills"]
        found: dict[str, list[int]] = {}
        for fill in fills:
            for dose, piece in zip(fill["label"].split("|"), fill["pieces"], strict=True):
                if piece["fell_ms"] is not None:
                    at_s = self.start_s + piece["fell_ms"] // 1000
                    found.setdefault(dose, []).append(at_s)
        return found

    def wrong(self) -> list[str]:
        """Every sentence that does not hold; [] is what it must be."""
        home, due = self.home, self.due()
        lives = sorted((d.due_at, d.regimen, key) for key, d in home.doses.items())
        lives = [row for row in lives if self.start_s + 1800 < row[0] < self.end_s - 1800]
        asked = [(at_s, regimen) for at_s, regimen, _ in due]
        found = [f"due and not opened: {row}" for row in sorted({*asked} - {r[:2] for r in lives})]
        found += [f"opened and not due: {row}" for row in lives if row[:2] not in asked]
        closed: Any = home.events(ev.DoseClosed)
        told: Any = home.events(ev.AlertRaised)
        fell = self.fell()
        for due_s, regimen, key in lives:
            ends = [e.outcome for e in closed if e.dose_id == key]
            when = [at_s - due_s for at_s in fell.get(key, [])]
            name = f"{regimen} of {datetime.fromtimestamp(due_s, UTC)}"
            if ends != (["taken"] if self.awake else ["missed"]):
                found.append(f"{name}: {ends}")
            if self.awake and (len(when) != 1 or not 0 <= when[0] <= LATE_S + self.dead_s):
                found.append(f"{name} fell {when} s after it was due")
            if not self.awake and (when or key not in {e.dose_id for e in told}):
                found.append(f"{name} was missed: fell {when}, or nobody was told")
        return found + self._gaps(fell) + self._slots(due, lives)

    def _gaps(self, fell: dict[str, list[int]]) -> list[str]:
        """The least time between two doses of a regimen, by what fell."""
        found = []
        for one in self.home.plan.regimens:
            keys = {k for k, d in self.home.doses.items() if d.regimen == one.id}
            times = sorted(at_s for key in keys for at_s in fell.get(key, []))
            least = min((b - a for a, b in pairwise(times)), default=DAY_S)
            if least < gap_s(one):
                found.append(f"{one.id}: {least} s between two, {gap_s(one)} at least")
        return found

    def _slots(
        self, due: list[tuple[int, str, date]], lives: list[tuple[int, str, str]]
    ) -> list[str]:
        """One dose for a civil date and a slot: as many as dates, each with its own identity."""
        if len({key for _, _, key in lives}) == len(due):
            return []
        return [f"{len(lives)} doses for {len(due)} slots"]


def tzif(change: Change) -> bytes:
    """A time-zone file (RFC 8536, version 2) that knows this one change."""
    head = b"TZif2" + bytes(15)
    types = b"".join(
        offset.to_bytes(4, "big", signed=True) + bytes((0, index))
        for offset, index in ((change.before_s, 0), (change.after_s, 4))
    )
    names = b"old\0new\0"
    first = head + _counts(0, 1, 4) + types[:6] + names[:4]
    moment = change.at_s.to_bytes(8, "big", signed=True) + b"\1"
    return first + head + _counts(1, 2, 8) + moment + types + names + b"\n\n"


def _counts(moments: int, types: int, names: int) -> bytes:
    return b"".join(n.to_bytes(4, "big") for n in (0, 0, 0, moments, types, names))
