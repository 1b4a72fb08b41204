"""The board's memory: two copies of everything, and no going back."""

import pytest

from firmware import store
from firmware.store import Store
from hal.sim.board import SimBoard
from hal.sim.chance import Chance
from hal.sim.direct import Direct
from hal.sim.world import World
from hal.wire import codes
from tests.firmware.bench import Bench


def powered() -> tuple[World, Store]:
    """A board that is up, and its store."""
    world = World(1)
    world.advance(200)
    world.boot()
    return world, Store(SimBoard(Direct(world)))


def test_a_write_cut_at_any_byte_leaves_the_old_record_or_the_new_one() -> None:
    """Every prefix of every copy, over an older record: read gives one of the two, whole."""
    world, memory = powered()
    memory.write(store.MIND, b"old" * 20)
    before = bytes(world.fram.data)
    memory.write(store.MIND, b"new" * 30)
    after = bytes(world.fram.data)
    for copy in (0, 1):
        begin = store.address(store.MIND, copy)
        for cut in range(begin, begin + 110):
            mixed = after[:cut] + before[cut:]
            world.fram.data[:] = mixed
            found = Store(SimBoard(Direct(world))).read(store.MIND)
            assert found in (b"old" * 20, b"new" * 30)


def test_one_garbled_copy_never_brings_an_older_record_back() -> None:
    """Whichever copy is hurt after a write, the newest record is read, and the copy is mended."""
    for copy in (0, 1):
        world, memory = powered()
        memory.write(store.MIND, b"first")
        memory.write(store.MIND, b"second")
        world.fram.flip(5, store.address(store.MIND, copy), 20, Chance(copy + 1))
        again = Store(SimBoard(Direct(world)))
        assert b"second" == again.read(store.MIND)
        assert 1 == again.torn
        third = Store(SimBoard(Direct(world)))
        assert (b"second", 0) == (third.read(store.MIND), third.torn)


@pytest.mark.hazard("H26")
def test_both_copies_lost_lock_the_board() -> None:
    """With the mind, the lease or the epoch gone nothing moves and the alarm sounds."""
    for record in (store.EPOCH, store.LEASE, store.MIND, store.PAIRING):
        bench = Bench()
        bench.load({0: [300, 260]})
        for copy in (0, 1):
            at = store.address(record, copy)
            bench.world.fram.data[at : at + 12] = b"\x55" * 12
        bench.world.reset(0)
        bench.run(10000)
        assert codes.STORE_MISSING == bench.refused(codes.PREPARE, 5)
        assert codes.F_LOCKED == bench.actual.flags & codes.F_LOCKED
        assert (codes.STORE_MISSING, codes.ALARM) == (bench.actual.fault, bench.world.lamp_shows)
        assert [] == bench.world.drives


@pytest.mark.hazard("H26")
def test_a_blank_memory_on_a_used_machine_is_lost_not_new() -> None:
    """After a release a blank memory locks; on a machine that never dropped a pill it is paired."""
    bench = Bench()
    bench.load({0: [300, 260]})
    bench.dispense(1)
    bench.world.fram.data[:] = bytes(len(bench.world.fram.data))
    bench.world.reset(0)
    bench.run(10000)

    assert codes.F_LOCKED == bench.actual.flags & codes.F_LOCKED


def test_a_cut_at_any_write_of_the_first_boot_still_pairs() -> None:
    """Formatting is finished by the pairing record; a board cut before it simply starts anew."""
    for writes in range(10):
        bench = Bench(seed=writes + 1)
        bench.world.fram.damage = "torn"
        bench.world.fram.cut_after = writes
        bench.run(5000)
        bench.world.fram.cut_after = -1
        bench.load({0: [300, 260]})
        bench.dispense(1)
        assert codes.RELEASED == bench.actual.verdict
        assert 1 == len(bench.world.resets)


def test_a_memory_that_does_not_keep_what_it_is_given_locks_before_anything_moves() -> None:
    """START is read back: a stuck cell stops the order with nothing exposed."""
    bench = Bench()
    bench.load({0: [300, 260]})
    bench.prepare(1)
    bench.press()
    write = bench.world.fram.write

    def stuck(address: int, data: bytes, chance: Chance) -> bool:
        kept = write(address, data, chance)
        bench.world.fram.data[address + len(data) // 2] ^= 1
        return kept

    bench.world.fram.write = stuck  # type: ignore[method-assign]
    bench.refused(codes.START, 1)

    assert codes.F_LOCKED == bench.actual.flags & codes.F_LOCKED
    assert [] == bench.world.drives
