"""Two days in one home with every kind of outcome in them, for what is told of a journal.

Responsible for: taken, asked for, refused, missed, left in the cup and lifted late, uncertain and
settled, uncertain and left so, given late, held, skipped, handed out. Not responsible for what is
made of it (the tests beside it).
"""

from __future__ import annotations

from pathlib import Path

from schedules.halt import Act, seal_act
from schedules.model import LastTaken
from tests.controller.home import Home, at
from tests.controller.monday import at_door, at_home, dose, skip_to

EVA, CLARA = "caregiver/eva", "pharmacist/clara"


def lived(folder: Path) -> Home:
    """The home on Tuesday evening; its journal is folder/journal.db."""
    home = at_home(folder)
    _monday(home)
    _tuesday(home)
    return home


def _monday(home: Home) -> None:
    home.run_to("2026-11-23T06:10:00+00:00")
    _done(home.wish("ask", regimen="paracetamol-500").code)
    home.run(3)
    home.take()
    assert "gap" == home.wish("ask", regimen="paracetamol-500").code

    home.run_to("2026-11-23T07:05:00+00:00")  # breakfast: taken
    home.take()

    skip_to(home, "2026-11-23T11:25:00+00:00")
    home.run_to("2026-11-23T11:35:00+00:00")  # lunch: left in the cup, lifted late
    home.world.press()
    home.run_to("2026-11-23T12:40:00+00:00")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()

    skip_to(home, "2026-11-23T17:25:00+00:00")
    home.run_to("2026-11-23T17:35:00+00:00")  # dinner: the cup does not come back; settled
    _cup_away(home)
    evening = dose(home, "metformin-500", 1).dose_id
    _done(home.wish("settle", dose_id=evening, outcome="taken", how="seen", by=EVA).code)

    skip_to(home, "2026-11-23T20:50:00+00:00")
    home.run_to("2026-11-23T22:05:00+00:00")  # bed: missed, heard of, given late
    night = dose(home, "simvastatin-20")
    alert = next(a for a in home.controller.state.alerts.values() if a.code == "dose-missed")  # type: ignore[union-attr]
    _done(home.wish("acknowledge", alert_id=alert.alert_id, by=EVA).code)
    _done(at_door(home, "give-late", dose_id=night.dose_id, by=EVA, reason="came-late"))
    home.load()


def _tuesday(home: Home) -> None:
    assert home.controller is not None
    fills = home.controller.state.fills.values()
    lunch = min((f for f in fills if "gabapentin-300" in f.regimens and f.state == "loaded"),
                key=lambda f: f.due_at)  # fmt: skip
    said = {"compartment": lunch.compartment, "pieces": 1, "by": CLARA, "for": "To see Anna Muster"}
    _done(at_door(home, "hand-out", **said))
    home.world.hand_out(lunch.compartment)
    home.load()
    meant = Act("hold", home.plan.device, home.plan.patient, number=1, regimen="amlodipine-5",
                not_after=at("2026-12-01T00:00:00+00:00"),
                last_taken=LastTaken("never"))  # fmt: skip
    _done(home.wish("act", document=seal_act(meant, home.private[:1])).code)

    skip_to(home, "2026-11-24T06:25:00+00:00")
    home.run_to("2026-11-24T07:05:00+00:00")  # breakfast: one on hold, what lies with it skipped
    _done(home.wish("skip", dose_id=dose(home, "metformin-500", 2).dose_id, by=EVA).code)
    skip_to(home, "2026-11-24T17:25:00+00:00")
    home.run_to("2026-11-24T17:35:00+00:00")  # dinner: taken
    home.take()
    skip_to(home, "2026-11-24T20:55:00+00:00")
    home.run_to("2026-11-24T21:05:00+00:00")  # bed: in doubt, and nobody has said anything yet
    _cup_away(home)


def _cup_away(home: Home) -> None:
    home.world.press()
    home.run(10)
    home.world.take_cup()
    home.run(16 * 60)
    home.world.return_cup()
    home.run(5)


def _done(code: str) -> None:
    assert "" == code, code
