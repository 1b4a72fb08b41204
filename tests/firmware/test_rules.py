"""R1, R2, R6, R9, R10, R13, R14, R15 and R19 on the board: scenarios that once got through.

Each goes red when its rule is taken out. What the controller adds: test_rules_machine.py there.
"""

import pytest

from hal.sim import mishaps
from hal.wire import codes
from tests.firmware.bench import HEAD, HOUR_S, Bench


def lift(bench: Bench) -> None:
    """The patient takes the cup and puts it back empty."""
    bench.world.take_cup()
    bench.run(2000)
    bench.world.return_cup()
    bench.run(2000)


def released(bench: Bench) -> "tuple[int, int]":
    """Verdict and code of the last order."""
    return bench.actual.verdict, bench.actual.code


# --- R1 --------------------------------------------------------------------------------------


def test_r1_the_board_keeps_the_newest_head_it_is_told_and_none_says_nothing() -> None:
    """Between orders too, over a reset; a Desired without a head takes none away, and while an
    order runs its own head stays."""
    bench = Bench()
    bench.load({0: [300], 1: [310]})
    bench.dispense(1)
    kept = []
    for head in (b"after the outcome", b"a tablet by hand."):
        wanted = bench.ask(codes.IDLE, 0)
        wanted.head = head[:16]
        bench.run(1000)
        kept.append(bench.actual.head)
    bench.ask(codes.IDLE, 0)
    bench.run(1000)
    bench.world.reset(0)
    bench.run(5000)

    assert [b"after the outcom", b"a tablet by hand"] == kept
    assert kept[-1] == bench.actual.head
    lift(bench)
    bench.prepare(2, 1)
    bench.press()
    bench.ask(codes.START, 2, 1)
    bench.until(lambda: bench.executive.mind.order.state == codes.STARTED)
    bench.ask(codes.IDLE, 0).head = b"while it turns.."
    bench.until(lambda: bench.actual.order_state == codes.STARTED)
    assert HEAD == bench.actual.head


# --- R2 --------------------------------------------------------------------------------------


def test_r2_the_gap_runs_from_the_lift_over_a_reset_and_whatever_the_verdict() -> None:
    """A gap of ten minutes, eleven in the cup: it begins at the lift, not where it fell."""
    bench = Bench()
    bench.load({0: [300], 1: [310]}, gap_s=600)
    bench.dispense(1)
    bench.run(330000)
    bench.world.reset(0)
    bench.run(330000)
    assert codes.GAP == bench.refused(codes.PREPARE, 2, 1)  # lying in the cup counts as now
    lift(bench)

    assert codes.GAP == bench.refused(codes.PREPARE, 2, 1)
    bench.run(580000)
    assert codes.GAP == bench.refused(codes.PREPARE, 3, 1)
    bench.run(15000)
    bench.dispense(4, 1)
    assert (codes.RELEASED, 0) == released(bench)


# --- R6 and I18 ------------------------------------------------------------------------------


def test_r6_a_tray_one_place_off_gives_nothing_though_no_door_was_seen() -> None:
    """The index on the tray itself is another one: refused, and told before anybody asks."""
    bench = Bench()
    bench.load({0: [300], 1: [310]})
    mishaps.cause(bench.world, "tray_reseated", {"sectors": 1, "unseen": 1})
    bench.run(1000)

    assert codes.TRAY_CHANGED == bench.actual.fault
    assert codes.TRAY_CHANGED == bench.refused(codes.PREPARE, 1)
    assert [] == bench.world.drives


@pytest.mark.parametrize("powered", [True, False])
def test_r6_any_opening_holds_every_fill_until_a_new_lease(powered: bool) -> None:
    """A child opens the door, with or without power: nothing moves before somebody has looked."""
    bench = Bench()
    bench.load({0: [300], 1: [310]})
    if not powered:
        bench.world.mains(False)
        mishaps.cause(bench.world, "battery_flat")
        bench.run(60000)
    bench.world.open_door()
    bench.run(5000)
    bench.world.close_door()
    bench.world.mains(True)
    bench.run(60000)

    assert codes.FILL_UNKNOWN == bench.refused(codes.PREPARE, 1)
    assert 0 == bench.actual.flags & codes.F_FITS
    bench.load({2: [320]})
    bench.dispense(2)
    assert (codes.RELEASED, 0) == released(bench)


