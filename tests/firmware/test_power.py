"""Power is cut at every operation of a release, in every way memory can be hurt: no lie."""

import pytest

from hal.sim.supply import DAMAGES, KEPT
from hal.wire import codes
from tests.firmware.bench import Bench

OPERATIONS = 400  # bound of the sweep; a whole order needs fewer


def assert_no_lie(bench: Bench, fill: int, pieces: int) -> None:
    """The verdict says no more than the truth bears."""
    verdict, fell = bench.actual.verdict, bench.fell(fill)
    if verdict == codes.RELEASED:
        assert pieces == fell
    elif verdict in (codes.NOT_RELEASED, codes.REFUSED):
        assert 0 == fell


def assert_exposed_once(bench: Bench, fill: int) -> None:
    """Ground truth: no fill lay over an open gate twice, and nothing turned over one."""
    seen = [row for row in bench.world.chute.exposures if fill in row["fills"]]  # type: ignore[operator]
    assert len(seen) <= 1
    assert 0 == bench.world.chute.passed_turning
    assert [] == bench.world.hazards


def offer_again(bench: Bench, order: int, compartment: int = 0) -> None:
    """What a controller may do: ask for the same fill with a new order, as a new round."""
    bench.ask(codes.PREPARE, order, compartment)
    bench.run(2500)
    if bench.actual.order == order and bench.actual.order_state == codes.PREPARED:
        bench.press()
        bench.start(order, compartment)


def cut_story(at: str, number: int, damage: str) -> bool:
    """One release with one cut; False once `number` lies beyond the end of the story."""
    bench = Bench(seed=number + 1)
    fill = bench.load({0: [300, 260]}).rows[0].fill
    bench.world.fram.damage = damage
    writes = bench.world.fram.writes
    if at == "prepare":
        bench.world.cut_in_ops = number
    bench.ask(codes.PREPARE, 1)
    bench.run(1500)
    bench.world.press()
    bench.run(500)
    if at == "start":
        bench.world.cut_in_ops = number
    if at == "write":
        bench.world.fram.cut_after = number
    bench.ask(codes.START, 1)
    bench.run(6000)
    was_hit = len(bench.world.resets) > 0
    bench.world.cut_in_ops = 0
    bench.world.fram.cut_after = -1
    bench.ask(codes.RESOLVE, 1)
    bench.until(lambda: bench.actual.order == 1 and bench.actual.order_state == codes.DONE)
    assert_no_lie(bench, fill, 2)
    first = bench.actual.verdict
    told = bench.actual.pack()[30:60]
    bench.run(3000)
    assert told == bench.actual.pack()[30:60], "a verdict is final"
    if bench.actual.cup_mg > 40:
        bench.world.take_cup()
        bench.run(500)
        bench.world.return_cup()
        bench.run(1500)
    offer_again(bench, 2)
    assert_exposed_once(bench, fill)
    assert bench.fell(fill) <= 2
    if first in (codes.REFUSED, codes.NOT_RELEASED):
        assert codes.RELEASED == bench.actual.verdict, "what was not given is still to be had"
    assert writes < bench.world.fram.writes
    return was_hit


@pytest.mark.hazard("H01", "H17")
@pytest.mark.parametrize("at", ["prepare", "start"])
def test_no_cut_between_two_operations_releases_twice_or_lies(at: str) -> None:
    """Cut at each operation of PREPARE and of the whole cycle; then resolve and offer again."""
    for number in range(1, OPERATIONS):
        if not cut_story(at, number, KEPT):
            assert number > 20
            return
    raise AssertionError("the story did not end within the bound")


@pytest.mark.hazard("H01")
@pytest.mark.parametrize("damage", DAMAGES)
def test_no_cut_within_a_write_releases_twice_or_lies(damage: str) -> None:
    """Each durable write of START, exposure and DONE is lost, torn, garbled or kept by a cut."""
    for number in range(40):
        if not cut_story("write", number, damage):
            assert number >= 6
            return
    raise AssertionError("the story did not end within the bound")
