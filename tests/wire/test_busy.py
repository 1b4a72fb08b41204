"""A second controller, and words that nobody can prove: HELLO, BUSY and the question."""

import pytest

from hal.wire import channel, controller_end, frame, session
from hal.wire.controller_end import ControllerEnd
from hal.wire.session import BoardEnd
from tests.wire.pair import KEY, Entropy, cut, joined_pair, kinds, split, still_works


@pytest.mark.hazard("H25")
def test_second_controller_with_the_key_is_refused() -> None:
    """While a session lives, a second controller gets BUSY for an hour and the first works on."""
    pair = joined_pair()
    second, entropy = ControllerEnd(KEY), Entropy(9)
    answers: list[int] = []
    for _ in range(360):
        pair.tell_controller(b"have")
        pair.run(10_000)
        asked = second.outgoing(pair.now_ms, entropy.take(16))
        assert pair.board.receive(asked, pair.now_ms, 7) == []
        answer = pair.board.outgoing(pair.now_ms, 7)
        answers += kinds(split(answer))
        second.receive(answer, pair.now_ms, entropy.take(16))
        pair.board_sends(answer)
        pair.run(10)
    assert answers == [frame.BUSY, frame.ACTUAL] * 360
    assert second.busy_since_ms == 10_100
    assert not second.joined
    assert pair.board.sessions == 1
    assert still_works(pair)


@pytest.mark.hazard("H25")
def test_valid_join_of_a_second_controller_is_refused_while_a_session_lives() -> None:
    """A JOIN with the right nonce and proof gets BUSY until a question is 5 s without answer."""
    pair = joined_pair()
    pair.to_board = cut
    late = pair.controller.seal(frame.DESIRED, b"back")
    pair.run(session.ALIVE_MS)
    hello = pair.board_said[-1]
    assert kinds([hello]) == [frame.HELLO]
    assert pair.board.receive(late, pair.now_ms, 7) == [(frame.DESIRED, b"back")]
    second = ControllerEnd(KEY)
    second.receive(hello, pair.now_ms, b"2" * 16)
    join = second.outgoing(pair.now_ms, b"2" * 16)
    asked_ms = pair.now_ms + session.CHALLENGE_AFTER_MS
    for at_ms, answer in (
        (asked_ms - 1, [frame.BUSY]),
        (asked_ms, [frame.BUSY, frame.ACTUAL]),
        (asked_ms + session.SILENCE_MS - 1, [frame.BUSY, frame.ACTUAL]),
    ):
        pair.board.receive(join, at_ms, 7)
        assert pair.board.sessions == 1
        assert kinds(split(pair.board.outgoing(at_ms, 7))) == answer
    pair.board.receive(join, asked_ms + session.SILENCE_MS, 7)
    assert pair.board.sessions == 2


def test_busy_is_forgotten_when_nobody_says_it_any_more() -> None:
    """A board that is gone is not "busy" for ever."""
    controller = ControllerEnd(KEY)
    controller.receive(channel.busy(1), 1000, b"e" * 16)
    assert controller.busy_since_ms == 1000
    controller.wake_at(1000 + controller_end.BUSY_STALE_MS)
    assert controller.busy_since_ms is None


def test_false_hello_and_busy_do_not_end_a_session() -> None:
    """Unauthenticated words, one per 100 ms, cost an answer each and nothing else."""
    pair = joined_pair()
    for n in range(100):
        nonce = channel.board_nonce(99, n, n)
        said = channel.hello(99, nonce) + channel.busy(99) + channel.probe(b"x" * 16)
        pair.board.receive(said, pair.now_ms, 7)
        pair.controller.receive(said, pair.now_ms, b"7" * 16)
        pair.run(100)
    assert pair.controller.boot_epoch == 1
    assert pair.controller.busy_since_ms is None
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)
    assert still_works(pair)


def test_many_questions_get_one_answer_per_turn() -> None:
    """A flood of questions in one read is answered once, so it cannot be made larger by us."""
    board = BoardEnd(KEY, 1)
    board.receive(channel.probe(b"x" * 16) * 500, 0, 7)
    assert kinds([board.outgoing(0, 7)]) == [frame.HELLO]
    assert board.outgoing(1, 7) == b""


def test_hello_that_contradicts_itself_is_dropped() -> None:
    """A boot epoch other than the one in the nonce, or no nonce, is counted and not answered."""
    controller = ControllerEnd(KEY)
    controller.outgoing(0, b"e" * 16)
    nonce = channel.board_nonce(1, 1, 1)
    for wrong in (channel.hello(2, nonce), channel.hello(0, channel.NO_NONCE)):
        controller.receive(wrong, 0, b"e" * 16)
        assert controller.outgoing(0, b"e" * 16) == b""
    assert controller.bad_frames == 2
