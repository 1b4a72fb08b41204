"""What the board must not forget, in one record: the order and the ledger together.

Responsible for: that an order and all that follows from it (spent, release log, held)
become durable in one write, and that RAM never runs ahead of it. Not responsible for
the bytes in memory (store.py). If the memory fails, the board locks and nothing moves.
"""

from firmware import ledger, order, store
from firmware.ledger import Ledger
from firmware.order import Order
from firmware.store import Store


class Mind:
    """`order` and `ledger`; change them, then `save`. `locked`: no memory, no motion."""

    def __init__(self, memory: Store) -> None:
        self.order = Order()
        self.ledger = Ledger()
        self.locked = False
        self._store = memory
        self._saved: "bytes | bytearray" = b""

    def load(self) -> None:
        """Read the record; locked where it is lost."""
        packed = self._store.read(store.MIND)
        if packed is None or len(packed) < order.SIZE:
            self.locked = True
            return
        self._saved = packed
        self.undo()

    def save(self) -> bool:
        """Durable and read back. False: the board is locked and RAM is as before the change."""
        packed = bytearray(order.SIZE + self.ledger.size())
        self.order.pack_into(packed)
        self.ledger.pack_into(packed, order.SIZE)
        if packed == self._saved:
            return True
        if self.locked or not self._store.write(store.MIND, packed):
            self.locked = True
            self.undo()
            return False
        self._saved = packed
        return True

    def undo(self) -> None:
        """Forget what was changed since the last save."""
        if not self._saved:
            return
        self.order.unpack(self._saved)
        self.ledger.unpack(self._saved, order.SIZE)

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers."""
        return (int(self.locked),) + tuple(self._saved)

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the mind `snapshot` was taken of; the memory below is the world's."""
        self.locked = bool(values[0])
        self._saved = bytes(values[1:])
        self.undo()


MIND_SIZE = order.SIZE + ledger.SIZE
