"""The cable between board and controller: a short delay, and every trouble a cable can have.

Responsible for: when which bytes arrive at which end. Not for what they mean. All rates are
per million chunks (flips: per million bits); luck is drawn only while a trouble stands.
"""

from collections import deque

from hal.sim.chance import Chance
from hal.sim.tray import NEVER

DELAY_MS = 2
BOARD, CONTROLLER = 0, 1
KEPT = 64  # chunks per end that can be replayed
MAX_QUEUED = 4096  # chunks per end; older ones are lost beyond it


class Cable:
    """Two directions; `queue[end]` holds what is on its way to that end."""

    def __init__(self) -> None:
        self.queue: list[list[tuple[int, bytes]]] = [[], []]
        self.cut = False
        self.loss = 0
        self.twice = 0
        self.reorder = 0
        self.flips = 0
        self.late_ms = 0
        self.late = 0
        self.record: list[tuple[int, int, bytes]] | None = None  # (now, end, bytes) for tests
        self.carried = 0
        self.passed = (deque[bytes](maxlen=KEPT), deque[bytes](maxlen=KEPT))  # for a replay

    def calm(self) -> bool:
        """No trouble stands."""
        return not (self.cut or self.loss or self.twice or self.reorder or self.flips or self.late)

    def send(self, end: int, data: bytes, chance: Chance, now_ms: int) -> None:
        """Bytes start on their way to `end`."""
        if not data:
            return
        if self.record is not None:
            self.record.append((now_ms, end, data))
        self.carried += 1
        self.passed[end].append(data)
        if self.calm():
            self.queue[end].append((now_ms + DELAY_MS, data))
            return
        if self.cut or chance.per_million(self.loss):
            return
        at = now_ms + DELAY_MS
        if chance.per_million(self.late):
            at += chance.between(1, self.late_ms)
        if chance.per_million(self.reorder):
            at += chance.between(1, 40)
        data = self._flip(data, chance)
        waiting = self.queue[end]
        waiting.append((at, data))
        if chance.per_million(self.twice):
            waiting.append((at + chance.between(0, 30), data))
        waiting.sort(key=lambda chunk: chunk[0])
        del waiting[:-MAX_QUEUED]

    def _flip(self, data: bytes, chance: Chance) -> bytes:
        if not self.flips:
            return data
        noisy = bytearray(data)
        for i in range(len(noisy)):
            if chance.per_million(self.flips * 8):
                noisy[i] ^= 1 << chance.below(8)
        return bytes(noisy)

    def take(self, end: int, now_ms: int) -> bytes:
        """What has arrived at `end` by now, once."""
        waiting = self.queue[end]
        if not waiting or waiting[0][0] > now_ms:
            return b""
        count = 1
        while count < len(waiting) and waiting[count][0] <= now_ms:
            count += 1
        data = b"".join([chunk[1] for chunk in waiting[:count]])
        del waiting[:count]
        return data

    def due_ms(self, end: int) -> int:
        """When bytes next arrive at `end`."""
        waiting = self.queue[end]
        return waiting[0][0] if waiting else NEVER

    def unplug(self) -> None:
        """Everything on its way is lost."""
        self.queue = [[], []]
