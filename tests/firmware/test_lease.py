"""The lease: taken only at the open machine, kept through everything, never running backwards."""

import pytest

from hal.sim.supply import DAMAGES
from hal.wire import codes
from hal.wire.messages import lease_digest
from tests.firmware.bench import Bench


def offer(bench: Bench, compartment: int = 0) -> None:
    """A lease with one fill is offered; nobody has touched the machine."""
    bench.until(lambda: bench.end.joined)
    fill = bench.world.put(compartment, [300])
    bench.offered = bench.lease({compartment: [300]}, {compartment: fill})


@pytest.mark.parametrize(("service", "door"), [(False, False), (True, False), (False, True)])
def test_a_lease_needs_the_service_switch_and_the_open_door(service: bool, door: bool) -> None:
    """One of the two is not enough."""
    bench = Bench()
    bench.world.service(service)
    if door:
        bench.world.open_door()
    offer(bench)
    bench.run(3000)

    assert 0 == bench.actual.lease_no
    assert (codes.NO_LEASE if service else 0) == bench.actual.refusal


def test_an_accepted_lease_is_reported_and_outlives_a_reset() -> None:
    """Number and digest are the same before and after, without anybody sending it again."""
    bench = Bench()
    lease = bench.load({0: [300]})
    bench.offered = None
    bench.world.reset(0)
    bench.run(9000)

    assert (1, lease_digest(lease.pack())) == (bench.actual.lease_no, bench.actual.lease_digest)


@pytest.mark.hazard("H07")
def test_a_lease_number_never_falls() -> None:
    """An older lease is refused even at the open machine."""
    bench = Bench()
    first = bench.load({0: [300]})
    bench.load({1: [310]})
    bench.world.service(True)
    bench.world.open_door()
    bench.offered = first
    bench.run(2000)

    assert (2, codes.NO_LEASE) == (bench.actual.lease_no, bench.actual.refusal)


def test_a_fill_number_from_the_past_is_refused() -> None:
    """A new lease cannot bring a fill back under a number at or below one already started."""
    bench = Bench()
    bench.load({0: [300]})
    bench.dispense(1)
    bench.world.service(True)
    bench.world.open_door()
    bench.offered = bench.lease({5: [300]}, {5: 1})
    bench.run(2000)

    assert (1, codes.FILL_SPENT) == (bench.actual.lease_no, bench.actual.refusal)


def test_spent_is_cleared_by_a_new_fill_only() -> None:
    """The next lease keeps the bit of the fill that stays and clears that of the new one."""
    bench = Bench()
    bench.load({0: [300], 1: [310]})
    bench.dispense(1, 0)
    bench.world.take_cup()
    bench.run(1000)
    bench.world.return_cup()
    bench.run(1000)
    bench.dispense(2, 1)
    assert 3 == bench.actual.spent_mask

    bench.load({1: [320]})

    assert 1 == bench.actual.spent_mask


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cut_within_acceptance_leaves_the_old_lease_or_the_new_one(damage: str) -> None:
    """Whichever write is hit, after the boot the lease and its bits are of one number."""
    for writes in range(4):
        bench = Bench(seed=writes + 1)
        bench.load({0: [300]})
        bench.dispense(1)
        bench.world.take_cup()
        bench.world.return_cup()
        bench.world.service(True)
        bench.world.open_door()
        fill = bench.world.put(0, [310])
        bench.world.fram.damage = damage
        bench.world.fram.cut_after = writes
        bench.offered = bench.lease({0: [310]}, {0: fill})
        bench.run(12000)
        assert 1 == len(bench.world.resets)
        assert (2, 0) == (bench.actual.lease_no, bench.actual.spent_mask)
        bench.world.close_door()
        bench.world.service(False)
        bench.run(1000)
        bench.dispense(2)
        assert codes.RELEASED == bench.actual.verdict


def test_the_clock_is_set_only_with_the_service_switch_and_once() -> None:
    """set_clock_s without the switch does nothing; repeated, it does not turn time back."""
    bench = Bench()
    bench.load({0: [300]})
    bench.world.board_clock.kept = False
    wanted = bench.utc_s() + 5000
    bench.desired.set_clock_s = wanted
    bench.run(2000)
    assert 0 == bench.actual.flags & codes.F_CLOCK_SET
    bench.world.service(True)
    bench.run(60000)

    assert codes.F_CLOCK_SET == bench.actual.flags & codes.F_CLOCK_SET
    assert 59 <= bench.world.sense(0).utc_s - wanted <= 60
