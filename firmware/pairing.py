"""The one time a board gets its memory and its key, and every boot after that.

Responsible for: formatting a memory that was never paired (pairing record last, so a
cut half-way is just "never paired"), the boot epoch, and locking where anything is
lost. Not responsible for re-pairing a locked board: that needs a person and its ledger.
"""

import struct

from firmware import store
from firmware.device import Inputs
from firmware.mind import Mind
from firmware.store import Store

KEY_SIZE = 32


def boot(memory: Store, mind: Mind, key: bytes, sense: Inputs) -> "tuple[int, bytes]":
    """(boot_epoch, pairing key); the mind is loaded, or locked with an epoch from luck.

    A blank memory on a machine that has already counted drops is lost, not new (H26).
    """
    luck = sense.luck
    if key and sense.drop_count == 0 and memory.never_paired():
        _format(memory, mind, key)
    kept = memory.read(store.PAIRING)
    counted = memory.read(store.EPOCH)
    mind.load()
    if kept is None or counted is None:
        mind.locked = True
        return (luck & 0x7FFFFFFF) | 0x40000000, kept or key
    epoch = struct.unpack("<I", counted)[0] + 1
    if not memory.write(store.EPOCH, struct.pack("<I", epoch)):
        mind.locked = True
    return epoch, kept


def recall(memory: Store, mind: Mind, key: bytes) -> bytes:
    """Read the records without a boot; returns the pairing key."""
    memory.read(store.EPOCH)
    mind.load()
    return memory.read(store.PAIRING) or key


def _format(memory: Store, mind: Mind, key: bytes) -> None:
    assert len(key) == KEY_SIZE
    blank = Mind(memory)
    whole = (
        blank.save()
        and memory.write(store.LEASE, b"")
        and memory.write(store.EPOCH, struct.pack("<I", 0))
        and memory.write(store.PAIRING, key)
    )
    if not whole:
        mind.locked = True
