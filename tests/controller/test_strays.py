"""H03, R2: what falls out of another compartment than the one that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from controller import events as ev
from controller.copies import replace
from controller.facts import Facts
from controller.rules.verdicts import resolve
from hal.sim import mishaps
from hal.wire import codes
from hal.wire.messages import Actual
from tests.controller.home import HOUR, Home
from tests.controller.monday import CALL, how

SPRUNG_MS = 60  # after START: the tray turns past the compartments of what is given as needed
BY = "person/ada"


def _stray(home: Home) -> Any:
    """Breakfast is asked for, and the gate springs open over paracetamol; its compartment."""
    home.run_to(CALL)
    home.world.press()
    order = home.executives[-1].mind.order
    while order.state != codes.STARTED:
        home.house.run(home.world.now_ms + 5)
    home.house.run(home.world.now_ms + SPRUNG_MS)
    mishaps.cause(home.world, "stuck_gate_open", {"at_once": 1, "travel_ms": 40})
    home.run(8)
    mishaps.heal_all(home.world)
    fell = [f for f in home.world.ledger.fills if any(p.fell_ms is not None for p in f.pieces)]
    assert 1 == len(fell) and fell[0].compartment != order.compartment, "not what is tested here"
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)
    return fell[0].compartment


def _to_home(home: Home) -> None:
    """A person lets the tray go home: door closed, switch held."""
    home.world.service(True)
    home.run(2)
    assert "" == home.wish("service-move", by=BY).code
    home.run(15)
    home.world.service(False)
    home.run(3)


@pytest.mark.hazard("H03")
def test_what_fell_on_the_way_is_not_given_again_as_something_else(home: Home) -> None:
    """Two tablets of paracetamol fell for breakfast: none is granted, and all is looked into."""
    _stray(home)
    _to_home(home)
    assert home.controller is not None
    fills = home.controller.state.fills.values()

    assert {"held"} == {f.state for f in fills}
    assert "none-loaded" == home.wish("ask", regimen="paracetamol-500").code
    assert [("uncertain", "gate-stuck-open")] == how(home)


@pytest.mark.hazard("H03")
def test_what_is_missing_from_a_compartment_counts_from_when_that_is_seen(home: Home) -> None:
    """The compartment that lacks its tablets is emptied: their gap runs, and the others go on."""
    lacking = _stray(home)
    _to_home(home)
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    verify = home.shown["loading"]["verify"]
    for compartment in sorted({*verify} - {lacking}):
        assert "" == home.wish("verify", compartment=compartment, by=BY).code
    left = home.world.empty(lacking)
    assert "" == home.wish("emptied", compartment=lacking, pieces=left, by=BY).code
    home.world.close_door()
    home.world.service(False)
    home.run(2)
    home.load()
    seen = home.now_s
    refused = home.wish("ask", regimen="paracetamol-500")

    assert "gap" == refused.code
    assert seen + 4 * HOUR - 60 < refused.next_at <= seen + 4 * HOUR


@pytest.mark.hazard("H03")
def test_the_verdict_alone_puts_every_compartment_in_doubt(home: Home) -> None:
    """A worse fault hides that of the gate: the verdict names it, in one transaction."""
    home.run_to(CALL)
    assert home.controller is not None
    state = home.controller.state
    assert state.order is not None
    order = replace(state.order, stage="committed")
    lives = {d: replace(state.doses[d], stage="committed") for d in order.doses}
    going = replace(state, order=order, doses={**state.doses, **lives})
    board = Actual()
    board.order, board.order_state = order.order, codes.DONE
    board.verdict, board.code = codes.UNCERTAIN, codes.GATE_STUCK_OPEN
    told = resolve(going, Facts(home.now_s, board=board))
    held = {e.compartment: e.code for e in told if isinstance(e, ev.FillHeld)}

    assert "gate-stuck-open" == held.pop(order.compartment)
    assert {c for c, f in state.fills.items() if c != order.compartment} == set(held)
    assert {"stray-fall"} == set(held.values())


def test_a_gate_that_opens_over_the_blank_place_lets_go_of_nothing(home: Home) -> None:
    """The tray is parked, its gate comes open for a while: no compartment is held for that."""
    home.run_to("2026-11-23T06:20:00+00:00")
    mishaps.cause(home.world, "stuck_gate_open", {"at_once": 1})
    home.run(120)
    assert home.controller is not None
    assert codes.GATE_STUCK_OPEN in home.controller.state.faults
    mishaps.heal_all(home.world)
    home.run_to(CALL)
    home.take()

    assert [("taken", "retrieved")] == how(home)


@pytest.mark.hazard("H03")
def test_nothing_that_was_looked_at_is_believed_while_the_gate_is_in_doubt(home: Home) -> None:
    """Looked at before the tray was taken home: held again, because it may yet lose something."""
    _stray(home)
    home.load()
    assert home.controller is not None

    assert {"stray-fall"} <= {f.code for f in home.controller.state.fills.values()}
    assert "none-loaded" == home.wish("ask", regimen="paracetamol-500").code
