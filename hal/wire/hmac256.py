"""HMAC-SHA-256 (RFC 2104) over `hashlib`, because MicroPython has no `hmac`.

Responsible for: the code, its two key pads computed once per key, and a comparison
that takes the same time wherever two codes differ. Not responsible for keys.
"""

import hashlib

BLOCK = 64


class Hmac:
    """A key, ready to authenticate many messages."""

    def __init__(self, key: bytes) -> None:
        if len(key) > BLOCK:
            key = hashlib.sha256(key).digest()
        key = key + b"\0" * (BLOCK - len(key))
        self._inner = bytes([value ^ 0x36 for value in key])
        self._outer = bytes([value ^ 0x5C for value in key])

    def code(self, head: bytes, rest: "bytes | memoryview" = b"") -> bytes:
        """The 32-byte authentication code of `head` and `rest` as one message."""
        inner = hashlib.sha256(self._inner)
        inner.update(head)
        inner.update(rest)
        outer = hashlib.sha256(self._outer)
        outer.update(inner.digest())
        return outer.digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """The 32-byte authentication code of `data` under `key`."""
    return Hmac(key).code(data)


def same(a: bytes, b: bytes) -> bool:
    """Whether two codes are equal, without telling by time where they differ."""
    if len(a) != len(b):
        return False
    difference = 0
    for i in range(len(a)):
        difference |= a[i] ^ b[i]
    return difference == 0
