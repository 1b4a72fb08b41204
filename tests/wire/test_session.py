"""How a session starts, lives, is lost and comes back, over a cable that loses things."""

import pytest

from hal.wire import frame, session
from hal.wire.controller_end import ControllerEnd
from hal.wire.session import BoardEnd
from tests.wire.pair import (
    KEY,
    Bend,
    Entropy,
    Pair,
    cut,
    joined_pair,
    kinds,
    split,
    still_works,
    straight,
)


def test_two_ends_join_within_a_few_deliveries() -> None:
    """With both ends awake a session stands after HELLO, JOIN and the first word: 6 ms."""
    pair = Pair()
    pair.run(6)
    assert pair.controller.joined
    assert pair.controller.boot_epoch == 1
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)
    assert (pair.board.bad_frames, pair.controller.bad_frames) == (0, 0)


def test_bodies_arrive_in_order_both_ways() -> None:
    """What is sealed at one end is received at the other, once and in order."""
    pair = joined_pair()
    for n in range(5):
        pair.tell_board(b"want%d" % n)
        pair.tell_board(b"lease%d" % n, frame.LEASE)
        pair.tell_controller(b"have%d" % n)
    pair.run(100)
    expected = [
        said
        for n in range(5)
        for said in ((frame.DESIRED, b"want%d" % n), (frame.LEASE, b"lease%d" % n))
    ]
    assert expected == pair.board_heard
    assert [(frame.ACTUAL, b"have%d" % n) for n in range(5)] == pair.controller_heard


def test_nothing_is_sealed_without_a_session() -> None:
    """Before a session each end says nothing instead of something unauthenticated."""
    assert BoardEnd(KEY, 1).seal(frame.ACTUAL, b"have") == b""
    assert ControllerEnd(KEY).seal(frame.DESIRED, b"want") == b""


def test_an_idle_session_stays_for_hours_without_hello() -> None:
    """A keepalive every 10 s is all that is said, for hours: the session adds nothing to it."""
    pair = joined_pair()
    for _ in range(4 * 360):
        pair.tell_controller(b"have")
        pair.tell_board(b"want")
        pair.run(10_000)
    assert kinds(pair.controller_said) == [frame.DESIRED] * 4 * 360
    assert kinds(pair.board_said) == [frame.ACTUAL] * 4 * 360
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)
    assert pair.controller.joined and pair.board.alive(pair.now_ms)


def test_an_end_that_hears_nothing_stops_speaking() -> None:
    """With the way up cut, the controller gives up after 30 s, so the board learns it is alone."""
    pair = joined_pair()
    pair.to_controller = cut
    for _ in range(3):
        pair.tell_board(b"want")
        pair.run(session.ALIVE_MS // 3 - 100)
    assert pair.controller.joined
    pair.run(1000)
    assert not pair.controller.joined
    assert pair.controller.seal(frame.DESIRED, b"want") == b""
    assert pair.board.alive(pair.now_ms)
    pair.run(session.ALIVE_MS)
    assert not pair.board.alive(pair.now_ms)
    pair.run(session.ALONE_MS)
    assert pair.board.silent_ms(pair.now_ms) == session.ALONE_MS
    pair.to_controller = straight
    pair.run(2000)
    assert pair.controller.joined and pair.board.alive(pair.now_ms)


@pytest.mark.parametrize("lost", range(6))
def test_any_one_lost_frame_of_the_opening_is_made_up_for(lost: int) -> None:
    """Whichever of the first frames is lost, the session stands within 7 s."""
    pair = Pair()
    count = 0

    def lose(data: bytes) -> list[bytes]:
        nonlocal count
        kept = []
        for wire in split(data):
            if count != lost:
                kept.append(wire)
            count += 1
        return kept

    pair.to_board = pair.to_controller = lose
    pair.run(7000)
    assert pair.controller.joined
    pair.tell_board(b"want")
    pair.run(10)
    assert pair.board_heard == [(frame.DESIRED, b"want")]


def test_a_board_that_has_just_started_is_not_alone_yet() -> None:
    """After power returns the controller has a minute to come back before it counts as gone."""
    pair = Pair()
    pair.to_board = cut
    pair.run(session.ALONE_MS - 1)
    assert not pair.board.alive(pair.now_ms)
    assert pair.board.silent_ms(pair.now_ms) == session.ALONE_MS - 1
    pair.run(60_000)
    assert pair.board.silent_ms(pair.now_ms) == session.ALONE_MS


def test_board_that_was_reset_is_joined_again_at_once() -> None:
    """After a reset the new boot epoch is joined within a second, and the old keys are gone."""
    pair = joined_pair()
    before = pair.controller.seal(frame.DESIRED, b"before")
    pair.restart_board(2)
    pair.run(1000)
    assert pair.controller.boot_epoch == 2
    assert pair.controller.sessions == 2
    assert pair.board.receive(before, pair.now_ms, 0) == []


def test_a_short_cut_is_slept_through() -> None:
    """A cut of less than 30 s, with nobody asking, ends nothing and costs nothing."""
    pair = joined_pair()
    pair.to_board = pair.to_controller = cut
    pair.run(session.ALIVE_MS - 200)
    pair.to_board = pair.to_controller = straight
    assert (pair.board_said, pair.controller_said) == ([], [])
    assert still_works(pair)
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)


