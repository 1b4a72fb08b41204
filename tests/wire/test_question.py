"""The question "are you there?": who loses the place on the cable to a newcomer, and who not."""

import pytest

from hal.wire import channel, frame, session
from hal.wire.controller_end import ANSWER_GAP_MS, ControllerEnd
from hal.wire.hmac256 import Hmac
from hal.wire.session import BoardEnd
from tests.wire.pair import KEY, Bend, Pair, cut, joined_pair, kinds, split, still_works, straight

HOUR_S = 3600
KEEPALIVE_S = 10
REJOINED_MS = 8000


def newcomer_asks(pair: Pair, with_proof: bool = False) -> None:
    """Somebody else on the same cable says JOIN, with the next nonce and the key if he has it."""
    asked = channel.probe(b"newcomer's nonce")
    if with_proof and pair.board._nonce:
        asked = channel.join(Hmac(KEY), pair.board._nonce, b"newcomer's nonce")
    pair.board_heard += pair.board.receive(asked, pair.now_ms, 7)


@pytest.mark.parametrize("with_proof", [False, True])
@pytest.mark.parametrize("every_s", range(1, 11))
def test_a_healthy_session_is_never_taken_in_its_pauses(every_s: int, with_proof: bool) -> None:
    """With keepalives every 10 s an hour of asking, in any rhythm, is answered BUSY each time."""
    pair = joined_pair()
    asked = 0
    for at_s in range(HOUR_S):
        if at_s % KEEPALIVE_S == 0:
            pair.tell_board(b"want")
            pair.tell_controller(b"have")
        if at_s % every_s == 0:
            newcomer_asks(pair, with_proof)
            asked += 1
        pair.run(1000)
    said = kinds(pair.board_said)
    assert said.count(frame.BUSY) == asked
    assert frame.HELLO not in said
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)
    assert len(pair.board_heard) == len(pair.controller_heard) == HOUR_S // KEEPALIVE_S
    assert still_works(pair)


@pytest.mark.parametrize("silent_ms", [0, 1, 500, 999, 1000, 4999, 9999, 29_000, 40_000])
def test_a_killed_controllers_session_is_taken_within_eight_seconds(silent_ms: int) -> None:
    """However long the old process has been silent, the new one is busy at most, then joins."""
    pair = joined_pair()
    pair.tell_board(b"want")
    pair.run(2)
    pair.to_board = cut
    pair.run(silent_ms)
    pair.to_board = straight
    pair.restart_controller()
    started_ms = pair.now_ms
    pair.run(100)
    assert pair.controller.joined == (silent_ms >= session.ALIVE_MS)
    pair.run(REJOINED_MS - 100)
    assert pair.now_ms - started_ms == REJOINED_MS
    assert pair.controller.joined
    assert pair.controller.busy_since_ms is None
    assert (pair.board.sessions, pair.controller.sessions) == (2, 1)
    assert still_works(pair)


@pytest.mark.parametrize("lost", range(8))
def test_a_new_controller_survives_any_one_lost_frame(lost: int) -> None:
    """Whichever frame between kill and JOIN is lost, the new one is in two asking periods later."""
    pair = joined_pair()
    pair.restart_controller()
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
    pair.run(REJOINED_MS + 4000)
    assert pair.controller.joined
    assert still_works(pair)


def lossy(every: int) -> Bend:
    """A cable that loses every second to n-th frame."""
    count = 0

    def lose(data: bytes) -> list[bytes]:
        nonlocal count
        count += 1
        return [] if count % every == 0 else [data]

    return lose


def test_noise_does_not_cost_a_healthy_session_its_place() -> None:
    """Where half of all frames are lost each way, the question is repeated until it is answered."""
    pair = joined_pair()
    pair.to_board, pair.to_controller = lossy(2), lossy(2)
    for at_s in range(0, 600, 3):
        if at_s % 30 == 0:
            pair.tell_board(b"want")
            pair.tell_controller(b"have")
        newcomer_asks(pair)
        pair.run(3000)
    assert frame.HELLO not in kinds(pair.board_said)
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)


def test_a_young_frame_makes_the_question_needless() -> None:
    """Less than 1 s after a valid frame the newcomer hears BUSY and the session is not asked."""
    pair = joined_pair()
    pair.tell_board(b"want")
    pair.run(2 + session.CHALLENGE_AFTER_MS - 1)
    newcomer_asks(pair)
    pair.turn()
    assert kinds(pair.board_said) == [frame.BUSY]


def test_nobody_asks_so_nobody_says_hello() -> None:
    """Silence alone ends nothing before 30 s; then HELLO comes every second."""
    pair = joined_pair()
    pair.to_board = cut
    pair.run(session.ALIVE_MS - 200)
    assert pair.board_said == []
    pair.run(200 + 3000)
    assert kinds(pair.board_said) == [frame.HELLO] * 4


def test_an_unanswered_question_is_followed_by_hello_every_second() -> None:
    """Five questions in 5 s without an answer, then HELLO: the place is free."""
    pair = joined_pair()
    pair.to_board = cut
    pair.run(2000)
    newcomer_asks(pair)
    pair.run(session.SILENCE_MS + 2000)
    assert kinds(pair.board_said) == [frame.BUSY] + [frame.ACTUAL] * 5 + [frame.HELLO] * 3
    newcomer_asks(pair, with_proof=True)
    assert pair.board.sessions == 2


