"""The outbox: a cursor on the journal, and nothing else.

Responsible for: which events to send next, going back after loss, and accepting an
acknowledgement only when the hub names a head of this very chain. Not responsible for
bytes or connections. Pure but for the journal it is given; nothing is ever dropped:
what is not acknowledged is sent again, for ever.
"""

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

from controller.report.documents import Entry

WINDOW = 100  # events sent and not yet acknowledged
BATCH = 50  # events per pump, so that the loop is never held for long

Verdict: TypeAlias = Literal["advanced", "repeated", "replay", "other-log", "unknown-head"]


class Chain(Protocol):
    """What the outbox needs of the journal."""

    @property
    def log_epoch(self) -> str: ...
    @property
    def head(self) -> tuple[int, bytes]: ...
    @property
    def durable(self) -> int: ...
    @property
    def acked(self) -> int: ...
    def read(self, after: int, limit: int) -> Sequence[Entry]: ...
    def set_acked(self, number: int) -> None: ...


class NoJournal:
    """Stands in where the journal is damaged: no events, but state and alerts still go out."""

    log_epoch = ""
    head = (0, bytes(32))
    durable = 0
    acked = 0

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        """Nothing."""
        return ()

    def set_acked(self, number: int) -> None:
        """Never called: there is nothing to acknowledge."""
        raise AssertionError(number)


class Outbox:
    """At least once, in order, for ever."""

    def __init__(self, journal: Chain, *, window: int = WINDOW) -> None:
        self._journal = journal
        self._window = window
        self._acked = journal.acked  # the hub's watermark; goes back only for a replay
        self._sent = self._acked

    @property
    def unacked(self) -> int:
        """How many durable events the hub is not known to have stored.

        What a power cut could still take away is told to nobody: the hub would hold an
        event under a number that is given to another one later.
        """
        return self._journal.durable - self._acked

    @property
    def drained(self) -> bool:
        """True when the hub has stored every durable event."""
        return self.unacked <= 0

    @property
    def in_flight(self) -> bool:
        """True while something was sent and is not acknowledged."""
        return self._sent > self._acked

    def next_batch(self) -> Sequence[Entry]:
        """The next events to send, within window and batch; they count as sent."""
        ready = self._journal.durable - self._sent
        room = min(BATCH, ready, self._acked + self._window - self._sent)
        if room <= 0:
            return ()
        batch = self._journal.read(self._sent, room)
        if batch:
            self._sent = batch[-1].number
        return batch

    def rewind(self) -> None:
        """Send everything again from the first event that is not acknowledged (go-back-N)."""
        self._sent = self._acked

    def on_ack(self, log_epoch: str, number: int, head: str, *, ask: bool = False) -> Verdict:
        """Take the hub's word that all up to `number` is stored and that `head` is its hash.

        `unknown-head`: the hub knows an event that this chain does not contain. This log was
        rolled back or forked, and nothing here may be trusted to be the whole history.
        """
        if log_epoch != self._journal.log_epoch:
            return "other-log"
        if not self._holds(number, head):
            return "unknown-head"
        if number > self._acked:
            self._acked = number
            self._sent = max(self._sent, number)
            self._journal.set_acked(number)
            return "advanced"
        if ask and number < self._acked:
            # a hub restored from yesterday's copy: it gets what it lost once more
            self._acked = self._sent = number
            return "replay"
        return "repeated"

    def _holds(self, number: int, head: str) -> bool:
        """True when event `number` of this chain has the hash `head` (0 has none)."""
        if number == 0:
            return head == ""
        if not 0 < number <= self._journal.head[0]:
            return False
        found = self._journal.read(number - 1, 1)
        return bool(found) and found[0].hash.hex() == head
