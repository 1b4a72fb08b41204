"""The spring-closed gate under the chute: position, two end sensors, hardware time limit.

Responsible for: how far the gate is open at any instant, also when it sticks. Not for what
falls while it is open (chute.py). Position is in milliseconds of travel: 0 closed, 150 open.
"""

from hal.sim.tray import NEVER

TRAVEL_MS = 150
PASSABLE = 75  # a piece fits through from here on
OPEN_LIMIT_MS = 3000  # one-shot hardware timer from the command on; the spring then closes


class Gate:
    """A solenoid against a spring."""

    def __init__(self) -> None:
        self.held_open = False  # current in the solenoid
        self.held_since_ms = 0
        self.from_position = 0
        self.start_ms = 0
        self.low = 0  # it cannot close further than this
        self.high = TRAVEL_MS  # it cannot open further than this
        self.catches = -1  # it catches once it has opened this far, -1: it does not

    def goal(self) -> int:
        """Where the gate is going or resting."""
        return max(min(TRAVEL_MS if self.held_open else 0, self.high), self.low)

    def position(self, now_ms: int) -> int:
        """Milliseconds of travel from closed."""
        goal = self.goal()
        if self.from_position < goal:
            return min(self.from_position + now_ms - self.start_ms, goal)
        return max(self.from_position - now_ms + self.start_ms, goal)

    def passable(self, now_ms: int) -> bool:
        """A piece over the hole can fall."""
        return self.position(now_ms) >= PASSABLE

    def command(self, opened: bool, now_ms: int) -> None:
        """Current on or off; repeating `open` does not extend the hardware limit."""
        if opened == self.held_open:
            return
        self.change(now_ms)
        self.held_open = opened
        self.held_since_ms = now_ms

    def change(self, now_ms: int) -> None:
        """Take the present position as the start of what follows."""
        self.from_position = self.position(now_ms)
        self.start_ms = now_ms

    def settle(self, now_ms: int) -> None:
        """Apply what became due: the hardware limit, a gate that catches."""
        if self.catches >= 0 and self.position(now_ms) >= self.catches:
            self.low = self.catches
            self.catches = -1
        if self.held_open and now_ms >= self.held_since_ms + OPEN_LIMIT_MS:
            self.command(False, now_ms)

    def next_ms(self, now_ms: int) -> int:
        """The next instant of an end sensor, of passing half way, or of the limit."""
        limit = self.held_since_ms + OPEN_LIMIT_MS if self.held_open else NEVER
        goal, at = self.goal(), self.position(now_ms)
        if at == goal:
            return limit
        ways = [abs(goal - at)]
        if min(at, goal) < PASSABLE <= max(at, goal):
            ways.append(PASSABLE - at if goal > at else at - PASSABLE + 1)
        ways.append(1 if at in (0, TRAVEL_MS) else ways[0])  # an end sensor lets go
        return min(limit, now_ms + min(way for way in ways if way > 0))
