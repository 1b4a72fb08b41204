"""What somebody on the cable without the pairing key can do: count as a bad frame."""

import itertools

import pytest

from hal.wire import channel, frame, session
from hal.wire.controller_end import ControllerEnd
from hal.wire.hmac256 import Hmac
from hal.wire.session import BoardEnd
from tests.wire.pair import KEY, Pair, cut, joined_pair, kinds, still_works
from tests.wire.read import one

OTHER_KEY = b"some other pairing key, same len"


def recorded(seed: int = 1) -> tuple[Pair, list[bytes]]:
    """A pair that has talked for a while, and every frame of it, opening included."""
    pair = Pair(seed=seed)
    pair.run(100)
    for n in range(3):
        pair.tell_board(b"want%d" % n)
        pair.tell_board(b"lease%d" % n, frame.LEASE)
        pair.tell_controller(b"have%d" % n)
        pair.run(1000)
    return pair, pair.board_said + pair.controller_said


@pytest.mark.parametrize(("board_key", "controller_key"), [(KEY, OTHER_KEY), (OTHER_KEY, KEY)])
def test_wrong_key_never_joins(board_key: bytes, controller_key: bytes) -> None:
    """Without the same pairing key there is no session, nothing is heard, and all is counted."""
    pair = Pair(board_key, controller_key)
    pair.run(60_000)
    assert (pair.board.sessions, pair.controller.sessions) == (0, 0)
    assert not pair.board.alive(pair.now_ms)
    assert pair.board.bad_frames > 10


def test_every_replayed_frame_is_dropped() -> None:
    """Everything said so far, said again to both ends, is heard by nobody and harms nothing."""
    pair, said = recorded()
    pair.board_heard.clear()
    pair.controller_heard.clear()
    bad = pair.board.bad_frames, pair.controller.bad_frames
    for wire in said * 2:
        assert pair.board.receive(wire, pair.now_ms, 7) == []
        assert pair.controller.receive(wire, pair.now_ms, b"7" * 16) == []
    assert pair.board.bad_frames > bad[0]
    assert pair.controller.bad_frames > bad[1]
    assert still_works(pair)
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)


def test_replayed_opening_makes_no_session() -> None:
    """A recorded JOIN is worth nothing, neither after silence nor after the board's reset."""
    pair, said = recorded()
    pair.run(1)
    for board, now_ms in ((pair.board, pair.now_ms + 60_000), (BoardEnd(KEY, 2), 0)):
        sessions = board.sessions
        board.outgoing(now_ms, 1)
        for wire in said * 2:
            assert board.receive(wire, now_ms, 1) == []
        assert board.sessions == sessions


@pytest.mark.parametrize("luck", [0, 1, 0xFFFFFFFFFFFFFFFF])
def test_nonces_never_repeat_even_without_luck(luck: int) -> None:
    """Stuck luck at the board and stuck entropy at the controller still give new keys each time."""
    seen: set[bytes] = set()
    for boot_epoch in (1, 2, 3):
        board, now_ms = BoardEnd(KEY, boot_epoch), 0
        for _ in range(5):
            controller = ControllerEnd(KEY)
            controller.receive(board.outgoing(now_ms, luck), now_ms, b"stuck entropy...")
            board.receive(controller.outgoing(now_ms, b"stuck entropy..."), now_ms, luck)
            controller.receive(board.outgoing(now_ms, luck), now_ms, b"stuck entropy...")
            assert controller.joined
            sealed = controller.seal(frame.DESIRED, b"the same body")
            assert sealed not in seen
            seen.add(sealed)
            now_ms += session.ALIVE_MS
    assert len(seen) == 15


def test_controller_never_uses_a_key_twice() -> None:
    """A replayed HELLO after joining gets a JOIN with another nonce than the running session's."""
    pair = joined_pair()
    assert pair.controller._channel is not None
    nonce = pair.controller._channel.nonce
    pair.controller.receive(channel.hello(1, nonce), pair.now_ms, b"m" * 16)
    assert pair.controller._joining is not None
    assert pair.controller._channel.ctl_nonce != pair.controller._joining.ctl_nonce


def test_reflected_frames_are_dropped() -> None:
    """An end that hears its own frames takes none of them, joins nobody, and goes on."""
    pair, _ = recorded()
    for wire in pair.board_said:
        assert pair.board.receive(wire, pair.now_ms, 7) == []
    for wire in pair.controller_said:
        assert pair.controller.receive(wire, pair.now_ms, b"7" * 16) == []
    fresh = pair.board.seal(frame.ACTUAL, b"mine")
    assert pair.board.receive(fresh, pair.now_ms, 7) == []
    fresh = pair.controller.seal(frame.DESIRED, b"mine")
    assert pair.controller.receive(fresh, pair.now_ms, b"7" * 16) == []
    assert still_works(pair)


def test_reflection_with_another_kind_is_dropped() -> None:
    """The two directions have two keys: a payload sent back under a kind that fits is refused."""
    pair = joined_pair()
    for wire, kind in (
        (pair.board.seal(frame.ACTUAL, b"mine"), frame.DESIRED),
        (pair.controller.seal(frame.DESIRED, b"mine"), frame.ACTUAL),
    ):
        turned = frame.encode(kind, one(wire)[1])
        assert pair.board.receive(turned, pair.now_ms, 7) == []
        assert pair.controller.receive(turned, pair.now_ms, b"7" * 16) == []


