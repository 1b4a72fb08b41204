"""The cable's core facts, checked on whatever runtime this runs on: `python tests/wire/core.py`.

Responsible for: golden bytes, bit flips, replay, reflection, splice, snapshots and memory, in
the common tongue, one line per fact on stdout. Not responsible for the full tests, which
need CPython. A broken fact is an assertion, so the exit code is not 0.
"""

import gc
import hashlib

from hal.wire import frame
from hal.wire.controller_end import PROBE_MS, ControllerEnd
from hal.wire.hmac256 import hmac_sha256
from hal.wire.messages import unpack_actual, unpack_desired, unpack_lease
from hal.wire.session import CHALLENGE_AFTER_MS, SILENCE_MS, BoardEnd
from tests.wire import samples
from tests.wire.read import one


def flipped(data: bytes, bit: int) -> bytes:
    """`data` with one bit changed."""
    at = bit >> 3
    return data[:at] + bytes([data[at] ^ (1 << (bit & 7))]) + data[at + 1 :]


def golden() -> None:
    """The golden frames, as their hashes."""
    for name, _, wire in samples.frames():
        print(name, len(wire), hashlib.sha256(wire).digest().hex())


def codes() -> None:
    """RFC 4231, case 2, and a key longer than a block."""
    print("hmac", hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex())
    print("hmac-long", hmac_sha256(b"k" * 100, b"long key").hex())


def flips() -> None:
    """No single wrong bit passes the frame; none of a sealed message passes the seal."""
    refused = 0
    for name, _, wire in samples.frames():
        step = 37 if name == "lease" else 1  # every 37th bit of the long one: enough here
        for bit in range(0, 8 * len(wire), step):
            assert frame.Decoder().feed(flipped(wire, bit)) == []
            refused += 1
    for name, _, wire in samples.frames():
        if name not in ("start", "actual"):
            continue
        kind, payload = one(wire)
        end = samples.joined_channel(name == "start")
        for bit in range(8 * len(payload)):
            assert end.open(kind, flipped(payload, bit)) is None
            refused += 1
        assert end.open(kind, payload) is not None
    print("flips", refused)


def sentences() -> None:
    """Every sentence survives packing."""
    desired = unpack_desired(samples.desired().pack())
    actual = unpack_actual(samples.actual().pack())
    lease = unpack_lease(samples.lease().pack())
    assert desired is not None and desired.pack() == samples.desired().pack()
    assert actual is not None and actual.pack() == samples.actual().pack()
    assert actual.weight_delta_mg == -1250 and actual.cup_mg == -1
    assert lease is not None and lease.pack() == samples.lease().pack()
    assert unpack_desired(b"") is None and unpack_actual(b"") is None and unpack_lease(b"") is None
    print("lease-digest", samples.digest_of_lease().hex())


def opened(board: BoardEnd, controller: ControllerEnd, now_ms: int, nonce: bytes) -> "list[bytes]":
    """Bring a session up; returns what was said."""
    hello = board.outgoing(now_ms, 77)
    controller.receive(hello, now_ms, nonce)
    join = controller.outgoing(now_ms, nonce)
    board.receive(join, now_ms, 78)
    welcome = board.outgoing(now_ms, 79)
    controller.receive(welcome, now_ms, nonce)
    assert controller.joined
    return [hello, join, welcome]


def story() -> None:
    """A session, its replay, its reflection, its splice into the next, and a second controller."""
    board = BoardEnd(samples.PAIRING_KEY, 5)
    controller = ControllerEnd(samples.PAIRING_KEY)
    said = opened(board, controller, 0, b"first nonce 16 b")
    heard = 0
    for n in range(20):
        down = controller.seal(frame.DESIRED, b"want %d" % n)
        up = board.seal(frame.ACTUAL, b"have %d" % n)
        assert board.receive(down, n, 0) == [(frame.DESIRED, b"want %d" % n)]
        assert controller.receive(up, n, b"n" * 16) == [(frame.ACTUAL, b"have %d" % n)]
        said += [down, up]
        heard += 2
    kept = [controller.seal(frame.DESIRED, b"kept"), board.seal(frame.ACTUAL, b"kept")]
    for wire in said:
        assert board.receive(wire, 50, 0) == []
        assert controller.receive(wire, 50, b"m" * 16) == []
    assert board.sessions == controller.sessions == 1
    second = ControllerEnd(samples.PAIRING_KEY)
    board.receive(second.outgoing(60, b"s" * 16), 60, 0)
    second.receive(board.outgoing(60, 0), 60, b"s" * 16)
    assert second.busy_since_ms == 60
    asked_ms = 60 + PROBE_MS
    assert PROBE_MS >= CHALLENGE_AFTER_MS
    board.receive(second.outgoing(asked_ms, b"t" * 16), asked_ms, 0)
    question = board.outgoing(asked_ms, 0)
    controller.receive(question, asked_ms, b"m" * 16)
    kept.append(controller.outgoing(asked_ms, b"m" * 16))  # the answer never arrives
    assert kept[-1] and not controller.outgoing(asked_ms, b"m" * 16)
    values = board.snapshot(asked_ms)
    board.restore(values, asked_ms)
    assert board.snapshot(asked_ms) == values
    said.append(question)
    later_ms = asked_ms + SILENCE_MS
    said += opened(board, second, later_ms, b"second nonce 16b")
    for wire in said + kept:
        assert board.receive(wire, later_ms, 0) == []
        assert second.receive(wire, later_ms, b"m" * 16) == []
    assert board.sessions == 2
    print("story", heard, board.bad_frames, controller.bad_frames, second.bad_frames)
    print("said", hashlib.sha256(b"".join(said + kept)).digest().hex())


def memory() -> None:
    """A board restored from its snapshot goes on, and ten times more turns need no more memory."""
    board = BoardEnd(samples.PAIRING_KEY, 5)
    controller = ControllerEnd(samples.PAIRING_KEY)
    opened(board, controller, 0, b"nonce of 16 byte")
    used = [0, 0]
    now_ms = 0
    for i, turns in enumerate((100, 1000)):
        for _ in range(turns):
            now_ms += 250
            down = controller.seal(frame.DESIRED, b"d" * 89)
            assert len(board.receive(down, now_ms, 1)) == 1
            up = board.seal(frame.ACTUAL, b"a" * 139) + board.outgoing(now_ms, 1)
            assert len(controller.receive(up, now_ms, b"n" * 16)) == 1
            values = board.snapshot(now_ms)
        gc.collect()
        if hasattr(gc, "mem_alloc"):
            used[i] = gc.mem_alloc()
    twin = BoardEnd(samples.PAIRING_KEY, 5)
    twin.restore(values, 3)
    assert twin.snapshot(3) == values
    assert twin.seal(frame.ACTUAL, b"same") == board.seal(frame.ACTUAL, b"same")
    print("grown", used[1] - used[0])


golden()
codes()
flips()
sentences()
story()
memory()
