"""Order numbers, rounds and consent: what a late, lost, repeated or hostile frame can do."""

import pytest

from hal.wire import codes
from tests.firmware.bench import Bench


def ready(fills: dict[int, list[int]] | None = None) -> Bench:
    """A loaded board."""
    bench = Bench()
    bench.load(fills or {0: [300, 260]})
    return bench


def test_without_a_press_nothing_starts() -> None:
    """START right after PREPARE is refused for want of consent."""
    bench = ready()
    bench.prepare(1)

    assert codes.NO_CONSENT == bench.refused(codes.START, 1)


@pytest.mark.hazard("H24")
def test_a_press_before_prepare_is_no_consent() -> None:
    """Only a press that follows the round's first PREPARE counts, bounces included."""
    bench = ready()
    bench.world.bounces = 20
    bench.press()
    bench.prepare(1)

    assert codes.NO_CONSENT == bench.refused(codes.START, 1)
    assert 1 == bench.actual.press_count


def test_consent_is_told_and_lasts_sixty_seconds() -> None:
    """consent_round names the round; a minute after the press START comes too late."""
    bench = ready()
    bench.prepare(1)
    bench.press()
    assert 1 == bench.actual.consent_round
    bench.run(61000)

    assert codes.CONSENT_STALE == bench.refused(codes.START, 1)
    bench.press()
    bench.start(1)
    assert codes.RELEASED == bench.actual.verdict


def test_lifting_the_cup_ends_consent() -> None:
    """A cup that was away between press and START has to be asked for anew."""
    bench = ready()
    bench.prepare(1)
    bench.press()
    bench.world.take_cup()
    bench.run(300)
    bench.world.return_cup()
    bench.run(1000)

    assert codes.CUP_MOVED == bench.refused(codes.START, 1)


@pytest.mark.hazard("H24")
def test_one_press_covers_a_round_of_three_and_no_fourth() -> None:
    """Three fills of one round fall on top of each other; the number of STARTs is fixed."""
    bench = ready({0: [300], 1: [310], 2: [320], 3: [330]})
    bench.prepare(1, 0, round_orders=3)
    bench.press()
    bench.start(1, 0, round_orders=3)
    for order in (2, 3):
        bench.prepare(order, order - 1, round=1, round_orders=3)
        bench.start(order, order - 1, round=1, round_orders=3)
        assert codes.RELEASED == bench.actual.verdict

    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 4, 3, round=1, round_orders=3)
    assert codes.ROUND_MISMATCH == bench.refused(codes.PREPARE, 5, 3, round=1, round_orders=4)
    assert codes.CUP_NOT_EMPTY == bench.refused(codes.PREPARE, 6, 3)


def test_a_cup_lifted_within_a_round_ends_it() -> None:
    """The second order of a round needs the cup exactly as the first one left it."""
    bench = ready({0: [300], 1: [310]})
    bench.prepare(1, 0, round_orders=2)
    bench.press()
    bench.start(1, 0, round_orders=2)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.run(1000)

    assert codes.CUP_MOVED == bench.refused(codes.PREPARE, 2, 1, round=1, round_orders=2)
    bench.dispense(3, 1)
    assert codes.RELEASED == bench.actual.verdict


def test_start_must_repeat_what_was_prepared() -> None:
    """Another compartment, fill, deadline or number of orders under the same number: refused."""
    bench = ready({0: [300], 1: [310]})
    bench.prepare(1)
    bench.press()

    assert codes.ROUND_MISMATCH == bench.refused(codes.START, 1, 1)
    assert codes.ROUND_MISMATCH == bench.refused(codes.START, 1, fill=2)
    assert codes.ROUND_MISMATCH == bench.refused(codes.START, 1, not_after_s=bench.utc_s() + 9)
    assert codes.ROUND_MISMATCH == bench.refused(codes.START, 1, round_orders=2)
    assert codes.EPOCH_OLD == bench.refused(codes.START, 1, boot_epoch=7)
    assert codes.EPOCH_OLD == bench.refused(codes.START, 2)
    assert [] == bench.world.drives


def test_resolve_fences_an_order_that_was_never_seen() -> None:
    """RESOLVE(9) makes order 9 done; a late PREPARE or START of 9 or less can do nothing."""
    bench = ready()
    bench.ask(codes.RESOLVE, 9)
    bench.until(lambda: bench.actual.order == 9)
    assert (codes.REFUSED, codes.WITHDRAWN) == (bench.actual.verdict, bench.actual.code)

    assert 0 == bench.refused(codes.PREPARE, 9)
    assert codes.ORDER_OLD == bench.refused(codes.PREPARE, 8)
    assert 0 == bench.refused(codes.START, 9)
    assert codes.DONE == bench.actual.order_state
    assert [] == bench.world.drives


def test_resolve_withdraws_what_is_prepared_and_not_what_has_started() -> None:
    """Before START it is refused(withdrawn); after START it goes on to its own verdict."""
    bench = ready()
    bench.prepare(1)
    bench.ask(codes.RESOLVE, 1)
    bench.until(lambda: bench.actual.order_state == codes.DONE)
    assert (codes.REFUSED, codes.WITHDRAWN) == (bench.actual.verdict, bench.actual.code)
    bench.prepare(2)
    bench.press()
    bench.ask(codes.START, 2)
    bench.until(lambda: bench.executive.mind.order.state == codes.STARTED)
    bench.ask(codes.RESOLVE, 2)
    bench.until(lambda: bench.actual.order_state == codes.DONE)

    assert codes.RELEASED == bench.actual.verdict


def test_repeating_start_after_done_moves_nothing() -> None:
    """The same START, said for a minute, releases once."""
    bench = ready()
    bench.dispense(1)
    bench.run(60000)

    assert 2 == len(bench.world.drives), "to the compartment and home"
    assert 1 == len(bench.world.chute.exposures)


@pytest.mark.hazard("H04")
def test_a_prepared_order_does_not_outlive_a_reset() -> None:
    """At boot it is refused(reset before start), and its START is of an old epoch."""
    bench = ready()
    bench.prepare(1)
    bench.press()
    bench.world.reset(2)
    bench.until(lambda: bench.actual.order_state == codes.DONE)

    assert (codes.REFUSED, codes.RESET_BEFORE_START) == (bench.actual.verdict, bench.actual.code)
    assert 0 == bench.actual.consent_round
    bench.refused(codes.START, 1)
    assert [] == bench.world.drives


def test_a_start_that_nobody_repeats_is_dropped_after_a_second() -> None:
    """A START that was refused is not obeyed later, when its cause has gone and nobody asks."""
    bench = ready()
    bench.prepare(1)
    bench.press()
    bench.world.service(True)
    bench.refused(codes.START, 1)
    bench.talking = False
    bench.run(1500)
    bench.world.service(False)
    bench.run(5000)

    assert [] == bench.world.drives
