"""The house: one world, one time, and one token that board and controller take turns with.

Responsible for: granting turns in a fixed order (board, controller, script), moving time to the
next thing that happens, resets and boots of the board's seat. Not for sockets (seats.py,
serve.py), physics (world.py) or what the script's words do (verbs.py).

A seat touches cable and clock only within its turn; time stands still during a turn, and moves
at least one millisecond between two turns that a seat asks for itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Protocol

from hal.sim.cable import CONTROLLER
from hal.sim.sense import NO_DEADLINE, POWER
from hal.sim.supply import PowerLost
from hal.sim.tray import NEVER
from hal.sim.world import World

MAX_TURNS_AT_ONCE = 2_000
HALF_RANGE = 1 << 31


class SeatGone(Exception):
    """The one who held the token is no longer there; `cause` as in Sense.reset_cause."""

    def __init__(self, cause: int = POWER) -> None:
        super().__init__(cause)
        self.cause = cause


class SeatEmpty(Exception):
    """Somebody is expected in the circle and did not come; the text says who."""


class BoardSeat(Protocol):
    """Where a board's firmware sits, in this process or behind a socket."""

    def ready(self) -> bool:
        """A firmware is there to be started (may wait for one that is expected)."""

    def start(self) -> None:
        """The world has booted the board."""

    def turn(self) -> int:
        """One turn; when to wake it next, in ms since its boot. Raises SeatGone, PowerLost."""

    def stop(self) -> None:
        """The board was reset: this firmware is dead."""


@dataclass
class Go:
    """What the controller learns with the token."""

    mono_ms: int
    utc_ms: int
    rx: bytes
    net: bool
    wishes: list[dict[str, object]] = field(default_factory=list)


class ControllerSeat(Protocol):
    """Where a controller sits."""

    def ready(self) -> bool:
        """A controller is there (may wait for one that is expected)."""

    def turn(self, go: Go) -> tuple[int | None, bytes]:
        """One turn: (monotonic ms to be woken at or None, bytes for the cable)."""


class Inside:
    """A board in this process; `boot(world)` gives the function that makes one turn."""

    def __init__(self, world: World, boot: Callable[[World], Callable[[], int]]) -> None:
        self.world = world
        self.boot = boot
        self._turn: Callable[[], int] | None = None

    def ready(self) -> bool:
        """Always."""
        return True

    def start(self) -> None:
        """A fresh firmware: nothing survives but the FRAM."""
        self._turn = self.boot(self.world)

    def turn(self) -> int:
        """One turn of the firmware."""
        assert self._turn is not None
        return self._turn()

    def stop(self) -> None:
        """Forget the firmware."""
        self._turn = None


class InsideController:
    """A controller in this process: a function from Go to (wake_ms, bytes)."""

    def __init__(self, turn: Callable[[Go], tuple[int | None, bytes]]) -> None:
        self.turn = turn

    def ready(self) -> bool:
        """Always."""
        return True


class House:
    """Time and token. `run` lets time pass; between two runs it stands still."""

    def __init__(
        self,
        world: World,
        board: BoardSeat | None = None,
        controller: ControllerSeat | None = None,
    ) -> None:
        self.world = world
        self.board = board
        self.controller = controller
        self.board_wake_ms = NEVER
        self.controller_wake_ms = 0
        self.net = True
        self.wishes: list[dict[str, object]] = []
        self.done: list[dict[str, object]] = []  # what planned verbs answered
        self.turns = 0
        self.on_net: Callable[[bool], None] = lambda up: None
        self.on_jump: Callable[[], None] = lambda: None
        self._alive = False  # the seat runs the world's present boot
        self._script: list[tuple[int, int, Callable[[], object]]] = []
        self._serial = 0

    def do_at(self, at_ms: int, what: Callable[[], object]) -> None:
        """Plan something for an instant of house time; same instants keep their order."""
        self._serial += 1
        heappush(self._script, (max(at_ms, self.world.now_ms), self._serial, what))

    def set_net(self, up: bool) -> None:
        """The home's network goes down or comes back."""
        if up != self.net:
            self.net = up
            self.controller_wake_ms = 0
            self.world.mark(f"net {int(up)}")
            self.on_net(up)

    def wish(self, wish: dict[str, object]) -> None:
        """Hand the controller a person's wish with its next token."""
        self.wishes.append(wish)

    def next_ms(self) -> int:
        """When something happens next."""
        world = self.world
        soonest = min(world.next_event_ms(), self.controller_wake_ms if self.controller else NEVER)
        soonest = min(soonest, world.cable.due_ms(CONTROLLER))
        if self._alive:
            soonest = min(soonest, self.board_wake_ms)
        if self._script:
            soonest = min(soonest, self._script[0][0])
        return max(soonest, world.now_ms)

    def run(self, until_ms: int) -> None:
        """Let time pass to `until_ms`; everything due by then has happened."""
        world = self.world
        while True:
            self.serve_now()
            soonest = self.next_ms()
            if soonest > until_ms:
                world.advance(max(until_ms, world.now_ms))
                return
            world.advance(soonest)

    def serve_now(self) -> None:
        """Grant turns until nobody has anything left to do at this instant."""
        for _ in range(MAX_TURNS_AT_ONCE):
            if self._serve_board() or self._serve_controller():
                continue
            if self._script and self._script[0][0] <= self.world.now_ms:
                heappop(self._script)[2]()
                continue
            return
        raise AssertionError(f"time does not move on from {self.world.now_ms} ms")

    def _serve_board(self) -> bool:
        world, seat = self.world, self.board
        if self._alive and not world.up:
            self._alive = False
            assert seat is not None
            seat.stop()
        if seat is None or (not world.up and world.now_ms < world.ready_ms):
            return False
        if not self._alive:
            if not seat.ready():
                return False
            if not world.up:
                world.boot()
            seat.start()
            self._alive = True
        elif not world.attention and world.now_ms < self.board_wake_ms:
            return False
        self.turns += 1
        try:
            until = seat.turn()
        except PowerLost:
            return True
        except SeatGone as gone:
            world.reset(gone.cause)
            return True
        self.board_wake_ms = self._board_wake(until)
        return True

    def _board_wake(self, until: int) -> int:
        """House time of a board's WAIT; its milliseconds wrap at 2**32."""
        if until == NO_DEADLINE:
            return NEVER
        now = self.world.now_ms
        ahead = (until - (now - self.world.boot_ms)) & 0xFFFFFFFF
        return now + (ahead if 0 < ahead < HALF_RANGE else 1)

    def _serve_controller(self) -> bool:
        world, seat = self.world, self.controller
        now = world.now_ms
        due = world.cable.due_ms(CONTROLLER) <= now
        if seat is None or not seat.ready():
            self.controller_wake_ms = NEVER  # whoever joins sets it to 0
            if due:
                world.from_board()  # nobody listens
            return False
        if not due and now < self.controller_wake_ms and not self.wishes:
            return False
        wishes, self.wishes = self.wishes, []
        go = Go(now, world.controller_clock.utc_ms(now), world.from_board(), self.net, wishes)
        self.turns += 1
        try:
            wake, sent = seat.turn(go)
        except SeatGone:
            self.controller_wake_ms = 0
            return False
        self.controller_wake_ms = NEVER if wake is None else max(wake, now + 1)
        world.to_board(sent)
        return True
