"""Two barriers for each order: COMMIT before anything moves, the outcome after it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from controller import events as ev
from tests.controller.home import EXAMPLE, Home

START = "2026-11-23T05:00:00+00:00"
ALONE = EXAMPLE.read_text().partition("  - id: amlodipine-5")[0]  # metformin: one order a round


BELOW = apsw.vfs_names()[0]  # what the system itself offers


class Syncs(apsw.VFS):
    """The system's own files; how often each kind of file was synced."""

    def __init__(self) -> None:
        self.count = 0
        self.checkpoints = 0
        super().__init__("counting", BELOW, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return Counted(self, name, flags)


class Counted(apsw.VFSFile):
    """One file."""

    def __init__(self, syncs: Syncs, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._syncs = syncs
        self._log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__(BELOW, name, flags)

    def xSync(self, flags: int) -> None:
        self._syncs.count += self._log
        self._syncs.checkpoints += not self._log
        super().xSync(flags)


@pytest.fixture
def syncs() -> Iterator[Syncs]:
    """Every database that is opened from here on is counted."""
    counting = Syncs()
    yield counting
    counting.unregister()


def test_an_order_costs_two_barriers(tmp_path: Path, syncs: Syncs) -> None:
    """From the call to the empty cup: COMMIT and outcome; all else rides along."""
    home = Home(tmp_path, START, plan=ALONE)
    home.install()
    home.run_to("2026-11-23T07:01:00+00:00")
    syncs.count = syncs.checkpoints = 0
    seen: list[tuple[int, str]] = []
    assert home.controller is not None
    journal = home.controller.journal
    before = journal.head[0]

    home.world.press()
    for _ in range(200):  # step by step: what each barrier made durable
        home.run(0)
        home.house.run(home.world.now_ms + 50)
        if syncs.count > len(seen):
            newest = journal.read(journal.durable - 1, 1)[0].kind
            seen.append((int(home.world.ledger.in_cup != []), newest))
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(3)

    assert [("metformin-500", "taken", "retrieved")] == home.outcomes()
    assert (2, 0) == (syncs.count, syncs.checkpoints)
    assert [(0, "OrderCommitted")] == seen
    kinds = [type(e).__name__ for e in home.events()[before:]]
    assert kinds.index("OrderCommitted") < kinds.index("OrderResolved") < kinds.index("DoseClosed")
    assert journal.durable == journal.head[0]


def test_a_round_of_two_orders_costs_three(tmp_path: Path, syncs: Syncs) -> None:
    """Each order has its COMMIT; both outcomes come with the one empty cup."""
    alone = EXAMPLE.read_text().replace(
        "    piece_mg: 200\n", "    piece_mg: 200\n    time_critical: yes\n"
    )
    home = Home(tmp_path, START, plan=alone)
    home.install()
    home.run_to("2026-11-23T07:01:00+00:00")
    syncs.count = syncs.checkpoints = 0
    home.take(wait_s=20)

    assert 2 == len(home.events(ev.OrderCommitted)) == len(home.outcomes())
    assert (3, 0) == (syncs.count, syncs.checkpoints)


def test_an_outcome_with_its_alert_is_one_barrier(tmp_path: Path, syncs: Syncs) -> None:
    """A missed dose and the alert that tells of it: durable together, or not at all."""
    home = Home(tmp_path, START, plan=ALONE)
    home.install()
    home.run_to("2026-11-23T07:59:50+00:00")
    syncs.count = 0
    home.run(30)

    assert [("metformin-500", "missed", "not-asked-for")] == home.outcomes()
    assert 1 == syncs.count


def test_what_the_hub_has_acknowledged_costs_no_barrier(tmp_path: Path, syncs: Syncs) -> None:
    """Losing the cursor only means to send again."""
    home = Home(tmp_path, START, plan=ALONE)
    home.install()
    assert home.controller is not None
    syncs.count = 0
    home.controller.journal.set_acked(home.controller.journal.head[0])

    assert 0 == syncs.count
