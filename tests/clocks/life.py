"""One morning of one home while a clock is wrong: two doses, a patient who tries, a helper.

Responsible for: bringing a home to a phase of its first dose, the trouble, the healing and
everything people do, by true time alone. Not responsible for what must hold (judge.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hal.sim.sense import EXTERNAL
from hal.wire import codes
from tests.clocks.troubles import Trouble, set_right
from tests.controller.home import at
from tests.controller.plan_text import head
from tests.years.lean import Lean
from tests.years.quiet import Leaping

START: Final = "2026-11-23T06:40:00+00:00"
FIRST: Final = "2026-11-23T07:00:00+00:00"  # due; open ten minutes before, closed 20 after
SECOND: Final = "2026-11-23T08:30:00+00:00"
END: Final = "2026-11-23T09:10:00+00:00"
PHASES: Final = ("quiet", "offered", "prepared", "committed", "moving", "released")
HEALS: Final = {"soon": 90, "late": 40 * 60}  # seconds after the trouble began
EVERY_S: Final = 60  # the patient looks at the lamp this often
TOLD: Final = frozenset({"clock-untrusted", "board-fault"})  # how somebody hears of a clock
STEP_MS: Final = 20
MOST_STEPS: Final = 1000
CALM_MS: Final = 300_000  # after the healing: from then on idle keepalives may be leapt over
_REGIMENS: Final = """\
  - id: first
    name: First
    form: tablet
    strength: 5 mg
    ingredients: [one]
    piece_mg: 500
    start: 2026-11-20
    last_taken: never
    steps: [{take: [{dose: 1, at: [08:00]}]}]
  - id: second
    name: Second
    form: tablet
    strength: 5 mg
    ingredients: [two]
    piece_mg: 300
    start: 2026-11-20
    last_taken: never
    steps: [{take: [{dose: 1, at: [09:30]}]}]
"""
PLAN: Final = head("clocks", window="early: 10min, late: 20min") + _REGIMENS


@dataclass(frozen=True)
class Case:
    """One trouble in one phase, healed soon or late."""

    trouble: Trouble
    phase: str
    heal: str

    @property
    def name(self) -> str:
        """For people, and to replay it."""
        return f"{self.trouble.name}, {self.phase}, healed {self.heal}"


class Morning(Leaping):
    """A home that leaps over idle keepalives before the trouble and long after its healing."""

    process = Lean


class Life:
    """What became of one case; `began_s` and `healed_s` are true Unix seconds."""

    def __init__(self, folder: Path, case: Case) -> None:
        self.case = case
        self.home = Morning(folder, START, plan=PLAN)
        self.began_s = self.healed_s = 0
        self.heard_s = 0  # first seen by true time: an alert about a clock
        self.visits = 0  # a person came to the machine to set its clock

    @property
    def true_s(self) -> int:
        """True time, Unix seconds."""
        return self.home.world.utc_ms() // 1000

    def run(self) -> None:
        """The whole morning."""
        self.home.install()
        self.come_to(self.case.phase)
        self.began_s = self.true_s
        self.home.house.leaps = False
        self.case.trouble.begin(self.home.world)
        if self.case.trouble.restarts:
            self._restart()
        self.until(self.began_s + HEALS[self.case.heal])
        set_right(self.home.world)
        self.healed_s = self.true_s
        self._confirm()
        self.home.house.restless_ms = self.home.world.now_ms + CALM_MS
        self.home.house.leaps = self.home.leaps
        self.until(at(END))

    def come_to(self, phase: str) -> None:
        """Bring the first dose to a phase of its life."""
        home, world = self.home, self.home.world
        if phase == "quiet":
            home.run(at("2026-11-23T06:45:00+00:00") - self.true_s)
            return
        minute = "06:53" if phase == "offered" else "07:02"
        home.run(at(f"2026-11-23T{minute}:00+00:00") - self.true_s)
        if phase in ("offered", "prepared"):
            assert codes.PREPARED == home.executives[-1].mind.order.state
            return
        world.press()
        for _ in range(MOST_STEPS):
            if self._is_in(phase):
                return
            home.house.run(world.now_ms + STEP_MS)
        raise AssertionError(f"never {phase}\n{home.show()}")

    def _is_in(self, phase: str) -> bool:
        controller = self.home.controller
        assert controller is not None
        order, world = controller.state.order, self.home.world
        if phase == "committed":
            return order is not None and order.stage == "committed"
        if phase == "moving":
            return world.tray.moving(world.now_ms)
        return bool(world.ledger.in_cup) and controller.state.cup is not None

    def _restart(self) -> None:
        """The machine whose clock is wrong starts anew."""
        if self.case.trouble.who == "board":
            self.home.world.reset(EXTERNAL)
        else:
            self.home.kill_controller()
            self.home.run(2)
            self.home.start_controller()

    # --- people ------------------------------------------------------------------------------

    def until(self, true_s: int) -> None:
        """The patient looks at the lamp every minute and does what it says."""
        home, world = self.home, self.home.world
        while self.true_s < true_s:
            if not self.heard_s and TOLD & set(home.alerts()):
                self.heard_s = self.true_s
            if not world.cup.present:
                world.return_cup()
            elif world.ledger.in_cup:
                world.take_cup()
                home.run(5)
                world.return_cup()
            elif world.lamp_shows in (codes.READY, codes.CALL, codes.WARN):
                world.press()
                home.run(8)
                continue
            home.run(max(1, min(EVERY_S, true_s - self.true_s)))

    def _confirm(self) -> None:
        """A named person looks at both clocks, says so, and sets the board's where need be."""
        home = self.home
        home.run(15)
        if home.shown["trusted"]:
            return
        home.wish("confirm-clock", by="person/eva")
        home.run(15)
        if not home.shown["trusted"]:
            self.visits += 1
            home.load()
            home.run(15)
