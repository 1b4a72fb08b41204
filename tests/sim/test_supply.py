"""Power, clocks, memory: what is left when the current is not."""

import pytest

from hal.sim import mishaps
from hal.sim.sense import BROWN_OUT, FRAM_SIZE, POWER, WATCHDOG
from hal.sim.supply import CAPACITY_MS, PowerLost
from hal.sim.world import World
from tests.sim.bench import Bare


@pytest.mark.hazard("H30")
def test_a_reset_puts_every_output_off() -> None:
    """Tray stops, gate closes by its spring, beam, lamp and buzzer are dark, the dog sleeps."""
    bare = Bare()
    world = bare.world
    world.lamp(3)
    world.buzzer(3)
    world.feed(1000)
    world.drive(100)
    world.gate(1)
    bare.run(200)
    mishaps.cause(world, "brown_out", {"dark_ms": 400})
    bare.run(400)

    assert (False, 0, 0, False) == (
        world.up,
        world.lamp_shows,
        world.buzzer_sounds,
        world.chute.emitter,
    )
    assert (32, True, -1) == (
        world.tray.position(world.now_ms),
        world.flap.position(world.now_ms) == 0,
        world.tray.energised_ms,
    )
    assert world.now_ms >= world.ready_ms


def test_counters_that_are_latched_survive_a_reset() -> None:
    """Drops, lifts and door openings are kept; presses and milliseconds begin anew."""
    bare = Bare()
    world = bare.world
    world.put(0, [300], "fill")
    bare.turn_to(0)
    bare.open_gate()
    world.take_cup()
    world.return_cup()
    world.open_door()
    world.press()
    bare.run(500)
    world.reset(POWER)
    bare.run(200)
    world.boot()

    sense = bare.sense()
    assert (1, 1, 1) == (sense.drop_count, sense.lift_count, sense.door_count)
    assert (0, 0, POWER) == (sense.press_count, sense.now_ms, sense.reset_cause)


def test_a_hungry_dog_resets_the_board() -> None:
    """Fed it sleeps, unfed it bites at its time, and the cause is told."""
    bare = Bare()
    bare.world.feed(1000)
    bare.run(900)
    bare.world.feed(1000)
    bare.run(999)
    lived = bare.world.up
    bare.run(1)

    assert (True, False, WATCHDOG) == (lived, bare.world.up, bare.sense().reset_cause)


def test_a_starved_dog_bites_although_it_is_fed() -> None:
    """watchdog_starve: the feeding does not arrive."""
    bare = Bare()
    bare.world.feed(1000)
    mishaps.cause(bare.world, "watchdog_starve")
    bare.run(900)
    bare.world.feed(1000)
    bare.run(100)

    assert not bare.world.up


def test_the_battery_carries_the_machine_for_its_capacity() -> None:
    """Without mains the board runs until the last millisecond of charge, and comes back with it."""
    bare = Bare()
    bare.world.mains(False)
    bare.run(CAPACITY_MS - 1)
    last = bare.world.up
    bare.run(1)
    dark = bare.world.up
    bare.run(10_000)
    asleep = bare.world.ready_ms > bare.world.now_ms
    bare.world.mains(True)
    bare.run(100)
    bare.world.boot()

    assert (True, False, True, True) == (last, dark, asleep, bare.world.up)


def test_a_flat_battery_on_mains_changes_nothing_until_the_mains_go() -> None:
    """The machine runs on; then it is dark at once."""
    bare = Bare()
    mishaps.cause(bare.world, "battery_flat")
    bare.run(1000)
    on_mains = bare.world.up
    mishaps.cause(bare.world, "battery_flat")
    mishaps.cause(bare.world, "mains_cut", {"for_ms": 5000})
    dark = bare.world.up
    bare.run(5101)

    assert (True, False, True) == (on_mains, dark, bare.world.now_ms > bare.world.ready_ms)


def test_a_dead_board_can_do_nothing() -> None:
    """Every operation of a board without power is refused."""
    bare = Bare()
    bare.world.reset(POWER)

    with pytest.raises(PowerLost):
        bare.world.gate(1)


@pytest.mark.parametrize("operations", range(1, 5))
def test_power_can_be_cut_at_any_operation(operations: int) -> None:
    """The n-th operation from now does not happen any more, those before it did."""
    bare = Bare()
    mishaps.cause(bare.world, "cut_at_operation", {"operations": operations})
    done = 0
    with pytest.raises(PowerLost):
        for _ in range(9):
            bare.world.note(1, done)
            done += 1

    assert (operations - 1, BROWN_OUT) == (done, bare.world.reset_cause)


@pytest.mark.parametrize("damage", ["kept", "lost", "torn", "garbled"])
def test_a_cut_write_damages_only_what_it_was_writing(damage: str) -> None:
    """Bytes outside the cut write stay; inside, old and new lie as the damage says."""
    for seed in range(20):
        bare = Bare(seed)
        world = bare.world
        world.fram_write(0, b"\x11" * 64)
        mishaps.cause(world, "fram_torn", {"after_writes": 1, "damage": damage})
        world.fram_write(100, b"\x33" * 4)
        with pytest.raises(PowerLost):
            world.fram_write(16, b"\x22" * 32)
        data = world.fram.data
        inside = bytes(data[16:48])
        whole = len(inside.rstrip(b"\x11")) if damage == "torn" else -1

        assert (b"\x11" * 16, b"\x33" * 4) == (bytes(data[48:64]), bytes(data[100:104]))
        assert damage != "kept" or inside == b"\x22" * 32
        assert damage != "lost" or inside == b"\x11" * 32
        assert damage != "torn" or inside == b"\x22" * whole + b"\x11" * (32 - whole)


def test_memory_is_kept_through_a_power_cut() -> None:
    """What a write returned for is there at the next boot."""
    bare = Bare()
    bare.world.fram_write(FRAM_SIZE - 4, b"last")
    bare.world.reset(POWER)
    bare.run(200)
    bare.world.boot()

    assert b"last" == bare.world.fram_read(FRAM_SIZE - 4, 4)


def test_clocks_drift_by_their_stated_rate() -> None:
    """A week off by at most 20 ppm, and both sides by different amounts for some seed."""
    apart = set()
    for seed in range(8):
        world = World(seed)
        world.advance(7 * 86_400_000)
        off = world.board_clock.utc_ms(world.now_ms) - world.utc_ms()
        apart.add(off)

        assert abs(off) <= 7 * 86_400_000 * 20 // 1_000_000

    assert len(apart) > 1


def test_a_clock_that_jumped_says_nothing() -> None:
    """It runs on, wrong, with clock_ok; a dead one shows clock_ok 0."""
    bare = Bare()
    before = bare.sense().utc_s
    mishaps.cause(bare.world, "clock_jump", {"who": "board", "seconds": -7200})
    jumped = bare.sense()
    mishaps.cause(bare.world, "clock_dead")
    dead = bare.sense()
    bare.world.set_clock(before)

    assert (before - 7200, 1) == (jumped.utc_s, jumped.clock_ok)
    assert (0, 0) == (dead.utc_s, dead.clock_ok)
    assert (before, 1) == (bare.sense().utc_s, bare.sense().clock_ok)


def test_a_clock_may_stand_still() -> None:
    """At -1,000,000 ppm an hour changes nothing."""
    bare = Bare()
    mishaps.cause(bare.world, "clock_rate", {"who": "board", "ppm": -1_000_000})
    before = bare.sense().utc_s
    bare.run(3_600_000)

    assert before == bare.sense().utc_s
