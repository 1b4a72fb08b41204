"""One session of the cable: two directional keys, two counters, and the opening words.

Responsible for: key derivation, sealing and opening of authenticated messages, and
the layouts of HELLO, JOIN and BUSY. Not responsible for when a session may start
or end (session.py). A message that does not open changes nothing.
"""

import struct

from hal.wire.frame import BUSY, HELLO, JOIN, encode
from hal.wire.hmac256 import Hmac, same

NONCE = 16
MAC = 16
NO_NONCE = b"\0" * NONCE  # in a JOIN: "who is there?"
LAST_COUNTER = 0xFFFFFFFF
MIN_KEY = 16  # bytes of pairing key

_HELLO = "<I16s"
_JOIN = "<16s16s16s"
_BUSY = "<I"
_NONCE = "<IIQ"


def board_nonce(boot_epoch: int, join_no: int, luck: int) -> bytes:
    """16 bytes that this board never says twice: even with bad luck the two numbers differ."""
    return struct.pack(_NONCE, boot_epoch, join_no, luck)


def hello(boot_epoch: int, nonce: bytes) -> bytes:
    """HELLO frame: the board is there and would take a JOIN that names `nonce`."""
    return encode(HELLO, struct.pack(_HELLO, boot_epoch, nonce))


def read_hello(payload: bytes) -> "tuple[int, bytes] | None":
    """Boot epoch and nonce, or None where they contradict each other."""
    if len(payload) != struct.calcsize(_HELLO):
        return None
    boot_epoch, nonce = struct.unpack(_HELLO, payload)
    if nonce == NO_NONCE or struct.unpack_from("<I", nonce, 0)[0] != boot_epoch:
        return None
    return boot_epoch, nonce


def join(pairing: Hmac, nonce: bytes, ctl_nonce: bytes) -> bytes:
    """JOIN frame: proof of the pairing key for exactly this HELLO."""
    mac = pairing.code(b"join" + nonce + ctl_nonce)[:MAC]
    return encode(JOIN, struct.pack(_JOIN, nonce, ctl_nonce, mac))


def probe(ctl_nonce: bytes) -> bytes:
    """JOIN frame without proof: asks the board for HELLO or BUSY."""
    return encode(JOIN, struct.pack(_JOIN, NO_NONCE, ctl_nonce, b"\0" * MAC))


def read_join(payload: bytes) -> "tuple[bytes, bytes, bytes] | None":
    """Board nonce, controller nonce and proof, or None where the length is wrong."""
    if len(payload) != struct.calcsize(_JOIN):
        return None
    nonce, ctl_nonce, mac = struct.unpack(_JOIN, payload)
    return nonce, ctl_nonce, mac


def proves(pairing: Hmac, nonce: bytes, ctl_nonce: bytes, mac: bytes) -> bool:
    """Whether `mac` shows that the sender of this JOIN knows the pairing key."""
    return same(pairing.code(b"join" + nonce + ctl_nonce)[:MAC], mac)


def busy(boot_epoch: int) -> bytes:
    """BUSY frame: another session lives. Not authenticated, a hint only."""
    return encode(BUSY, struct.pack(_BUSY, boot_epoch))


def is_busy(payload: bytes) -> bool:
    """Whether this payload is a well-formed BUSY."""
    return len(payload) == struct.calcsize(_BUSY)


class Channel:
    """The two authenticated directions of one session, seen from one end."""

    def __init__(self, pairing: Hmac, nonce: bytes, ctl_nonce: bytes, at_board: bool) -> None:
        self.nonce = nonce
        self.ctl_nonce = ctl_nonce
        self.sent = 0  # counter of the last message sealed
        self.accepted = 0  # counter of the last message opened
        to_board = Hmac(pairing.code(b"c2b" + nonce + ctl_nonce))
        from_board = Hmac(pairing.code(b"b2c" + nonce + ctl_nonce))
        self._out = from_board if at_board else to_board
        self._in = to_board if at_board else from_board

    def seal(self, kind: int, body: bytes) -> bytes:
        """One authenticated frame; b"" once the counter is used up, which ends the session."""
        if self.sent >= LAST_COUNTER:
            return b""
        self.sent += 1
        counted = struct.pack("<I", self.sent) + body
        mac = self._out.code(bytes([kind]), counted)[:MAC]
        return encode(kind, counted + mac)

    def open(self, kind: int, payload: bytes) -> "bytes | None":
        """The body of a message that is authentic and newer than all before, else None."""
        end = len(payload) - MAC
        if end < 4:
            return None
        if not same(self._in.code(bytes([kind]), memoryview(payload)[:end])[:MAC], payload[end:]):
            return None
        counter = struct.unpack_from("<I", payload, 0)[0]
        if counter <= self.accepted:
            return None
        self.accepted = counter
        return payload[4:end]
