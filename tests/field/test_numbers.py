"""Numbers that become other numbers on their way from a hand to a cup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller import events as ev
from hal.sim import mishaps
from hal.wire import codes
from schedules import seal
from schedules.model import PlanRefused
from schedules.planfile import parse_plan
from tests.controller.home import EXAMPLE, Home
from tests.field.people import PILL, fallen
from tests.firmware.bench import PIECE_MG, Bench

CALL = "2026-11-23T07:05:00+00:00"


def test_field_a_bouncing_key_asks_once(tmp_path: Path) -> None:
    """FDA on infusion pumps: a key that bounces makes 100 of 10.

    Every press of the one button makes ten more, and the page sends "I need one" twenty times:
    one round falls for a call, one as-needed dose is granted and given.
    """
    home = Home(tmp_path, "2026-11-23T06:20:00+00:00")
    home.install()
    mishaps.cause(home.world, "button_bounce", {"edges": 10})
    home.run_to(CALL)
    home.take()
    morning = fallen(home.world)
    home.run(5)
    codes_ = [home.wish("ask", regimen="paracetamol-500").code for _ in range(20)]
    home.run(2)
    home.take()
    home.run(60)
    home.world.press()
    home.run(20)

    assert 2 == morning
    assert ["", *["already-granted"] * 19] == codes_
    assert 2 + 2 == fallen(home.world)
    assert 1 == len(home.events(ev.AskedGranted))


@pytest.mark.parametrize(
    ("slip", "code"),
    [
        ("dose: 10", ""),  # ten pieces are a dose somebody may mean: two people read it back
        ("dose: 100", "wrong-value"),
        ("dose: 5523", "wrong-value"),
        ("dose: .5", "wrong-value"),
        ("dose: 0,5", "wrong-value"),
        ("dose: 05", "wrong-value"),
        ("dose: 1e2", "wrong-value"),
        ("dose: 500 mg", "wrong-value"),
        ("dose: -1", "wrong-value"),
        ("dose: 0", "wrong-value"),
    ],
)
def test_field_a_slip_of_the_finger_is_refused_or_read_as_written(slip: str, code: str) -> None:
    """LoopKit/Loop#33: 5523 typed for 55. Omnipod 5 app (2024): a leading decimal point got lost.

    An amount is whole pieces or quarters, written in one way. Whatever else looks like one is
    refused with its place; nothing is ever read as another number.
    """
    text = PILL.replace("dose: 1", slip)
    assert text != PILL
    if not code:
        (take,) = parse_plan(text).regimens[0].steps[0].takes
        assert 40 == take.quarters
        return
    with pytest.raises(PlanRefused) as refused:
        parse_plan(text)

    assert (code, "regimens[0].steps[0].take[0].dose") == (refused.value.code, refused.value.place)


def test_field_half_a_tablet_is_half_in_every_way_of_writing_it() -> None:
    """The same app: 0.5 and 5 must never meet. Read back, half a tablet is half a tablet."""
    plan = parse_plan(PILL.replace("dose: 1", "dose: 0.5"))

    assert [2] == [take.quarters for take in plan.regimens[0].steps[0].takes]


@pytest.mark.parametrize(
    "line",
    ["strength: 5", "strength: 2.5", "piece_mg: 0.2 g", "min_gap: 4", "piece_mg: 200mg"],
)
def test_field_a_number_without_its_unit_is_refused(line: str) -> None:
    """FDA on infusion pumps: screens that leave the unit of a number unclear.

    A strength, a weight or a time whose unit is absent or not the one of its field is no plan.
    """
    key = line.partition(":")[0]
    if key == "min_gap":
        text = EXAMPLE.read_text().replace("min_gap: 4h", line)
    else:
        old = next(row.strip() for row in PILL.splitlines() if row.strip().startswith(key))
        text = PILL.replace(old, line)
    with pytest.raises(PlanRefused) as refused:
        parse_plan(text)

    assert refused.value.place.endswith(key), refused.value


def test_field_a_number_too_large_is_stopped_though_two_people_signed_it(tmp_path: Path) -> None:
    """LoopKit/Loop#33: 5523 for 55, and the one limit there was did not count.

    5523 pieces in a plan that never passed the checks of the plan file, with two true signatures:
    the controller checks again, refuses it with its place, and nothing comes into force.
    """
    home = Home(tmp_path, "2026-11-23T06:20:00+00:00", plan=PILL)
    home.run(10)
    regimen = home.plan.regimens[0]
    (take,) = regimen.steps[0].takes
    step = replace(regimen.steps[0], takes=(replace(take, quarters=4 * 5523),))
    wrong = replace(home.plan, regimens=(replace(regimen, steps=(step,)),))
    reply = home.wish("plan", envelope=seal.seal(wrong, list(home.private)).decode())

    assert ("wrong-value", "regimens[0].steps[0].take[0].dose") == (reply.code, reply.place)
    assert [] == home.events(ev.PlanApproved)


def test_field_a_lease_with_too_large_a_number_gives_no_more_than_its_cap() -> None:
    """The same, one layer down: a controller that asks the board for more than the cap.

    The lease allows eight quarters a day; the fill says twenty-four: it is never prepared.
    """
    bench = Bench()
    bench.load({0: [PIECE_MG] * 6}, cap=5)

    assert codes.CAP == bench.refused(codes.PREPARE, 1)
    assert [] == bench.world.drives
