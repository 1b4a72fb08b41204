"""The board's end of the cable: how a session starts, lives, and is refused to a second.

Responsible for: BoardEnd, its HELLO, BUSY and "are you there?", and the times both ends
share. Not responsible for: the other end (controller_end.py), what the bodies say
(messages.py), how they are sealed (channel.py), any clock, any luck, any port. Bad frames
are dropped and counted; none of them locks, raises or ends a session. Bytes go onto the
cable in the order made. An authenticated ACTUAL with an empty body asks "are you there?",
a DESIRED with an empty body answers it and is itself never answered.
"""

from hal.wire import channel
from hal.wire.channel import Channel
from hal.wire.frame import ACTUAL, DESIRED, JOIN, LEASE, Decoder
from hal.wire.hmac256 import Hmac

CHALLENGE_AFTER_MS = 1000  # a frame so young needs no question: the session lives
SILENCE_MS = 5000  # no valid frame for so long after the question: a JOIN is taken
ALIVE_MS = 30000  # three missed keepalives of 10 s: the other end counts as gone
ALONE_MS = 60000  # silence is counted up to here
HELLO_MS = 1000  # how often HELLO, or a question not answered yet, is said again
_NOBODY = -1  # nobody has asked for the place of the running session
_TICKS = 0xFFFFFFFF  # board milliseconds are 32 bits wide and wrap after 49 days


