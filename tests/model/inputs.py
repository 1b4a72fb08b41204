"""Which inputs may come in a state, and the state after each.

Responsible for: the bounds, the sentences in flight, budgets, and which input is possible where.
Not responsible for what an input does (board.py, control.py), for what must hold (invariants.py)
or for the search (explore.py).

A state is one integer: controller, board, sentences in flight and budgets, each numbered
exactly, so nothing is lost to hashing. What may come to the controller hangs on it, on what the
board says, on flight and budgets; what may come to the board on it, on what the controller
wants, on flight and budgets: such a list of moves is made once, and looked up from then on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from hal.wire import codes
from tests.model.board import Board
from tests.model.control import Control, without_signal
from tests.model.machine import ALIVE, SILENT
from tests.model.scene import scene

C_BITS, B_BITS, N_BITS = 20, 20, 16
B_AT, N_AT, K_AT = C_BITS, C_BITS + B_BITS, C_BITS + B_BITS + N_BITS
C_MASK, B_MASK, N_MASK = (1 << C_BITS) - 1, (1 << B_BITS) - 1, (1 << N_BITS) - 1
HOP_S = 60  # a longer step of time is lived through by cable, scale and beam


@dataclass(frozen=True)
class Config:
    """The bounds of one exploration."""

    name: str
    plan: str = "one"
    fault: str = ""  # of board.FAULTS; it may begin at any moment and stays
    crashes: int = 1  # of the controller, each with and without what was not on the disk
    older: bool = False  # or an older copy of the journal is put back
    resets: int = 1  # of the board, at rest and within every operation of a step
    presses: int = 2
    lifts: int = 1  # the cup comes back empty, or with one piece
    leave: bool = False  # it may also come back with a piece in it
    doors: int = 0
    quiet: int = 2  # times that one end of the cable hears nothing for so long that it matters
    asked: int = 2  # old sentences to the board that may come again at any time
    told: int = 1  # old sentences of the board
    orders: int = 6  # higher order numbers are not followed
    pauses: bool = False  # other things may happen between two durable steps of a motion
    times: int = 9  # instants that time moves to, the most telling first; 4 to 9
    settle: bool = False  # a person settles what is in doubt, rightly or wrongly
    most: int = 2_000_000
    lively: bool = True  # look for states without a way to an end


@dataclass(frozen=True)
class Spent:
    """The time, and what has been used up."""

    phase: int = 0
    crashes: int = 0
    resets: int = 0
    presses: int = 0
    lifts: int = 0
    doors: int = 0
    quiet: int = 0
    faults: int = 0


class Move(NamedTuple):
    """One input, and what it makes of one component."""

    label: int
    after: int  # the state without the other component
    order: int = 0  # the order for which something began to move
    hits: tuple[str, ...] = ()  # what broke on the way


Flight = tuple[tuple[bytes, ...], tuple[bytes, ...]]  # old sentences to the board, and of it

_boards: dict[tuple[object, ...], Board] = {}
_controls: dict[tuple[object, ...], Control] = {}


def _components(config: Config) -> tuple[Control, Board]:
    """Tables of the same controller and the same board serve all bounds, one plan at a time."""
    place = (config.plan, config.times)
    home = scene(config.plan, config.times)
    control = _controls.get((place, config.crashes))
    if control is None:
        for other in [key for key in _controls if key[0] != place]:
            del _controls[other]
        control = _controls[place, config.crashes] = Control(home, config.crashes)
    key = (place, config.fault, config.pauses)
    board = _boards.get(key)
    if board is None:
        _boards.clear()
        board = _boards[key] = Board(home, config.fault, config.pauses)
    return control, board


def forget() -> None:
    """No table is kept."""
    _controls.clear()
    _boards.clear()


class Inputs:
    """What may come next, in one configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scene = scene(config.plan, config.times)
        self.control, self.board = _components(config)
        self.labels: list[str] = [""]
        self.spent: list[Spent] = []
        self._label_ids = {"": 0}
        self._flight: list[Flight] = []
        self._flight_ids: dict[Flight, int] = {}
        self._spent_ids: dict[Spent, int] = {}
        self._used: dict[tuple[int, str], int] = {}
        self._old: dict[int, bytes] = {}
        self._to_c: dict[tuple[int, bytes, int, int], list[Move]] = {}
        self._to_b: dict[tuple[int, bytes, int, int], tuple[list[Move], bool]] = {}
        self._later: dict[tuple[int, int, int], Move] = {}
        self._later_c: dict[tuple[int, int], Move] = {}
        self._phases: list[int] = []
        times = self.scene.times
        self._hops = [b - a >= HOP_S for a, b in pairwise(times)]
        self._hits: list[str] = []
        self.first = self.pack(
            self.control.first, self.board.first, self._flight_id(((), ())), self._spent_id(Spent())
        )

    # --- one integer ---------------------------------------------------------------------------

    def pack(self, c: int, b: int, n: int, k: int) -> int:
        """Four numbers as one; none of them may run over."""
        assert c <= C_MASK and b <= B_MASK and n <= N_MASK
        return c | b << B_AT | n << N_AT | k << K_AT

    def unpack(self, s: int) -> tuple[int, int, int, int]:
        """Controller, board, flight and budgets."""
        return s & C_MASK, s >> B_AT & B_MASK, s >> N_AT & N_MASK, s >> K_AT

    def _flight_id(self, flight: Flight) -> int:
        found = self._flight_ids.get(flight)
        if found is None:
            found = self._flight_ids[flight] = len(self._flight)
            self._flight.append(flight)
        return found

    def _spent_id(self, spent: Spent) -> int:
        found = self._spent_ids.get(spent)
        if found is None:
            found = self._spent_ids[spent] = len(self.spent)
            self.spent.append(spent)
            self._phases.append(spent.phase)
        return found

    def _use(self, k: int, what: str) -> int:
        """The budgets after one more of this."""
        found = self._used.get((k, what))
        if found is None:
            spent = self.spent[k]
            after = replace(spent, **{what: getattr(spent, what) + 1})
            found = self._used[k, what] = self._spent_id(after)
        return found

    def label(self, text: str) -> int:
        """The number of a line in a trace."""
        found = self._label_ids.get(text)
        if found is None:
            found = self._label_ids[text] = len(self.labels)
            self.labels.append(text)
        return found

    # --- what may come next --------------------------------------------------------------------

    def to_controller(self, c: int, b: int, n: int, k: int) -> list[Move]:
        """Moves of the controller, `after` without the board."""
        said = self.board.says(b, self._phases[k])
        key = (c, said, n, k)
        found = self._to_c.get(key)
        if found is None:
            found = self._to_c[key] = self._controllers_moves(c, said, n, k)
        return found

    def to_board(self, c: int, b: int, n: int, k: int) -> tuple[list[Move], bool]:
        """Moves of the board, `after` without the controller; whether an order was too high."""
        wants = self.control.states[c].wants
        key = (b, wants, n, k)
        found = self._to_b.get(key)
        if found is None:
            found = self._to_b[key] = self._boards_moves(b, wants, n, k)
        return found

    def _moved_c(self, label: str, c: int, c2: int, n: int, k: int) -> Move:
        """The controller moved: what it said before may still be on its way."""
        if self.config.asked and c != c2:
            before = self._order_of(c)
            if before and before != self._order_of(c2):
                asked, told = self._flight[n]
                if before not in asked:
                    kept = (*asked, before)[-self.config.asked :]
                    n = self._flight_id((kept, told))
        hits, self._hits = tuple(self._hits), []
        return Move(self.label(label), self.pack(c2, 0, n, k), 0, hits)

    def _order_of(self, c: int) -> bytes:
        found = self._old.get(c)
        if found is None:
            found = self._old[c] = without_signal(self.control.states[c].wants)
        return found

    def _moved_b(self, label: str, b: int, b2: int, n: int, k: int) -> Move:
        """The board moved: what it said before may still be on its way."""
        order = 0
        if b != b2:
            order = self._begun(b, b2)
            if self.config.told:
                phase = self.spent[k].phase
                before = self.board.says(b, phase)
                if before and before != self.board.says(b2, phase):
                    asked, told = self._flight[n]
                    told = tuple(x for x in told if x != before)
                    n = self._flight_id((asked, (*told, before)[-self.config.told :]))
        hits, self._hits = tuple(self._hits), []
        return Move(self.label(label), self.pack(0, b2, n, k), order, hits)

    def _begun(self, b: int, b2: int) -> int:
        """The order for which this step of the board began to move something, 0: none."""
        one, two = self.board.states[b], self.board.states[b2]
        if two.seen[:2] == one.seen[:2] or two.seen[1] < 2 or two.dark:
            return 0
        order, state = two.order
        exposed = any(y[0] > x[0] for x, y in zip(one.truth, two.truth, strict=True))
        return order if state == codes.STARTED or exposed else 0

    def _control(self, c: int, phase: int, what: tuple[object, ...]) -> int:
        after, broken = self.control.step(c, phase, what)
        self._hits += broken
        return after

    def _board(self, b: int, phase: int, what: tuple[object, ...]) -> int:
        after, broken = self.board.step(b, phase, what)
        self._hits += broken
        return after

    def _controllers_moves(self, c: int, said: bytes, n: int, k: int) -> list[Move]:
        spent, one = self.spent[k], self.control.states[c]
        phase = spent.phase
        if one.dead:
            c2 = self._control(c, phase, ("start",))
            return [self._moved_c("controller starts", c, c2, n, k)]
        found: list[Move] = []

        def hears(label: str, what: tuple[object, ...]) -> None:
            c2 = self._control(c, phase, what)
            if c2 != c or self._hits:
                found.append(self._moved_c(label, c, c2, n, k))

        if said:
            hears("controller hears the board", ("actual", said))
        for old in self._flight[n][1]:
            if old != said:
                hears("controller hears an old sentence", ("actual", old))
        if one.link == "fresh" and spent.quiet < self.config.quiet:
            c2 = self._control(c, phase, ("silence",))
            k2 = self._use(k, "quiet")
            found.append(self._moved_c("controller hears nothing for 30 s", c, c2, n, k2))
        hears("controller wakes", ("tick",))
        if spent.crashes < self.config.crashes:
            k2 = self._use(k, "crashes")
            ways = ("kept", "lost") if one.lazy else ("kept",)
            for how in (*ways, "old copy") if self.config.older else ways:
                c2 = self._control(c, phase, ("die", how))
                found.append(self._moved_c(f"controller dies, {how}", c, c2, n, k2))
        if self.config.settle:
            assert one.state is not None
            for d in one.state.doses.values():
                if d.stage != "uncertain":
                    continue
                for outcome in ("taken", "missed"):
                    wish = (
                        ("wish", "settle"), ("dose_id", d.dose_id), ("outcome", outcome),
                        ("how", "seen"), ("by", "person/eva"),
                    )  # fmt: skip
                    hears(f"a person says {outcome}", ("wish", wish))
        return found

    def _boards_moves(self, b: int, wants: bytes, n: int, k: int) -> tuple[list[Move], bool]:
        spent, one = self.spent[k], self.board.states[b]
        found: list[Move] = []
        if one.dark:
            return found, self._reach(found, b, n, k, "board boots", ("boot",))
        bounded = False
        if one.mid >= 0:
            bounded |= self._reach(found, b, n, k, "board goes on", ("go",))
        if wants:
            what: tuple[object, ...] = ("desired", wants)
            bounded |= self._reach(found, b, n, k, "board hears the controller", what)
        for old in self._flight[n][0]:
            if old != wants:
                what = ("desired", old)
                bounded |= self._reach(found, b, n, k, "board hears an old sentence", what)
        if one.heard != SILENT and one.mid < 0 and spent.quiet < self.config.quiet:
            b2 = self._board(b, spent.phase, ("silence",))
            k2 = self._use(k, "quiet")
            found.append(self._moved_b("board hears nothing for 60 s", b, b2, n, k2))
        bounded |= self._people(found, b, n, k)
        if spent.resets < self.config.resets:
            k2 = self._use(k, "resets")
            b2 = self.board.cut(b, spent.phase)
            found.append(self._moved_b("board loses power", b, b2, n, k2))
        return found, bounded

    def _reach(
        self, found: list[Move], b: int, n: int, k: int, label: str, what: tuple[object, ...]
    ) -> bool:
        """An input that may set something in motion, and every cut within it; too high a number?"""
        spent = self.spent[k]
        cut = spent.resets < self.config.resets
        left = self.board.cuts(b, spent.phase, what) if cut else ()
        b2 = self._board(b, spent.phase, what)
        if self.board.states[b2].seen[0] > self.config.orders:
            if self._hits:
                found.append(self._moved_b(label, b, b, n, k))
            return True
        if b2 != b or self._hits:
            found.append(self._moved_b(label, b, b2, n, k))
        if cut:
            k2 = self._use(k, "resets")
            for b3 in left:
                found.append(self._moved_b(f"{label}, power lost within", b, b3, n, k2))
        return False

    def _people(self, found: list[Move], b: int, n: int, k: int) -> bool:
        spent, one, config = self.spent[k], self.board.states[b], self.config
        bounded = False
        if spent.presses < config.presses and one.mid < 0:
            k2 = self._use(k, "presses")
            bounded |= self._reach(found, b, n, k2, "patient presses", ("press",))
        if one.cup_there and spent.lifts < config.lifts:
            k2 = self._use(k, "lifts")
            bounded |= self._reach(found, b, n, k2, "patient lifts the cup", ("lift",))
        if not one.cup_there:
            for left in (0, 1) if config.leave else (0,):
                label = f"patient returns the cup, {left} left in it"
                bounded |= self._reach(found, b, n, k, label, ("return", left))
        if spent.doors < config.doors:
            k2 = self._use(k, "doors")
            bounded |= self._reach(found, b, n, k2, "somebody opens the door", ("door",))
        if config.fault and not spent.faults:
            k2 = self._use(k, "faults")
            bounded |= self._reach(found, b, n, k2, f"fault {config.fault}", ("fault",))
        return bounded

    def time(self, c: int, b: int, n: int, k: int) -> Move | None:
        """Time moves on, None: it may not now; `after` is the whole state."""
        phase = self._phases[k]
        if phase + 1 >= len(self.scene.times):
            return None
        one, other = self.board.states[b], self.control.states[c]
        if one.dark:
            return None  # a board boots within a second; a long absence of it is a silence
        if not self._hops[phase]:
            moved = self._passed(b, n, k, "tick")
            return moved._replace(after=moved.after | c)
        if one.mid >= 0:
            return None
        hears = other.link == "fresh"
        if hears and other.actual != self.board.says(b, phase):
            return None  # within the minute it hears what the board says now, or nothing
        if one.heard == ALIVE and (other.dead or one.desired != other.wants):
            return None
        if phase + 2 == len(self.scene.times) and not (hears and one.heard == ALIVE):
            return None  # an end is looked for where the cable works at last
        moved = self._passed(b, n, k, "hop")
        return self._heard(c, moved) if hears else moved._replace(after=moved.after | c)

    def _passed(self, b: int, n: int, k: int, how: str) -> Move:
        """Time moves on for the board; `after` without the controller."""
        found = self._later.get((b, n, k))
        if found is None:
            spent, times, still = self.spent[k], self.scene.times, how == "tick"
            moves = not (still and self.board.states[b].mid >= 0)
            b2 = self._board(b, spent.phase + 1, (how,)) if moves else b
            label = f"{times[spent.phase + 1] - times[spent.phase]} s pass"
            found = self._later[b, n, k] = self._moved_b(label, b, b2, n, self._use(k, "phase"))
        return found

    def _heard(self, c: int, moved: Move) -> Move:
        """A controller that hears the board when time has passed."""
        found = self._later_c.get((c, moved.after))
        if found is None:
            _, b2, n2, k2 = self.unpack(moved.after)
            phase = self.spent[k2].phase
            c2 = self._control(c, phase, ("actual", self.board.says(b2, phase)))
            again = self._moved_c(self.labels[moved.label], c, c2, n2, k2)
            found = Move(
                again.label, again.after | b2 << B_AT, moved.order, moved.hits + again.hits
            )
            self._later_c[c, moved.after] = found
        return found
