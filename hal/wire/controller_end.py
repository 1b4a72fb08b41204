"""The controller's end of the cable: how it asks for a session, joins one and keeps it.

Responsible for: ControllerEnd, its JOIN, "who is there?" and the answer to "are you
there?". Not responsible for: the board's end and the shared times (session.py), what the
bodies say (messages.py), how they are sealed (channel.py), any clock, any luck, any port.
Bad frames are dropped and counted; none of them locks, raises or ends a session. Bytes go
onto the cable in the order made.
"""

from hal.wire import channel
from hal.wire.channel import Channel
from hal.wire.frame import ACTUAL, BUSY, DESIRED, HELLO, Decoder
from hal.wire.hmac256 import Hmac
from hal.wire.session import ALIVE_MS

PROBE_MS = 2000  # how often a controller without a session asks who is there
ANSWER_GAP_MS = 500  # "are you there?" is not answered more often; the board asks every 1,000
BUSY_STALE_MS = 25000  # a BUSY so old says nothing any more


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
        self._answer_due = False
        self._answered_ms: "int | None" = None
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
        self._answer_due = False  # any authentic word answers
        return self._channel.seal(kind, body)

    def outgoing(self, now_ms: int, entropy: bytes) -> bytes:
        """JOIN, "who is there?" or the answer "still here", as far as due now, else b""."""
        self._observe(now_ms)
        out = b""
        if self._join_due and self._joining is not None:
            self._join_due = False
            self._probed_ms = now_ms  # a JOIN asks who is there, too
            out += channel.join(self._pairing, self._joining.nonce, self._joining.ctl_nonce)
        if self._channel is not None:
            if self._answer_due and self._may_answer_ms(now_ms) <= now_ms:
                self._answer_due = False
                self._answered_ms = now_ms
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
            drop_ms = self._heard_ms + ALIVE_MS
            due_ms = self._may_answer_ms(now_ms) if self._answer_due else drop_ms
            return max(now_ms, min(due_ms, drop_ms))
        return now_ms if self._probed_ms is None else max(now_ms, self._probed_ms + PROBE_MS)

    def _observe(self, now_ms: int) -> None:
        """Take note of the time: what has grown too old."""
        if self._channel is not None and now_ms - self._heard_ms >= ALIVE_MS:
            # An end that cannot hear must not keep the board from noticing that it is alone.
            self._channel = None
            self.joined = False
            self._answer_due = False
        if self.busy_since_ms is not None and now_ms - self._busy_heard_ms >= BUSY_STALE_MS:
            self.busy_since_ms = None

    def _may_answer_ms(self, now_ms: int) -> int:
        return now_ms if self._answered_ms is None else self._answered_ms + ANSWER_GAP_MS

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
        if body == b"":
            self._answer_due = True
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
        self._answer_due = False  # a first word is no question
        self.joined = True
        self.sessions += 1
        self.boot_epoch = self._joining_epoch
        self.busy_since_ms = None
