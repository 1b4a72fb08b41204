"""A board's end and a controller's end joined by a cable that a test can bend.

Responsible for: stepping both ends from deadline to deadline, delivery after DELAY_MS,
and a record of what each end was told. Not responsible for any meaning of the bodies.
"""

from collections.abc import Callable

from hal.wire import frame
from hal.wire.controller_end import ControllerEnd
from hal.wire.hmac256 import hmac_sha256
from hal.wire.session import BoardEnd
from tests.wire.read import one

KEY = b"pairing key of a pair of tests.."
DELAY_MS = 2
MAX_TURNS = 200_000

Bend = Callable[[bytes], list[bytes]]


def straight(data: bytes) -> list[bytes]:
    """A cable that delivers what was sent."""
    return [data]


def cut(data: bytes) -> list[bytes]:
    """A cable that delivers nothing."""
    return []


class Entropy:
    """Random bytes that are the same in every run and never the same within one."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._drawn = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes, 32 at most."""
        self._drawn += 1
        return hmac_sha256(b"entropy%d" % self._seed, b"%d" % self._drawn)[:count]

    def luck(self) -> int:
        """The next 64 bits as a number."""
        return int.from_bytes(self.take(8), "big")


class Pair:
    """Both ends, the time, and the bytes in flight."""

    def __init__(self, board_key: bytes = KEY, controller_key: bytes = KEY, seed: int = 1) -> None:
        self.now_ms = 0
        self.entropy = Entropy(seed)
        self.board = BoardEnd(board_key, 1)
        self.controller = ControllerEnd(controller_key)
        self.to_board: Bend = straight
        self.to_controller: Bend = straight
        self.board_heard: list[tuple[int, bytes]] = []
        self.controller_heard: list[tuple[int, bytes]] = []
        self.board_said: list[bytes] = []  # every frame the board has put on the cable
        self.controller_said: list[bytes] = []
        self._down: list[tuple[int, bytes]] = []
        self._up: list[tuple[int, bytes]] = []

    def run(self, for_ms: int) -> None:
        """Let time pass from deadline to deadline."""
        until_ms = self.now_ms + for_ms
        for _ in range(MAX_TURNS):
            self.turn()
            flying = [at for at, _ in self._down + self._up]
            wakes = [self.board.wake_at(self.now_ms), self.controller.wake_at(self.now_ms)]
            next_ms = min(wakes + flying)
            if next_ms > until_ms:
                self.now_ms = until_ms
                return
            assert next_ms > self.now_ms, "time must move: an end is due and says nothing"
            self.now_ms = next_ms
        raise AssertionError("too many turns")

    def turn(self) -> None:
        """Deliver what has arrived, and put what is due on the cable, without moving time."""
        now_ms = self.now_ms
        self.board_heard += self.board.receive(
            self._arrived(self._down), now_ms, self.entropy.luck()
        )
        self.controller_heard += self.controller.receive(
            self._arrived(self._up), now_ms, self.entropy.take(16)
        )
        self.board_sends(self.board.outgoing(now_ms, self.entropy.luck()))
        self.controller_sends(self.controller.outgoing(now_ms, self.entropy.take(16)))

    def board_sends(self, data: bytes) -> None:
        """Put bytes on the cable as the board."""
        if data:
            self.board_said += split(data)
            self._up += [(self.now_ms + DELAY_MS, bent) for bent in self.to_controller(data)]

    def controller_sends(self, data: bytes) -> None:
        """Put bytes on the cable as the controller."""
        if data:
            self.controller_said += split(data)
            self._down += [(self.now_ms + DELAY_MS, bent) for bent in self.to_board(data)]

    def tell_board(self, body: bytes, kind: int = frame.DESIRED) -> bytes:
        """The controller seals and sends a body; returns the frame."""
        wire = self.controller.seal(kind, body)
        self.controller_sends(wire)
        return wire

    def tell_controller(self, body: bytes) -> bytes:
        """The board seals and sends an ACTUAL body; returns the frame."""
        wire = self.board.seal(frame.ACTUAL, body)
        self.board_sends(wire)
        return wire

    def restart_board(self, boot_epoch: int) -> None:
        """The board loses its memory; what flies to it is lost."""
        self.board = BoardEnd(KEY, boot_epoch)
        self._down = []

    def restart_controller(self) -> None:
        """The controller's process dies and starts again."""
        self.controller = ControllerEnd(KEY)
        self._up = []

    def _arrived(self, flying: list[tuple[int, bytes]]) -> bytes:
        data = b"".join(piece for at, piece in flying if at <= self.now_ms)
        flying[:] = [(at, piece) for at, piece in flying if at > self.now_ms]
        return data


def split(data: bytes) -> list[bytes]:
    """The frames in bytes that hold whole frames."""
    return [piece + b"\0" for piece in data.split(b"\0") if piece]


def kinds(said: list[bytes]) -> list[int]:
    """The kind of every frame."""
    return [one(wire)[0] for wire in said if wire]


def joined_pair(seed: int = 1) -> Pair:
    """A pair whose session stands, with nothing in flight and the records empty."""
    pair = Pair(seed=seed)
    pair.run(100)
    assert pair.controller.joined and pair.board.alive(pair.now_ms)
    pair.board_said.clear()
    pair.controller_said.clear()
    return pair


def still_works(pair: Pair) -> bool:
    """Whether a body of each side still arrives, and nothing else does."""
    pair.board_heard.clear()
    pair.controller_heard.clear()
    pair.tell_board(b"after")
    pair.tell_controller(b"after")
    pair.run(100)
    return pair.board_heard == [(frame.DESIRED, b"after")] and (
        pair.controller_heard == [(frame.ACTUAL, b"after")]
    )