class BoardEnd:
    """The board's end. `now_ms` may wrap at 32 bits; ages are kept, never instants."""

    def __init__(self, pairing_key: bytes, boot_epoch: int) -> None:
        assert len(pairing_key) >= channel.MIN_KEY
        self.sessions = 0  # JOINs taken since this boot; a rise means: say everything anew
        self._pairing = Hmac(pairing_key)
        self._boot_epoch = boot_epoch
        self._decoder = Decoder()
        self._channel: "Channel | None" = None
        self._nonce = b""  # made from the first luck that comes by
        self._refused = 0
        self._say_hello = False
        self._say_busy = False
        self._say_welcome = False
        self._aged_at_ms = 0
        self._silence_ms = 0  # since the last valid frame or 0 ms; ALONE_MS at most
        self._asked_age_ms = _NOBODY  # since the first question; SILENCE_MS at most
        self._said_age_ms = HELLO_MS  # since the last HELLO or question; HELLO_MS at most

    @property
    def bad_frames(self) -> int:
        """Frames dropped since this boot, modulo 65,536 (a field of Actual)."""
        return (self._refused + self._decoder.bad) & 0xFFFF

    def receive(self, data: bytes, now_ms: int, luck: int) -> "list[tuple[int, bytes]]":
        """Authenticated (kind, body) of DESIRED and LEASE, in order; `luck` is 64 random bits."""
        self._age(now_ms)
        bodies = []
        for kind, payload in self._decoder.feed(data):
            if kind == JOIN:
                self._on_join(payload, luck)
                continue
            body = None
            if self._channel is not None and kind in (DESIRED, LEASE):
                body = self._channel.open(kind, payload)
            if body is None:
                self._refused += 1
                continue
            self._silence_ms = 0
            self._asked_age_ms = _NOBODY
            if body:
                bodies.append((kind, body))
        return bodies

    def seal(self, kind: int, body: bytes) -> bytes:
        """An authenticated frame for the controller, b"" when no session was ever joined."""
        if self._channel is None:
            return b""
        self._say_welcome = False
        return self._channel.seal(kind, body)

    def outgoing(self, now_ms: int, luck: int) -> bytes:
        """HELLO, BUSY, a question or the first word of a session, as far as due now, else b""."""
        self._age(now_ms)
        out = b""
        if self._say_welcome and self._channel is not None:
            out += self._channel.seal(ACTUAL, b"")
        if self._say_busy:
            out += channel.busy(self._boot_epoch)
        again = self._said_age_ms >= HELLO_MS
        if self._quiet():
            if self._say_hello or again:
                if not self._nonce:
                    self._nonce = channel.board_nonce(self._boot_epoch, self.sessions + 1, luck)
                out += channel.hello(self._boot_epoch, self._nonce)
                self._said_age_ms = 0
        elif again and self._asked_age_ms != _NOBODY and self._channel is not None:
            out += self._channel.seal(ACTUAL, b"")  # again and again: noise may hit one of them
            self._said_age_ms = 0
        self._say_welcome = self._say_busy = self._say_hello = False
        return out

    def wake_at(self, now_ms: int) -> int:
        """When `outgoing` will next have something to say by itself."""
        self._age(now_ms)
        if self._say_welcome or self._say_busy or self._say_hello:
            return now_ms
        say_ms = HELLO_MS - self._said_age_ms
        if self._quiet() or self._asked_age_ms != _NOBODY:
            return now_ms + say_ms
        return now_ms + max(ALIVE_MS - self._silence_ms, say_ms)

    def alive(self, now_ms: int) -> bool:
        """Whether a valid frame came within ALIVE_MS."""
        self._age(now_ms)
        return self._channel is not None and self._silence_ms < ALIVE_MS

    def silent_ms(self, now_ms: int) -> int:
        """Since the last valid frame, or since the board's clock of ms began; at most ALONE_MS."""
        self._age(now_ms)
        return self._silence_ms

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, times as distance from `now_ms`."""
        self._age(now_ms)
        live = self._channel
        nonces = b"" if live is None else live.nonce + live.ctl_nonce
        return (
            self.sessions,
            int.from_bytes(self._nonce, "big"),
            int.from_bytes(nonces, "big"),
            0 if live is None else live.sent,
            0 if live is None else live.accepted,
            self._refused,
            int(self._say_hello),
            int(self._say_busy),
            int(self._say_welcome),
            self._silence_ms,
            self._asked_age_ms,
            self._said_age_ms,
        ) + self._decoder.snapshot()

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the end that `snapshot` was taken of, as if that were at `now_ms`."""
        self.sessions = values[0]
        self._nonce = values[1].to_bytes(channel.NONCE, "big") if values[1] else b""
        self._channel = None
        if values[2]:
            nonces = values[2].to_bytes(2 * channel.NONCE, "big")
            nonce, ctl_nonce = nonces[: channel.NONCE], nonces[channel.NONCE :]
            self._channel = Channel(self._pairing, nonce, ctl_nonce, True)
            self._channel.sent = values[3]
            self._channel.accepted = values[4]
        self._refused = values[5]
        self._say_hello = bool(values[6])
        self._say_busy = bool(values[7])
        self._say_welcome = bool(values[8])
        self._silence_ms = values[9]
        self._asked_age_ms = values[10]
        self._said_age_ms = values[11]
        self._aged_at_ms = now_ms
        self._decoder.restore(values[12:])

    def _quiet(self) -> bool:
        """Whether a JOIN would be taken now: no session, a stale one, or no answer in time."""
        stale = self._silence_ms >= ALIVE_MS or self._asked_age_ms >= SILENCE_MS
        return self._channel is None or stale

    def _age(self, now_ms: int) -> None:
        passed = (now_ms - self._aged_at_ms) & _TICKS
        self._aged_at_ms = now_ms
        self._silence_ms = min(self._silence_ms + passed, ALONE_MS)
        self._said_age_ms = min(self._said_age_ms + passed, HELLO_MS)
        if self._asked_age_ms != _NOBODY:
            self._asked_age_ms = min(self._asked_age_ms + passed, SILENCE_MS)

    def _on_join(self, payload: bytes, luck: int) -> None:
        found = channel.read_join(payload)
        if found is None:
            self._refused += 1
            return
        nonce, ctl_nonce, mac = found
        if not self._quiet():
            self._say_busy = True
            if self._silence_ms >= CHALLENGE_AFTER_MS and self._asked_age_ms == _NOBODY:
                self._asked_age_ms = 0
        elif nonce == channel.NO_NONCE:
            self._say_hello = True
        elif nonce != self._nonce:
            self._refused += 1
            self._say_hello = True  # a late JOIN: tell the nonce that counts
        elif not channel.proves(self._pairing, nonce, ctl_nonce, mac):
            self._refused += 1
        else:
            self._channel = Channel(self._pairing, nonce, ctl_nonce, True)
            self.sessions += 1
            self._nonce = channel.board_nonce(self._boot_epoch, self.sessions + 1, luck)
            self._silence_ms = 0
            self._asked_age_ms = _NOBODY
            self._say_welcome = True
