"""The journal through power cuts, failing operations and lying disks: slices of the sweep."""

import random

import pytest

from controller.chain import JournalFault
from controller.journal import Journal
from controller.link import Link
from controller.loop import Controller
from controller.plans import Gate
from tests.controller.home import KEY
from tests.crash import lives
from tests.crash.disk import DAMAGES, Platter
from tests.crash.journals import Bench, Story
from tests.crash.sweep import ERRORS, LIES, POWER, Sweep, complaints
from tests.crash.vfs import TROUBLES, Trouble
from tests.crash.works import JournalWork

SEED = 20  # of the slices; the long run goes on from its own


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_cut_at_any_boundary_leaves_a_log_that_opens_and_goes_on(
    bench: Bench, damage: str
) -> None:
    """Confirmed events are there, nothing else than was written is there, batches are whole."""
    story = Story()
    disk = bench.disk({}, story)
    lives.short(bench, disk, story)
    assert 100 < len(disk.tape.ops)

    platter = Platter(disk.tape)
    for cut in range(len(disk.tape.ops) + 1):
        platter.to(cut)
        mark = disk.tape.ops[cut].mark if cut < len(disk.tape.ops) else -1
        image = platter.after(damage, random.Random(f"{damage}/{cut}"))
        found = bench.reopen(image, story, story.marks[mark])
        assert "" == found.fault, cut


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("name", "mode", "parts", "depth"),
    [
        ("short", POWER, 88, 3),
        ("short", LIES, 4, 1),
        ("short", ERRORS, 61, 1),
        ("dose", POWER, 700, 2),
        ("dose", LIES, 120, 1),
        ("checkpoint", POWER, 20, 1),
    ],
)
def test_a_slice_of_the_sweep_finds_nothing_lost_and_no_lie(
    bench: Bench, name: str, mode: str, parts: int, depth: int
) -> None:
    """Cuts, cuts in the recovery and in that one's, syncs that were lies, failing operations."""
    sweep = Sweep(SEED)
    sweep.part(JournalWork(name, bench), 0, mode, parts // 3, parts, depth)

    assert [] == sweep.tally.wrong
    assert 10 < sweep.tally.count


def test_the_core_can_follow_the_log_wherever_it_ends(bench: Bench) -> None:
    """After a cut the controller's state is the fold of the whole batches that are left."""
    work = JournalWork("dose", bench)
    for count in sorted(work.story.ends)[::4]:
        rows = work.story.rows[:count]
        journal = bench.open(bench.disk({}, Story()))
        journal._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
        bench.leave(journal)
        again = bench.open(bench.files.disk)
        controller = Controller(
            again, Link(KEY), Gate("", []), version="test", real_only=False, reporting=False
        )
        assert count == again.head[0]
        assert not controller.fault
        bench.kill(again)


@pytest.mark.hazard("H35")
@pytest.mark.parametrize("kind", TROUBLES)
def test_after_a_failed_write_nothing_is_written_any_more(bench: Bench, kind: str) -> None:
    """The log stays faulty until it is opened anew, though the disk has recovered."""
    journal = bench.open(bench.disk({}, Story()))
    journal.append([(1, "Before", {})], barrier=True)
    bench.files.trouble = Trouble(kind, bench.files.calls, for_ever=False)
    for _ in range(2):
        with pytest.raises(JournalFault, match="write-failed"):
            journal.append([(2, "Lost", {"text": "x" * 5000})], barrier=True)
    assert 1 == journal.durable
    bench.leave(journal)


def test_it_is_seen_when_a_barrier_does_not_sync(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """synchronous=NORMAL at the barrier loses confirmed events."""
    monkeypatch.setattr("controller.database.FULL", 1)

    assert any("'lost:" in line for line in complaints(JournalWork("short", bench), SEED))


def test_it_is_seen_when_a_barrier_shares_a_page(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a new page after every barrier a torn page takes confirmed events along."""
    monkeypatch.setattr("controller.database._CAUTION", "")

    assert any(
        "/pages" in line and "'lost:" in line
        for line in complaints(JournalWork("short", bench), SEED)
    )


def test_it_is_seen_when_the_write_ahead_file_is_not_folded_in(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing on behind a recovered end puts that end at risk."""
    monkeypatch.setattr("controller.database._fold_in", lambda db: None)

    work = JournalWork("short", bench)
    sweep = Sweep(SEED)
    for place in range(30, 120):
        sweep.part(work, 0, POWER, place, 200, depth=2)
        if sweep.tally.wrong:
            break

    assert any("'lost:" in line for line in sweep.tally.wrong)


def test_it_is_seen_when_the_hub_is_told_too_early(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An outbox that sends what is written and not durable yet is contradicted after a cut."""
    monkeypatch.setattr(Journal, "durable", property(lambda journal: journal.head[0]))

    assert any("'lost:" in line for line in complaints(JournalWork("short", bench), SEED))
