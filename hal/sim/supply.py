"""Mains, battery, the clocks that keep time on them, and the board's durable memory.

Responsible for: charge over time, drifting clocks, FRAM with writes that a power cut tears.
Not for what a loss of power does to the machine (machine.py).
"""

from hal.sim.chance import Chance
from hal.sim.sense import FRAM_SIZE
from hal.sim.tray import NEVER

CAPACITY_MS = 36 * 3600 * 1000  # a full battery runs the machine this long
CHARGE_RATE = 4  # charging gains so many ms of running per ms on mains
EMPTY_MV, FULL_MV = 3300, 4200

KEPT, LOST, TORN, GARBLED = "kept", "lost", "torn", "garbled"
DAMAGES = (KEPT, LOST, TORN, GARBLED)


class PowerLost(Exception):
    """The board lost power or was reset inside an operation: its turn ends here."""


class Supply:
    """Mains and a battery behind it."""

    def __init__(self) -> None:
        self.mains = True
        self.charge_ms = CAPACITY_MS
        self.since_ms = 0

    def charge(self, now_ms: int) -> int:
        """Milliseconds of running left in the battery."""
        passed = now_ms - self.since_ms
        if self.mains:
            return min(CAPACITY_MS, self.charge_ms + passed * CHARGE_RATE)
        return max(0, self.charge_ms - passed)

    def change(self, now_ms: int, *, mains: bool, charge_ms: int | None = None) -> None:
        """Mains come or go, or the battery is set to a charge."""
        self.charge_ms = self.charge(now_ms) if charge_ms is None else charge_ms
        self.since_ms = now_ms
        self.mains = mains

    def charge_ms_of(self, percent: int) -> int:
        """The charge that is `percent` of a full battery."""
        return CAPACITY_MS * min(max(percent, 0), 100) // 100

    def powered(self, now_ms: int) -> bool:
        """The board has power."""
        return self.mains or self.charge(now_ms) > 0

    def battery_mv(self, now_ms: int) -> int:
        """Terminal voltage."""
        return EMPTY_MV + (FULL_MV - EMPTY_MV) * self.charge(now_ms) // CAPACITY_MS

    def next_ms(self) -> int:
        """When the battery will be empty."""
        empty = self.mains or self.charge_ms == 0
        return NEVER if empty else self.since_ms + self.charge_ms


class Clock:
    """A clock that drifts by a stated rate and can be set or jump."""

    def __init__(self, utc_ms: int, drift_ppm: int, *, kept: bool) -> None:
        self.base_utc_ms = utc_ms
        self.base_ms = 0
        self.drift_ppm = drift_ppm
        self.kept = kept  # has kept time since it was last set

    def utc_ms(self, now_ms: int) -> int:
        """Unix milliseconds as this clock shows them."""
        passed = now_ms - self.base_ms
        return self.base_utc_ms + passed + passed * self.drift_ppm // 1_000_000

    def set(self, utc_ms: int, now_ms: int) -> None:
        """A person or a program sets the clock."""
        self.base_utc_ms, self.base_ms = utc_ms, now_ms
        self.kept = True

    def jump(self, by_ms: int, now_ms: int) -> None:
        """The clock is suddenly wrong and does not know it."""
        self.base_utc_ms, self.base_ms = self.utc_ms(now_ms) + by_ms, now_ms

    def rate(self, drift_ppm: int, now_ms: int) -> None:
        """From now on it runs fast or slow by so much (-1,000,000: it stands still)."""
        self.base_utc_ms, self.base_ms = self.utc_ms(now_ms), now_ms
        self.drift_ppm = drift_ppm


class Fram:
    """Durable bytes; `damage` says what a cut does to the write it hits."""

    def __init__(self) -> None:
        self.data = bytearray(FRAM_SIZE)
        self.cut_after = -1  # so many further writes succeed, the next one is hit; -1: none is
        self.damage = KEPT
        self.writes = 0

    def write(self, address: int, data: bytes, chance: Chance) -> bool:
        """Write; False where power was cut inside this write."""
        assert address >= 0 and address + len(data) <= FRAM_SIZE
        self.writes += 1
        if self.cut_after != 0:
            self.cut_after -= self.cut_after > 0
            self.data[address : address + len(data)] = data
            return True
        self.cut_after = -1
        done = len(data) if self.damage == KEPT else 0
        if self.damage in (TORN, GARBLED):
            done = chance.below(len(data) + 1)
        self.data[address : address + done] = data[:done]
        if self.damage == GARBLED:
            for i in range(address + done, min(address + done + 4, address + len(data))):
                self.data[i] = chance.below(256)
        return False

    def flip(self, count: int, address: int, length: int, chance: Chance) -> None:
        """Flip `count` bits somewhere in a range."""
        for _ in range(count):
            self.data[address + chance.below(length)] ^= 1 << chance.below(8)
