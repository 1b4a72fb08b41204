"""Whatever the controller says: the board refuses, with the code that tells why."""

from collections.abc import Callable

import pytest

from hal.wire import codes
from tests.firmware.bench import GROUP, HOUR_S, Bench

Trouble = Callable[[Bench], None]


def _wrong_clock(bench: Bench) -> None:
    bench.world.board_clock.kept = False


def _clock_steps(bench: Bench) -> None:
    bench.world.board_clock.jump(1800 * 1000, bench.world.now_ms)
    bench.run(1000)


def _service(bench: Bench) -> None:
    bench.world.service(True)


def _door(bench: Bench) -> None:
    bench.world.open_door()


def _door_was_open(bench: Bench) -> None:
    bench.world.open_door()
    bench.run(500)
    bench.world.close_door()


def _other_tray(bench: Bench) -> None:
    bench.world.tray.index += 1


def _no_cup(bench: Bench) -> None:
    bench.world.take_cup()


def _water(bench: Bench) -> None:
    bench.world.cup.foreign_mg = 900
    bench.world.settle()
    bench.run(1000)


def _scale_low(bench: Bench) -> None:
    bench.world.cup.drift_mg = -500


def _gate(bench: Bench) -> None:
    bench.world.flap.low = 40
    bench.world.flap.change(bench.world.now_ms)
    bench.world.settle()


def _blind(bench: Bench) -> None:
    bench.world.chute.beam = "lit"
    bench.run(61000)


def _encoder(bench: Bench) -> None:
    bench.world.tray.encoder_stuck = 37


def _flat_battery(bench: Bench) -> None:
    bench.world.mains(False)
    bench.world.supply.change(bench.world.now_ms, mains=False, charge_ms=HOUR_S * 1000)


TROUBLES: list[tuple[str, Trouble, int]] = [
    ("the clock has lost its time", _wrong_clock, codes.CLOCK_NOT_SET),
    ("the clock stepped half an hour", _clock_steps, codes.CLOCK_NOT_SET),
    ("the service switch is on", _service, codes.SERVICE_ON),
    ("the door is open", _door, codes.DOOR_OPEN),
    ("the door was open since loading", _door_was_open, codes.FILL_UNKNOWN),
    ("another tray is seated", _other_tray, codes.TRAY_CHANGED),
    ("the cup is away", _no_cup, codes.CUP_MISSING),
    ("there is water in the cup", _water, codes.CUP_NOT_EMPTY),
    ("the scale reads below its tare", _scale_low, codes.SCALE_FAULT),
    ("the gate does not close", _gate, codes.GATE_STUCK_OPEN),
    ("the beam sees light for ever", _blind, codes.BEAM_BLIND),
    ("encoder and home switch disagree", _encoder, codes.POSITION_UNPROVEN),
    ("an hour of battery is left", _flat_battery, codes.BATTERY_LOW),
]


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(("what", "trouble", "code"), TROUBLES, ids=[row[0] for row in TROUBLES])
def test_prepare_is_refused_with_its_code(what: str, trouble: Trouble, code: int) -> None:
    """PREPARE under each trouble names it, prepares nothing and moves nothing."""
    bench = Bench()
    bench.load({0: [300, 260]})
    trouble(bench)

    refusal = bench.refused(codes.PREPARE, 1)

    assert (codes.FAULTS[code][0], 1) == (codes.word(refusal), bench.actual.refused_order), what
    assert 0 == bench.actual.order
    assert [] == bench.world.drives


@pytest.mark.parametrize(("what", "trouble", "code"), TROUBLES, ids=[row[0] for row in TROUBLES])
def test_start_is_refused_though_prepare_was_not(what: str, trouble: Trouble, code: int) -> None:
    """The same troubles between the press and START: nothing moves, and a code tells of it."""
    bench = Bench()
    bench.load({0: [300, 260]})
    bench.prepare(1)
    trouble(bench)
    bench.world.press()
    bench.run(500)

    refusal = bench.refused(codes.START, 1)

    assert 0 != refusal, what
    assert codes.PREPARED == bench.actual.order_state
    assert [] == bench.world.drives


@pytest.mark.hazard("H04")
def test_outside_its_window_nothing_is_prepared() -> None:
    """Before open_s and from close_s on the row is shut, by the board's own clock."""
    bench = Bench()
    now_s = bench.utc_s()
    bench.load({0: [300, 260]}, open_s=now_s + 600, close_s=now_s + 1200)
    assert codes.OUTSIDE_WINDOW == bench.refused(codes.PREPARE, 1)
    bench.run(600 * 1000)
    bench.prepare(1)

    bench.run(600 * 1000)

    assert codes.OUTSIDE_WINDOW == bench.refused(codes.PREPARE, 2)


