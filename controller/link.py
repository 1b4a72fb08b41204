"""The controller's side of the cable: Desired out, Actual in, again and again.

Responsible for: when Desired and the lease are repeated, what the board last said and
how old that is. Not responsible for: sessions and frames (hal.wire), bytes (hal.pi.port),
or what to want (acts.py). Pure: time and randomness are passed in. Desired is state, not
a command: loss, repetition and reordering do no harm.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from hal.wire import frame
from hal.wire.controller_end import ControllerEnd
from hal.wire.messages import Actual, Desired, lease_digest, unpack_actual, unpack_lease

KEEPALIVE_MS = 10_000
OPEN_ORDER_MS = 250  # keepalive while an order is open
LEASE_REPEAT_MS = 1_000
AGING_MS = 15_000  # one keepalive is overdue
STALE_MS = 30_000  # three keepalives missed

Freshness: TypeAlias = Literal["never", "fresh", "aging", "stale"]


class Link:
    """One board on one cable. All times are monotonic ms, `entropy` is 16 fresh random bytes."""

    def __init__(self, pairing_key: bytes) -> None:
        self.actual: Actual | None = None  # the newest Actual, however old: ask `freshness`
        self.actual_at_ms = 0
        self.sessions = 0  # sessions in which the board has spoken since this process began
        self._end = ControllerEnd(pairing_key)
        self._unreadable = 0
        self._desired = b""  # as last sent in this session, b"": nothing yet
        self._desired_at_ms = 0
        self._repeat_ms = KEEPALIVE_MS
        self._lease: bytes | None = None  # offered and not yet accepted
        self._lease_at_ms: int | None = None  # of the last time it was sent

    @property
    def joined(self) -> bool:
        """Whether a session lives, that is whether `send` can reach the board at all."""
        return self._end.joined

    @property
    def busy(self) -> bool:
        """Whether the board says that it has another controller."""
        return self._end.busy_since_ms is not None

    @property
    def busy_since_ms(self) -> int | None:
        """Since when `busy`, None: it is not."""
        return self._end.busy_since_ms

    @property
    def bad_frames(self) -> int:
        """Frames dropped since this process began; the board counts its own in Actual."""
        return self._end.bad_frames + self._unreadable

    def receive(self, data: bytes, mono_ms: int, entropy: bytes) -> list[Actual]:
        """Take what the cable brought; the sentences in it, oldest first."""
        heard = []
        for kind, body in self._end.receive(data, mono_ms, entropy):
            actual = unpack_actual(body) if kind == frame.ACTUAL else None
            if actual is None:
                self._unreadable += 1
                continue
            self.actual = actual
            self.actual_at_ms = mono_ms
            heard.append(actual)
        self._follow_session()
        return heard

    def freshness(self, mono_ms: int) -> Freshness:
        """How far `actual` can be believed: only `fresh` and `aging` may move anything."""
        if self.actual is None:
            return "never"
        age_ms = mono_ms - self.actual_at_ms
        if age_ms < AGING_MS:
            return "fresh"
        return "aging" if age_ms < STALE_MS else "stale"

    def send(
        self,
        mono_ms: int,
        desired: Desired,
        lease: bytes | None,
        *,
        open_order: bool,
        entropy: bytes,
    ) -> bytes:
        """The bytes due now: Desired at once on change, else as keepalive; a lease until taken."""
        out = self._end.outgoing(mono_ms, entropy)
        self._follow_session()
        self._repeat_ms = OPEN_ORDER_MS if open_order else KEEPALIVE_MS
        self._lease = None if lease is None or self.accepted(lease) else lease
        if self._lease is None:
            self._lease_at_ms = None
        if not self._end.joined:
            return out
        packed = desired.pack()
        if packed != self._desired or mono_ms - self._desired_at_ms >= self._repeat_ms:
            out += self._end.seal(frame.DESIRED, packed)
            self._desired = packed
            self._desired_at_ms = mono_ms
        if self._lease is not None and self._lease_due_ms(mono_ms) <= mono_ms:
            out += self._end.seal(frame.LEASE, self._lease)
            self._lease_at_ms = mono_ms
        return out

    def accepted(self, lease: bytes) -> bool:
        """Whether the board's newest sentence names exactly this packed lease."""
        offered = unpack_lease(lease)
        assert offered is not None
        return (
            self.actual is not None
            and self.actual.lease_no == offered.lease_no
            and self.actual.lease_digest == lease_digest(lease)
        )

    def wake_at(self, mono_ms: int) -> int:
        """When `send` or `freshness` will next have news by itself; never before now."""
        due = [self._end.wake_at(mono_ms)]
        if self._end.joined:
            due.append(self._desired_at_ms + self._repeat_ms if self._desired else mono_ms)
            if self._lease is not None:
                due.append(self._lease_due_ms(mono_ms))
        if self.actual is not None:
            ends = (self.actual_at_ms + AGING_MS, self.actual_at_ms + STALE_MS)
            due += [end for end in ends if end > mono_ms]
        return max(mono_ms, min(due))

    def _follow_session(self) -> None:
        """A new session knows nothing of what was said in the old one: say it all again."""
        if self._end.sessions != self.sessions:
            self.sessions = self._end.sessions
            self._desired = b""
            self._lease_at_ms = None

    def _lease_due_ms(self, mono_ms: int) -> int:
        return mono_ms if self._lease_at_ms is None else self._lease_at_ms + LEASE_REPEAT_MS
