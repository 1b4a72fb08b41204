"""R17, R3: what is carried along is taken at its own time, and leaves less room until then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.rules.limits import free_at, room_at
from hal.wire import codes
from tests.controller.home import DAY, HOUR, MINUTE, Home
from tests.controller.monday import START, at_door, dose
from tests.controller.plan_text import asked, head, row

GROUP = "groups:\n  - {{ingredient: paracetamol, min_gap: 4h, max_per_24h: {cap}}}\n"
TABLETS = 8  # quarters of one grant or of one evening: two tablets


def _home(folder: Path, cap: int = 8) -> Home:
    """Two tablets of paracetamol at ten in the evening (21:00 UTC), and two when needed."""
    evening = row("night", 560, "2", "22:00", "in_addition_to: pain", of="paracetamol")
    text = head("journey", groups=GROUP.format(cap=cap)) + asked() + evening
    home = Home(folder, START, plan=text)
    home.install()
    return home


def _pack(home: Home, days: int = 1) -> Any:
    """The evenings of so many days go along; returns the first."""
    assert home.controller is not None
    fills = [f for f in home.controller.state.fills.values() if f.regimens == ("night",)]
    for fill in sorted(fills, key=lambda f: f.due_at)[:days]:
        said = {"compartment": fill.compartment, "pieces": fill.pieces, "by": "nurse/x"}
        assert "" == at_door(home, "hand-out", **said, **{"for": "a-journey"})
        home.world.hand_out(fill.compartment)
    home.load()
    return dose(home, "night")


def _state(home: Home) -> Any:
    assert home.controller is not None
    return home.controller.state


def test_r17_what_is_carried_along_keeps_its_gap_before_its_time(tmp_path: Path) -> None:
    """It may be taken at any moment of its window: a gap before that, nothing is granted."""
    home = _home(tmp_path)
    tonight = _pack(home)
    last, first = tonight.open_at - 4 * HOUR, tonight.close_at + 4 * HOUR
    state = _state(home)

    def free(at_s: int) -> int:
        return free_at(state, state.plan_envelope, "pain", at_s)

    assert [0, first, first, first] == [free(last), free(last + 1), free(first - 1), free(first)]


def test_r17_the_board_knows_what_is_carried_along(tmp_path: Path) -> None:
    """Where a row of its lease is free: a controller that forgot it would be refused, too."""
    home = _home(tmp_path)
    tonight = _pack(home)
    lease = home.executives[-1].holding.lease
    assert lease is not None
    rows = [lease.row(k) for k in range(codes.COMPARTMENTS)]
    away = [row for row in rows if row.kind == codes.ROW_CARRIED]
    pain = next(row for row in rows if row.kind == codes.ROW_ASKED)

    assert [(0, tonight.open_at, tonight.close_at)] == [
        (row.fill, row.open_s + codes.EPOCH_2020_S, row.close_s + codes.EPOCH_2020_S)
        for row in away
    ]
    assert {i for i, _ in away[0].groups} & {i for i, _ in pain.groups}


def test_r17_what_is_carried_along_fills_the_cap_before_its_time(tmp_path: Path) -> None:
    """Four tablets a day: two in the bag, two this morning, and no more until those are a day old.

    Whoever goes away for three days has two of each evening in the bag: two remain.
    """
    home = _home(tmp_path, cap=4)
    _pack(home, days=3)
    assert "" == home.wish("ask", regimen="pain").code
    home.take()
    morning = next(r.lifted_at for r in _state(home).releases if r.regimen == "pain")
    home.run(5 * HOUR)
    refused = home.wish("ask", regimen="pain")

    assert ("cap", morning + DAY) == (refused.code, refused.next_at)


def test_r17_a_planned_dose_does_not_wait_for_what_is_carried_along(tmp_path: Path) -> None:
    """The evening before a journey is given though its cap is full with tomorrow's: two people
    signed both."""
    home = _home(tmp_path, cap=2)
    assert home.controller is not None
    fills = [f for f in home.controller.state.fills.values() if f.regimens == ("night",)]
    tomorrow = sorted(fills, key=lambda f: f.due_at)[1]
    said = {"compartment": tomorrow.compartment, "pieces": 2, "by": "nurse/x"}
    assert "" == at_door(home, "hand-out", **said, **{"for": "a-journey"})
    state = _state(home)
    now = tomorrow.due_at - DAY + 30 * MINUTE

    assert 0 == room_at(state, state.plan_envelope, "night", TABLETS, now)
    assert now < room_at(state, state.plan_envelope, "pain", TABLETS, now)


@pytest.mark.parametrize(("hour", "code"), [(15, ""), (18, "gap")])
def test_r17_nothing_is_handed_out_that_would_come_too_soon(
    tmp_path: Path, hour: int, code: str
) -> None:
    """At six in the evening somebody asks for two tablets: those of ten o'clock stay here."""
    home = _home(tmp_path)
    home.run_to(f"2026-11-23T{hour}:05:00+00:00")
    assert "" == home.wish("ask", regimen="pain").code
    home.take()
    assert home.controller is not None
    fills = [f for f in home.controller.state.fills.values() if f.regimens == ("night",)]
    tonight = min(fills, key=lambda f: f.due_at)
    said = {"compartment": tonight.compartment, "pieces": 2, "by": "nurse/x"}

    assert code == at_door(home, "hand-out", **said, **{"for": "a-journey"})
