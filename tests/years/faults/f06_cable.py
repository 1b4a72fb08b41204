"""F06: the cable loses, doubles, disorders, delays, flips, cuts short or glues together."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life

_KINDS = ("cable_loss", "cable_dup", "cable_reorder", "cable_delay", "bit_flips", "cut short",
          "glued")  # fmt: skip


def strike(home: Life) -> str:
    """One of them, for seconds to minutes."""
    kind = home.drawn.choice(_KINDS)
    seconds = round(2 * 150 ** home.drawn.random())
    if kind in ("cut short", "glued"):
        home.tap(_Tap(home, kind).change, seconds)
        return kind
    most = {"cable_loss": 300_000, "cable_dup": 500_000, "cable_delay": 200_000}.get(kind, 100_000)
    args: dict[str, int | str] = {"per_million": home.drawn.randint(200, most)}
    if kind == "cable_delay":
        args["up_to_ms"] = home.drawn.choice((50, 2_000, 60_000, 600_000))
    home.cause(kind, **args)
    home.later(seconds * 1000, lambda: home.healed(kind))
    return kind


class _Tap:
    """Pieces of what passes."""

    def __init__(self, home: Life, kind: str) -> None:
        self._home = home
        self._kind = kind
        self._held: dict[int, bytes] = {}

    def change(self, end: int, data: bytes) -> list[tuple[int, bytes]]:
        """Half of it, or nothing now and both together the next time."""
        if self._home.drawn.random() < 0.5:
            return [(0, self._held.pop(end, b"") + data)]
        if self._kind == "glued":
            self._held[end] = self._held.get(end, b"") + data
            return []
        return [(0, data[: self._home.drawn.randint(0, len(data))])]


FAULT = Fault("F06", "cable loss, doubles, disorder, delay, noise, pieces", strike)