def test_a_late_answer_ends_the_hello() -> None:
    """A controller that slept through the question keeps its session if nobody has joined."""
    pair = joined_pair()
    pair.to_controller = cut
    pair.run(2000)
    newcomer_asks(pair)
    pair.run(session.SILENCE_MS + 2000)
    pair.board_said.clear()
    pair.tell_board(b"I slept")
    pair.to_controller = straight
    pair.run(900)
    newcomer_asks(pair, with_proof=True)
    pair.run(3000)
    assert kinds(pair.board_said) == [frame.BUSY]
    assert (pair.board.sessions, pair.controller.sessions) == (1, 1)


def test_the_question_is_not_answered_by_a_replayed_frame() -> None:
    """Everything the old controller ever said, said again, keeps its place for nobody."""
    pair = joined_pair()
    for n in range(3):
        pair.tell_board(b"want%d" % n)
        pair.tell_board(b"lease%d" % n, frame.LEASE)
        pair.run(1500)
        newcomer_asks(pair)  # so that answers to earlier questions are among what is replayed
        pair.run(100)
    said = pair.controller_said + pair.board_said
    assert kinds(pair.controller_said).count(frame.DESIRED) == 6
    pair.to_board = cut
    pair.run(2000)
    pair.board_said.clear()
    newcomer_asks(pair)
    for _ in range(session.SILENCE_MS // 100):
        pair.run(100)
        for wire in said:
            if kinds([wire]) != [frame.JOIN]:
                assert pair.board.receive(wire, pair.now_ms, 7) == []
    pair.run(100)
    assert frame.HELLO in kinds(pair.board_said)
    newcomer_asks(pair, with_proof=True)
    assert pair.board.sessions == 2


def test_a_replayed_or_reflected_question_is_not_answered() -> None:
    """A recorded question makes the controller say nothing, and the board never answers one."""
    pair = joined_pair()
    pair.run(2000)
    newcomer_asks(pair)
    pair.run(100)
    question = pair.board_said[-1]
    assert (kinds(pair.board_said), kinds(pair.controller_said)) == (
        [frame.BUSY, frame.ACTUAL],
        [frame.DESIRED],
    )
    pair.run(ANSWER_GAP_MS)
    pair.controller.receive(question, pair.now_ms, b"7" * 16)
    assert pair.controller.outgoing(pair.now_ms, b"7" * 16) == b""
    pair.board.receive(question, pair.now_ms, 7)
    assert pair.board.outgoing(pair.now_ms, 7) == b""


def test_question_and_answer_do_not_play_ping_pong() -> None:
    """One question, one answer, and then nothing more until somebody asks again."""
    pair = joined_pair()
    pair.run(2000)
    newcomer_asks(pair)
    pair.run(9000)
    assert kinds(pair.board_said) == [frame.BUSY, frame.ACTUAL]
    assert kinds(pair.controller_said) == [frame.DESIRED]
    pair.tell_board(b"")
    pair.run(9000)
    assert kinds(pair.board_said) == [frame.BUSY, frame.ACTUAL]


def test_a_flood_of_questions_gets_two_answers_a_second() -> None:
    """Even a board gone wild cannot make the controller speak more often."""
    pair = joined_pair()
    for _ in range(100):
        pair.tell_controller(b"")
        pair.run(10)
    assert len(pair.controller_said) == 1000 // ANSWER_GAP_MS
    pair.run(ANSWER_GAP_MS)
    assert len(pair.controller_said) == 1000 // ANSWER_GAP_MS + 1


def test_another_word_answers_as_well() -> None:
    """A keepalive that goes out at that moment is the answer; no empty one follows it."""
    pair = joined_pair()
    pair.run(2000)
    newcomer_asks(pair)
    up = pair.board.outgoing(pair.now_ms, 7)
    pair.controller.receive(up, pair.now_ms, b"7" * 16)
    pair.tell_board(b"want")
    pair.run(9000)
    assert kinds(pair.controller_said) == [frame.DESIRED]
    assert pair.board_heard == [(frame.DESIRED, b"want")]


def test_a_flood_of_askers_gets_one_question_a_second() -> None:
    """Asking a hundred times a second makes the board, whose session is cut off, no louder."""
    pair = joined_pair()
    pair.to_board = cut
    pair.run(2000)
    for _ in range(390):
        newcomer_asks(pair)
        pair.run(10)
    assert kinds(pair.board_said).count(frame.ACTUAL) == 4


def test_a_snapshot_in_the_middle_of_a_question_keeps_its_deadline() -> None:
    """Taken at one time and restored at another, the answer is due after the same wait."""
    pair = joined_pair()
    pair.run(2000)
    newcomer_asks(pair)
    pair.board.outgoing(pair.now_ms, 7)
    values = pair.board.snapshot(pair.now_ms + 3000)
    twin, begun_ms = BoardEnd(KEY, 1), 4_000_000_000
    twin.restore(values, begun_ms)
    asked = channel.probe(b"newcomer's nonce")
    for after_ms, answer in ((1999, frame.BUSY), (2000, frame.HELLO)):
        twin.receive(asked, begun_ms + after_ms, 7)
        assert kinds(split(twin.outgoing(begun_ms + after_ms, 7)))[0] == answer


def test_a_second_controller_takes_over_only_when_the_first_is_gone() -> None:
    """It stays busy for minutes beside a healthy one, and is in 8 s after that one's death."""
    pair = joined_pair()
    second, first = ControllerEnd(KEY), pair.controller
    for _ in range(120):
        said = second.outgoing(pair.now_ms, pair.entropy.take(16))
        pair.board.receive(said, pair.now_ms, 7)
        up = pair.board.outgoing(pair.now_ms, 7)
        second.receive(up, pair.now_ms, pair.entropy.take(16))
        pair.board_sends(up)
        pair.run(1000)
    assert (first.joined, second.joined, second.busy_since_ms is None) == (True, False, False)
    pair.controller = second
    pair.run(REJOINED_MS)
    assert second.joined