def test_a_lease_cannot_be_passed_off_as_a_desired() -> None:
    """The kind is authenticated: a payload under another kind of the same direction is refused."""
    pair = joined_pair()
    sealed = pair.controller.seal(frame.LEASE, b"body")
    turned = frame.encode(frame.DESIRED, one(sealed)[1])
    assert pair.board.receive(turned, pair.now_ms, 7) == []


def test_a_kind_is_taken_from_one_side_only() -> None:
    """Even rightly sealed, an ACTUAL means nothing to the board, a DESIRED or LEASE not upwards."""
    pair = joined_pair()
    wrong = pair.controller.seal(frame.ACTUAL, b"body")
    assert pair.board.receive(wrong, pair.now_ms, 7) == []
    for kind in (frame.DESIRED, frame.LEASE):
        wrong = pair.board.seal(kind, b"body")
        assert pair.controller.receive(wrong, pair.now_ms, b"7" * 16) == []
    assert (pair.board.bad_frames, pair.controller.bad_frames) == (1, 2)


def test_bad_frames_do_not_pass_for_life() -> None:
    """Replays and forgeries ten times a second keep neither end believing that the other lives."""
    pair, said = recorded()
    forged = frame.encode(frame.DESIRED, b"f" * 40) + frame.encode(frame.ACTUAL, b"f" * 40)
    pair.to_board = pair.to_controller = cut
    for _ in range(10 * session.ALIVE_MS // 1000):
        pair.run(100)
        for wire in (forged, *said):
            pair.board.receive(wire, pair.now_ms, 7)
            pair.controller.receive(wire, pair.now_ms, b"7" * 16)
    pair.run(0)
    assert not pair.board.alive(pair.now_ms)
    assert not pair.controller.joined
    assert frame.HELLO in kinds(pair.board_said)


def test_reordered_frames_never_go_back_in_time() -> None:
    """In whatever order four frames come, those heard are in the order in which they were said."""
    for order in itertools.permutations(range(4)):
        pair = joined_pair()
        wires = [pair.controller.seal(frame.DESIRED, b"%d" % n) for n in range(4)]
        heard = []
        for n in order:
            heard += pair.board.receive(wires[n], pair.now_ms, 7)
        bodies = [body for _, body in heard]
        assert bodies == sorted(set(bodies))
        assert bodies[-1] == b"3"


def test_spliced_old_session_has_no_effect() -> None:
    """Frames kept back from an old session are dropped by the next one, at both ends."""
    pair = joined_pair()
    old_down = [pair.controller.seal(frame.DESIRED, b"old%d" % n) for n in range(50)]
    old_up = [pair.board.seal(frame.ACTUAL, b"old%d" % n) for n in range(50)]
    pair.restart_controller()
    pair.run(10_000)
    assert pair.board.sessions == 2
    for wire in old_down:
        assert pair.board.receive(wire, pair.now_ms, 7) == []
    for wire in old_up:
        assert pair.controller.receive(wire, pair.now_ms, b"7" * 16) == []
    assert still_works(pair)


def test_spliced_frames_of_an_earlier_boot_have_no_effect() -> None:
    """A reset board, even with the same luck and the same entropy, has other keys."""
    wires: list[bytes] = []
    for boot_epoch in (1, 2):
        board, controller = BoardEnd(KEY, boot_epoch), ControllerEnd(KEY)
        controller.receive(board.outgoing(0, 3), 0, b"e" * 16)
        board.receive(controller.outgoing(0, b"e" * 16), 0, 3)
        controller.receive(board.outgoing(0, 3), 0, b"e" * 16)
        assert controller.joined
        for wire in wires:
            assert board.receive(wire, 0, 3) == []
        wires.append(controller.seal(frame.DESIRED, b"want"))
        assert board.receive(wires[-1], 0, 3) == [(frame.DESIRED, b"want")]


@pytest.mark.parametrize("kind", range(9))
@pytest.mark.parametrize("length", [0, 1, 3, 4, 19, 20, 21, 48, 200])
def test_wrong_lengths_and_kinds_are_dropped(kind: int, length: int) -> None:
    """A frame of any kind with a body of any length raises nothing and is heard by nobody."""
    pair = joined_pair()
    wire = frame.encode(kind, b"\1" * length)
    assert pair.board.receive(wire, pair.now_ms, 7) == []
    assert pair.controller.receive(wire, pair.now_ms, b"7" * 16) == []
    assert still_works(pair)


def test_bad_frames_fit_their_field() -> None:
    """The board's count of bad frames wraps at 65,536 instead of breaking Actual."""
    board = BoardEnd(KEY, 1)
    wire = frame.encode(frame.DESIRED, b"nobody's")
    board.receive(wire * 65_535, 0, 7)
    assert board.bad_frames == 65_535
    board.receive(wire * 2, 0, 7)
    assert board.bad_frames == 1


def test_a_weak_pairing_key_is_refused() -> None:
    """An empty or short pairing key is our own mistake and stops at once."""
    with pytest.raises(AssertionError):
        BoardEnd(b"", 1)
    with pytest.raises(AssertionError):
        ControllerEnd(b"short")


def test_keys_differ_by_direction_session_and_pairing() -> None:
    """Sealing the same body with the same counter never gives the same bytes twice."""
    seen = set()
    for key, nonce, ctl_nonce, at_board in itertools.product(
        (KEY, OTHER_KEY), (b"a" * 16, b"b" * 16), (b"c" * 16, b"d" * 16), (True, False)
    ):
        end = channel.Channel(Hmac(key), nonce, ctl_nonce, at_board)
        seen.add(end.seal(frame.DESIRED, b"body"))
    assert len(seen) == 16
