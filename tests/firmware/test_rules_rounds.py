"""The rules R13, R14, R15 and R19 on the board: rounds, consent, weights, and windows unanswered.

Each goes red when its rule is taken out. See test_rules.py for R2, R6, R9 and R10.
"""

from collections.abc import Callable

import pytest

from hal.sim import mishaps
from hal.wire import codes
from tests.firmware.bench import HOUR_S, Bench
from tests.firmware.test_rules import released


def round_of_two(bench: Bench, **more: int) -> None:
    """Two fills of one round: the first is prepared."""
    bench.load({0: [300], 1: [310]}, **more)
    bench.prepare(1, 0, round=1, round_orders=2)


# --- R13 -------------------------------------------------------------------------------------


def test_r13_a_fill_has_one_window_whatever_its_round_is_given() -> None:
    """Levodopa closes at 08:30, metformin at 10:00: at nine the one is shut, the other open."""
    bench = Bench()
    bench.load({0: [300]}, close_s=bench.utc_s() + 120)
    bench.load({1: [310]}, close_s=bench.utc_s() + 2 * HOUR_S)
    # the door was open in between: both rows are in the second lease
    bench.run(120000)

    assert codes.OUTSIDE_WINDOW == bench.refused(codes.PREPARE, 1, 0)
    bench.dispense(2, 1)
    assert (codes.RELEASED, 0) == released(bench)


# --- R14 -------------------------------------------------------------------------------------


def _lifted(bench: Bench) -> None:
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.run(1500)


def _opened(bench: Bench) -> None:
    bench.world.open_door()
    bench.run(500)
    bench.world.close_door()


def _restarted(bench: Bench) -> None:
    bench.world.reset(3)
    bench.run(9000)


def _minute_passed(bench: Bench) -> None:
    bench.run(61000)


def _nothing(bench: Bench) -> None:
    bench.run(2000)


@pytest.mark.parametrize("event", [_lifted, _opened, _restarted, _minute_passed, _nothing])
@pytest.mark.parametrize("after_first", [False, True])
def test_r14_consent_ends_with_lift_door_reset_and_a_minute(
    event: Callable[[Bench], None], after_first: bool
) -> None:
    """Between press and START, and between one order of the round and the next: nothing falls."""
    bench = Bench()
    fills = bench.load({0: [300], 1: [310]}).rows
    same = {"round": 1, "round_orders": 2, "not_after_s": bench.utc_s() + HOUR_S}
    bench.prepare(1, 0, **same)
    bench.press()
    order, compartment = 1, 0
    if after_first:
        bench.start(1, 0, **same)
        order, compartment = 2, 1
    bench.ask(codes.IDLE, 0)
    event(bench)
    bench.ask(codes.PREPARE, order, compartment, **same)
    bench.run(3000)
    bench.ask(codes.START, order, compartment, **same)
    bench.run(8000)

    expected = 1 if event is _nothing else 0
    assert expected == bench.fell(fills[compartment].fill)


def test_r14_the_press_is_for_the_round_as_it_was_named() -> None:
    """Another number of orders or another digest under the same number: refused."""
    bench = Bench()
    round_of_two(bench)
    bench.press()
    bench.start(1, 0, round=1, round_orders=2)
    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 2, 1, round=1, round_orders=3)
    bench.ask(codes.PREPARE, 3, 1, round=1, round_orders=2).round_digest = b"other doses here"
    bench.run(2000)

    assert codes.ROUND_MISMATCH == bench.actual.refusal
    bench.prepare(4, 1, round=1, round_orders=2)
    bench.start(4, 1, round=1, round_orders=2)
    assert (codes.RELEASED, 0) == released(bench)


@pytest.mark.parametrize("begun", [True, False])
def test_r14_a_round_begun_in_time_has_two_minutes_and_no_other_has(begun: bool) -> None:
    """First START before close: the second may follow after it; a round not begun may not."""
    bench = Bench()
    round_of_two(bench, close_s=bench.utc_s() + 60)
    bench.run(40000)
    bench.press()
    if begun:
        bench.start(1, 0, round=1, round_orders=2)
        bench.ask(codes.IDLE, 0)
    bench.run(30000)
    order, compartment = (2, 1) if begun else (1, 0)
    if begun:
        bench.prepare(2, 1, round=1, round_orders=2)
    bench.ask(codes.START, order, compartment, round=1, round_orders=2)
    bench.run(8000)

    expected = (codes.RELEASED, 0) if begun else (codes.NO_VERDICT, codes.OUTSIDE_WINDOW)
    assert expected == (bench.actual.verdict, bench.actual.refusal)


@pytest.mark.parametrize("jams", [1, 2])
def test_r14_a_round_of_which_nothing_fell_was_not_begun(jams: int) -> None:
    """Its first orders jammed on the way: after close nothing of it is given either."""
    bench = Bench()
    close_s = bench.utc_s() + 60
    bench.load({9: [300], 20: [310], 22: [320]}, close_s=close_s)
    same = {"round": 1, "round_orders": 3}
    for order, compartment in ((1, 9), (2, 20))[:jams]:
        bench.prepare(order, compartment, **same)
        if order == 1:
            bench.run(20000)
            bench.press()
        mishaps.cause(bench.world, "jam", {"after_ticks": 40})
        bench.start(order, compartment, **same)
        assert (codes.NOT_RELEASED, codes.JAM) == released(bench)
        mishaps.heal_all(bench.world)
    bench.ask(codes.IDLE, 0)
    bench.until(lambda: bench.utc_s() > close_s, 60000)

    assert codes.OUTSIDE_WINDOW == bench.refused(codes.PREPARE, jams + 1, 22, **same)


# --- R15 -------------------------------------------------------------------------------------


