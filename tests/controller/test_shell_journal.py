"""The journal keeps what was written, in order, and refuses a log that was changed."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.canonical import Json, Unclear
from controller.chain import GENESIS, JournalFault, chain_hash
from controller.journal import Journal
from controller.logfile import set_aside

EVENTS = 9


def _filled(path: Path, events: int = EVENTS) -> Journal:
    journal = Journal.open(path)
    for number in range(events):
        body: dict[str, Json] = {"dose_id": f"{number:032x}", "text": "Grün", "doses": [number]}
        journal.append([(1000 * number, "DoseClosed", body)], barrier=False)
    return journal


def _change(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    database = sqlite3.connect(path)
    change(database)
    database.commit()
    database.close()


def _edit(path: Path, script: str) -> None:
    _change(path, lambda db: db.executescript(script))


def _fault_of(path: Path) -> str:
    try:
        Journal.open(path).close()
    except JournalFault as fault:
        return fault.code
    return ""


def test_a_new_log_is_empty_private_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    """Creating a log draws a fresh epoch and lets nobody else read it."""
    one = Journal.open(tmp_path / "one.sqlite")
    two = Journal.open(tmp_path / "two.sqlite")
    assert (True, (0, GENESIS), 0) == (one.created, one.head, one.acked)
    assert 16 == len(one.log_epoch)
    assert one.log_epoch != two.log_epoch
    assert 0o600 == os.stat(tmp_path / "one.sqlite").st_mode & 0o777


def test_a_reopened_log_is_the_one_that_was_written(tmp_path: Path) -> None:
    """Records, head, epoch and watermark survive closing."""
    first = _filled(tmp_path / "j")
    first.set_acked(4)
    expected = (first.log_epoch, first.head, 4, list(first.all()))
    first.close()
    second = Journal.open(tmp_path / "j")
    assert expected == (second.log_epoch, second.head, second.acked, list(second.all()))
    assert not second.created


def test_each_event_names_the_one_before_it(tmp_path: Path) -> None:
    """`prev` is the hash of the event before, and the hash covers every field and the epoch."""
    journal = _filled(tmp_path / "j")
    prev = GENESIS
    for number, record in enumerate(journal.all(), 1):
        assert (number, prev) == (record.number, record.prev)
        prev = chain_hash(prev, journal.log_epoch, number, record.at_ms, record.kind, record.body)
        assert prev == record.hash
    assert (EVENTS, prev) == journal.head


def test_a_batch_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """One event without canonical text keeps the whole batch out, and the log usable."""
    journal = _filled(tmp_path / "j")
    bad: Any = 0.5
    with pytest.raises(Unclear):
        journal.append([(1, "Good", {}), (2, "Bad", {"g": bad})], barrier=True)
    assert EVENTS == journal.head[0]
    assert [EVENTS + 1] == [r.number for r in journal.append([(1, "Good", {})], barrier=True)]


def test_what_is_durable_is_told_apart_from_what_is_written(tmp_path: Path) -> None:
    """Lazy events become durable with the next barrier, with sync, and with opening."""
    journal = _filled(tmp_path / "j")
    assert (0, EVENTS) == (journal.durable, journal.head[0])
    journal.append([(1, "Outcome", {})], barrier=True)
    assert EVENTS + 1 == journal.durable
    journal.append([(1, "Lazy", {})], barrier=False)
    assert EVENTS + 1 == journal.durable
    journal.sync()
    assert EVENTS + 2 == journal.durable
    journal.append([(1, "Lazy", {})], barrier=False)
    journal.close()
    assert EVENTS + 3 == Journal.open(tmp_path / "j").durable


def test_pages_and_times_are_read_in_order(tmp_path: Path) -> None:
    """`read` pages by number, `since` finds the newest events by their stamp."""
    journal = _filled(tmp_path / "j")
    assert [4, 5, 6] == [r.number for r in journal.read(3, 3)]
    assert [] == journal.read(EVENTS, 3)
    assert [] == journal.read(EVENTS + 5, 3)
    assert [8, 9] == [r.number for r in journal.since(7000)]
    assert list(range(1, 10)) == [r.number for r in journal.since(0)]
    assert [7, 8, 9] == [r.number for r in journal.since(0, limit=3)]
    assert [] == journal.since(9000)


def test_a_reader_follows_the_writer_without_stopping_it(tmp_path: Path) -> None:
    """The panel's view sees each commit at once, holds no lock and cannot write."""
    journal = _filled(tmp_path / "j")
    reader = Journal.reader(tmp_path / "j")
    for _ in range(5):
        journal.append([(1, "More", {})], barrier=True)
        assert journal.head == reader.head
    assert list(journal.all()) == list(reader.all())
    with pytest.raises(Exception, match=r"(?i)readonly|read.only"):
        reader._db.execute("DELETE FROM events")


