"""F07: somebody on the cable: half open, byte by byte, replay, edited frames."""

from __future__ import annotations

from hal.sim.cable import BOARD
from hal.wire import frame
from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """One of five ways."""
    kind = home.drawn.choice(("half open", "byte by byte", "edited", "replay", "cut"))
    seconds = round(3 * 100 ** home.drawn.random())
    if kind == "replay":
        end = home.drawn.choice(("board", "controller"))
        home.cause("cable_replay", count=home.drawn.randint(1, 64), to=end)
    elif kind == "cut":
        home.cause("cable_cut")
        home.later(seconds * 1000, lambda: home.healed("cable_cut"))
    else:
        home.tap(_Tap(home, kind).change, seconds)
    return kind


class _Tap:
    """Between the two ends."""

    def __init__(self, home: Life, kind: str) -> None:
        self._home = home
        self._kind = kind
        self._deaf = home.drawn.randint(0, 1)

    def change(self, end: int, data: bytes) -> list[tuple[int, bytes]]:
        """Nothing one way; or single bytes; or frames that say something else."""
        if self._kind == "half open":
            return [] if end == self._deaf else [(0, data)]
        if self._kind == "byte by byte":
            return [(i, data[i : i + 1]) for i in range(len(data))]
        if end == BOARD and self._home.drawn.random() < 0.3:
            return [(0, data), (1, self._edit(data))]
        return [(0, self._edit(data) if self._home.drawn.random() < 0.5 else data)]

    def _edit(self, data: bytes) -> bytes:
        """Another content under a valid checksum."""
        out = b""
        for kind, payload in frame.Decoder().feed(data):
            changed = bytearray(payload)
            if changed:
                changed[self._home.drawn.randrange(len(changed))] ^= (
                    1 << self._home.drawn.randrange(8)
                )
            out += frame.encode(kind, bytes(changed))
        return out


FAULT = Fault("F07", "half-open, stalled, replayed or edited cable", strike)
