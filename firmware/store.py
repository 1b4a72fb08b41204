"""Records in the board's memory that survive a power cut at any byte.

Responsible for: two checksummed copies of every record, one written and read back
after the other, choosing and mending them at boot, and telling a memory that was never
paired from one that was lost. Not responsible for what the records say.

Both copies carry the same number after every write, so one garbled copy never brings
an older truth back. Nothing may act on a record before `write` has returned True.
"""

import binascii
import struct

from firmware.device import Device

PAIRING = 0
EPOCH = 1
LEASE = 2
MIND = 3

_CAPACITY = (40, 8, 1280, 1240)
_HEAD = "<BHI"  # record id, length, number of the write
_HEAD_SIZE = struct.calcsize(_HEAD)
_CRC_SIZE = 4
_LOOK = 128  # bytes read back at a time
_BLANKS = (b"\0", b"\xff")
FRAM_SIZE = 8192


def _stride(record: int) -> int:
    return _HEAD_SIZE + _CAPACITY[record] + _CRC_SIZE


def address(record: int, copy: int) -> int:
    """Where a copy (0 or 1) of a record begins."""
    at = copy * _stride(record)
    for before in range(record):
        at += 2 * _stride(before)
    return at


class Store:
    """The records on `board`'s memory; `torn` counts the copies that had to be mended."""

    def __init__(self, board: Device) -> None:
        self._board = board
        self._numbers = [0, 0, 0, 0]
        self.torn = 0

    def read(self, record: int) -> "bytes | None":
        """The newest whole copy, the other one mended from it; None: both are lost."""
        first = self._copy(record, 0)
        second = self._copy(record, 1)
        best, copy = first, 0
        if first is None or (second is not None and second[0] > first[0]):
            best, copy = second, 1
        if best is None:
            return None
        self._numbers[record] = best[0]
        if first != second:
            self.torn += 1
            self._mend(record, copy, best[1])
        payload = self._board.fram_read(address(record, copy) + _HEAD_SIZE, best[1])
        crc = binascii.crc32(struct.pack(_HEAD, record + 1, best[1], best[0]))
        # read twice, because there is no room to keep it: a memory that changes its word is lost
        return payload if binascii.crc32(payload, crc) & 0xFFFFFFFF == best[2] else None

    def write(self, record: int, payload: "bytes | bytearray", tail: bytes = b"") -> bool:
        """Both copies of `payload` with `tail` behind it durable and read back.

        False: the memory does not keep what it is given.
        """
        length = len(payload) + len(tail)
        assert length <= _CAPACITY[record]
        number = self._numbers[record] + 1
        self._numbers[record] = number
        head = struct.pack(_HEAD, record + 1, length, number)
        crc = binascii.crc32(tail, binascii.crc32(payload, binascii.crc32(head)))
        end = tail + struct.pack("<I", crc & 0xFFFFFFFF)
        for copy in (0, 1):
            at = address(record, copy)
            self._board.fram_write(at, head)  # never joined: a lease is a kilobyte
            self._board.fram_write(at + _HEAD_SIZE, payload)
            self._board.fram_write(at + _HEAD_SIZE + len(payload), end)
            if not (
                self._keeps(at, head)
                and self._keeps(at + _HEAD_SIZE, payload)
                and self._keeps(at + _HEAD_SIZE + len(payload), end)
            ):
                return False
        return True

    def never_paired(self) -> bool:
        """No whole pairing record, and at least one of its copies was never written to."""
        blank = False
        for copy in (0, 1):
            if self._copy(PAIRING, copy) is not None:
                return False
            raw = self._board.fram_read(address(PAIRING, copy), _stride(PAIRING))
            blank = blank or raw == _BLANKS[0] * len(raw) or raw == _BLANKS[1] * len(raw)
        return blank

    def _copy(self, record: int, copy: int) -> "tuple[int, int, int] | None":
        """Number, length and checksum of a whole copy; read in pieces: a lease is a kilobyte."""
        at = address(record, copy)
        head = self._board.fram_read(at, _HEAD_SIZE)
        name, length, number = struct.unpack(_HEAD, head)
        if name != record + 1 or length > _CAPACITY[record]:
            return None
        crc = binascii.crc32(head)
        at += _HEAD_SIZE
        for done in range(0, length, _LOOK):
            piece = self._board.fram_read(at + done, min(_LOOK, length - done))
            crc = binascii.crc32(piece, crc)
        kept = struct.unpack("<I", self._board.fram_read(at + length, _CRC_SIZE))[0]
        return (number, length, kept) if kept == crc & 0xFFFFFFFF else None

    def _mend(self, record: int, copy: int, length: int) -> None:
        """Write the whole copy over the other one."""
        size = _HEAD_SIZE + length + _CRC_SIZE
        for done in range(0, size, _LOOK):
            piece = self._board.fram_read(address(record, copy) + done, min(_LOOK, size - done))
            self._board.fram_write(address(record, 1 - copy) + done, piece)

    def _keeps(self, first: int, data: "bytes | bytearray") -> bool:
        """Whether the memory holds `data` at `first`."""
        view = memoryview(data)
        for at in range(0, len(data), _LOOK):
            piece = view[at : at + _LOOK]
            if self._board.fram_read(first + at, len(piece)) != piece:
                return False
        return True


assert address(MIND, 1) + _stride(MIND) <= FRAM_SIZE
