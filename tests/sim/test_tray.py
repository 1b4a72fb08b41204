"""The carousel: where it really is, what jams it, what its encoder says."""

import pytest

from hal.sim import mishaps
from hal.sim.sense import NO_READING, TICKS, compartment_tick
from hal.sim.tray import DRIVE_LIMIT_MS, shorter_way
from tests.sim.bench import Bare


@pytest.mark.parametrize(
    ("start", "end", "way"), [(0, 8, 8), (8, 0, -8), (0, 116, 116), (4, 228, -8), (228, 4, 8)]
)
def test_the_tray_takes_the_shorter_way(start: int, end: int, way: int) -> None:
    """Never more than half a turn, across zero as well."""
    assert way == shorter_way(start, end)


def test_eight_ticks_take_fifty_milliseconds() -> None:
    """The tray turns 8 ticks in 50 ms and stops at its target."""
    bare = Bare()
    bare.world.drive(16)
    bare.run(50)
    half_way = bare.sense().encoder
    bare.run(49)
    before = bare.sense().encoder
    bare.run(1)
    there = bare.sense().encoder
    bare.run(500)

    assert [8, 15, 16, 16] == [half_way, before, there, bare.sense().encoder]


def test_the_board_is_woken_when_the_tray_arrives() -> None:
    """Arrival is an input change at its own instant, not at the next tick of a clock."""
    bare = Bare()
    bare.world.drive(compartment_tick(9))
    bare.world.attention = False
    start = bare.world.now_ms
    bare.world.advance(bare.world.next_event_ms())

    assert (True, start + 500) == (bare.world.attention, bare.world.now_ms)


def test_a_jam_stops_the_tray_short_and_is_told() -> None:
    """The encoder shows where it stands, the coils stay on, the board is woken."""
    bare = Bare()
    mishaps.cause(bare.world, "jam", {"after_ticks": 5})
    bare.world.drive(40)
    bare.world.attention = False
    bare.run(300)

    assert 5 == bare.sense().encoder
    assert bare.world.attention
    assert bare.world.tray.energised_ms >= 0


def test_a_jam_that_wiggles_loose_lets_the_tray_pass() -> None:
    """With `wiggles` 2 the second reverse move frees it, the first does not."""
    bare = Bare()
    mishaps.cause(bare.world, "jam", {"after_ticks": 20, "wiggles": 2})
    bare.world.drive(40)
    bare.run(300)
    reached = []
    for _ in range(2):
        bare.world.drive(16)
        bare.run(300)
        bare.world.drive(40)
        bare.run(300)
        reached.append(bare.sense().encoder)

    assert [20, 40] == reached


def test_a_healed_jam_is_gone() -> None:
    """Healing clears a standing jam as well as one that has not struck yet."""
    bare = Bare()
    mishaps.cause(bare.world, "jam")
    bare.world.drive(40)
    bare.run(300)
    mishaps.heal(bare.world, "jam")
    bare.world.drive(40)
    bare.run(300)

    assert 40 == bare.sense().encoder


@pytest.mark.hazard("H30")
def test_the_coils_go_off_by_themselves() -> None:
    """The hardware timer cuts the current after DRIVE_LIMIT_MS, whatever the board says."""
    bare = Bare()
    bare.world.drive(8)
    bare.run(DRIVE_LIMIT_MS - 1)
    on = bare.world.tray.energised_ms >= 0
    bare.run(1)
    row = bare.world.drives[-1]

    assert (True, False) == (on, bare.world.tray.energised_ms >= 0)
    assert DRIVE_LIMIT_MS == row[1] - row[0]


def test_a_stuck_encoder_hides_where_the_tray_is() -> None:
    """The reading stays, the truth moves: exactly the lie that firmware must catch."""
    bare = Bare()
    bare.turn_to(0)
    mishaps.cause(bare.world, "encoder_stuck")
    bare.turn_to(3)

    assert compartment_tick(0) == bare.sense().encoder
    assert compartment_tick(3) == bare.world.tray.position(bare.world.now_ms)


def test_an_encoder_may_not_answer_at_all() -> None:
    """65535 is no reading."""
    bare = Bare()
    mishaps.cause(bare.world, "encoder_stuck", {"reading": NO_READING})

    assert NO_READING == bare.sense().encoder


def test_the_home_switch_closes_at_tick_zero_only() -> None:
    """Over a whole turn the switch is closed at exactly one tick."""
    bare = Bare()
    closed = []
    for tick in range(TICKS):
        bare.world.drive(tick)
        bare.run(800)
        if bare.sense().home:
            closed.append(tick)

    assert [0] == closed


def test_a_slip_ends_short_and_the_encoder_tells() -> None:
    """Missing steps are visible to whoever looks."""
    bare = Bare()
    mishaps.cause(bare.world, "slip", {"ticks": 3})
    bare.world.drive(40)
    bare.run(500)

    assert 37 == bare.sense().encoder


def test_a_tray_put_back_one_place_off_exposes_another_compartment() -> None:
    """The encoder cannot see it; the index on the tray can, and the door was counted."""
    bare = Bare()
    world = bare.world
    world.put(6, [100], "six")
    index, doors = bare.sense().tray_index, bare.sense().door_count
    mishaps.cause(world, "tray_reseated", {"sectors": 1})
    bare.turn_to(5)
    bare.open_gate()

    assert ["cup"] == bare.places(1)
    assert (index + 1, doors + 1) == (bare.sense().tray_index, bare.sense().door_count)
