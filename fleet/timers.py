"""Many deadlines, of which only those that have come are ever looked at.

Responsible for: one instant per key, set anew as often as you like; a deadline that only moves on,
as that of a machine that speaks, costs no more than a note. Not responsible for what time it
is, nor for what a deadline means.
"""

from heapq import heappop, heappush


class Timers:
    """A heap with one live entry per key; one that was overtaken is dropped when it comes."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}  # when it is due
        self._queued: dict[str, float] = {}  # where its live entry stands: never later than that
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: str, at: float) -> None:
        """Due at this instant, whatever was said before."""
        self._at[key] = at
        queued = self._queued.get(key)
        if queued is None or at < queued:
            self._queued[key] = at
            heappush(self._heap, (at, key))

    def cancel(self, key: str) -> None:
        """Never due, unless it is set again."""
        self._at.pop(key, None)

    def due(self, now: float) -> list[str]:
        """Every key whose instant has come, in order; each is told once."""
        found = []
        heap, at, queued = self._heap, self._at, self._queued
        while heap and heap[0][0] <= now:
            was, key = heappop(heap)
            if queued.get(key) != was:
                continue  # overtaken by an earlier one
            when = at.get(key)
            if when is None:
                del queued[key]
            elif when > was:
                queued[key] = when
                heappush(heap, (when, key))
            else:
                del queued[key], at[key]
                found.append(key)
        return found

    def next_at(self) -> float | None:
        """The first instant at which one is due; None: none is set."""
        heap, at, queued = self._heap, self._at, self._queued
        while heap:
            was, key = heap[0]
            when = at.get(key) if queued.get(key) == was else None
            if when == was:
                return was
            heappop(heap)
            if queued.get(key) != was:
                continue
            del queued[key]
            if when is not None:
                queued[key] = when
                heappush(heap, (when, key))
        return None
