"""The dead man's switch: a machine that says nothing is itself an alarm.

Responsible for: how long a silence may last, and the words for it. Pure: `now_s` is this
hub's monotonic time. Silence is never a missed dose, for nobody knows: the words are
"unknown since", with the last instant the machine itself spoke of.
"""

from dataclasses import dataclass

from fleet.timers import Timers

SILENT_AFTER_S = 900.0  # three heartbeats without a word
OFFLINE_AFTER_S = 30.0  # the broker says it is gone: a short grace for a router's hiccup


@dataclass
class _Machine:
    last_at: str  # its own clock, as it wrote it
    heard_s: float
    offline_s: float | None = None
    silent: bool = False


class Ear:
    """Whether this hub can hear at all; without its broker nobody else is to blame."""

    def __init__(self, offline_after_s: float = OFFLINE_AFTER_S) -> None:
        self._offline_after_s = offline_after_s
        self._lost_s: float | None = None
        self.deaf = False

    def listen(self, now_s: float, connected: bool) -> bool:
        """True when `deaf` has just changed; a hiccup changes nothing."""
        if connected:
            was_deaf, self.deaf, self._lost_s = self.deaf, False, None
            return was_deaf
        self._lost_s = now_s if self._lost_s is None else self._lost_s
        falls = not self.deaf and now_s >= self._lost_s + self._offline_after_s
        self.deaf = self.deaf or falls
        return falls


class Vigil:
    """Who has been heard, and when; says each silence and each return once."""

    def __init__(
        self, silent_after_s: float = SILENT_AFTER_S, offline_after_s: float = OFFLINE_AFTER_S
    ) -> None:
        self._silent_after_s = silent_after_s
        self._offline_after_s = offline_after_s
        self._machines: dict[str, _Machine] = {}
        self._timers = Timers()  # one per machine that is not silent

    def expect(self, device: str, last_at: str, now_s: float) -> None:
        """A machine we know of: its time to speak begins now, if it has not already."""
        self._watch(device, self._machines.setdefault(device, _Machine(last_at, now_s)))

    def heard(self, device: str, at: str, now_s: float) -> str | None:
        """It spoke; its last instant before the silence that has ended, else None."""
        machine = self._machines.setdefault(device, _Machine(at, now_s))
        was_silent, since = machine.silent, machine.last_at
        machine.last_at = max(machine.last_at, at)
        machine.heard_s = now_s
        machine.offline_s, machine.silent = None, False
        self._watch(device, machine)
        return since if was_silent else None

    def offline(self, device: str, now_s: float) -> None:
        """The broker says that its connection is gone."""
        machine = self._machines.setdefault(device, _Machine("", now_s))
        if machine.offline_s is None:
            machine.offline_s = now_s
            self._watch(device, machine)

    def online(self, device: str) -> None:
        """The broker says that it is back; silence ends only when it speaks."""
        if device in self._machines:
            self._machines[device].offline_s = None
            self._watch(device, self._machines[device])

    def begin_anew(self, now_s: float) -> None:
        """We were deaf ourselves: everybody's time to speak begins now."""
        for device, machine in self._machines.items():
            machine.heard_s, machine.offline_s = now_s, None
            self._watch(device, machine)

    def check(self, now_s: float) -> list[tuple[str, str]]:
        """(device, last instant it spoke of) of all that have just become silent."""
        fallen = []
        for device in self._timers.due(now_s):
            machine = self._machines[device]
            machine.silent = True
            fallen.append((device, machine.last_at))
        return fallen

    def next_s(self) -> float | None:
        """When `check` may next find something; None while nobody is expected."""
        return self._timers.next_at()

    def silent(self) -> list[str]:
        """All machines that are silent now."""
        return sorted(device for device, one in self._machines.items() if one.silent)

    def _watch(self, device: str, machine: _Machine) -> None:
        """Set its timer by what is known of it; one that is silent has none."""
        if machine.silent:
            return
        due = machine.heard_s + self._silent_after_s
        if machine.offline_s is not None:
            due = min(due, machine.offline_s + self._offline_after_s)
        self._timers.set(device, due)
