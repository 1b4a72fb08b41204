"""Who talks to whom on the cable: how a session starts, lives, and is refused to a second.

Responsible for: BoardEnd and ControllerEnd, their HELLO, JOIN and BUSY, and when each
is due. Not responsible for: what the bodies say (messages.py), how they are sealed
(channel.py), any clock, any luck, any port. Bad frames are dropped and counted; none
of them locks, raises or ends a session. Bytes go onto the cable in the order made.
An authenticated DESIRED or ACTUAL with an empty body only says "still here".
"""

from hal.wire import channel
from hal.wire.channel import Channel
from hal.wire.frame import ACTUAL, BUSY, DESIRED, HELLO, JOIN, LEASE, Decoder
from hal.wire.hmac256 import Hmac

SILENCE_MS = 5000  # without a valid frame for so long, the board takes a JOIN again
ALIVE_MS = 30000  # three missed keepalives of 10 s: the other end counts as gone
ALONE_MS = 60000  # silence is counted up to here
HELLO_MS = 1000
PROBE_MS = 10000  # how often a controller without a session asks who is there
WARM_MS = 4000  # the controller speaks at least so often, so SILENCE_MS never passes by itself
BUSY_STALE_MS = 25000  # a BUSY so old says nothing any more
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
        self._hello_age_ms = HELLO_MS  # since the last HELLO; HELLO_MS at most

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
        """HELLO, BUSY or the first word of a new session, as far as due now, else b""."""
        self._age(now_ms)
        out = b""
        if self._say_welcome and self._channel is not None:
            out += self._channel.seal(ACTUAL, b"")
        if self._say_busy:
            out += channel.busy(self._boot_epoch)
        if self._quiet() and (self._say_hello or self._hello_age_ms >= HELLO_MS):
            if not self._nonce:
                self._nonce = channel.board_nonce(self._boot_epoch, self.sessions + 1, luck)
            out += channel.hello(self._boot_epoch, self._nonce)
            self._hello_age_ms = 0
        self._say_welcome = self._say_busy = self._say_hello = False
        return out

    def wake_at(self, now_ms: int) -> int:
        """When `outgoing` will next have something to say by itself."""
        self._age(now_ms)
        if self._say_welcome or self._say_busy or self._say_hello:
            return now_ms
        if self._quiet():
            return now_ms + HELLO_MS - self._hello_age_ms
        return now_ms + max(SILENCE_MS - self._silence_ms, HELLO_MS - self._hello_age_ms)

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
            self._hello_age_ms,
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
        self._hello_age_ms = values[10]
        self._aged_at_ms = now_ms
        self._decoder.restore(values[11:])

    def _quiet(self) -> bool:
        """Whether a JOIN would be taken now."""
        return self._channel is None or self._silence_ms >= SILENCE_MS

    def _age(self, now_ms: int) -> None:
        passed = (now_ms - self._aged_at_ms) & _TICKS
        self._aged_at_ms = now_ms
        self._silence_ms = min(self._silence_ms + passed, ALONE_MS)
        self._hello_age_ms = min(self._hello_age_ms + passed, HELLO_MS)

    def _on_join(self, payload: bytes, luck: int) -> None:
        found = channel.read_join(payload)
        if found is None:
            self._refused += 1
            return
        nonce, ctl_nonce, mac = found
        if not self._quiet():
            self._say_busy = True
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
            self._say_welcome = True


