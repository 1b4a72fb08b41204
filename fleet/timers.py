"""Many deadlines, of which only those that have come are ever looked at.

Responsible for: one instant per key, set anew as often as you like; a deadline that only moves on,
as that of a machine that speaks, costs no more than a note. Not responsible for what time it
is, nor for what a deadline means.
"""

from heapq import heappop, heappush


class _Timer:
    """One key: when it is due, and under which instant it stands (never later; None: gone)."""

    __slots__ = ("at", "key", "queued")

    def __init__(self, key: str, at: float) -> None:
        self.key, self.at = key, at
        self.queued: float | None = at


class Timers:
    """A heap of instants, each with its timers; one that was overtaken is dropped when it comes."""

    def __init__(self) -> None:
        self._timers: dict[str, _Timer] = {}
        self._of: dict[float, _Timer | list[_Timer]] = {}  # of each instant; mostly one
        self._heap: list[float] = []

    def set(self, key: str, at: float) -> None:
        """Due at this instant, whatever was said before."""
        timer = self._timers.get(key)
        if timer is None:
            timer = self._timers[key] = _Timer(key, at)
            self._queue(timer, at)
            return
        timer.at = at
        if timer.queued is None or at < timer.queued:
            self._queue(timer, at)

    def cancel(self, key: str) -> None:
        """Never due, unless it is set again."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.queued = None

    def due(self, now: float) -> list[str]:
        """Every key whose instant has come, in order; each is told once."""
        found: list[str] = []
        heap = self._heap
        while heap and heap[0] <= now:
            was = heappop(heap)
            some = self._of.pop(was)
            for timer in (some,) if isinstance(some, _Timer) else some:
                if timer.queued != was:
                    continue  # cancelled, or overtaken by an earlier instant
                if timer.at == was:
                    timer.queued = None  # it stays, for the next time that it is set
                    found.append(timer.key)
                else:
                    self._queue(timer, timer.at)
        return found

    def next_at(self) -> float | None:
        """The first instant at which one is due; None: none is set."""
        heap = self._heap
        while heap:
            was = heap[0]
            some = self._of[was]
            timers = [some] if isinstance(some, _Timer) else some
            if any(timer.queued == was == timer.at for timer in timers):
                return was
            heappop(heap)
            del self._of[was]
            for timer in timers:
                if timer.queued == was:
                    self._queue(timer, timer.at)
        return None

    def _queue(self, timer: _Timer, at: float) -> None:
        timer.queued = at
        some = self._of.get(at)
        if some is None:
            self._of[at] = timer
            heappush(self._heap, at)
        elif isinstance(some, _Timer):
            self._of[at] = [some, timer]
        else:
            some.append(timer)
