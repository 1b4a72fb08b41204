"""A machine without firmware: the test itself is the board, and calls what a board can call."""

from hal.sim.sense import Sense, compartment_tick
from hal.sim.world import World


class Bare:
    """A booted world with the beam lit; operations are those of the world."""

    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.run(200)
        self.world.boot()
        self.world.emitter(1)

    def run(self, ms: int) -> None:
        """Let time pass."""
        self.world.advance(self.world.now_ms + ms)

    def sense(self) -> Sense:
        """What a board would read now."""
        return self.world.sense(0)

    def turn_to(self, compartment: int) -> None:
        """Bring a compartment over the hole and cut the coils."""
        self.world.drive(compartment_tick(compartment))
        self.run(1500)
        self.world.drive_off()

    def open_gate(self, for_ms: int = 800) -> None:
        """Open, wait, close, wait."""
        self.world.gate(1)
        self.run(for_ms)
        self.world.gate(0)
        self.run(700)

    def places(self, fill: int) -> list[str]:
        """Where the pieces of a fill are."""
        return [piece.place for piece in self.world.ledger.fills[fill - 1].pieces]
