"""The link repeats what is wanted until the board says that it knows, and ages what it heard."""

import pytest

from controller.link import AGING_MS, KEEPALIVE_MS, LEASE_REPEAT_MS, OPEN_ORDER_MS, STALE_MS, Link
from hal.wire import frame
from hal.wire.messages import Actual, Desired, Lease, lease_digest, unpack_desired
from hal.wire.session import BoardEnd

KEY = b"a pairing key for tests 32 bytes"
DELAY_MS = 2


class Cable:
    """A real board end and a link, stepped from deadline to deadline."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.luck = 1
        self.link = Link(KEY)
        self.desired = Desired()
        self.lease: bytes | None = None
        self.open_order = False
        self.cut = False
        self.actual = Actual()
        self.heard: list[tuple[int, int, bytes]] = []  # at, kind, body
        self.boot()

    def boot(self) -> None:
        """The board starts, knowing nothing."""
        self.actual.boot_epoch += 1
        self.board = BoardEnd(KEY, self.actual.boot_epoch)
        self.sessions = 0

    def entropy(self) -> bytes:
        self.luck += 1
        return self.luck.to_bytes(16, "big")

    def say(self) -> None:
        """The board says what it knows."""
        self.deliver(self.board.seal(frame.ACTUAL, self.actual.pack()))

    def deliver(self, data: bytes) -> None:
        if data and not self.cut:
            self.link.receive(data, self.now_ms, self.entropy())

    def turn(self) -> None:
        """Both ends say what is due now."""
        for _ in range(6):  # the opening words need a few exchanges
            out = self.link.send(
                self.now_ms,
                self.desired,
                self.lease,
                open_order=self.open_order,
                entropy=self.entropy(),
            )
            if not self.cut:
                for kind, body in self.board.receive(out, self.now_ms, self.luck):
                    self.heard.append((self.now_ms, kind, body))
            self.deliver(self.board.outgoing(self.now_ms, self.luck))
            if self.board.sessions > self.sessions:
                self.sessions = self.board.sessions
                self.say()

    def run(self, for_ms: int) -> None:
        """Let time pass, waking only at the deadlines that both ends give."""
        end_ms = self.now_ms + for_ms
        while True:
            self.turn()
            wake_ms = min(self.link.wake_at(self.now_ms), self.board.wake_at(self.now_ms))
            if wake_ms > end_ms:
                break
            self.now_ms = max(self.now_ms + 1, wake_ms)
        self.now_ms = end_ms

    def heard_at(self, kind: int) -> list[int]:
        """When the board heard sentences of this kind, ms; forgets them."""
        times = [at_ms for at_ms, heard, _ in self.heard if heard == kind]
        self.heard = []
        return times


def _joined() -> Cable:
    cable = Cable()
    cable.run(0)
    cable.heard = []
    return cable


def test_the_first_desired_follows_the_handshake_at_once() -> None:
    """A board that says HELLO is joined and told what is wanted, without waiting."""
    cable = Cable()
    assert "never" == cable.link.freshness(0)
    cable.desired.order = 7
    cable.run(0)
    assert cable.link.joined
    assert [0] == cable.heard_at(frame.DESIRED)
    assert "fresh" == cable.link.freshness(0)
    assert 1 == cable.link.sessions


def test_a_change_is_sent_at_once_and_then_kept_alive() -> None:
    """No news: every 10 s. An open order: every 250 ms. A change: now."""
    cable = _joined()
    cable.run(5 * KEEPALIVE_MS // 2)
    assert [10_000, 20_000] == cable.heard_at(frame.DESIRED)
    cable.desired.order = 8
    cable.open_order = True
    cable.run(2 * OPEN_ORDER_MS)
    assert [25_000, 25_250, 25_500] == cable.heard_at(frame.DESIRED)


def test_the_board_hears_exactly_what_is_wanted() -> None:
    """Every field of Desired arrives as it was set."""
    cable = _joined()
    cable.desired.order = 41
    cable.desired.fill = 9
    cable.desired.head = bytes(range(16))
    cable.run(0)
    heard = unpack_desired(cable.heard[-1][2])
    assert heard is not None
    assert cable.desired.pack() == heard.pack()


def test_a_lease_is_repeated_until_exactly_it_is_reported() -> None:
    """Number and digest must both match; then it is not sent again."""
    cable = _joined()
    lease = Lease()
    lease.lease_no = 3
    cable.lease = lease.pack()
    cable.run(2 * LEASE_REPEAT_MS)
    assert [0, 1000, 2000] == cable.heard_at(frame.LEASE)
    cable.actual.lease_no = 3
    cable.say()
    cable.run(LEASE_REPEAT_MS)
    assert [3000] == cable.heard_at(frame.LEASE)
    cable.actual.lease_digest = lease_digest(cable.lease)
    cable.say()
    cable.run(5 * LEASE_REPEAT_MS)
    assert [] == cable.heard_at(frame.LEASE)
    assert cable.link.accepted(cable.lease)


def test_the_next_lease_does_not_wait_for_the_last_ones_turn() -> None:
    """What was accepted is over: another lease goes out at once."""
    cable = _joined()
    lease = Lease()
    for number in (3, 4):
        lease.lease_no = number
        cable.lease = lease.pack()
        cable.run(0)
        cable.actual.lease_no = number
        cable.actual.lease_digest = lease_digest(cable.lease)
        cable.say()
        cable.run(0)
    assert [0, 0] == cable.heard_at(frame.LEASE)


def test_a_new_session_is_told_everything_anew() -> None:
    """After a reset of the board nothing counts as said."""
    cable = _joined()
    lease = Lease()
    lease.lease_no = 3
    cable.lease = lease.pack()
    cable.run(100)
    cable.heard = []
    cable.boot()
    cable.run(6000)
    assert 2 == cable.link.sessions
    assert cable.link.actual is not None
    assert 2 == cable.link.actual.boot_epoch
    kinds = [kind for _, kind, _ in cable.heard[:2]]
    assert [frame.DESIRED, frame.LEASE] == kinds


def test_what_the_board_said_grows_old() -> None:
    """Fresh, aging after one missed keepalive, stale after three; each change wakes the loop."""
    cable = _joined()
    cable.cut = True
    assert AGING_MS >= cable.link.wake_at(AGING_MS - 1)
    assert STALE_MS >= cable.link.wake_at(STALE_MS - 1)
    seen = {at: cable.link.freshness(at) for at in (0, AGING_MS - 1, AGING_MS, STALE_MS)}
    assert {0: "fresh", AGING_MS - 1: "fresh", AGING_MS: "aging", STALE_MS: "stale"} == seen
    cable.run(STALE_MS)
    assert not cable.link.joined
    cable.cut = False
    cable.run(11_000)
    assert "fresh" == cable.link.freshness(cable.now_ms)


def test_noise_is_counted_and_changes_nothing() -> None:
    """Bytes that are no frame leave the newest Actual as it was."""
    cable = _joined()
    before = cable.link.actual
    cable.deliver(b"\x05noise\x00" * 3)
    assert (before, 3) == (cable.link.actual, cable.link.bad_frames)


def test_an_authentic_sentence_of_a_wrong_length_is_no_news() -> None:
    """A board of another version is counted, not half understood."""
    cable = _joined()
    before = cable.link.actual
    cable.deliver(cable.board.seal(frame.ACTUAL, b"short"))
    assert (before, 1) == (cable.link.actual, cable.link.bad_frames)


@pytest.mark.hazard("H25")
def test_a_second_controller_hears_that_it_is_one_too_many() -> None:
    """Its link is busy and not joined; the first goes on."""
    cable = _joined()
    second = Link(KEY)
    asked = second.send(10, Desired(), None, open_order=False, entropy=b"2" * 16)
    cable.board.receive(asked, 10, 1)
    second.receive(cable.board.outgoing(10, 1), 10, b"3" * 16)
    assert (True, 10, False) == (second.busy, second.busy_since_ms, second.joined)
    cable.now_ms = 10
    cable.desired.order = 1
    cable.run(0)
    assert [10] == cable.heard_at(frame.DESIRED)


def test_a_second_controller_that_keeps_asking_stays_busy() -> None:
    """In the pauses of 10 s the first is asked whether it is there, and its link answers."""
    cable = _joined()
    second = Link(KEY)
    for now_ms in range(500, 120_500, 500):
        cable.run(now_ms - cable.now_ms)
        asked = second.send(now_ms, Desired(), None, open_order=False, entropy=cable.entropy())
        cable.board.receive(asked, now_ms, 1)
        said = cable.board.outgoing(now_ms, 1)
        second.receive(said, now_ms, cable.entropy())
        cable.deliver(said)
        if now_ms % KEEPALIVE_MS == 0:
            cable.say()
    assert (True, False) == (second.busy, second.joined)
    assert (True, 1, 1) == (cable.link.joined, cable.link.sessions, cable.board.sessions)
    assert list(range(10_000, 120_001, 10_000)) == cable.heard_at(frame.DESIRED)


def test_a_restarted_controller_is_back_within_eight_seconds() -> None:
    """Wherever in the pause between two keepalives the old process died."""
    for silent_ms in (0, 300, 1000, 5000, 9_990):
        cable = _joined()
        cable.now_ms += silent_ms
        cable.link = Link(KEY)
        cable.run(8_000)
        assert (silent_ms, True, False) == (silent_ms, cable.link.joined, cable.link.busy)
        assert frame.DESIRED == cable.heard[-1][1]
