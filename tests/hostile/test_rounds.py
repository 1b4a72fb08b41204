"""What hostile streams found: a round was a way around the gap. Each way is closed."""

from hal.wire import codes
from hal.wire.messages import Lease
from tests.firmware.bench import Bench

GAP_S = 4 * 3600
CAP = 8
DRIVES_OF_ONE = 2  # there and home again


def loaded(asked: int = -1) -> Bench:
    """Three fills of one group with a long gap; compartment `asked` is as needed."""
    bench = Bench()
    bench.load({0: [300], 1: [310], 2: [320]}, gap_s=GAP_S, cap=CAP)
    if asked >= 0:
        bench.world.service(True)
        bench.world.open_door()
        lease: Lease = bench.lease({}, {}, gap_s=GAP_S, cap=CAP)
        lease.rows[asked].kind = codes.ROW_ASKED
        bench.offered = lease
        bench.until(lambda: bench.actual.lease_no == lease.lease_no)
        bench.world.close_door()
        bench.world.service(False)
        bench.run(1000)
    return bench


def take(bench: Bench) -> None:
    """The patient takes the cup and brings it back empty."""
    bench.world.take_cup()
    bench.run(900)
    bench.world.return_cup()
    bench.run(1500)


def test_a_new_round_cannot_be_named_after_an_order_of_the_last_one() -> None:
    """I8: after a lift, a round with a number from the intake before has to keep the gap."""
    bench = loaded()
    bench.prepare(1, 0)
    bench.ask(codes.RESOLVE, 1)
    bench.until(lambda: bench.actual.code == codes.WITHDRAWN)
    bench.prepare(3, 0, round=1)
    bench.press()
    bench.start(3, 0, round=1)
    take(bench)

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 4, 1, round=2)
    assert codes.GAP == bench.refused(codes.PREPARE, 4, 1, round=4)


def test_a_lift_while_the_tray_still_works_ends_the_round() -> None:
    """R14: the cup is gone with its pieces before DONE; a new press does not go on in the round."""
    bench = loaded()
    bench.prepare(1, 0, round_orders=2)
    bench.press()
    bench.ask(codes.START, 1, 0, round_orders=2)
    bench.until(lambda: bench.world.chute.drop_count == 1)
    bench.until(lambda: bench.world.sense(0).gate_closed == 1)
    bench.run(800)
    bench.world.take_cup()
    bench.until(lambda: bench.actual.order_state == codes.DONE)
    bench.world.return_cup()
    bench.run(1500)

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 2, 1, round=1, round_orders=2)


def test_a_fence_names_no_round() -> None:
    """I8: a RESOLVE with a round of long ago does not make the next order part of it."""
    bench = loaded()
    bench.dispense(3, 0)
    take(bench)
    bench.ask(codes.RESOLVE, 4, 1, round=1, round_orders=3)
    bench.until(lambda: bench.actual.order == 4)

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 5, 1, round=1, round_orders=3)
    assert codes.GAP == bench.refused(codes.PREPARE, 5, 1)


def test_doubt_about_an_order_ends_its_round() -> None:
    """Somebody took the first fill out of the cup during the second order: no third one follows."""
    bench = loaded()
    bench.prepare(1, 0, round_orders=3)
    bench.press()
    bench.start(1, 0, round_orders=3)
    bench.prepare(2, 1, round=1, round_orders=3)
    bench.ask(codes.START, 2, 1, round=1, round_orders=3)
    bench.until(lambda: len(bench.world.drives) > DRIVES_OF_ONE)
    bench.world.fingers(1)
    bench.until(lambda: bench.actual.order == 2 and bench.actual.order_state == codes.DONE)
    assert codes.UNCERTAIN == bench.actual.verdict

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 3, 2, round=1, round_orders=3)


def test_an_as_needed_fill_is_a_round_of_its_own() -> None:
    """I8: neither two as-needed fills nor one and a planned one are a single intake."""
    bench = loaded(asked=0)

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 1, 0, round_orders=2)
    bench.dispense(1, 0)
    assert codes.RELEASED == bench.actual.verdict
    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 2, 1, round=1, round_orders=2)
    assert codes.GAP == bench.refused(codes.PREPARE, 2, 1)
