"""Every interleaving, breadth first, until there is nothing new.

Responsible for: the set of states met, shortest traces, and states without a way to an end. Not
responsible for which inputs may come (inputs.py), what they do (board.py, control.py) or what
must hold (invariants.py).
"""

from __future__ import annotations

import gc
import sys
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.model import invariants
from tests.model.inputs import B_AT, B_MASK, C_MASK, Config, Inputs


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
        self.inputs = Inputs(config)
        self.control, self.board = self.inputs.control, self.inputs.board
        self.result = Result(config)
        self._pairs: dict[int, tuple[str, ...]] = {}
        self._bounded: list[int] = []  # where an order number was too high to go on
        self._order_list: list[int] = [self.inputs.first]  # every state, in the order it was met
        self._parents, self._labels = array("I", [0]), array("H", [0])
        self._edges, self._starts = array("I"), array("I")

    def successors(self, s: int) -> tuple[list[tuple[int, int, tuple[str, ...]]], bool]:
        """(label, state after it, what broke) of every input; whether an order was too high."""
        inputs = self.inputs
        c, b, n, k = inputs.unpack(s)
        at_b = b << B_AT
        found = [(label, x | at_b, hits) for label, x, _, hits in inputs.to_controller(c, b, n, k)]
        moves, bounded = inputs.to_board(c, b, n, k)
        for label, after, order, hits in moves:
            found.append((label, after | c, self._began(c, order, hits) if order else hits))
        moved = inputs.time(c, b, n, k)
        if moved is not None:
            label, after, order, hits = moved
            found.append((label, after, self._began(c, order, hits) if order else hits))
        return found, bounded

    def _began(self, c: int, order: int, hits: tuple[str, ...]) -> tuple[str, ...]:
        """Also whether what began to move was committed on the disk before."""
        return (*hits, *invariants.i6_committed(order, self.control.states[c].disk_audit))

    def _judge(self, s: int) -> tuple[str, ...]:
        c, b = s & C_MASK, s >> B_AT & B_MASK
        both = c << B_AT | self.board.outside[b]
        found = self._pairs.get(both)
        if found is None:
            one, other = self.control.states[c], self.board.states[b]
            found = self._pairs[both] = tuple(invariants.pair(one, other, self.inputs.scene))
        return found

    # --- all of it -----------------------------------------------------------------------------

    def run(self, stop: bool = False, show: Callable[[str], None] | None = None) -> Result:
        """Explore; `stop`: at the first violation."""
        result, config = self.result, self.config
        began = time.process_time()
        index: dict[int, int] = {self.inputs.first: 0}
        order_list = self._order_list
        frontier = [self.inputs.first]
        while frontier and result.complete:
            result.depth += 1
            following: list[int] = []
            for s in frontier:
                self._expand(s, index, following)
                if len(order_list) >= config.most or (stop and result.broken):
                    result.complete = False
                    break
            frontier = following
            if show:
                show(f"{config.name}: depth {result.depth}, {len(order_list)} states")
        result.states = len(order_list)
        result.boards = len({s >> B_AT & B_MASK for s in order_list})
        result.controllers = len({s & C_MASK for s in order_list})
        if config.lively and result.complete:
            self._starts.append(len(self._edges))
            self._no_way()
        result.seconds = time.process_time() - began
        return result

    def _expand(self, s: int, index: dict[int, int], following: list[int]) -> None:
        """All that may come in one state."""
        order_list, lively = self._order_list, self.config.lively
        here = index[s]
        self._starts.append(len(self._edges))
        found, bounded = self.successors(s)
        self.result.transitions += len(found)
        for label, after, hits in found:
            there = index.get(after)
            if there is None:
                there = index[after] = len(order_list)
                order_list.append(after)
                self._parents.append(here)
                self._labels.append(label)
                following.append(after)
                hits += self._judge(after)
            if lively:
                self._edges.append(there)
            if hits:
                self._note(here, label, hits)
        if bounded:
            self._bounded.append(here)

    def _note(self, here: int, label: int, hits: tuple[str, ...]) -> None:
        for what in hits:
            if what not in self.result.broken:
                self.result.broken[what] = [*self._trace(here), self.inputs.labels[label]]

    def _trace(self, at: int) -> list[str]:
        steps: list[str] = []
        while at:
            steps.append(self.inputs.labels[self._labels[at]])
            at = self._parents[at]
        return steps[::-1]

    def _no_way(self) -> None:
        """Count the states from which no end can be reached."""
        order_list, edges, starts = self._order_list, self._edges, self._starts
        good = bytearray(len(order_list))
        for i, s in enumerate(order_list):
            c, _, _, k = self.inputs.unpack(s)
            last = self.inputs.spent[k].phase == len(self.inputs.scene.times) - 1
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
            self.result.broken["no way to an end"] = self._trace(at)


def explored(config: Config) -> Result:
    """One configuration from the first state to the last."""
    gc.collect()
    gc.disable()  # a search leaves no circles behind, and looking for them costs a tenth
    try:
        return Explorer(config).run(show=_progress)
    finally:
        gc.enable()


def _progress(text: str) -> None:
    """One line on the terminal, overwritten."""
    if sys.stderr.isatty():
        print(f"\r{text:70}", end="", file=sys.stderr, flush=True)
