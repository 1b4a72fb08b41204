"""A firmware can be photographed at any moment and go on from the photograph as if nothing was."""

from collections.abc import Callable

from firmware.loop import Executive
from hal.sim.board import SimBoard
from hal.sim.direct import Direct
from hal.sim.house import Inside
from hal.sim.world import World
from hal.wire import codes
from tests.firmware.bench import KEY, Bench


class Swapping(Inside):
    """The board's seat: after turn number `at` a new firmware goes on from a snapshot."""

    def __init__(self, world: World, at: int) -> None:
        super().__init__(world, self._fresh)
        self.at = at
        self.turns = 0
        self.executive = Executive(SimBoard(Direct(world)), KEY)

    def _fresh(self, world: World) -> Callable[[], int]:
        self.executive = Executive(SimBoard(Direct(world)), KEY)
        return self._swap

    def _swap(self) -> int:
        wake = self.executive.turn()
        self.turns += 1
        if self.turns == self.at:
            values = self.executive.snapshot()
            assert all(type(value) is int for value in values)
            self.executive = Executive(SimBoard(Direct(self.world)), KEY)
            self.executive.restore(values)
            assert values == self.executive.snapshot()
        return wake


def story(swap_at: int) -> tuple[str, int]:
    """One release; the world's trace, and the number of turns."""
    seats: list[Swapping] = []

    def seat(world: World) -> Swapping:
        seats.append(Swapping(world, swap_at))
        return seats[0]

    bench = Bench(seed=5, seat=seat)
    bench.load({3: [300, 260]})
    bench.dispense(1, 3)
    bench.run(2000)
    assert codes.RELEASED == bench.actual.verdict
    return bench.world.trace.hex(), seats[0].turns


def test_restored_in_any_turn_of_a_release_the_world_sees_no_difference() -> None:
    """Snapshot, new objects, restore: after every single turn the trace stays the same."""
    plain, turns = story(0)
    for at in range(1, turns + 1, 3):
        assert plain == story(at)[0], at