def test_there_is_one_writer(tmp_path: Path) -> None:
    """A second controller on the same log is refused, and let in once the first has closed."""
    journal = _filled(tmp_path / "j")
    assert "in-use" == _fault_of(tmp_path / "j")
    journal.close()
    assert "" == _fault_of(tmp_path / "j")


def test_foreign_writing_under_an_open_log_is_noticed(tmp_path: Path) -> None:
    """A row that came from elsewhere makes the next append a fault, and the fault stays."""
    journal = _filled(tmp_path / "j")
    _change(tmp_path / "j", lambda db: db.execute("DELETE FROM events WHERE number = 9"))
    with pytest.raises(JournalFault, match="second-writer"):
        journal.append([(1, "More", {})], barrier=True)
    with pytest.raises(JournalFault, match="write-failed"):
        journal.append([(1, "More", {})], barrier=True)


EDITS = {
    "kind": "UPDATE events SET kind = 'DoseTaken' WHERE number = {n}",
    "instant": "UPDATE events SET at_ms = at_ms + 1 WHERE number = {n}",
    "body": "UPDATE events SET body = replace(body, 'Gr', 'gr') WHERE number = {n}",
    "space": "UPDATE events SET body = replace(body, ',', ', ') WHERE number = {n}",
    "hash": "UPDATE events SET hash = zeroblob(32) WHERE number = {n}",
    "delete": "DELETE FROM events WHERE number = {n}",
    "delete to the last but one": "DELETE FROM events WHERE number >= {n} AND number < 9",
    "delete the beginning": "DELETE FROM events WHERE number <= {n}",
    "move": "UPDATE events SET number = 100 WHERE number = {n}",
    "move before the first": "UPDATE events SET number = -1 WHERE number = {n}",
    "insert": "INSERT INTO events SELECT number + 100, at_ms, kind, body, hash"
    " FROM events WHERE number = {n}",
    "swap": "UPDATE events SET number = CASE number WHEN {n} THEN -7 ELSE {n} END"
    " WHERE number IN ({n}, {n} + 1); UPDATE events SET number = {n} + 1 WHERE number = -7",
    "copy of the next": "UPDATE events SET (at_ms, kind, body, hash) = (SELECT at_ms, kind,"
    " body, hash FROM events WHERE number = {n} + 1) WHERE number = {n}",
}


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("edit", EDITS)
def test_every_single_change_of_every_event_is_found(tmp_path: Path, edit: str) -> None:
    """Whatever is done to any event but the last one, the log does not open."""
    _filled(tmp_path / "whole").close()
    for number in range(1, EVENTS):
        copy = tmp_path / f"copy-{number}"
        shutil.copy(tmp_path / "whole", copy)
        _edit(copy, EDITS[edit].format(n=number))
        assert (number, "chain-broken") == (number, _fault_of(copy))


@pytest.mark.parametrize("edit", ["kind", "instant", "body", "space", "hash", "move"])
def test_every_single_change_of_the_last_event_is_found(tmp_path: Path, edit: str) -> None:
    """The last event is bound as well: only its absence needs a witness elsewhere."""
    _filled(tmp_path / "j").close()
    _edit(tmp_path / "j", EDITS[edit].format(n=EVENTS))
    assert "chain-broken" == _fault_of(tmp_path / "j")


def test_the_log_of_another_epoch_does_not_pass_for_ours(tmp_path: Path) -> None:
    """The epoch is in every hash: it cannot be renamed."""
    _filled(tmp_path / "j").close()
    _change(tmp_path / "j", lambda db: db.execute("UPDATE about SET log_epoch = 'x'"))
    assert "chain-broken" == _fault_of(tmp_path / "j")


