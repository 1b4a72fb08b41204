"""Every interleaving, breadth first, until there is nothing new.

Responsible for: which inputs may come in which state, the sentences in flight, budgets, the
set of states met, shortest traces, and states without a way to an end. Not responsible for
what an input does (board.py, control.py) or what must hold (invariants.py).

A state is one integer: controller, board, sentences in flight and budgets, each numbered
exactly, so nothing is lost to hashing. A transition is a look into two tables.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from hal.wire import codes
from tests.model import invariants
from tests.model.board import Board
from tests.model.control import Control, without_signal
from tests.model.machine import ALIVE, SILENT
from tests.model.scene import scene

C_BITS, B_BITS, N_BITS = 20, 20, 16
C_MASK, B_MASK, N_MASK = (1 << C_BITS) - 1, (1 << B_BITS) - 1, (1 << N_BITS) - 1
HOP_S = 60  # a longer step of time is lived through by cable, scale and beam


@dataclass(frozen=True)
class Config:
    """The bounds of one exploration."""

    name: str
    plan: str = "one"
    fault: str = ""  # of board.FAULTS; it may begin at any moment and stays
    crashes: int = 1  # of the controller, each with and without what was not on the disk
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


@dataclass
class Result:
    """What one exploration found."""

    config: Config
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    complete: bool = True
    bounded: int = 0  # states in which the bound on order numbers stopped something
    ends: int = 0
    endless: int = -1  # states from which no end can be reached, -1: not looked for
    boards: int = 0
    controllers: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)  # what -> shortest trace

    def line(self) -> str:
        """One row of figures."""
        endless = "-" if self.endless < 0 else str(self.endless)
        return (
            f"{self.config.name:34} {self.states:>9} states {self.transitions:>10} transitions "
            f"depth {self.depth:>3}  violations {len(self.broken)}  no end {endless}  "
            f"{self.seconds:6.1f} s  ({self.controllers} controllers x {self.boards} boards)"
            f"{f'  {self.bounded} at the bound of orders' if self.bounded else ''}"
            f"{'' if self.complete else '  CUT OFF'}"
        )


class Explorer:
    """One configuration."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.scene = scene(config.plan, config.times)
        self.board = Board(self.scene, config.fault, config.pauses)
        self.control = Control(self.scene, config.crashes)
        self.result = Result(config)
        self._flight: list[tuple[tuple[bytes, ...], tuple[bytes, ...]]] = []
        self._flight_ids: dict[object, int] = {}
        self._spent: list[Spent] = []
        self._spent_ids: dict[Spent, int] = {}
        self._pairs: dict[int, tuple[str, ...]] = {}
        self._old: dict[int, bytes] = {}
        self._hits: list[tuple[str, str]] = []
        self._bounded: list[int] = []  # where an order number was too high to go on

    # --- one integer ---------------------------------------------------------------------------

    def _pack(self, c: int, b: int, n: int, k: int) -> int:
        return c | b << C_BITS | n << (C_BITS + B_BITS) | k << (C_BITS + B_BITS + N_BITS)

    def _unpack(self, s: int) -> tuple[int, int, int, int]:
        return (
            s & C_MASK,
            s >> C_BITS & B_MASK,
            s >> (C_BITS + B_BITS) & N_MASK,
            s >> (C_BITS + B_BITS + N_BITS),
        )

    def _flight_id(self, flight: tuple[tuple[bytes, ...], tuple[bytes, ...]]) -> int:
        found = self._flight_ids.get(flight)
        if found is None:
            found = self._flight_ids[flight] = len(self._flight)
            self._flight.append(flight)
        return found

    def _spent_id(self, spent: Spent) -> int:
        found = self._spent_ids.get(spent)
        if found is None:
            found = self._spent_ids[spent] = len(self._spent)
            self._spent.append(spent)
        return found

    # --- what may come next --------------------------------------------------------------------

    def successors(self, s: int) -> Iterator[tuple[str, int]]:
        """Every input that may come in this state, by name, with the state after it."""
        c, b, n, k = self._unpack(s)
        yield from self._to_controller(c, b, n, k)
        yield from self._to_board(c, b, n, k)
        yield from self._power(c, b, n, k)
        yield from self._time(c, b, n, k)

    def _moved_c(self, label: str, c: int, c2: int, b: int, n: int, k: int) -> tuple[str, int]:
        """The controller moved: what it said before may still be on its way."""
        if self.config.asked and c != c2:
            before = self._order_of(c)
            if before and before != self._order_of(c2):
                asked, told = self._flight[n]
                if before not in asked:
                    kept = (*asked, before)[-self.config.asked :]
                    n = self._flight_id((kept, told))
        return label, self._pack(c2, b, n, k)

    def _order_of(self, c: int) -> bytes:
        found = self._old.get(c)
        if found is None:
            found = self._old[c] = without_signal(self.control.states[c].wants)
        return found

    def _moved_b(self, label: str, b: int, b2: int, c: int, n: int, k: int) -> tuple[str, int]:
        """The board moved: what it said before may still be on its way."""
        if self.config.told and b != b2:
            phase = self._spent[k].phase
            before = self.board.says(b, phase)
            if before and before != self.board.says(b2, phase):
                asked, told = self._flight[n]
                told = tuple(x for x in told if x != before)
                n = self._flight_id((asked, (*told, before)[-self.config.told :]))
            self._check_start(b, b2, c)
        return label, self._pack(c, b2, n, k)

    def _check_start(self, b: int, b2: int, c: int) -> None:
        was, now = self.board.states[b].seen, self.board.states[b2].seen
        if now[:2] != was[:2] and now[1] >= 2 and not self.board.states[b2].dark:
            order, state = self.board.states[b2].order
            exposed = any(
                y[0] > x[0]
                for x, y in zip(
                    self.board.states[b].truth, self.board.states[b2].truth, strict=True
                )
            )
            if state == codes.STARTED or exposed:
                for what in invariants.i6_committed(order, self.control.states[c].disk_audit):
                    self._hits.append((what, "motion"))

    def _control(self, c: int, phase: int, what: tuple[object, ...]) -> int:
        after, broken = self.control.step(c, phase, what)
        for one in broken:
            self._hits.append((one, "controller"))
        return after

    def _board(self, b: int, phase: int, what: tuple[object, ...]) -> int:
        after, broken = self.board.step(b, phase, what)
        for one in broken:
            self._hits.append((one, "board"))
        return after

    def _to_controller(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        spent, one = self._spent[k], self.control.states[c]
        phase = spent.phase
        if one.dead:
            c2 = self._control(c, phase, ("start",))
            yield self._moved_c("controller starts", c, c2, b, n, k)
            return
        said = self.board.says(b, phase)
        if said:
            c2 = self._control(c, phase, ("actual", said))
            if c2 != c:
                yield self._moved_c("controller hears the board", c, c2, b, n, k)
        for old in self._flight[n][1]:
            if old != said:
                c2 = self._control(c, phase, ("actual", old))
                if c2 != c:
                    yield self._moved_c("controller hears an old sentence", c, c2, b, n, k)
        if one.link == "fresh" and spent.quiet < self.config.quiet:
            c2 = self._control(c, phase, ("silence",))
            k2 = self._spent_id(replace(spent, quiet=spent.quiet + 1))
            yield self._moved_c("controller hears nothing for 30 s", c, c2, b, n, k2)
        c2 = self._control(c, phase, ("tick",))
        if c2 != c:
            yield self._moved_c("controller wakes", c, c2, b, n, k)
        if spent.crashes < self.config.crashes:
            k2 = self._spent_id(replace(spent, crashes=spent.crashes + 1))
            for how in ("kept", "lost") if one.lazy else ("kept",):
                c2 = self._control(c, phase, ("die", how))
                yield self._moved_c(f"controller dies, {how}", c, c2, b, n, k2)
        if self.config.settle:
            yield from self._settle(c, b, n, k)

    def _settle(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        state = self.control.states[c].state
        assert state is not None
        for d in state.doses.values():
            if d.stage != "uncertain":
                continue
            for outcome in ("taken", "missed"):
                wish = (
                    ("wish", "settle"), ("dose_id", d.dose_id), ("outcome", outcome),
                    ("how", "seen"), ("by", "person/eva"),
                )  # fmt: skip
                c2 = self._control(c, self._spent[k].phase, ("wish", wish))
                if c2 != c:
                    yield self._moved_c(f"a person says {outcome}", c, c2, b, n, k)

    def _to_board(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        spent, one = self._spent[k], self.board.states[b]
        phase = spent.phase
        if one.dark:
            yield from self._reach(c, b, n, k, "board boots", ("boot",))
            return
        if one.mid >= 0:
            yield from self._reach(c, b, n, k, "board goes on", ("go",))
        wants = self.control.states[c].wants
        if wants:
            yield from self._reach(c, b, n, k, "board hears the controller", ("desired", wants))
        for old in self._flight[n][0]:
            if old != wants:
                yield from self._reach(c, b, n, k, "board hears an old sentence", ("desired", old))
        if one.heard != SILENT and one.mid < 0 and spent.quiet < self.config.quiet:
            b2 = self._board(b, phase, ("silence",))
            k2 = self._spent_id(replace(spent, quiet=spent.quiet + 1))
            yield self._moved_b("board hears nothing for 60 s", b, b2, c, n, k2)
        yield from self._people(c, b, n, k)

    def _reach(
        self, c: int, b: int, n: int, k: int, label: str, what: tuple[object, ...]
    ) -> Iterator[tuple[str, int]]:
        """An input that may set something in motion, and every cut within it."""
        spent = self._spent[k]
        b2 = self._board(b, spent.phase, what)
        if self.board.states[b2].seen[0] > self.config.orders:
            self.result.bounded += 1
            return
        if b2 != b:
            yield self._moved_b(label, b, b2, c, n, k)
        if spent.resets < self.config.resets:
            k2 = self._spent_id(replace(spent, resets=spent.resets + 1))
            for b3 in self.board.cuts(b, spent.phase, what):
                yield self._moved_b(f"{label}, power lost within", b, b3, c, n, k2)

    def _people(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        spent, one = self._spent[k], self.board.states[b]
        if spent.presses < self.config.presses and one.mid < 0:
            k2 = self._spent_id(replace(spent, presses=spent.presses + 1))
            yield from self._reach(c, b, n, k2, "patient presses", ("press",))
        if one.cup_there and spent.lifts < self.config.lifts:
            k2 = self._spent_id(replace(spent, lifts=spent.lifts + 1))
            yield from self._reach(c, b, n, k2, "patient lifts the cup", ("lift",))
        if not one.cup_there:
            for left in (0, 1) if self.config.leave else (0,):
                label = f"patient returns the cup, {left} left in it"
                yield from self._reach(c, b, n, k, label, ("return", left))
        if spent.doors < self.config.doors:
            k2 = self._spent_id(replace(spent, doors=spent.doors + 1))
            yield from self._reach(c, b, n, k2, "somebody opens the door", ("door",))
        if self.config.fault and not spent.faults:
            k2 = self._spent_id(replace(spent, faults=1))
            yield from self._reach(c, b, n, k2, f"fault {self.config.fault}", ("fault",))

    def _power(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        spent, one = self._spent[k], self.board.states[b]
        if spent.resets < self.config.resets and not one.dark:
            k2 = self._spent_id(replace(spent, resets=spent.resets + 1))
            b2 = self.board.cut(b, spent.phase)
            yield self._moved_b("board loses power", b, b2, c, n, k2)

    def _time(self, c: int, b: int, n: int, k: int) -> Iterator[tuple[str, int]]:
        spent = self._spent[k]
        times = self.scene.times
        if spent.phase + 1 >= len(times):
            return
        one, other = self.board.states[b], self.control.states[c]
        k2 = self._spent_id(replace(spent, phase=spent.phase + 1))
        seconds = times[spent.phase + 1] - times[spent.phase]
        if one.dark:
            return  # it boots within a second; a long absence of the board is a silence
        if seconds < HOP_S:
            b2 = b if one.mid >= 0 else self._board(b, spent.phase + 1, ("tick",))
            yield self._moved_b(f"{seconds} s pass", b, b2, c, n, k2)
            return
        if one.mid >= 0:
            return
        hears = other.link == "fresh"
        if hears and other.actual != self.board.says(b, spent.phase):
            return  # within the minute it hears what the board says now, or nothing
        if one.heard == ALIVE and (other.dead or one.desired != other.wants):
            return
        if spent.phase + 2 == len(times) and not (hears and one.heard == ALIVE):
            return  # an end is looked for where the cable works at last
        b2 = self._board(b, spent.phase + 1, ("hop",))
        label, s2 = self._moved_b(f"{seconds} s pass", b, b2, c, n, k2)
        if hears:
            _, b2, n2, k2 = self._unpack(s2)
            said = self.board.says(b2, spent.phase + 1)
            c2 = self._control(c, spent.phase + 1, ("actual", said))
            label, s2 = self._moved_c(label, c, c2, b2, n2, k2)
        yield label, s2

    # --- all of it -----------------------------------------------------------------------------

    def start(self) -> int:
        """The first state."""
        return self._pack(
            self.control.first,
            self.board.first,
            self._flight_id(((), ())),
            self._spent_id(Spent()),
        )

    def _judge(self, s: int) -> tuple[str, ...]:
        both = s & ((1 << (C_BITS + B_BITS)) - 1)
        found = self._pairs.get(both)
        if found is None:
            c, b, _, _ = self._unpack(s)
            found = tuple(invariants.pair(self.control.states[c], self.board.states[b], self.scene))
            self._pairs[both] = found
        return found

    def run(self, stop: bool = False, show: Callable[[str], None] | None = None) -> Result:
        """Explore; `stop`: at the first violation."""
        result, config = self.result, self.config
        began = time.process_time()
        first = self.start()
        index: dict[int, int] = {first: 0}
        order, parents = array("Q"), array("I", [0])
        order_list = [first]
        labels, label_ids = array("H", [0]), {"": 0}
        edges, starts = array("I"), array("I")
        del order
        frontier = [first]
        while frontier:
            result.depth += 1
            following: list[int] = []
            for s in frontier:
                here = index[s]
                starts.append(len(edges))
                bounded = result.bounded
                for label, after in self.successors(s):
                    result.transitions += 1
                    there = index.get(after)
                    if there is None:
                        there = index[after] = len(order_list)
                        order_list.append(after)
                        parents.append(here)
                        number = label_ids.setdefault(label, len(label_ids))
                        labels.append(number)
                        following.append(after)
                        hits = self._judge(after)
                        for what in hits:
                            self._hits.append((what, ""))
                    if config.lively:
                        edges.append(there)
                    if self._hits:
                        self._note(here, label, order_list, parents, labels, label_ids)
                        if stop:
                            following = []
                            result.complete = False
                            break
                if result.bounded != bounded:
                    self._bounded.append(here)
                if stop and result.broken:
                    following = []
                    break
                if len(order_list) >= config.most:
                    result.complete = False
            if not result.complete:
                break
            frontier = following
            if show:
                show(f"{config.name}: depth {result.depth}, {len(order_list)} states")
        result.states = len(order_list)
        result.boards, result.controllers = len(self.board.states), len(self.control.states)
        if config.lively and result.complete:
            starts.append(len(edges))
            self._no_way(order_list, edges, starts, parents, labels, label_ids)
        result.seconds = time.process_time() - began
        return result

    def _note(
        self,
        here: int,
        label: str,
        order_list: list[int],
        parents: array[int],
        labels: array[int],
        label_ids: dict[str, int],
    ) -> None:
        hits, self._hits = self._hits, []
        for what, _ in hits:
            if what not in self.result.broken:
                trace = self._trace(here, parents, labels, label_ids)
                self.result.broken[what] = [*trace, label]

    def _trace(
        self, at: int, parents: array[int], labels: array[int], label_ids: dict[str, int]
    ) -> list[str]:
        words = list(label_ids)
        steps: list[str] = []
        while at:
            steps.append(words[labels[at]])
            at = parents[at]
        return steps[::-1]

    def _no_way(
        self,
        order_list: list[int],
        edges: array[int],
        starts: array[int],
        parents: array[int],
        labels: array[int],
        label_ids: dict[str, int],
    ) -> None:
        """Count the states from which no end can be reached."""
        good = bytearray(len(order_list))
        for i, s in enumerate(order_list):
            c, _, _, k = self._unpack(s)
            last = self._spent[k].phase == len(self.scene.times) - 1
            good[i] = last and self.control.states[c].over
        self.result.ends = sum(good)
        for i in self._bounded:
            good[i] = 1
        self.result.bounded = len(self._bounded)
        changed = True
        while changed:
            changed = False
            for i in range(len(order_list) - 1, -1, -1):
                if not good[i]:
                    for e in range(starts[i], starts[i + 1]):
                        if good[edges[e]]:
                            good[i] = 1
                            changed = True
                            break
        self.result.endless = len(good) - sum(good)
        if self.result.endless:
            at = good.index(0)
            self.result.broken["no way to an end"] = self._trace(at, parents, labels, label_ids)


def explored(config: Config) -> Result:
    """One configuration from the first state to the last."""
    return Explorer(config).run(show=_progress)


def _progress(text: str) -> None:
    """One line on the terminal, overwritten."""
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="", file=sys.stderr, flush=True)
