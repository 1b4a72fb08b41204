"""What a board writes down in two rounds, recorded from the real firmware in the simulated world.

Responsible for: the order and the bytes of all records, and that START and exposure were in
memory before current went to drive and gate. Not responsible for cutting (board_core.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from firmware import store
from firmware.mind import Mind
from firmware.store import Store
from hal.sim import sense as words
from hal.sim.board import SimBoard
from hal.sim.direct import Direct
from hal.sim.world import World
from hal.wire import codes
from tests.firmware.bench import Bench

Tape = list[tuple[int, bytes]]


@contextmanager
def recording(tape: Tape) -> Iterator[None]:
    """Every write of every Store, as it was asked for."""
    honest = Store.write

    def noted(self: Store, record: int, payload: Any, tail: bytes = b"") -> bool:
        tape.append((record, bytes(payload) + tail))
        return honest(self, record, payload, tail)

    Store.write = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        Store.write = honest  # type: ignore[method-assign]


def two_rounds() -> Tape:
    """Paired, loaded, two fills released in two rounds with a power cut between, loaded anew."""
    tape: Tape = []
    with recording(tape):
        bench = Bench(seed=5)
        bench.two_rounds_and_a_cut()
        bench.bring_back_cup()
        bench.prepare(3, 27)
        bench.ask(codes.RESOLVE, 3)
        bench.until(lambda: bench.actual.order == 3 and bench.actual.order_state == codes.DONE)
    return tape


def written_mind(world: World) -> Mind:
    """What a board would find if it lost its power now."""
    mind = Mind(Store(SimBoard(Direct(world))))
    mind.load()
    return mind


def save(tape: Tape) -> str:
    """One line for each write: the record and its bytes."""
    return "".join(f"{record} {payload.hex()}\n" for record, payload in tape)


assert words.FRAM_SIZE == store.FRAM_SIZE