def test_a_log_cut_at_its_end_lacks_the_heads_that_others_know(tmp_path: Path) -> None:
    """An older copy is a valid chain: the board's head and the hub's watermark give it away."""
    journal = _filled(tmp_path / "j")
    known_to_board = journal.head[1][:16]
    assert EVENTS == journal.number_of(known_to_board)
    assert None is journal.number_of(bytes(16))
    journal.close()
    _change(tmp_path / "j", lambda db: db.execute("DELETE FROM events WHERE number > 7"))
    older = Journal.open(tmp_path / "j")
    assert (7, None) == (older.head[0], older.number_of(known_to_board))
    older.set_acked(7)
    older.close()
    _change(tmp_path / "j", lambda db: db.execute("DELETE FROM events WHERE number > 6"))
    assert "cut-off" == _fault_of(tmp_path / "j")


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("seed", range(8))
def test_a_spoiled_page_is_a_fault_or_harmless_never_another_history(
    tmp_path: Path, seed: int
) -> None:
    """Noise over any 64 bytes of the file: the log opens unchanged or not at all."""
    journal = _filled(tmp_path / "whole", 200)
    expected = list(journal.all())
    journal.close()
    data = bytearray((tmp_path / "whole").read_bytes())
    luck = random.Random(seed)
    at = luck.randrange(len(data) - 64)
    data[at : at + 64] = luck.randbytes(64)
    (tmp_path / "j").write_bytes(data)
    try:
        spoiled = Journal.open(tmp_path / "j")
    except JournalFault:
        return
    assert expected == list(spoiled.all())


def test_what_is_no_journal_is_refused_by_name(tmp_path: Path) -> None:
    """Another database, noise and a folder are faults with a code, never a new log."""
    _change(tmp_path / "other", lambda db: db.execute("CREATE TABLE t (x)"))
    (tmp_path / "noise").write_bytes(b"not a database at all" * 300)
    (tmp_path / "folder").mkdir()
    assert "not-a-journal" == _fault_of(tmp_path / "other")
    assert "unreadable" == _fault_of(tmp_path / "noise")
    assert "unreadable" == _fault_of(tmp_path / "folder")
    assert "unreadable" == _fault_of(tmp_path / "nowhere" / "j")


def test_a_faulty_log_is_kept_when_a_new_one_begins(tmp_path: Path) -> None:
    """Setting aside renames, never deletes, and the new log has a new epoch and no old events."""
    journal = _filled(tmp_path / "j")
    reader = Journal.reader(tmp_path / "j")  # keeps the write-ahead file in being
    epoch, head = journal.log_epoch, journal.head
    journal.close()
    kept = set_aside(tmp_path / "j")
    assert kept is not None
    fresh = Journal.open(tmp_path / "j")
    assert (True, (0, GENESIS)) == (fresh.created, fresh.head)
    assert epoch != fresh.log_epoch
    reader.close()
    old = Journal.open(kept)
    assert (epoch, head) == (old.log_epoch, old.head)


def test_a_log_can_be_set_aside_twice_and_after_a_cut_in_the_middle(tmp_path: Path) -> None:
    """Every faulty log keeps a name of its own, whatever an interrupted attempt has left."""
    (tmp_path / "j.aside-1-wal").write_bytes(b"left by a cut between two links")
    kept = []
    for _ in range(2):
        _filled(tmp_path / "j").close()
        kept.append(set_aside(tmp_path / "j"))
    assert [tmp_path / "j.aside-2", tmp_path / "j.aside-3"] == kept
    assert None is set_aside(tmp_path / "j")


_WRITER = """
import sys
from controller.journal import Journal
journal = Journal.open(sys.argv[1])
while True:
    batch = [(journal.head[0], "Batch", {"size": 3})] * 3
    print(journal.append(batch, barrier=True)[-1].number, flush=True)
"""


@pytest.mark.story
def test_killed_at_any_moment_the_log_holds_what_was_confirmed(tmp_path: Path) -> None:
    """kill -9 in the middle of writing: whole batches, nothing confirmed is missing."""
    luck = random.Random(1)
    for _ in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path / "j")],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        for _ in range(luck.randrange(1, 60)):
            confirmed = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        confirmed = max([confirmed, *map(int, child.stdout.read().split()[:-1])])
        child.stdout.close()
        child.wait()
        journal = Journal.open(tmp_path / "j")
        assert confirmed <= journal.head[0]
        assert 0 == journal.head[0] % 3
        journal.close()
