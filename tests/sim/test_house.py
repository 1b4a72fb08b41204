"""The token: who is granted a turn, when, and that time moves only in between."""

from collections.abc import Callable

import pytest

from hal.sim import mishaps
from hal.sim.house import Go, House, Inside, InsideController
from hal.sim.sense import NO_DEADLINE
from hal.sim.world import World

Log = list[tuple[int, str]]


def house(
    log: Log,
    board: Callable[[World, int], int] = lambda world, now: NO_DEADLINE,
    controller: Callable[[Go], tuple[int | None, bytes]] = lambda go: (None, b""),
    seed: int = 1,
) -> House:
    """A house whose two seats write down their turns."""
    world = World(seed)

    def boot(world: World) -> Callable[[], int]:
        def turn() -> int:
            sense, _ = world.grant()
            log.append((world.now_ms, "board"))
            return board(world, sense.now_ms)

        log.append((world.now_ms, "boot"))
        return turn

    def other(go: Go) -> tuple[int | None, bytes]:
        log.append((go.mono_ms, "controller"))
        return controller(go)

    return House(world, Inside(world, boot), InsideController(other))


def test_at_one_instant_the_board_comes_before_the_controller_and_both_before_the_script() -> None:
    """The fixed order is what makes a run repeatable."""
    log: Log = []
    home = house(log, lambda world, now: now + 1000, lambda go: (1100, b""))
    home.do_at(1100, lambda: log.append((1100, "script")))
    home.run(1100)

    assert [(1100, "board"), (1100, "controller"), (1100, "script")] == log[-3:]


def test_a_seat_that_asks_to_be_woken_at_once_is_woken_a_millisecond_later() -> None:
    """Nobody can stop time by spinning."""
    log: Log = []
    home = house(log, lambda world, now: now)
    home.run(110)

    assert [(t, "board") for t in range(100, 111)] == [row for row in log if row[1] == "board"]


def test_a_deadline_that_has_passed_is_due_at_once() -> None:
    """A board that asks for an instant of the past is not put to sleep for 2**32 ms."""
    log: Log = []
    home = house(log, lambda world, now: (now - 5) & 0xFFFFFFFF)
    home.run(102)

    assert [100, 101, 102] == [now for now, who in log if who == "board"]


def test_the_board_sleeps_until_its_deadline_or_an_input_changes() -> None:
    """One turn at boot, one at the press, one at the release, one at the deadline."""
    log: Log = []
    home = house(log, lambda world, now: 5000)
    home.do_at(2000, lambda: home.world.press(300))
    home.run(6000)

    assert [100, 2000, 2300, 5100] == [now for now, who in log if who == "board"][:4]


def test_milliseconds_of_a_boot_may_wrap() -> None:
    """A deadline just behind 2**32 lies just ahead of it."""
    log: Log = []
    home = house(log, lambda world, now: (now + 1000) & 0xFFFFFFFF if now else NO_DEADLINE)
    home.run(200)
    home.world.advance(home.world.boot_ms + 2**32 - 500)
    home.world.attention = True
    log.clear()
    home.run(home.world.now_ms + 1500)

    assert [0, 1000] == [now - log[0][0] for now, _ in log]


def test_a_reset_board_starts_anew_and_remembers_nothing() -> None:
    """A fresh firmware 100 ms later; the old one gets no turn any more."""
    log: Log = []
    home = house(log)
    home.run(1000)
    home.world.reset(3)
    home.run(2000)

    assert [(100, "boot"), (100, "board"), (1100, "boot"), (1100, "board")] == [
        row for row in log if row[1] != "controller"
    ]


def test_power_lost_inside_a_turn_ends_the_turn() -> None:
    """The firmware's own code is cut between two operations; the next boot runs."""
    log: Log = []
    wrote: list[int] = []

    def writes(world: World, now: int) -> int:
        for i in range(3):
            world.fram_write(i, b"x")
            wrote.append(i)
        return NO_DEADLINE

    home = house(log, writes)
    home.world.ready_ms = 100
    mishaps.cause(home.world, "fram_torn", {"after_writes": 1})
    home.run(1000)

    assert [0, 0, 1, 2] == wrote
    assert 2 == home.world.boots


def test_the_cable_moves_bytes_and_time() -> None:
    """A ping-pong of n messages takes 2 ms each way."""
    log: Log = []
    home = house(log, lambda world, now: NO_DEADLINE, lambda go: (None, b"ping"))
    home.run(110)

    assert [(0, "controller"), (100, "boot"), (100, "board")] == log


def test_wishes_reach_the_controller_with_its_next_token() -> None:
    """At once, and only once."""
    seen: list[object] = []

    def controller(go: Go) -> tuple[int | None, bytes]:
        seen.extend(go.wishes)
        return None, b""

    home = house([], controller=controller)
    home.run(500)
    home.wish({"wish": "ask"})
    home.run(600)

    assert [{"wish": "ask"}] == seen


def test_the_controllers_utc_jumps_and_its_monotonic_time_does_not() -> None:
    """Exactly what a real machine shows after a bad network time."""
    seen: list[Go] = []

    def controller(go: Go) -> tuple[int | None, bytes]:
        seen.append(go)
        return go.mono_ms + 1000, b""

    home = house([], controller=controller)
    home.do_at(1500, lambda: mishaps.cause(home.world, "clock_jump", {"seconds": 3600}))
    home.run(2000)

    assert [0, 1000, 2000] == [go.mono_ms for go in seen]
    assert 3_601_000 == pytest.approx(seen[2].utc_ms - seen[1].utc_ms, abs=2)


def test_time_that_cannot_move_on_is_an_error_of_ours() -> None:
    """A script that plans itself for ever at one instant is stopped by a bound."""
    home = house([])

    def again() -> None:
        home.do_at(home.world.now_ms, again)

    home.do_at(500, again)
    with pytest.raises(AssertionError, match="does not move on"):
        home.run(1000)
