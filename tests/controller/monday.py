"""A Monday at six: a loaded home with the example's plan, and what tests of the rules ask of it.

Responsible for: the instants of that morning, a plan with pieces of its text replaced, a new
version of it, and looking at outcomes, falls and alerts. Not responsible for how a home runs
(home.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from controller import events as ev
from schedules import seal
from schedules.canonical import plan_hash
from schedules.model import Plan
from schedules.planfile import parse_plan
from tests.controller.home import EXAMPLE, Home, at

START: Final = "2026-11-23T05:00:00+00:00"
CALL: Final = "2026-11-23T07:05:00+00:00"  # breakfast is due at 07:00 UTC, its window ends at 08:00
OVER: Final = "2026-11-23T08:20:00+00:00"
ALONE: Final = ("    piece_mg: 200\n", "    piece_mg: 200\n    time_critical: yes\n")  # amlodipine


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The text of a plan with pieces of it replaced."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def at_home(folder: Path, *changes: tuple[str, str]) -> Home:
    """A loaded machine on a Monday at six; pieces of the example's plan replaced."""
    home = Home(folder, START, plan=changed(EXAMPLE.read_text(), *changes))
    home.install()
    return home


def version(home: Home, number: int, *changes: tuple[str, str]) -> Plan:
    """The next version of a home's plan, with pieces of its text replaced."""
    home.text = changed(home.text, *changes)
    plan = replace(parse_plan(home.text), version=number, previous_hash=plan_hash(home.plan))
    home.plan = plan
    return plan


def bring(home: Home, plan: Plan, **more: Any) -> str:
    """The code of the answer to a signed version."""
    return home.wish("plan", envelope=seal.seal(plan, home.private).decode(), **more).code


def at_door(home: Home, verb: str, **args: Any) -> str:
    """The code of a wish made with the switch held and the door open."""
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    code = home.wish(verb, **args).code
    home.world.close_door()
    home.world.service(False)
    home.run(2)
    return code


def skip_to(home: Home, text: str) -> None:
    """Hours in which all is off: the two clocks go on, and no test waits for it."""
    home.kill_controller()
    ahead_ms = (at(text) - 60 - home.now_s) * 1000
    for clock in (home.world.controller_clock, home.world.board_clock):
        clock.jump(ahead_ms, home.world.now_ms)
    home.world.reset(3)
    home.start_controller()
    home.run(60)


def how(home: Home, regimen: str = "metformin-500") -> list[tuple[str, str]]:
    """Outcomes of one regimen."""
    return [(outcome, why) for r, outcome, why in home.outcomes() if r == regimen]


def dose(home: Home, regimen: str, number: int = 0) -> Any:
    """One dose that the core knows, in due order."""
    known = [d for d in home.doses.values() if d.regimen == regimen]
    return sorted(known, key=lambda d: d.due_at)[number]


def breakfast(home: Home) -> int:
    """The compartment of the round at eight."""
    fills = home.controller.state.fills.values()  # type: ignore[union-attr]
    return min((f for f in fills if f.kind == "day"), key=lambda f: f.due_at).compartment


def fallen(home: Home) -> int:
    """Pieces that ever left a compartment by falling."""
    fills: Any = home.world.truth()["fills"]
    return sum(p["fell_ms"] is not None for f in fills for p in f["pieces"])


def asked_for(home: Home, regimen: str) -> dict[str, int]:
    """When the controller, by itself, first asked the board for each dose of a regimen."""
    assert home.controller is not None
    found: dict[str, int] = {}
    for record in home.controller.journal.all():
        e = ev.decode(record.kind, record.body)
        if isinstance(e, ev.OrderPrepared):
            for dose_id in e.doses:
                if home.doses[dose_id].regimen == regimen:
                    found.setdefault(dose_id, record.at_ms // 1000)
    return found


def raised(home: Home, code: str) -> list[Any]:
    """Every alert of that code that was ever raised."""
    found: list[Any] = home.events(ev.AlertRaised)
    return [e for e in found if e.code == code]
