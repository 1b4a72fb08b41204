"""A second controller, and words that nobody can prove: HELLO, BUSY and the question."""

from hal.wire import channel, frame, session
from hal.wire.session import BoardEnd, ControllerEnd
from tests.wire.pair import KEY, Entropy, cut, joined_pair, kinds, still_works


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
        answers += kinds([answer])
        second.receive(answer, pair.now_ms, entropy.take(16))
    assert answers == [frame.BUSY] * 360
    assert second.busy_since_ms == 10_100
    assert not second.joined
    assert pair.board.sessions == 1
    assert still_works(pair)


def test_valid_join_of_a_second_controller_is_refused_while_a_session_lives() -> None:
    """Even a JOIN with the right nonce and proof gets BUSY until 5 s have passed in silence."""
    pair = joined_pair()
    pair.to_board = cut
    pair.run(session.SILENCE_MS + 1200)
    hello = pair.board_said[-1]
    assert kinds([hello]) == [frame.HELLO]
    pair.board_heard += pair.board.receive(
        pair.controller.seal(frame.DESIRED, b"back"), pair.now_ms, 7
    )
    second = ControllerEnd(KEY)
    second.receive(hello, pair.now_ms, b"2" * 16)
    join = second.outgoing(pair.now_ms, b"2" * 16)
    pair.board.receive(join, pair.now_ms + session.SILENCE_MS - 1, 7)
    assert pair.board.sessions == 1
    assert kinds([pair.board.outgoing(pair.now_ms + session.SILENCE_MS - 1, 7)]) == [frame.BUSY]
    pair.board.receive(join, pair.now_ms + session.SILENCE_MS, 7)
    assert pair.board.sessions == 2


def test_busy_is_forgotten_when_nobody_says_it_any_more() -> None:
    """A board that is gone is not "busy" for ever."""
    controller = ControllerEnd(KEY)
    controller.receive(channel.busy(1), 1000, b"e" * 16)
    assert controller.busy_since_ms == 1000
    controller.wake_at(1000 + session.BUSY_STALE_MS)
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
