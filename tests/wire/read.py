"""Read one frame or one COBS run, as bytes in and bytes out."""

from hal.wire import frame


def one(wire: bytes) -> "tuple[int, bytes]":
    """Kind and payload of exactly one good frame with its closing zero."""
    found = frame.Decoder().feed(wire)
    assert len(found) == 1
    return found[0]


def content(stuffed: bytes) -> "bytes | None":
    """What COBS bytes stand for, None where they are not COBS."""
    buffer = bytearray(stuffed)
    length = frame.unstuff(buffer, len(stuffed))
    return None if length < 0 else bytes(buffer[:length])