class ControllerEnd:
    """The controller's end. `now_ms` is monotonic; `entropy` is 16 fresh random bytes."""

    def __init__(self, pairing_key: bytes) -> None:
        assert len(pairing_key) >= channel.MIN_KEY
        self.joined = False  # a session lives: the board was heard within ALIVE_MS
        self.sessions = 0  # sessions joined; a rise means: say everything anew
        self.boot_epoch = 0  # of the board in the newest session, 0: none yet
        self.busy_since_ms: "int | None" = None  # the board says it has another controller
        self._pairing = Hmac(pairing_key)
        self._decoder = Decoder()
        self._refused = 0
        self._channel: "Channel | None" = None
        self._joining: "Channel | None" = None  # JOIN sent, nothing heard under its keys yet
        self._joining_epoch = 0
        self._join_due = False
        self._heard_ms = 0
        self._spoke_ms = 0
        self._spoke_now = False  # sealed since anybody told the time
        self._probed_ms: "int | None" = None
        self._busy_heard_ms = 0

    @property
    def bad_frames(self) -> int:
        """Frames dropped since the start of this process."""
        return self._refused + self._decoder.bad

    def receive(self, data: bytes, now_ms: int, entropy: bytes) -> "list[tuple[int, bytes]]":
        """Authenticated (kind, body) of ACTUAL, in order."""
        self._observe(now_ms)
        bodies = []
        for kind, payload in self._decoder.feed(data):
            if kind == HELLO:
                self._on_hello(payload, entropy)
            elif kind == BUSY and channel.is_busy(payload):
                self._on_busy(now_ms)
            else:
                body = self._open(kind, payload, now_ms)
                if body is None:
                    self._refused += 1
                elif body:
                    bodies.append((kind, body))
        return bodies

    def seal(self, kind: int, body: bytes) -> bytes:
        """An authenticated frame for the board, b"" while not joined."""
        if self._channel is None:
            return b""
        self._spoke_now = True
        return self._channel.seal(kind, body)

    def outgoing(self, now_ms: int, entropy: bytes) -> bytes:
        """JOIN, "who is there?" or "still here", as far as due now, else b""."""
        self._observe(now_ms)
        out = b""
        if self._join_due and self._joining is not None:
            self._join_due = False
            self._probed_ms = now_ms  # a JOIN asks who is there, too
            out += channel.join(self._pairing, self._joining.nonce, self._joining.ctl_nonce)
        if self._channel is not None:
            if now_ms - self._spoke_ms >= WARM_MS:
                self._spoke_ms = now_ms
                out += self._channel.seal(DESIRED, b"")
        elif self._probed_ms is None or now_ms - self._probed_ms >= PROBE_MS:
            self._probed_ms = now_ms
            out += channel.probe(entropy)
        return out

    def wake_at(self, now_ms: int) -> int:
        """When `outgoing` or `joined` will next change by itself."""
        self._observe(now_ms)
        if self._join_due:
            return now_ms
        if self._channel is not None:
            return max(now_ms, min(self._spoke_ms + WARM_MS, self._heard_ms + ALIVE_MS))
        return now_ms if self._probed_ms is None else max(now_ms, self._probed_ms + PROBE_MS)

    def _observe(self, now_ms: int) -> None:
        """Take note of the time: what was just sealed, and what has grown too old."""
        if self._spoke_now:
            self._spoke_now = False
            self._spoke_ms = now_ms
        if self._channel is not None and now_ms - self._heard_ms >= ALIVE_MS:
            # An end that cannot hear must not keep the board from noticing that it is alone.
            self._channel = None
            self.joined = False
        if self.busy_since_ms is not None and now_ms - self._busy_heard_ms >= BUSY_STALE_MS:
            self.busy_since_ms = None

    def _on_hello(self, payload: bytes, entropy: bytes) -> None:
        """Answer with JOIN. HELLO is not authenticated: the running session stays until then."""
        found = channel.read_hello(payload)
        if found is None:
            self._refused += 1
            return
        boot_epoch, nonce = found
        if self._joining is None or self._joining.nonce != nonce:
            self._joining = Channel(self._pairing, nonce, entropy, False)
            self._joining_epoch = boot_epoch
        self._join_due = True
        self.busy_since_ms = None

    def _on_busy(self, now_ms: int) -> None:
        if self.joined:
            return
        self._busy_heard_ms = now_ms
        if self.busy_since_ms is None:
            self.busy_since_ms = now_ms

    def _open(self, kind: int, payload: bytes, now_ms: int) -> "bytes | None":
        if kind != ACTUAL:
            return None
        body = None if self._channel is None else self._channel.open(kind, payload)
        if body is None and self._joining is not None:
            body = self._joining.open(kind, payload)
            if body is not None:
                self._enter(self._joining, now_ms)
        if body is not None:
            self._heard_ms = now_ms
        return body

    def _enter(self, session: Channel, now_ms: int) -> None:
        """The board has answered under the new keys: this session is the running one."""
        self._channel = session
        self._joining = None
        self._join_due = False
        self._probed_ms = None
        self._spoke_ms = now_ms
        self.joined = True
        self.sessions += 1
        self.boot_epoch = self._joining_epoch
        self.busy_since_ms = None