def test_r6_a_lease_of_a_former_opening_comes_too_late() -> None:
    """It was on its way when the door closed and opened again: whoever was there is not in it."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)
    bench.world.service(True)
    bench.world.open_door()
    number = bench.world.put(0, [300])
    late = bench.lease({0: [300]}, {0: number})
    bench.world.close_door()
    bench.world.open_door()
    bench.offered = late
    bench.run(3000)

    assert (0, codes.FILL_UNKNOWN) == (bench.actual.lease_no, bench.actual.refusal)


# --- R9 --------------------------------------------------------------------------------------


def test_r9_a_glitch_of_the_beam_at_night_costs_nothing_in_the_morning() -> None:
    """A drop counted at 03:00 is told at once, holds no compartment, and 07:00 is given."""
    bench = Bench()
    bench.load({0: [300], 1: [310], 2: [320]})
    mishaps.cause(bench.world, "spurious_beam")
    bench.run(1000)
    assert codes.BEAM_SPURIOUS == bench.actual.fault
    bench.run(180000)

    assert (0, 0) == (bench.actual.fault, bench.actual.held_mask)
    bench.dispense(1)
    assert (codes.RELEASED, 0) == released(bench)


def test_r9_a_jam_holds_its_compartment_and_no_other() -> None:
    """Two wiggles, then held; the tray is home, its position proven: the others are given."""
    bench = Bench()
    bench.load({9: [300], 20: [310]})
    bench.prepare(1, 9)
    bench.press()
    mishaps.cause(bench.world, "jam", {"after_ticks": 40})
    bench.start(1, 9)
    assert (codes.NOT_RELEASED, codes.JAM) == released(bench)
    bench.run(5000)

    assert 1 << 9 == bench.actual.held_mask
    assert codes.F_POSITION_PROVEN == bench.actual.flags & (
        codes.F_POSITION_PROVEN | codes.F_DRIVE_OFF
    )
    assert codes.COMPARTMENT_HELD == bench.refused(codes.PREPARE, 2, 9)
    bench.dispense(3, 20)
    assert (codes.RELEASED, 0) == released(bench)


def test_r9_the_drive_is_off_only_while_the_position_is_unproven() -> None:
    """Encoder and home switch disagree: nothing turns until a service move has proven it."""
    bench = Bench()
    bench.load({0: [300]})
    mishaps.cause(bench.world, "encoder_stuck", {"reading": 37})
    bench.run(1000)
    mishaps.heal_all(bench.world)
    bench.run(1000)
    assert codes.POSITION_UNPROVEN == bench.refused(codes.PREPARE, 1)
    bench.ask(codes.IDLE, 0)
    bench.world.service(True)
    bench.desired.flags = codes.D_SERVICE_MOVE
    bench.run(3000)
    bench.world.service(False)
    bench.run(500)

    bench.dispense(2)
    assert (codes.RELEASED, 0) == released(bench)


def test_r9_what_was_handed_out_is_never_released_though_the_controller_forgets() -> None:
    """`settled` is durable: after a reset, with another word of the controller, still refused."""
    bench = Bench()
    bench.load({0: [300], 1: [310]})
    bench.ask(codes.IDLE, 0)
    bench.desired.settled_lease = bench.actual.lease_no
    bench.desired.settled_mask = 1
    bench.run(1000)
    bench.world.reset(0)
    bench.run(9000)

    assert codes.FILL_SPENT == bench.refused(codes.PREPARE, 1)
    bench.dispense(2, 1)
    assert (codes.RELEASED, 0) == released(bench)


def test_r9_a_cup_put_back_is_weighed_when_it_stands_still() -> None:
    """While the scale settles nothing is refused: no false fault of the scale, then PREPARED."""
    bench = Bench()
    bench.load({0: [300]})
    bench.world.take_cup()
    bench.ask(codes.PREPARE, 1)
    bench.run(3000)
    assert codes.CUP_MISSING == bench.actual.refusal
    before = len(bench.heard)
    bench.world.return_cup()
    bench.until(lambda: bench.actual.order_state == codes.PREPARED)

    assert {0, codes.CUP_MISSING} >= {said.refusal for said in bench.heard[before:]}


# --- R10 -------------------------------------------------------------------------------------


def test_r10_no_order_is_judged_by_a_clock_that_nobody_has_set() -> None:
    """A dead battery behind the clock: refused until a person at the machine sets it."""
    bench = Bench()
    bench.load({0: [300]})
    right_s = bench.utc_s()
    bench.world.board_clock.kept = False  # right by luck: it still says that it lost its time
    bench.world.attention = True
    bench.run(1000)
    assert codes.CLOCK_NOT_SET == bench.refused(codes.PREPARE, 1)
    bench.ask(codes.IDLE, 0).set_clock_s = right_s
    bench.run(1000)
    assert 0 == bench.actual.flags & codes.F_CLOCK_SET
    bench.world.service(True)
    bench.run(1000)

    assert codes.F_CLOCK_SET == bench.actual.flags & codes.F_CLOCK_SET
    assert right_s <= bench.actual.utc_s <= right_s + 30


# --- R17 -------------------------------------------------------------------------------------


def test_r17_nothing_as_needed_meets_what_was_carried_along() -> None:
    """Its window begins in four hours and ten minutes, the gap is four hours: ten minutes are left;
    and what was carried along lies nowhere, whatever number the lease gives it."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)
    bench.world.service(True)
    bench.world.open_door()
    numbers = {k: bench.world.put(k, [300]) for k in (0, 5)}
    lease = bench.lease(
        {0: [300], 5: [300]}, numbers, gap_s=4 * HOUR_S, kind=codes.ROW_ASKED,
        close_s=bench.utc_s() + 24 * HOUR_S,
    )  # fmt: skip
    away = lease.rows[5]
    away.kind = codes.ROW_CARRIED
    away.open_s = bench.utc_s() + 4 * HOUR_S + 600
    away.close_s = away.open_s + HOUR_S
    bench.offered = lease
    bench.until(lambda: bench.actual.lease_no == lease.lease_no)
    bench.world.close_door()
    bench.world.service(False)
    bench.run(1000)
    early = bench.refused(codes.PREPARE, 1, 0)
    bench.run(600000)
    late = bench.refused(codes.PREPARE, 2, 0)

    assert [0, codes.GAP] == [early, late]
    assert codes.FILL_UNKNOWN == bench.refused(codes.PREPARE, 3, 5)
