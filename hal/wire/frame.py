"""Frames on the cable: where a message starts and ends, and whether noise has hurt it.

Responsible for: COBS stuffing, version byte, message kind, CRC-32, a bounded decoder.
Not responsible for: who sent it (session.py) or what it says (messages.py). The
CRC is against noise only; anybody can compute it. No byte sequence raises here.
"""

import binascii
import struct

VERSION = 2

HELLO = 1  # board: here I am, this is my nonce
JOIN = 2  # controller: proof of the pairing key, or the question "who is there?"
BUSY = 3  # board: another session lives
DESIRED = 4
ACTUAL = 5
LEASE = 6

MAX_FRAME = 1400  # bytes between two zeros; a sealed lease, the longest message, needs 1,208
HEAD = 2
CRC = 4
BLOCK = 254  # COBS: longest run of non-zero bytes behind one code byte
MAX_PAYLOAD = MAX_FRAME - HEAD - CRC - MAX_FRAME // BLOCK - 1


def stuff(data: bytes) -> bytes:
    """COBS: the same content without a zero byte."""
    out = bytearray(len(data) + len(data) // BLOCK + 1)
    at = 0
    put = 0
    while True:
        zero = data.find(b"\0", at)
        count = min((zero if zero >= 0 else len(data)) - at, BLOCK)
        out[put] = count + 1
        out[put + 1 : put + 1 + count] = data[at : at + count]
        put += 1 + count
        at += count
        if at == len(data):  # a full last block needs no empty one behind it
            return bytes(out[:put])
        if count < BLOCK:
            at += 1  # the zero that this block stands for


def unstuff(buffer: bytearray, length: int) -> int:
    """Undo COBS in place; returns the length of the content, -1 where it is not COBS."""
    at = 0
    put = 0
    while at < length:
        code = buffer[at]
        end = at + code
        if code == 0 or end > length:
            return -1
        buffer[put : put + code - 1] = buffer[at + 1 : end]
        put += code - 1
        at = end
        if code <= BLOCK and at < length:
            buffer[put] = 0
            put += 1
    return put


def encode(kind: int, payload: bytes) -> bytes:
    """One frame with its closing zero, ready for the cable."""
    assert len(payload) <= MAX_PAYLOAD
    content = bytes([VERSION, kind]) + payload
    crc = binascii.crc32(content) & 0xFFFFFFFF
    return stuff(content + struct.pack("<I", crc)) + b"\0"


def decode(buffer: bytearray, length: int) -> "tuple[int, bytes] | None":
    """Kind and payload of a frame without its closing zero, or None; `buffer` is overwritten."""
    end = unstuff(buffer, length) - CRC
    if end < HEAD or buffer[0] != VERSION:
        return None
    crc = binascii.crc32(memoryview(buffer)[:end]) & 0xFFFFFFFF
    if struct.unpack_from("<I", buffer, end)[0] != crc:
        return None
    return buffer[1], bytes(memoryview(buffer)[HEAD:end])


class Decoder:
    """Cuts a byte stream into frames; what is damaged or too long is dropped and counted."""

    def __init__(self) -> None:
        self.bad = 0
        self._held = bytearray(MAX_FRAME)  # an unfinished frame
        self._length = 0
        self._skipping = False  # too long already: drop everything up to the next zero

    def feed(self, data: bytes) -> "list[tuple[int, bytes]]":
        """The frames that `data` completes, in order."""
        frames: "list[tuple[int, bytes]]" = []
        if not data:
            return frames
        view = memoryview(data)  # a lease is a kilobyte: no copies on the way
        start = 0
        while True:
            end = data.find(b"\0", start)
            if end < 0:
                self._hold(view[start:])
                return frames
            self._hold(view[start:end])
            start = end + 1
            found = decode(self._held, self._length)
            if found is not None:
                frames.append(found)
            elif self._length or self._skipping:
                self.bad += 1
            self._length = 0
            self._skipping = False

    def _hold(self, piece: memoryview) -> None:
        length = self._length + len(piece)
        if self._skipping or length > MAX_FRAME:
            self._length = 0
            self._skipping = True
        else:
            self._held[self._length : length] = piece
            self._length = length

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers, for `restore`."""
        held = int.from_bytes(bytes(self._held[: self._length]), "big")
        return (self.bad, self._length, held, int(self._skipping))

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the decoder that `snapshot` was taken of."""
        self.bad = values[0]
        self._length = values[1]
        self._held[: self._length] = values[2].to_bytes(values[1], "big")
        self._skipping = bool(values[3])
