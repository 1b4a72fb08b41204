"""Frames on the cable: where a message starts and ends, and whether noise has hurt it.

Responsible for: COBS stuffing, version byte, message kind, CRC-32, a bounded decoder.
Not responsible for: who sent it (session.py) or what it says (messages.py). The
CRC is against noise only; anybody can compute it. No byte sequence raises here.
"""

import binascii
import struct

VERSION = 1

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
    out = bytearray()
    runs = data.split(b"\0")
    for run in runs:
        at = 0
        while len(run) - at >= BLOCK:
            out.append(BLOCK + 1)
            out.extend(run[at : at + BLOCK])
            at += BLOCK
        out.append(len(run) - at + 1)
        out.extend(run[at:])
    if runs[-1] and len(runs[-1]) % BLOCK == 0:
        return bytes(out[:-1])  # behind a full last block no empty one is needed
    return bytes(out)


def unstuff(data: bytes) -> "bytes | None":
    """The content of COBS bytes, or None where they are not COBS."""
    if not data:
        return None
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        end = at + code
        if code == 0 or end > len(data):
            return None
        run = data[at + 1 : end]
        if run.find(b"\0") >= 0:
            return None
        out.extend(run)
        if code <= BLOCK and end < len(data):
            out.append(0)
        at = end
    return bytes(out)


def encode(kind: int, payload: bytes) -> bytes:
    """One frame with its closing zero, ready for the cable."""
    assert len(payload) <= MAX_PAYLOAD
    content = bytes([VERSION, kind]) + payload
    crc = binascii.crc32(content) & 0xFFFFFFFF
    return stuff(content + struct.pack("<I", crc)) + b"\0"


def decode(stuffed: bytes) -> "tuple[int, bytes] | None":
    """Kind and payload of the bytes before a closing zero, or None where they are no frame."""
    content = unstuff(stuffed)
    if content is None or len(content) < HEAD + CRC or content[0] != VERSION:
        return None
    end = len(content) - CRC
    if struct.unpack("<I", content[end:])[0] != binascii.crc32(content[:end]) & 0xFFFFFFFF:
        return None
    return content[1], content[HEAD:end]


class Decoder:
    """Cuts a byte stream into frames; what is damaged or too long is dropped and counted."""

    def __init__(self) -> None:
        self.bad = 0
        self._held = b""  # an unfinished frame, MAX_FRAME bytes at most
        self._skipping = False  # too long already: drop everything up to the next zero

    def feed(self, data: bytes) -> "list[tuple[int, bytes]]":
        """The frames that `data` completes, in order."""
        frames: "list[tuple[int, bytes]]" = []
        start = 0
        while True:
            end = data.find(b"\0", start)
            if end < 0:
                self._hold(data[start:])
                return frames
            self._hold(data[start:end])
            start = end + 1
            found = decode(self._held)
            if found is not None:
                frames.append(found)
            elif self._held or self._skipping:
                self.bad += 1
            self._held = b""
            self._skipping = False

    def _hold(self, piece: bytes) -> None:
        if self._skipping or len(self._held) + len(piece) > MAX_FRAME:
            self._held = b""
            self._skipping = True
        else:
            self._held += piece

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers, for `restore`."""
        held = int.from_bytes(self._held, "big")
        return (self.bad, len(self._held), held, int(self._skipping))

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the decoder that `snapshot` was taken of."""
        self.bad = values[0]
        self._held = values[2].to_bytes(values[1], "big")
        self._skipping = bool(values[3])
