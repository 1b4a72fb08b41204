"""A cable that does anything it likes, found by hypothesis: what holds whatever happens."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hal.wire import frame
from tests.wire.pair import Pair, cut, straight

KINDS = (frame.DESIRED, frame.LEASE)


def rises(numbers: list[int]) -> bool:
    """Whether no number repeats and none goes back."""
    return all(a < b for a, b in itertools.pairwise(numbers))


class HostileCable(RuleBasedStateMachine):
    """Both ends say rising numbers; the cable loses, repeats, keeps back, turns and garbles."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()
        self.pair.to_board = self.pair.to_controller = cut  # the rules alone deliver
        self.said = 0
        self.boot_epoch = 1
        self.told_board: list[int] = []
        self.told_controller: list[int] = []

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        """Other nonces each time."""
        self.pair = Pair(seed=seed)
        self.pair.run(50)
        self.pair.to_board = self.pair.to_controller = cut

    @rule(kind=st.sampled_from(KINDS))
    def controller_says(self, kind: int) -> None:
        """A new number goes towards the board."""
        self.said += 1
        self.pair.tell_board(b"%d" % self.said, kind)

    @rule()
    def board_says(self) -> None:
        """A new number goes towards the controller."""
        self.said += 1
        self.pair.tell_controller(b"%d" % self.said)

    @rule(
        which=st.integers(0, 60),
        bit=st.none() | st.integers(0, 400),
        to_board=st.booleans(),
        from_board=st.booleans(),
    )
    def cable_delivers(self, which: int, bit: int | None, to_board: bool, from_board: bool) -> None:
        """Any frame of any end and time reaches any end, as it was or with one bit changed."""
        said = self.pair.board_said if from_board else self.pair.controller_said
        if not said:
            return
        wire = said[-1 - which % len(said)]
        if bit is not None:
            bit %= 8 * len(wire)
            changed = bytes([wire[bit // 8] ^ (1 << bit % 8)])
            wire = wire[: bit // 8] + changed + wire[bit // 8 + 1 :]
        self.deliver(wire, to_board)

    @rule(noise=st.binary(max_size=40), to_board=st.booleans())
    def cable_rustles(self, noise: bytes, to_board: bool) -> None:
        """Noise comes out of the cable."""
        self.deliver(noise, to_board)

    @rule(by_ms=st.sampled_from([1, 900, 1000, 4000, 5000, 31_000]))
    def time_passes(self, by_ms: int) -> None:
        """Both ends say what is due meanwhile; the cable keeps all of it."""
        self.pair.run(by_ms)

    @rule()
    def board_is_reset(self) -> None:
        """The board starts anew, with the next boot epoch."""
        self.boot_epoch += 1
        self.pair.restart_board(self.boot_epoch)

    @rule()
    def controller_is_restarted(self) -> None:
        """The controller's process starts anew."""
        self.pair.restart_controller()

    @rule()
    def cable_heals(self) -> None:
        """Within 40 s of an honest cable there is one session, and a word arrives both ways."""
        self.pair.to_board = self.pair.to_controller = straight
        for _ in range(40):  # 30 s until both forget a session whose keys only one of them has
            self.board_says()  # as the firmware does: its Actual shows that the board is heard
            self.pair.run(1000)
        self.controller_says(kind=frame.DESIRED)
        self.board_says()
        self.pair.run(10)
        self.take()
        assert self.pair.controller.joined
        assert self.pair.controller.boot_epoch == self.boot_epoch
        assert self.told_board[-1:] == [self.said - 1]
        assert self.told_controller[-1:] == [self.said]
        self.pair.to_board = self.pair.to_controller = cut

    @invariant()
    def nothing_is_heard_twice_or_late(self) -> None:
        """Each end hears only numbers that rise; so none twice, none out of order, none garbled."""
        self.take()
        assert rises(self.told_board)
        assert rises(self.told_controller)

    def deliver(self, data: bytes, to_board: bool) -> None:
        """Bytes come out at one end."""
        pair = self.pair
        if to_board:
            luck = pair.entropy.luck()
            pair.board_heard += pair.board.receive(data, pair.now_ms, luck)
        else:
            entropy = pair.entropy.take(16)
            pair.controller_heard += pair.controller.receive(data, pair.now_ms, entropy)

    def take(self) -> None:
        """Note what the ends have heard."""
        self.told_board += [int(body) for _, body in self.pair.board_heard]
        self.told_controller += [int(body) for _, body in self.pair.controller_heard]
        self.pair.board_heard.clear()
        self.pair.controller_heard.clear()


TestHostileCable = HostileCable.TestCase
TestHostileCable.settings = settings(deadline=None, max_examples=60, stateful_step_count=40)