def test_r15_one_piece_of_five_hangs_and_waits_for_no_next_round() -> None:
    """Four fall: uncertain, its compartment and the chute are held, the next round too."""
    bench = Bench()
    fill = bench.load({0: [300] * 5, 1: [310]}).rows[0].fill
    mishaps.cause(bench.world, "stuck_pill", {"compartment": 0, "count": 1})
    bench.dispense(1)

    assert (codes.UNCERTAIN, codes.SHORT_OR_OVER) == released(bench)
    assert 4 == bench.fell(fill)
    assert 1 == bench.actual.held_mask
    assert codes.F_CHUTE_HELD == bench.actual.flags & codes.F_CHUTE_HELD
    _lifted(bench)
    assert codes.CHUTE_HELD == bench.refused(codes.PREPARE, 2, 1)


def test_r15_exact_weight_without_a_drop_is_released_and_the_beam_is_tested_first() -> None:
    """The beam missed the fall: the second order of the round waits for its test, and no longer."""
    bench = Bench()
    round_of_two(bench)
    bench.press()
    mishaps.cause(bench.world, "blind_beam", {"reads": "misses"})
    bench.start(1, 0, round=1, round_orders=2)
    mishaps.heal_all(bench.world)
    assert (codes.RELEASED, codes.BEAM_BLIND) == released(bench)
    assert (codes.BEAM_BLIND, 0) == (bench.actual.fault, bench.actual.flags & codes.F_BEAM_OK)
    bench.prepare(2, 1, round=1, round_orders=2)
    assert (0, codes.F_BEAM_OK) == (bench.actual.fault, bench.actual.flags & codes.F_BEAM_OK)
    bench.start(2, 1, round=1, round_orders=2)

    assert (codes.RELEASED, 0) == released(bench)


@pytest.mark.parametrize(
    ("noise_mg", "taken"), [(0, True), (100, True), (120, False)], ids=["still", "just", "noisy"]
)
def test_r15_a_piece_lighter_than_three_times_the_noise_is_not_leased(
    noise_mg: int, taken: bool
) -> None:
    """The noise is measured while the service switch is held; a piece of 310 mg against it."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)
    bench.world.service(True)
    bench.world.open_door()
    for i in range(40):  # the table shakes
        bench.world.cup.drift_mg = noise_mg * (i % 2)
        bench.world.settle()
        bench.run(100)
    number = bench.world.put(0, [310])
    lease = bench.lease({0: [310]}, {0: number})
    lease.rows[0].tolerance_mg = 154
    bench.offered = lease
    bench.run(1000)

    assert taken == (bench.actual.lease_no == lease.lease_no)
    assert (0 if taken else codes.SCALE_FAULT) == bench.actual.refusal
    assert noise_mg <= bench.actual.noise_mg <= noise_mg + 3


def test_r15_a_tolerance_in_which_a_piece_could_hide_is_not_leased() -> None:
    """Half the mean of the pieces is too much: the board takes no such row."""
    bench = Bench()
    bench.until(lambda: bench.end.joined)
    bench.world.service(True)
    bench.world.open_door()
    number = bench.world.put(0, [300, 300])
    lease = bench.lease({0: [300, 300]}, {0: number})
    lease.rows[0].tolerance_mg = 150
    bench.offered = lease
    bench.run(1000)

    assert (0, codes.SHORT_OR_OVER) == (bench.actual.lease_no, bench.actual.refusal)


# --- R19 and I16 -----------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["nothing", "prepare", "settled", "settled of another lease"])
def test_r19_a_wedged_controller_with_keepalives_is_heard_at_warn(answer: str) -> None:
    """Its Desired goes on and says nothing of the window: the board sounds its alarm itself."""
    bench = Bench()
    warn_s = bench.utc_s() + 60
    bench.load({0: [300]}, warn_s=warn_s)
    if answer == "prepare":
        bench.prepare(1, signal=codes.CALL)
    bench.ask(codes.IDLE, 0, signal=codes.QUIET)
    bench.desired.flags = codes.D_HUSH
    if answer.startswith("settled"):
        bench.desired.settled_mask = 1
        bench.desired.settled_lease = bench.actual.lease_no + (answer != "settled")
    bench.run((warn_s - bench.utc_s() - 1) * 1000)
    assert codes.QUIET == bench.world.buzzer_sounds
    bench.run(3000)

    silent = answer in ("prepare", "settled")
    assert (codes.QUIET if silent else codes.ALARM) == bench.world.buzzer_sounds
    assert (not silent) == bool(bench.actual.flags & codes.F_OVERDUE)


def test_i16_without_a_controller_an_open_window_is_alarmed_within_a_minute() -> None:
    """61 s after the last frame, by the board alone; nothing moves."""
    bench = Bench()
    bench.load({0: [300]})
    bench.ask(codes.IDLE, 0, signal=codes.QUIET)
    bench.run(1000)
    bench.talking = False
    bench.run(62000)

    assert codes.ALARM == bench.world.buzzer_sounds
    assert [] == bench.world.drives


def test_i15_a_cup_with_something_in_it_is_not_prepared_on() -> None:
    """400 mg of something, cup away, cup back: PREPARED only over an empty cup that is there."""
    bench = Bench()
    bench.load({0: [300]})
    mishaps.cause(bench.world, "cup_not_empty")
    bench.run(1000)
    assert codes.CUP_NOT_EMPTY == bench.refused(codes.PREPARE, 1)
    mishaps.heal_all(bench.world)
    bench.world.take_cup()
    assert codes.CUP_MISSING == bench.refused(codes.PREPARE, 1)
    bench.world.return_cup()
    bench.until(lambda: bench.actual.order_state == codes.PREPARED)

    assert abs(bench.executive.mind.order.pre_mg) <= 5
