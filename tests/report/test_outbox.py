"""The cursor on the journal, against a store and a pipe that loses, repeats and reorders."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.canonical import Json
from controller.report import documents
from controller.report.outbox import BATCH, WINDOW, Outbox
from fleet.store import Cursor, Store, arrival

KEY = bytes(32)


@dataclass(frozen=True)
class Row:
    """An event of the chain below."""

    number: int
    at_ms: int
    kind: str
    body: Mapping[str, Json]
    prev: bytes
    hash: bytes


class Chain:
    """A journal in memory, with the same interface as the real one."""

    def __init__(self, log_epoch: str = "aa") -> None:
        self.rows: list[Row] = []
        self.log_epoch = log_epoch
        self.acked = 0
        self.kept: int | None = None  # durable up to here; None: everything

    @property
    def head(self) -> tuple[int, bytes]:
        return (len(self.rows), self.rows[-1].hash) if self.rows else (0, bytes(32))

    @property
    def durable(self) -> int:
        return self.kept if self.kept is not None else len(self.rows)

    def read(self, after: int, limit: int) -> Sequence[Row]:
        return self.rows[after : after + limit]

    def set_acked(self, number: int) -> None:
        self.acked = max(self.acked, number)

    def grow(self, count: int, salt: str = "") -> None:
        """Append so many events."""
        for _ in range(count):
            number, prev = self.head
            digest = hashlib.sha256(prev + f"{number}{salt}".encode()).digest()
            self.rows.append(Row(number + 1, 1000 * number, "FaultSeen", {"code": 1}, prev, digest))

    def hash_of(self, number: int) -> str:
        """The hash of an event as the hub says it."""
        return self.rows[number - 1].hash.hex()


def filled(count: int) -> tuple[Chain, Outbox]:
    """A chain of so many events and an outbox on it."""
    chain = Chain()
    chain.grow(count)
    return chain, Outbox(chain)


def numbers(outbox: Outbox) -> list[int]:
    """The numbers of the next batch."""
    return [entry.number for entry in outbox.next_batch()]


def test_no_more_than_a_window_is_on_its_way() -> None:
    """Sending stops at the window and goes on with each acknowledgement, in order."""
    chain, outbox = filled(500)
    sent: list[int] = []
    while batch := numbers(outbox):
        assert len(batch) <= BATCH
        sent += batch
    assert list(range(1, WINDOW + 1)) == sent

    assert "advanced" == outbox.on_ack("aa", 30, chain.hash_of(30))
    assert list(range(WINDOW + 1, WINDOW + 31)) == numbers(outbox)
    assert 470 == outbox.unacked


def test_going_back_starts_at_the_first_event_not_acknowledged() -> None:
    """After loss everything is sent again from there."""
    chain, outbox = filled(20)
    outbox.next_batch()
    outbox.on_ack("aa", 5, chain.hash_of(5))

    outbox.rewind()

    assert list(range(6, 21)) == numbers(outbox)


def test_only_a_head_of_this_chain_is_an_acknowledgement() -> None:
    """A wrong hash, a number beyond the end and another log change nothing."""
    chain, outbox = filled(10)
    outbox.next_batch()

    assert "unknown-head" == outbox.on_ack("aa", 5, chain.hash_of(6))
    assert "unknown-head" == outbox.on_ack("aa", 11, chain.hash_of(10))
    assert "unknown-head" == outbox.on_ack("aa", 0, chain.hash_of(1))
    assert "unknown-head" == outbox.on_ack("aa", -1, "")
    assert "other-log" == outbox.on_ack("bb", 5, chain.hash_of(5))
    assert 10 == outbox.unacked


def test_an_old_acknowledgement_changes_nothing() -> None:
    """Repeated and overtaken acknowledgements are harmless."""
    chain, outbox = filled(10)
    outbox.next_batch()
    outbox.on_ack("aa", 8, chain.hash_of(8))

    assert "repeated" == outbox.on_ack("aa", 8, chain.hash_of(8))
    assert "repeated" == outbox.on_ack("aa", 3, chain.hash_of(3))
    assert 2 == outbox.unacked


def test_a_hub_restored_from_an_old_copy_gets_what_it_lost() -> None:
    """It asks from an earlier event on, and the journal still has all of them."""
    chain, outbox = filled(10)
    outbox.next_batch()
    outbox.on_ack("aa", 10, chain.hash_of(10))
    assert outbox.drained

    assert "replay" == outbox.on_ack("aa", 4, chain.hash_of(4), ask=True)

    assert not outbox.drained
    assert list(range(5, 11)) == numbers(outbox)


def test_a_new_process_goes_on_at_the_durable_mark() -> None:
    """What the hub had acknowledged before is not sent again."""
    chain, outbox = filled(10)
    outbox.next_batch()
    outbox.on_ack("aa", 7, chain.hash_of(7))

    assert [8, 9, 10] == numbers(Outbox(chain))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_whatever_the_pipe_does_all_events_arrive_once(seed: int, trouble: int) -> None:
    """Loss, repeats, reordering, restarts of both sides: in the end the hub has the chain."""
    luck = Random(seed)
    chain, outbox = filled(luck.randrange(1, 120))
    store = Store(":memory:")
    pipe: list[dict[str, Json]] = []
    acks: list[Cursor] = []
    for turn in range(400):
        bad = turn < 200 and luck.randrange(100) < trouble
        if turn < 200 and luck.random() < 0.1:
            chain.grow(luck.randrange(20))
        pipe += [documents.event(row, "aa", KEY) for row in outbox.next_batch()]
        if bad:
            luck.shuffle(pipe)
            pipe = pipe[: luck.randrange(len(pipe) + 1)] + pipe[: luck.randrange(3)]
        batch, pipe = pipe[:40], pipe[40:]
        arrivals = [one for doc in batch if (one := arrival("home-1", doc)) is not None]
        cursors, forks = store.take(arrivals, {}, 0)
        assert [] == forks
        acks += cursors
        if bad:
            luck.shuffle(acks)
            acks = acks[: luck.randrange(len(acks) + 1)]
        while acks:
            ack = acks.pop()
            outbox.on_ack(ack.log_epoch, ack.acked, ack.head, ask=ack.ahead)
        if bad and luck.random() < 0.2:
            outbox = Outbox(chain)
        if turn % 5 == 4:
            outbox.rewind()

    assert outbox.drained
    cursor = store.cursor("home-1", "aa")
    assert (len(chain.rows), chain.head[1].hex()) == (cursor.acked, cursor.head)
    assert len(chain.rows) == store.stored("home-1", "aa")
    store.close()


def test_what_a_power_cut_could_take_away_is_told_to_nobody() -> None:
    """Only durable events leave the home; the rest follows when it is on the disk."""
    chain, outbox = filled(5)
    chain.kept = 3

    assert [1, 2, 3] == [row.number for row in outbox.next_batch()]
    assert () == tuple(outbox.next_batch())

    chain.kept = 5
    assert [4, 5] == [row.number for row in outbox.next_batch()]
