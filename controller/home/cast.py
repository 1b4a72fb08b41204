"""The people of a demonstration: patient, loader, caregiver.

Responsible for: what each does with what can be seen from outside: the lamp for the
patient, the controller's proposal for the loader, the alerts for the caregiver. Not
responsible for when somebody is away or something breaks (week.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from controller.home.stage import STEP_MS, Stage, as_row
from hal.sim import loader
from hal.sim.chance import Chance
from hal.wire import codes

SLOWEST_S: Final = 180  # from the call to the press
CUP_MS: Final = 6_000  # from the pills in the cup to the lift
AWAY_MS: Final = 4_000  # from the lift to the empty cup back on its place
DOOR_MS: Final = 1_500


class Patient:
    """Answers the lamp; reads nothing else."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.at_home = True
        self.asks = False  # wants the as-needed medicine: answers the quiet lamp too
        self._stage = stage
        self._luck = Chance(seed)
        self._press_at_ms = 0
        self._cup_at_ms = 0

    def look(self) -> None:
        """One glance at the machine, and what follows from it."""
        world = self._stage.world
        now = world.now_ms
        lamp = world.lamp_shows
        if not self.at_home or not world.up:
            return
        if lamp in (codes.CALL, codes.WARN) or (self.asks and lamp == codes.READY):
            if not self._press_at_ms:
                self._press_at_ms = now + 1000 * (5 + self._luck.below(SLOWEST_S))
            elif now >= self._press_at_ms:
                self._press_at_ms = now + 30_000  # and again if nothing came of it
                world.press()
        elif lamp == codes.TAKE:
            self._press_at_ms = 0
            if now >= self._cup_at_ms:
                self._cup_at_ms = now + 60_000
                self._stage.house.do_at(now + CUP_MS, world.take_cup)
                self._stage.house.do_at(now + CUP_MS + AWAY_MS, world.return_cup)
        else:
            self._press_at_ms = 0


class Loader:
    """Fills what the controller asks for, in the order that keeps everybody safe."""

    def __init__(self, stage: Stage, by: str = "person/loader") -> None:
        self._stage = stage
        self._by = by
        self.visits = 0
        self.filled = 0

    def asked(self) -> bool:
        """Whether the controller wants a loading."""
        return bool((self._stage.look_until(_there).get("loading") or {}).get("asked"))

    def visit(self) -> None:
        """One loading, from the switch to the closed door."""
        stage = self._stage
        self.visits += 1
        self._all(loader.opening())
        stage.run_ms(DOOR_MS)
        shown = stage.look_until(lambda now: now.get("mode") == "service").get("loading") or {}
        self._all(loader.looking(as_row(shown, "verify"), self._by))
        stage.run_ms(DOOR_MS)
        for row in as_row(stage.look().get("loading") or {}, "rows"):
            self._all(loader.filling(row, self._by))
            self.filled += 1
        self._do(loader.finishing(self._by))
        stage.run_ms(2 * DOOR_MS)
        stage.look_until(lambda now: _there(now) and not (now.get("loading") or {}).get("done"))
        self._all(loader.closing())
        stage.run_ms(DOOR_MS)

    def free_the_tray(self) -> None:
        """After a jam: door closed, switch held, the tray goes home."""
        stage = self._stage
        stage.do("service", on=True)
        stage.run_ms(DOOR_MS)
        stage.wish("service-move", by=self._by)
        stage.run_ms(4 * DOOR_MS)
        stage.do("service", on=False)
        stage.run_ms(DOOR_MS)

    def _all(self, steps: list[loader.Step]) -> None:
        for step in steps:
            self._do(step)

    def _do(self, step: loader.Step) -> None:
        stage = self._stage
        body: dict[str, Any] = dict(step.body)
        if step.kind == loader.HOUSE:
            stage.do(body.pop("verb"), **body)
        elif step.kind == loader.WISH:
            stage.wish(body.pop("wish"), **body)
        else:
            pieces = stage.do("empty", compartment=body["compartment"])["pieces"]
            self._do(loader.counted(body["compartment"], pieces, self._by))


class Caregiver:
    """Sees to alerts: acknowledges, ends those about outcomes, settles doubts by looking."""

    def __init__(self, stage: Stage, by: str = "caregiver/mia") -> None:
        self._stage = stage
        self._by = by
        self.settled = 0

    def visit(self) -> None:
        """Everything that is raised now."""
        for alert in as_row(self._stage.look_until(_there), "alerts"):
            name, code = alert["alert_id"], alert["code"]
            if code == "dose-uncertain":
                self._settle(alert["dose_id"])
            elif code in ("dose-missed", "dose-held", "left-in-cup", "dose-contradicted"):
                self._stage.wish("acknowledge", alert_id=name, by=self._by)
                self._stage.wish("resolve", alert_id=name, by=self._by)

    def _settle(self, dose_id: str) -> None:
        """Look where the pills are: in the machine or cup, or gone with the patient."""
        gone = self._gone(dose_id)
        how = "the compartment and the cup are empty" if gone else "the pills are still there"
        self.settled += 1
        self._stage.wish(
            "settle",
            dose_id=dose_id,
            outcome="taken" if gone else "missed",
            how=how,
            by=self._by,
        )

    def _gone(self, dose_id: str) -> bool:
        pieces = [
            piece
            for fill in _rows(self._stage.world.truth()["fills"])
            if dose_id in str(fill["label"])
            for piece in fill["pieces"]
        ]
        return bool(pieces) and all(piece["place"] == "gone" for piece in pieces)


def _there(shown: Mapping[str, Any]) -> bool:
    """The page shows a controller that has its board."""
    return shown.get("link") == "fresh"


def _rows(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


class Cast:
    """All of them, and time that passes while they look."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.patient = Patient(stage, seed)
        self.loader = Loader(stage)
        self.caregiver = Caregiver(stage)

    def run_to(self, at_s: int) -> None:
        """Let time pass to a true instant (Unix s), the patient looking now and then."""
        stage = self.stage
        while (left := (at_s - stage.start_s) * 1000 - stage.world.now_ms) > 0:
            stage.run_ms(min(STEP_MS, left))
            self.patient.look()
