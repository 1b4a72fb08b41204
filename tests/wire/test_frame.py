"""Frames: COBS beside an independent implementation, and a decoder fed with anything."""

import binascii

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire import frame, messages
from hal.wire.channel import MAC
from tests.wire.read import content

payloads = st.binary(max_size=600) | st.lists(
    st.sampled_from([b"\0", b"\1", b"\xff", b"x" * 253, b"y" * 254, b"z" * 255]), max_size=5
).map(b"".join)


@settings(deadline=None)
@given(payloads)
def test_stuffing_is_cobs(data: bytes) -> None:
    """Our COBS and the `cobs` package make and read the same bytes."""
    assert cobs.encode(data) == frame.stuff(data)
    assert data == content(cobs.encode(data))


@pytest.mark.parametrize("length", [0, 1, 253, 254, 255, 507, 508, 509, 762])
@pytest.mark.parametrize("end", [b"", b"\0", b"\1"])
@pytest.mark.parametrize("start", [b"", b"\0"])
def test_stuffing_is_cobs_at_the_block_edge(length: int, end: bytes, start: bytes) -> None:
    """Runs just under, at and over a block of 254 are stuffed as everybody does it."""
    data = start + b"q" * length + end
    assert cobs.encode(data) == frame.stuff(data)
    assert data == content(frame.stuff(data))


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40).map(lambda data: data.replace(b"\0", b"\3")))
def test_what_cobs_refuses_is_refused(data: bytes) -> None:
    """Bytes that the `cobs` package will not decode, we do not decode."""
    try:
        expected = cobs.decode(data)
    except cobs.DecodeError:
        assert content(data) is None
    else:
        assert expected == content(data)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 255), payloads), max_size=4),
    st.lists(st.integers(1, 40), max_size=60),
)
def test_frames_come_out_as_they_went_in(said: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """However the stream is cut into reads, the same frames come out in the same order."""
    stream = b"".join(frame.encode(kind, payload) for kind, payload in said)
    decoder = frame.Decoder()
    heard = []
    for cut in cuts:
        heard += decoder.feed(stream[:cut])
        stream = stream[cut:]
    heard += decoder.feed(stream)
    assert said == heard
    assert decoder.bad == 0


@settings(deadline=None)
@given(st.lists(st.binary(max_size=900), max_size=8), payloads)
def test_any_noise_is_survived(noise: list[bytes], payload: bytes) -> None:
    """Random bytes deliver nothing, hold a bounded amount, and do not harm the frame after."""
    decoder = frame.Decoder()
    for piece in noise:
        assert decoder.feed(piece) == []
        assert decoder.snapshot()[1] <= frame.MAX_FRAME
    decoder.feed(b"\0")
    assert decoder.feed(frame.encode(7, payload)) == [(7, payload)]


def test_a_frame_without_end_is_dropped_and_counted_once() -> None:
    """A stuck line fills no memory: all is dropped up to the next zero, and counts as one."""
    decoder = frame.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"\x55" * 100) == []
    assert decoder.snapshot()[1] == 0
    assert decoder.feed(b"\0" + frame.encode(3, b"next")) == [(3, b"next")]
    assert decoder.bad == 1


def test_zeros_between_frames_are_no_frames() -> None:
    """Idle zeros are neither delivered nor counted."""
    decoder = frame.Decoder()
    assert decoder.feed(b"\0\0" + frame.encode(1, b"") + b"\0\0\0") == [(1, b"")]
    assert decoder.bad == 0


def test_another_version_is_not_understood() -> None:
    """A frame of version 3 with a right CRC is dropped and counted."""
    content = bytes([3, frame.ACTUAL]) + b"body"
    crc = binascii.crc32(content).to_bytes(4, "little")
    decoder = frame.Decoder()
    assert decoder.feed(cobs.encode(content + crc) + b"\0") == []
    assert decoder.bad == 1


def test_the_longest_payload_fits_and_one_more_is_refused() -> None:
    """MAX_PAYLOAD fits into MAX_FRAME whatever it contains, and so does a sealed lease."""
    for byte in (b"\0", b"\xff"):
        payload = byte * frame.MAX_PAYLOAD
        wire = frame.encode(9, payload)
        assert len(wire) <= frame.MAX_FRAME + 1
        assert frame.Decoder().feed(wire) == [(9, payload)]
    with pytest.raises(AssertionError):
        frame.encode(9, b"x" * (frame.MAX_PAYLOAD + 1))
    assert 4 + messages.LEASE_SIZE + MAC <= frame.MAX_PAYLOAD


@settings(deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=80))
def test_a_restored_decoder_goes_on(first: bytes, second: bytes) -> None:
    """A decoder restored from its snapshot does what the original does."""
    stream = first + frame.encode(5, second)
    one, other = frame.Decoder(), frame.Decoder()
    one.feed(first)
    other.restore(one.snapshot())
    assert one.feed(stream) == other.feed(stream)
    assert one.snapshot() == other.snapshot()