@pytest.mark.hazard("H04")
def test_after_not_after_s_an_order_is_too_late() -> None:
    """The order's own deadline counts at PREPARE and again at START."""
    bench = Bench()
    bench.load({0: [300, 260]})
    assert codes.TOO_LATE == bench.refused(codes.PREPARE, 1, not_after_s=bench.utc_s())
    bench.prepare(1, not_after_s=bench.utc_s() + 30)
    bench.run(30 * 1000)
    bench.press()

    assert codes.TOO_LATE == bench.refused(codes.START, 1)


def test_without_a_lease_nothing_is_prepared() -> None:
    """A new board has no lease, so it releases nothing."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)

    assert codes.NO_LEASE == bench.refused(codes.PREPARE, 1, fill=1)


@pytest.mark.hazard("H11")
@pytest.mark.parametrize(
    ("compartment", "fill"), [(0, 77), (1, 0), (1, 1), (27, 5), (28, 1), (255, 1)]
)
def test_a_fill_that_the_lease_does_not_name_is_unknown(compartment: int, fill: int) -> None:
    """The wrong fill, an empty row, an index beyond the tray: refused alike."""
    bench = Bench()
    bench.load({0: [300, 260]})

    assert codes.FILL_UNKNOWN == bench.refused(codes.PREPARE, 1, compartment, fill=fill)


@pytest.mark.hazard("H01")
def test_a_spent_fill_is_never_exposed_again() -> None:
    """After its release the same fill is refused under any new order number."""
    bench = Bench()
    bench.load({0: [300, 260]})
    bench.dispense(1)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()

    assert codes.FILL_SPENT == bench.refused(codes.PREPARE, 2)
    assert 1 == len(bench.world.chute.exposures)


def test_a_compartment_held_by_the_controller_is_not_prepared() -> None:
    """hold_mask acts at once, without any signature."""
    bench = Bench()
    bench.load({0: [300, 260]})

    assert codes.COMPARTMENT_HELD == bench.refused(codes.PREPARE, 1, hold_mask=1)


def test_the_gap_runs_from_the_lift_of_the_cup() -> None:
    """What lies in the cup counts as released now; ten minutes of gap begin when it is lifted."""
    bench = Bench()
    bench.load({0: [300, 260], 1: [310]}, gap_s=600)
    bench.dispense(1)
    bench.run(900 * 1000)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.run(590 * 1000)
    assert codes.GAP == bench.refused(codes.PREPARE, 2, 1)

    bench.run(10 * 1000)

    bench.dispense(2, 1)
    assert codes.RELEASED == bench.actual.verdict


@pytest.mark.hazard("H23")
def test_the_cap_of_24_hours_counts_units_not_orders() -> None:
    """Two units are used of three: a fill of two more is refused, one of one is not."""
    bench = Bench()
    bench.load({0: [300, 260], 1: [310, 320], 2: [330]}, cap=3)
    bench.dispense(1)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()

    assert codes.CAP == bench.refused(codes.PREPARE, 2, 1)
    bench.dispense(3, 2)
    assert codes.RELEASED == bench.actual.verdict


@pytest.mark.hazard("H23")
def test_gap_and_cap_outlive_reset_and_new_lease() -> None:
    """Neither a power cut nor a lease with a new number makes the board forget what fell."""
    bench = Bench()
    bench.load({0: [300, 260], 1: [310]}, gap_s=3000, cap=2)
    bench.dispense(1)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.world.reset(0)
    bench.run(8000)
    bench.load({2: [333]}, gap_s=0, cap=2)

    assert codes.CAP == bench.refused(codes.PREPARE, 2, 2)
    bench.load({3: [334]}, gap_s=3000, cap=9)
    assert codes.GAP == bench.refused(codes.PREPARE, 3, 3)
    assert GROUP == bench.executive.mind.ledger.release(0)[1]


def test_one_round_is_no_way_around_the_gap_of_as_needed_fills() -> None:
    """I8: whatever round a controller makes of two as-needed fills, the second waits."""
    bench = Bench()
    bench.load({0: [300], 1: [300]}, gap_s=4 * 3600, cap=8, kind=codes.ROW_ASKED)

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 1, 0, round_orders=2)
    bench.dispense(1, 0)
    assert codes.RELEASED == bench.actual.verdict
    assert codes.GAP == bench.refused(codes.PREPARE, 2, 1)

    bench = Bench()  # planned doses of one instant are one intake
    bench.load({0: [300], 1: [300]}, gap_s=4 * 3600, cap=8)
    bench.prepare(1, 0, round_orders=2)
    bench.press()
    bench.start(1, 0, round_orders=2)
    bench.prepare(2, 1, round=1, round_orders=2)
