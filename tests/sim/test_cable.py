"""The cable: late by two milliseconds, and everything that can go wrong with it."""

from hal.sim import mishaps
from hal.sim.cable import BOARD, CONTROLLER, DELAY_MS, Cable
from hal.sim.chance import Chance
from tests.sim.bench import Bare


def arrivals(cable: Cable, until_ms: int) -> list[tuple[int, bytes]]:
    """What arrives at the board, with its instant."""
    seen = []
    for now in range(until_ms + 1):
        data = cable.take(BOARD, now)
        if data:
            seen.append((now, data))
    return seen


def test_bytes_take_two_milliseconds() -> None:
    """So time always moves between a question and its answer."""
    cable = Cable()
    cable.send(BOARD, b"a", Chance(1), 10)

    assert [(10 + DELAY_MS, b"a")] == arrivals(cable, 20)


def test_each_trouble_does_what_it_says() -> None:
    """Loss loses, dup doubles, delay is late, flips change bits, reorder overtakes."""
    counts = {}
    for name in ("loss", "twice", "late", "flips", "reorder"):
        cable, chance = Cable(), Chance(5)
        vars(cable)[name] = 300_000 if name != "flips" else 30_000
        cable.late_ms = 50
        for i in range(200):
            cable.send(BOARD, bytes([i]), chance, i * 3)
        counts[name] = b"".join(data for _, data in arrivals(cable, 1000))

    whole = bytes(range(200))
    assert 80 < len(counts["loss"]) < 180
    assert 220 < len(counts["twice"]) < 300
    assert len(counts["late"]) == 200 and counts["late"] != whole
    assert len(counts["flips"]) == 200 and counts["flips"] != whole
    assert sorted(counts["reorder"]) == list(whole) and counts["reorder"] != whole


def test_a_cut_cable_carries_nothing_and_forgets_what_was_on_it() -> None:
    """After healing only new bytes arrive."""
    bare = Bare()
    bare.world.to_board(b"old")
    mishaps.cause(bare.world, "cable_cut")
    bare.world.to_board(b"lost")
    bare.run(100)
    mishaps.heal(bare.world, "cable_cut")
    bare.world.to_board(b"new")
    bare.run(5)

    assert b"new" == bare.world.grant()[1]


def test_what_passed_can_be_replayed() -> None:
    """An eavesdropper sends it again, in order."""
    bare = Bare()
    bare.world.to_board(b"one")
    bare.world.to_board(b"two")
    bare.run(5)
    bare.world.grant()
    mishaps.cause(bare.world, "cable_replay")
    bare.run(5)

    assert b"onetwo" == bare.world.grant()[1]


def test_bytes_for_a_board_without_power_are_lost() -> None:
    """A fresh boot starts with an empty cable."""
    bare = Bare()
    bare.world.reset(0)
    bare.world.to_board(b"nobody there")
    bare.run(200)
    bare.world.boot()

    assert b"" == bare.world.grant()[1]


def test_the_board_is_woken_by_bytes() -> None:
    """Their arrival is an event of the world."""
    bare = Bare()
    bare.world.attention = False
    bare.world.to_board(b"x")
    due = bare.world.next_event_ms()
    bare.world.advance(due)

    assert (bare.world.now_ms, True) == (due, bare.world.attention)


def test_the_controllers_end_gets_what_the_board_sent() -> None:
    """Once, after the delay."""
    bare = Bare()
    bare.world.transmit(b"hello")
    early = bare.world.from_board()
    bare.run(DELAY_MS)

    assert (b"", b"hello", b"") == (early, bare.world.from_board(), bare.world.from_board())
    assert CONTROLLER == 1
