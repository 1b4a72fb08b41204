"""A release that is disturbed: what stops at once, what is given back, what is kept."""

from firmware.consent import Consent
from firmware.device import Inputs
from hal.sim import mishaps
from hal.wire import codes
from tests.firmware.bench import Bench

TARGET = 9  # 500 ms away
TURNING_MS = 250
RESTING_MS = 530
SETTLING_MS = 1700


def started(fills: dict[int, list[int]] | None = None, **limits: int) -> Bench:
    """The carousel has just begun to turn."""
    bench = Bench()
    bench.load(fills or {TARGET: [300, 260], 8: [280], 7: [270]}, **limits)
    start(bench, 1, TARGET)
    return bench


def start(bench: Bench, order: int, compartment: int) -> None:
    """Prepare, press, START, up to the first motion."""
    bench.prepare(order, compartment)
    bench.press()
    bench.ask(codes.START, order, compartment)
    bench.until(lambda: bench.executive.mind.order.state == codes.STARTED)


def ended(bench: Bench) -> tuple[int, int]:
    """Verdict and code of the order under way."""
    bench.until(lambda: bench.actual.order_state == codes.DONE)
    return bench.actual.verdict, bench.actual.code


def test_opening_the_door_stops_the_tray_at_once_and_gives_the_fill_back() -> None:
    """No current in the drive while the door is open; nothing was exposed."""
    bench = started()
    bench.run(TURNING_MS)
    bench.world.open_door()
    bench.run(2)
    assert bench.world.drives[-1][1] >= 0, "the drive is off"

    assert (codes.NOT_RELEASED, codes.DOOR_OPEN) == ended(bench)
    bench.run(3000)
    assert 1 == len(bench.world.drives), "it stays where it is while the door is open"


def test_a_cup_carried_away_while_the_tray_turns_exposes_nothing() -> None:
    """The gate stays shut: nothing falls where no cup is."""
    bench = started()
    bench.run(TURNING_MS)
    bench.world.take_cup()

    assert (codes.NOT_RELEASED, codes.CUP_MISSING) == ended(bench)
    assert [] == bench.world.chute.exposures


def test_a_cup_lifted_and_put_back_full_is_uncertain() -> None:
    """The weight is right, but somebody had the cup in the hand: the board does not judge."""
    bench = started()
    bench.run(SETTLING_MS)
    bench.world.take_cup()
    bench.run(50)
    bench.world.return_cup(2)

    assert (codes.UNCERTAIN, codes.CUP_MOVED) == ended(bench)


def test_a_gate_that_opens_by_itself_stops_the_tray_before_anything_can_fall() -> None:
    """The end sensor lets go long before a piece fits through."""
    bench = started()
    bench.run(TURNING_MS)
    mishaps.cause(bench.world, "stuck_gate_open", {"at_once": 1, "travel_ms": 60})

    assert (codes.UNCERTAIN, codes.GATE_STUCK_OPEN) == ended(bench)
    assert (0, 1) == (bench.world.chute.passed_turning, len(bench.world.drives))


def test_an_encoder_that_changes_its_mind_at_rest_exposes_nothing() -> None:
    """The tray has arrived; then the reading is another one: the gate is not opened."""
    bench = started()
    bench.run(RESTING_MS)
    mishaps.cause(bench.world, "encoder_stuck", {"reading": 83})

    assert (codes.NOT_RELEASED, codes.POSITION_UNPROVEN) == ended(bench)
    assert [] == bench.world.chute.exposures


def test_giving_one_order_back_keeps_what_others_used_up() -> None:
    """A jam frees its own units; those of the release before still count for the cap."""
    bench = Bench()
    bench.load({0: [300, 260], TARGET: [310], 5: [320, 330]}, cap=3)
    bench.dispense(1)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.run(1000)
    start(bench, 2, TARGET)
    bench.world.open_door()
    assert codes.NOT_RELEASED == ended(bench)[0]
    bench.world.close_door()

    ledger = bench.executive.mind.ledger
    assert [[1, 2]] == [[ledger.release(i)[0], ledger.release(i)[3]] for i in range(ledger.count())]
    assert 1 == bench.actual.spent_mask


def test_consent_ends_with_a_lift_and_with_the_door() -> None:
    """Consent keeps its own count of both, whatever else is checked."""
    consent, sense = Consent(), Inputs()
    consent.press(7, sense, 1000)
    assert 0 == consent.refusal(7, sense, 1000)
    sense.lift_count += 1
    assert codes.CUP_MOVED == consent.refusal(7, sense, 1000)
    sense.door_count += 1
    assert codes.DOOR_OPEN == consent.refusal(7, sense, 1000)
    assert codes.NO_CONSENT == consent.refusal(8, sense, 1000)
