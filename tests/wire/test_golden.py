"""The bytes on the cable are the ones that were agreed, and nothing near them is accepted."""

import pytest

from hal.wire import frame, messages
from hal.wire.channel import MAC
from hal.wire.controller_end import ControllerEnd
from hal.wire.session import BoardEnd
from tests.wire import make_golden, samples
from tests.wire.read import one

FRAMES = samples.frames()
NAMES = [name for name, _, _ in FRAMES]
WIRE = {name: wire for name, _, wire in FRAMES}
SEALED = [name for name in NAMES if WIRE[name] and name not in ("probe", "hello", "join", "busy")]


def flips(data: bytes) -> list[bytes]:
    """Every value that differs from `data` in one bit."""
    return [
        data[: bit // 8] + bytes([data[bit // 8] ^ (1 << bit % 8)]) + data[bit // 8 + 1 :]
        for bit in range(8 * len(data))
    ]


@pytest.mark.parametrize(("name", "sentence", "wire"), FRAMES, ids=NAMES)
def test_bytes_are_the_golden_ones(name: str, sentence: str, wire: bytes) -> None:
    """Today's code makes, byte for byte, the frames that are checked in."""
    assert (make_golden.GOLDEN / f"{name}.bin").read_bytes() == wire
    text = (make_golden.GOLDEN / f"{name}.txt").read_text()
    assert text == make_golden.text(name, sentence, wire)


def test_no_golden_file_is_forgotten() -> None:
    """Every checked-in frame is still made by the code."""
    assert sorted(NAMES) == sorted(path.stem for path in make_golden.GOLDEN.glob("*.bin"))


def test_golden_messages_say_what_was_packed() -> None:
    """The golden bodies open at the other end and unpack into the same sentences."""
    board, controller = samples.joined_channel(True), samples.joined_channel(False)
    bodies = {}
    for name in SEALED:
        kind, payload = one(WIRE[name])
        opener = controller if kind == frame.ACTUAL else board
        bodies[name] = opener.open(kind, payload)
    assert [bodies[name] for name in ("welcome", "question", "still-here")] == [b""] * 3
    assert bodies["lease"] == samples.lease().pack()
    desired = messages.unpack_desired(bodies["start"] or b"")
    actual = messages.unpack_actual(bodies["actual"] or b"")
    assert desired is not None and vars(desired) == vars(samples.desired())
    assert actual is not None and vars(actual) == vars(samples.actual())


@pytest.mark.parametrize("name", NAMES)
def test_every_single_bit_flip_is_dropped_by_the_frame(name: str) -> None:
    """No frame with one wrong bit is delivered, and the one after the next is again."""
    for flipped in flips(WIRE[name]):
        decoder = frame.Decoder()
        assert decoder.feed(flipped) == []
        decoder.feed(WIRE["busy"])  # may be glued to what is left of the flipped one
        assert len(decoder.feed(WIRE["busy"])) == 1


@pytest.mark.parametrize("name", SEALED)
def test_every_single_bit_flip_is_refused_by_the_seal(name: str) -> None:
    """Somebody without the key who repairs the CRC cannot change one bit of a sealed message."""
    kind, payload = one(WIRE[name])
    opener = samples.joined_channel(kind != frame.ACTUAL)
    for flipped in flips(payload):
        assert opener.open(kind, flipped) is None
    for wrong_kind in range(256):
        assert wrong_kind == kind or opener.open(wrong_kind, payload) is None
    assert opener.open(kind, payload) == payload[4:-MAC]


def test_every_single_bit_flip_of_a_join_is_refused_by_its_proof() -> None:
    """Somebody without the key who repairs the CRC cannot change one bit of a JOIN."""
    board = BoardEnd(samples.PAIRING_KEY, samples.BOOT_EPOCH)
    assert board.outgoing(0, samples.LUCK) == WIRE["hello"]
    for flipped in flips(one(WIRE["join"])[1]):
        board.receive(frame.encode(frame.JOIN, flipped), 0, 0)
        assert board.sessions == 0
    board.receive(WIRE["join"], 0, 0)
    assert board.sessions == 1


def test_both_ends_speak_the_golden_frames() -> None:
    """A session with the golden luck and nonces puts exactly the golden frames on the cable."""
    board = BoardEnd(samples.PAIRING_KEY, samples.BOOT_EPOCH)
    controller = ControllerEnd(samples.PAIRING_KEY)
    nonce = samples.CTL_NONCE
    assert controller.outgoing(0, nonce) == WIRE["probe"]
    assert board.receive(WIRE["probe"], 0, 0) == []
    assert board.outgoing(0, samples.LUCK) == WIRE["hello"]
    assert controller.receive(WIRE["hello"], 0, nonce) == []
    assert controller.outgoing(0, nonce) == WIRE["join"]
    assert board.receive(WIRE["join"], 0, 0) == []
    assert board.outgoing(0, 0) == WIRE["welcome"]
    assert controller.receive(WIRE["welcome"], 0, nonce) == []
    assert controller.seal(frame.LEASE, samples.lease().pack()) == WIRE["lease"]
    assert controller.seal(frame.DESIRED, samples.prepare().pack()) == WIRE["prepare"]
    assert controller.seal(frame.DESIRED, samples.desired().pack()) == WIRE["start"]
    assert board.seal(frame.ACTUAL, samples.actual().pack()) == WIRE["actual"]
    assert controller.receive(WIRE["actual"], 0, nonce) == [(frame.ACTUAL, samples.actual().pack())]
    assert controller.outgoing(0, nonce) == b""
    assert board.receive(WIRE["lease"] + WIRE["start"], 0, 0) == [
        (frame.LEASE, samples.lease().pack()),
        (frame.DESIRED, samples.desired().pack()),
    ]
    assert board.receive(WIRE["lease"], 0, 0) == []
    board.receive(WIRE["probe"], 999, 0)
    assert board.outgoing(999, 0) == WIRE["busy"]
    board.receive(WIRE["probe"], 1000, 0)
    assert board.outgoing(1000, 0) == WIRE["busy"] + WIRE["question"]
    assert controller.receive(WIRE["question"], 1000, nonce) == []
    assert controller.outgoing(1000, nonce) == WIRE["still-here"]
    assert board.receive(WIRE["still-here"], 1000, 0) == []
    assert board.outgoing(2000, 0) == b""