def test_cut_cable_heals_within_a_second() -> None:
    """After a long cut the next HELLO brings a new session."""
    pair = joined_pair()
    pair.to_board = pair.to_controller = cut
    pair.run(600_000)
    pair.to_board = pair.to_controller = straight
    pair.run(session.HELLO_MS + 20)
    assert pair.controller.joined and pair.board.alive(pair.now_ms)
    assert pair.controller.sessions == 2


def test_doubled_cable_makes_one_session() -> None:
    """When every frame comes twice, one session is made and every body is heard once."""
    pair = Pair()
    twice: Bend = lambda data: [data, data]  # noqa: E731
    pair.to_board = pair.to_controller = twice
    pair.run(100)
    pair.tell_board(b"want")
    pair.tell_controller(b"have")
    pair.run(20_000)
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)
    assert pair.board_heard == [(frame.DESIRED, b"want")]
    assert pair.controller_heard == [(frame.ACTUAL, b"have")]


def test_firmware_may_speak_first() -> None:
    """A body sealed before `outgoing` is the first word of the session; no empty one follows."""
    pair = Pair()
    pair.board_sends(pair.board.outgoing(0, 1))
    hello = pair.board_said[-1]
    pair.controller.receive(hello, 0, b"n" * 16)
    join = pair.controller.outgoing(0, b"n" * 16)
    pair.board.receive(join, 0, 1)
    wire = pair.board.seal(frame.ACTUAL, b"have")
    assert pair.board.outgoing(0, 1) == b""
    assert pair.controller.receive(wire, 0, b"m" * 16) == [(frame.ACTUAL, b"have")]
    assert pair.controller.joined


def test_board_milliseconds_may_wrap() -> None:
    """A session goes on, is lost and comes back across the wrap of a 32-bit clock."""
    board, luck = BoardEnd(KEY, 1), Entropy(3)
    controller = ControllerEnd(KEY)
    start_ms = 0x100000000 - 20_000
    hellos = 0
    for at_ms in range(0, 90_000, 500):
        board_ms = (start_ms + at_ms) & 0xFFFFFFFF
        up = board.outgoing(board_ms, luck.luck())
        if at_ms > 1000:
            hellos += kinds(split(up)).count(frame.HELLO)
        controller.receive(up, at_ms, luck.take(16))
        down = controller.outgoing(at_ms, luck.take(16))
        if at_ms < 10_000 or board.sessions == 2:
            down += controller.seal(frame.DESIRED, b"want")
        if at_ms < 10_000 or at_ms >= 60_000:
            board.receive(down, board_ms, luck.luck())
        if at_ms == 39_000:
            assert (board.sessions, hellos) == (1, 0)
        if at_ms == 58_000:
            assert hellos >= 17
        controller.receive(board.seal(frame.ACTUAL, b"have"), at_ms, luck.take(16))
    assert board.sessions == 2
    assert board.alive((start_ms + 89_500) & 0xFFFFFFFF)


def test_link_that_died_long_ago_stays_dead_over_the_wrap() -> None:
    """Silence is counted up and held: 49 days later it does not look like a fresh frame."""
    pair = joined_pair()
    pair.to_board = cut
    for _ in range(3):
        pair.run(20_000)
    for hours in range(0, 50 * 24, 6):
        assert not pair.board.alive((pair.now_ms + hours * 3_600_000) & 0xFFFFFFFF)


def test_a_restored_board_goes_on_at_any_instant() -> None:
    """Replaced by its own snapshot before every turn, at other times, a board behaves the same."""
    plain, restored = Pair(seed=5), Pair(seed=5)
    for step in range(60):
        for pair in (plain, restored):
            if step % 7 == 3:
                pair.tell_board(b"want%d" % step)
            if step % 5 == 2:
                pair.tell_controller(b"have%d" % step)
            if step in (20, 40):
                pair.restart_controller()
            pair.to_board = cut if 45 <= step < 52 else straight
        values = restored.board.snapshot(restored.now_ms)
        assert all(isinstance(value, int) for value in values)
        assert values == plain.board.snapshot(plain.now_ms)
        restored.board = BoardEnd(KEY, 1)
        restored.board.restore(values, restored.now_ms)
        plain.run(700)
        restored.run(700)
    assert plain.board_said == restored.board_said
    assert plain.board_heard == restored.board_heard
    assert plain.controller_heard == restored.controller_heard
    assert plain.board.sessions == 3


def test_a_snapshot_does_not_know_the_hour() -> None:
    """The same state reached at another time has the same snapshot."""
    taken = []
    for start_ms in (100_000, 223_456):
        board = BoardEnd(KEY, 1)
        board.outgoing(start_ms, 9)
        board.receive(b"half a frame", start_ms + 300, 9)
        taken.append(board.snapshot(start_ms + 400))
    assert taken[0] == taken[1]


@pytest.mark.hazard("H35")
def test_a_used_up_counter_ends_the_session_and_a_new_one_comes() -> None:
    """At the last counter nothing more is sealed; the silence that follows brings a new session."""
    pair = joined_pair()
    assert pair.controller._channel is not None
    pair.controller._channel.sent = 0xFFFFFFFE
    pair.tell_board(b"last")
    assert pair.tell_board(b"too late") == b""
    for _ in range(4):
        pair.tell_controller(b"have")
        pair.run(10_000)
    assert pair.controller.sessions == 2
    pair.tell_board(b"again")
    pair.run(10)
    assert pair.board_heard == [(frame.DESIRED, b"last"), (frame.DESIRED, b"again")]
